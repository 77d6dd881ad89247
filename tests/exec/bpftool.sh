#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bpftool.sh BPFUNIT WORK OBJECT BPFTOOL: what bpftool says on the emulated kernel is what it said on Linux 6.18
# (bpftool_kernel.txt), command by command. BPFUNIT_HOST_BPF=1: this machine's kernel says the same;
# BPFUNIT_RECORD=1 besides writes the file anew.
bpfunit=$1
work=$2
object=$3
bpftool=$4
here=$(dirname "$(realpath "$0")")
expected=$here/bpftool_kernel.txt
rm -rf "$work"
mkdir -p "$work/files" || exit 2

# Other versions word their messages otherwise.
if ! "$bpftool" version | grep -q 'bpftool v7\.1\.'; then
	echo "the outputs were recorded with bpftool 7.1"
	exit 77
fi
if [ -n "$BPFUNIT_HOST_BPF" ]; then
	"$here/bpftool_script.sh" "$object" "$work/files" "$bpftool" >"$work/kernel.txt"
	[ -z "$BPFUNIT_RECORD" ] || cp "$work/kernel.txt" "$expected"
	diff "$expected" "$work/kernel.txt" || { echo "the host's kernel says otherwise"; exit 1; }
fi
"$here/bpftool_script.sh" "$object" "$work/files" "$bpfunit" exec --state "$work/state" -- "$bpftool" >"$work/emulated.txt"
count=$(grep -c '^\$ bpftool' "$work/emulated.txt")
[ "$count" -ge 40 ] || { echo "only $count commands ran"; exit 1; }
diff "$expected" "$work/emulated.txt" || { echo "the emulated kernel says otherwise"; exit 1; }
echo "$count commands compared"
