#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# leaks.sh LEAKY: --leaks tells what tests leave open and where it was made, --leaks=error fails them, without
# it nothing is said.
fail() {
	echo "$*"
	exit 1
}

wanted() {
	grep -qE -- "$1" <<<"$out" || fail "not told: $1
$out"
}

out=$("$1" --format=plain) || fail "without --leaks a test fails: $out"
grep -q open <<<"$out" && fail "told without being asked: $out"

out=$("$1" --format=plain --leaks) || fail "a warning fails a test: $out"
wanted "^  map 'left' \(id 1\): descriptor [0-9]+ is open, made at or behind .*leaky.c:16$"
wanted "^  program '[a-z_]+' \(id [0-9]+\): descriptor [0-9]+ is open"
wanted "^  hint: programs and maps together belong to an object that was not closed"
[ "$(grep -c 'warning: the test leaves open:' <<<"$out")" -eq 2 ] || fail "not two leaky tests: $out"

out=$(BPFUNIT_LEAKS=error "$1" --format=plain)
[ $? -eq 1 ] || fail "a leak is no failure: $out"
wanted "^FAIL leaky.a_map"
wanted "^FAIL leaky.an_object"
wanted "leaky.c:[0-9]+: the test leaves open:"
wanted "^3 passed, 2 failed, 0 skipped"

out=$("$1" --format=tap --leaks)
wanted "^# warning: the test leaves open:"
out=$("$1" --leaks=some 2>&1) && fail "an unknown value is taken"
wanted "'some' is not 'warn' or 'error'"
