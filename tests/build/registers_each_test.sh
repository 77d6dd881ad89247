#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each BPF_TEST is a test of ctest's, with its own result, labels and environment.
. "$(dirname "$0")/lib.sh"

write environment_test.c <<'END'
#include <bpfunit/bpfunit.h>
#include <stdlib.h>
BPF_TEST(environment, is_passed_on)
{
	EXPECT_STREQ(getenv("COLOUR"), "green");
}
END
project <<END
bpfunit_add_test(outcome_test SOURCES $here/program_test.c LABELS first TIMEOUT 1)
bpfunit_add_test(environment_test SOURCES environment_test.c ENVIRONMENT COLOUR=green LABELS second)
END
configure
build
output=$(run_ctest -E hangs || true)
grep -qE 'outcome.passes \.+ +Passed' <<<"$output" || fail "$output"
grep -qE 'outcome.fails \.+\*\*\*Failed' <<<"$output" || fail "$output"
grep -qE 'outcome.is_skipped \.+\*\*\*Skipped' <<<"$output" || fail "$output"
grep -qE 'environment.is_passed_on \.+ +Passed' <<<"$output" || fail "$output"
[ "$(run_ctest -N -L first | grep -c 'Test *#')" = 4 ] || fail "labels: $(run_ctest -N -L first)"
