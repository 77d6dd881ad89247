#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel.sh PROGRAM...: no test of these fails on this machine's kernel; at least some run there.
. "$(dirname "$0")/lib.sh"
needs_kernel
passed=0 skipped=0 bad=0
for program in "$@"; do
	out=$("$program" --backend=kernel --format=plain --filter='*-other.*')
	status=$?
	summary=$(grep -E '^[0-9]+ passed' <<<"$out")
	echo "$(basename "$program"): $summary"
	[ $status -eq 0 ] || [ $status -eq 77 ] || { echo "$out"; bad=1; }
	read -r p _ _ _ s _ <<<"$summary"
	passed=$((passed + p)) skipped=$((skipped + s))
done
echo "$passed tests passed on this machine's kernel, $skipped need the VM"
[ $passed -gt 0 ] || fail "none ran"
exit $bad
