#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# refused.sh CMAKE SOURCE BUILD PATTERN OPTION...: configuring must fail with a message like PATTERN.
cmake=$1 source=$2 build=$3 pattern=$4
shift 4
rm -rf "$build"
if output=$("$cmake" -S "$source" -B "$build" "$@" 2>&1); then
	echo "the configuration did not fail"
	exit 1
fi
# CMake wraps messages: compare them with line ends and repeated blanks taken out.
output=$(tr -s '\n ' '  ' <<<"$output")
if ! grep -qE -- "$pattern" <<<"$output"; then
	echo "no message like: $pattern"
	echo "$output"
	exit 1
fi
