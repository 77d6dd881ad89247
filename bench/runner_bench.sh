#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Time of an empty test: forked, forked in parallel, and without fork. Median of 5 runs of 1,000 tests.
# Usage: bench/runner_bench.sh [build directory]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
cc -O2 -I"$root/framework/include" "$root/bench/runner_bench.c" "$root/runner/main.c" \
	-o "$binary" -L"$build/lib" -Wl,-rpath,"$build/lib" -Wl,--no-as-needed -lbpfunit -lbpf

measure() {
	label=$1
	shift
	for _ in 1 2 3 4 5; do
		start=$(date +%s%N)
		"$binary" "$@" > /dev/null
		end=$(date +%s%N)
		echo $(((end - start) / 1000))
	done | sort -n | sed -n 3p | awk -v label="$label" '{ printf "%-16s %7.3f ms a test\n", label, $1 / 1000 / 1000 }'
}

measure "forked"
measure "forked, 4 jobs" --jobs=4
measure "without fork" --no-fork
