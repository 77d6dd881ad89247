#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# protocol.sh PLUGIN: the plugin answers as bpf_conformance expects: r0 in hex on standard output, nothing of a
# program that is refused, exit status 2 for what it does not support.
plugin=$1 failed=0

# expect STATUS OUTPUT PROGRAM ARGUMENT...
expect() {
	local status=$1 output=$2 program=$3 got_status=0 got
	shift 3
	got=$("$plugin" "$@" <<<"$program" 2>/dev/null) || got_status=$?
	if [ "$got_status" != "$status" ] || [ "$got" != "$output" ]; then
		echo "arguments '$*', program '$program': status $got_status, '$got' instead of $status, '$output'"
		failed=1
	fi
}

exit_='95 00 00 00 00 00 00 00'
expect 0 2a "b7 00 00 00 2a 00 00 00 $exit_"
expect 0 2a "b7 00 00 00 2a 00 00 00 $exit_" ""
expect 0 2a "b70000002a0000009500000000000000" "" ""
expect 0 ffffffffffffffff "b7 00 00 00 ff ff ff ff $exit_"
# Memory: r1 points to it, r2 is its size; it can be written; it is the packet.
expect 0 44332211 "61 10 00 00 00 00 00 00 $exit_" "11 22 33 44"
expect 0 4 "bf 20 00 00 00 00 00 00 $exit_" "11 22 33 44"
expect 0 7 "72 01 01 00 07 00 00 00 71 10 01 00 00 00 00 00 $exit_" "11 22"
expect 0 2233 "28 00 00 00 01 00 00 00 $exit_" "11 22 33 44"
expect 0 33 "b7 03 00 00 01 00 00 00 50 30 00 00 01 00 00 00 $exit_" "11 22 33 44"
expect 0 0 "bf 20 00 00 00 00 00 00 $exit_"
# Helper 5 returns its argument; callx.
expect 0 9 "b7 01 00 00 09 00 00 00 85 00 00 00 05 00 00 00 $exit_"
expect 0 9 "b7 01 00 00 09 00 00 00 b7 02 00 00 05 00 00 00 8d 02 00 00 00 00 00 00 $exit_"
# Refused; a fault; both say why on standard error and print nothing.
expect 1 "" "b7 00 00 00 2a 00 00 00"
expect 1 "" "ff 00 00 00 2a 00 00 00 $exit_"
expect 1 "" "61 10 04 00 00 00 00 00 $exit_" "11 22 33 44"
# Not supported, not understood.
expect 2 "" "$exit_" --elf
expect 2 "" "$exit_" "11 22" --elf
expect 2 "" "$exit_" --help
expect 2 "" "$exit_" --jit
expect 2 "" "$exit_" "1x"
expect 2 "" "$exit_" "11" "22"
expect 2 "" "95 00 00"
expect 2 "" ""
exit $failed
