#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bpfunit as part of another project's tree: its own tests and examples stay out of it.
. "$(dirname "$0")/lib.sh"
cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(outside C)
enable_testing()
add_subdirectory($bpfunit bpfunit)
add_subdirectory(project)
END
"$cmake" -S "$work" -B "$work/build"
expect_green "$work/build"
if "$ctest" --test-dir "$work/build" -N | grep -qE 'style\.|firewall'; then
	echo "bpfunit's own tests are part of the project"
	exit 1
fi
