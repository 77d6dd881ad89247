#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# TIMEOUT stops a hanging test and names it.
. "$(dirname "$0")/lib.sh"

project <<<"bpfunit_add_test(outcome_test SOURCES $here/program_test.c TIMEOUT 1)"
configure
build
SECONDS=0
output=$(run_ctest -R hangs --output-on-failure) && fail "it passed: $output"
[ $SECONDS -lt 15 ] || fail "it took $SECONDS s"
grep -qiE 'outcome.hangs' <<<"$output" || fail "$output"
grep -qiE 'time' <<<"$output" || fail "$output"
