#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The same with the static library, in the worst order: libc and libbpf named first.
. "$(dirname "$0")/lib.sh"
cat >"$work/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(outside C)
find_package(bpfunit REQUIRED)
enable_testing()
bpfunit_bpf_object(rate_limit rate_limit.bpf.c)
add_executable(rate_limit_test rate_limit_test.c)
target_link_libraries(rate_limit_test PRIVATE bpf rate_limit bpfunit::main_static)
add_test(NAME rate_limit COMMAND rate_limit_test)
END
"$cmake" -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$bpfunit"
expect_green "$work/build"
