#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# first_test.sh CMAKE ROOT WORK BPFUNIT_DIR: take the files out of README.md (each block of code after a line
# `<!-- file: NAME -->`), build them, run their test, and compare them with examples/minimal.
set -euo pipefail
cmake=$1 root=$2 work=$3 bpfunit_dir=$4
rm -rf "$work"
mkdir -p "$work"

awk -v work="$work" '
	/^<!-- file: .* -->$/ { file = work "/" $3; next }
	/^```/ && file && !inside { inside = 1; next }
	/^```/ && inside { inside = 0; close(file); file = ""; next }
	inside { print > file }' "$root/README.md"

for file in CMakeLists.txt minimal.bpf.c minimal_test.c; do
	[ -s "$work/$file" ] || { echo "README.md has no $file"; exit 1; }
	diff <(grep -v SPDX "$root/examples/minimal/$file") "$work/$file" ||
		{ echo "README.md and examples/minimal differ"; exit 1; }
done
[ "$(wc -l <"$work/minimal_test.c")" -le 15 ] || { echo "more than 15 lines of C"; exit 1; }
[ "$(wc -l <"$work/CMakeLists.txt")" -le 5 ] || { echo "more than 5 lines of CMake"; exit 1; }

"$cmake" -S "$work" -B "$work/build" -Dbpfunit_DIR="$bpfunit_dir"
"$cmake" --build "$work/build"
"$(dirname "$cmake")/ctest" --test-dir "$work/build" --output-on-failure --no-tests=error
