#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A test program that was not built is a failing test, never no test.
. "$(dirname "$0")/lib.sh"

project <<<"bpfunit_add_test(outcome_test SOURCES $here/program_test.c)"
configure
output=$(run_ctest) && fail "ctest succeeded with nothing built"
grep -q 'outcome_test_NOT_BUILT' <<<"$output" || fail "$output"
