#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A program that crashes before main, and one without tests, are failing tests.
. "$(dirname "$0")/lib.sh"

write crash_test.c <<'END'
#include <stdlib.h>
__attribute__((constructor)) static void crash(void) { abort(); }
END
write empty_test.c <<<'static int nothing __attribute__((unused));'
project <<'END'
bpfunit_add_test(crash_test SOURCES crash_test.c)
bpfunit_add_test(empty_test SOURCES empty_test.c)
END
configure
build
output=$(run_ctest) && fail "ctest succeeded: $output"
grep -qE "crash_test_CANNOT_LIST .*[*]{3}" <<<"$output" || fail "$output"
grep -qE "empty_test_(HAS_NO_TESTS|CANNOT_LIST) .*[*]{3}" <<<"$output" || fail "$output"
