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
	cmake -S . -B "$dir" -G Ninja "$@" >"$dir.log" 2>&1 || { cat "$dir.log"; return 1; }
}

# build DIR: quiet unless it fails.
build() {
	cmake --build "$1" -j "$JOBS" >"$1.log" 2>&1 || { tail -n 60 "$1.log"; return 1; }
}
