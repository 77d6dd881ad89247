#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel.sh PROGRAM... [-- PROGRAM...]: no test of these fails on this machine's kernel; at least some run there. The
# objects of the programs after -- also have programs that no verifier lets pass: their tests are skipped.
. "$(dirname "$0")/lib.sh"
needs_kernel
unset BPFUNIT_HOST_BPF # asks it otherwise
passed=0 skipped=0 bad=0 refused=fail reasons=
for program in "$@"; do
	[ "$program" = -- ] && { refused=skip; continue; }
	out=$("$program" --backend=kernel --refused=$refused --format=plain --filter='*-other.*')
	status=$?
	summary=$(grep -E '^[0-9]+ passed' <<<"$out")
	echo "$(basename "$program"): $summary"
	[ $status -eq 0 ] || [ $status -eq 77 ] || { echo "$out"; bad=1; }
	read -r p _ _ _ s _ <<<"$summary"
	reasons+=$(grep -oP '^SKIP [^:]*: \K.*' <<<"$out")$'\n'
	passed=$((passed + p)) skipped=$((skipped + s))
done
sed -E "/^$/d; s/(refuses|run|input of) '[^']*'/\1 a program/; s/(refuses a program): .*/\1/; s/CPU [0-9]+;/a CPU;/" <<<"$reasons" |
	sort | uniq -c | sort -rn
echo "$passed tests passed on this machine's kernel, $skipped need the VM"
[ $passed -gt 0 ] || fail "none ran"
exit $bad
