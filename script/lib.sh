# SPDX-License-Identifier: BSD-2-Clause
# What the scripts share; sourced by each with the working directory at the root of the tree.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
BUILD=${BUILD:-$PWD/build}
JOBS=${JOBS:-$(nproc)}

step() {
	printf '\n== %s\n' "$*"
}

# configure DIR OPTION...: quiet unless it fails.
configure() {
	local dir=$1
	shift
	mkdir -p "$dir"
	cmake -S . -B "$dir" -G Ninja "$@" >"$dir/build.log" 2>&1 || { cat "$dir/build.log"; return 1; }
}

# build DIR: quiet unless it fails; goes on after a failure, to build what can be built.
build() {
	cmake --build "$1" -j "$JOBS" -- -k 0 >"$1/build.log" 2>&1 || { grep -vE '^\[[0-9]+/[0-9]+\]' "$1/build.log" | head -n 100; return 1; }
}
