#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# unprivileged.sh SAMPLE: who may not use bpf(2) is told so, once and as the reason of each skip; nothing fails.
. "$(dirname "$0")/lib.sh"
as_nobody=()
if [ "$(id -u)" -eq 0 ]; then
	as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
	"${as_nobody[@]}" test -x "$1" || { echo "nobody cannot execute $1"; exit 77; }
fi
for backend in kernel diff; do
	out=$(BPFUNIT_BACKEND=$backend "${as_nobody[@]}" "$1" --format=plain 'same.*')
	status=$?
	[ $status -eq 77 ] || fail "$backend: exit status $status, not 77: $out"
	[ "$(grep -c "^backend $backend: .*: every test is skipped$" <<<"$out")" -eq 1 ] || fail "not told once: $out"
	grep -q "^SKIP same.packet: backend $backend: " <<<"$out" || fail "no reason: $out"
	grep -q "^0 passed, 0 failed," <<<"$out" || fail "something ran: $out"
done
out=$("$1" --backend=host 2>&1) && fail "an unknown backend is taken"
grep -q "'host' is not one of vm, kernel, diff" <<<"$out" || fail "not told which there are: $out"
