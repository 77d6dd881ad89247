#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# diff.sh PROGRAM...: the runs of these tests have the same results in the VM and on this machine's kernel.
. "$(dirname "$0")/lib.sh"
needs_kernel
compared=0 not=0 bad=0
for program in "$@"; do
	out=$("$program" --backend=diff --format=plain --filter='*-other.*')
	status=$?
	line=$(grep -E 'runs compared with' <<<"$out")
	echo "$(basename "$program"): $line"
	grep -E '^  [0-9]+ not: ' <<<"$out"
	if [ $status -ne 0 ]; then
		echo "$out"
		bad=1
	fi
	compared=$((compared + $(grep -oE '^[0-9]+' <<<"$line" || echo 0)))
	not=$((not + $(grep -oE '[0-9]+ not compared' <<<"$line" | grep -oE '^[0-9]+' || echo 0)))
done
echo "$compared runs compared, $not not compared"
[ $compared -gt 0 ] || fail "nothing was compared"
exit $bad
