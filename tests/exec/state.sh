#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# state.sh BPFUNIT WORK BPFTOOL ATTACH OBJECT EXECS ITERATOR: what --state keeps from one process to the next, and what becomes of those that
# use a directory at the same time.
bpfunit=$1
work=$2
[ -w "$(dirname "$work")" ] || work=$(mktemp -d)/work # another user than the one who built it
bpftool=$3
attach=$4
object=$5
execs=$6
iterator=$7
fs=/sys/fs/bpf
bad=0
rm -rf "$work"
mkdir -p "$work" || exit 2

in_state() {
	"$bpfunit" exec --state "$work/state" -- "$@"
}

# expect TEXT COMMAND...: the command's output, standard error included, has TEXT in it.
expect() {
	local text=$1 output
	shift
	output=$("$@" 2>&1)
	if ! grep -qF -- "$text" <<<"$output"; then
		echo "'$text' is not what '$*' says: $output"
		bad=1
	fi
}

in_state mkdir $fs/d && in_state "$bpftool" map create $fs/d/m type hash key 4 value 4 entries 9 name kept
in_state "$bpftool" map update pinned $fs/d/m key 1 0 0 0 value 2 0 0 0
expect 'key: 01 00 00 00  value: 02 00 00 00' in_state "$bpftool" map dump name kept
id=$(in_state "$bpftool" map show name kept | sed -n 's/^\([0-9]*\):.*/\1/p')
expect "$id: hash  name kept" in_state "$bpftool" map show id "$id"
[ "$(in_state ls $fs/d)" = m ] || { echo "$fs/d does not hold m alone"; bad=1; }

# Renamed, linked and removed by others than bpftool.
in_state mv $fs/d/m $fs/d/n && in_state ln $fs/d/n $fs/other && in_state rm $fs/d/n
expect "$id: hash  name kept" in_state "$bpftool" map show pinned $fs/other
in_state rm -r $fs/other $fs/d
[ -z "$(in_state "$bpftool" map show)" ] || { echo "the map outlives its last name"; bad=1; }
in_state "$bpftool" map create $fs/later type array key 4 value 4 entries 1 name later
later=$(in_state "$bpftool" map show name later | sed -n 's/^\([0-9]*\):.*/\1/p')
[ "$later" -gt "$id" ] || { echo "id $id was given again ($later)"; bad=1; }

# A link stays attached, also when it is read again, until its name is gone.
in_state "$attach" "$object" $fs/link || bad=1
expect 'xdp  prog' in_state "$bpftool" link show
expect 'xdp  prog' in_state "$bpftool" link show
expect 'name count' in_state "$bpftool" prog show
in_state rm $fs/link
[ -z "$(in_state "$bpftool" link show)$(in_state "$bpftool" prog show)" ] || { echo "the link outlives its name"; bad=1; }

# Without --state, and with another one, there is nothing.
expect 'No such file' "$bpfunit" exec -- "$bpftool" map show pinned $fs/later
expect 'No such file' "$bpfunit" exec --state "$work/new" -- "$bpftool" map show pinned $fs/later

# At once: each waits for its turn, and nothing is lost.
for i in 1 2 3 4 5 6; do
	in_state "$bpftool" map create $fs/at_once$i type array key 4 value 4 entries 1 name once$i &
done
wait
[ "$(in_state ls $fs | grep -c at_once)" = 6 ] || { echo "maps of concurrent processes are lost"; bad=1; }

# Becoming another program, by any call of the family, saves the state and passes arguments and environment on.
for call in execl execlp execv execvp; do
	expect 'one two inherited' in_state "$execs" $call $fs/by_$call
done
for call in execle execve execvpe fexecve execveat; do
	expect 'one two given' in_state "$execs" $call $fs/by_$call
done
[ "$(in_state ls $fs | grep -c ^by_)" = 9 ] || { echo "not all are saved: $(in_state ls $fs)"; bad=1; }

# A shell has no kernel, so its commands take turns as well.
expect 'name later' in_state sh -c "'$bpftool' map pin name later $fs/again && '$bpftool' map show pinned $fs/again"

# A process that waits for its child keeps the directory from it.
cat >"$work/parent.py" <<'END'
import os, subprocess, sys
os.listdir("/sys/fs/bpf")
sys.exit(subprocess.call(sys.argv[1:]))
END
if command -v python3 >/dev/null; then
	expect 'uses the state directory' in_state python3 "$work/parent.py" "$bpftool" map show
fi

# What attaches by BTF id, with the types that it sees, in a process that opens no object.
iterates() {
	in_state="$bpfunit exec --state $work/iterators --"
	$in_state "$bpftool" iter pin "$iterator" $fs/maps
	expect ' iter.rodata type 2 max 1' $in_state cat $fs/maps
	expect 'target_name bpf_map' $in_state "$bpftool" link show
	expect ' iter.rodata type 2 max 1' $in_state cat $fs/maps
}
in_state "$bpftool" map create $fs/text type hash key 4 value 4 entries 9 name text # without BTF
expect 'Input/output error' in_state cat $fs/text
iterates

# A damaged file is refused and kept.
cp "$work/state/state" "$work/good"
head -c 100 "$work/good" >"$work/state/state"
expect 'cannot be loaded: Invalid argument' in_state "$bpftool" map show
[ "$(stat -c %s "$work/state/state")" = 100 ] || { echo "the damaged file was replaced"; bad=1; }
for size in 0 5 20 200 300; do
	head -c $size "$work/good" >"$work/state/state"
	in_state "$bpftool" map show >/dev/null 2>&1
	case $? in
	134 | 139) echo "crash with the first $size bytes"; bad=1 ;;
	esac
done

expect 'No such file or directory' "$bpfunit" exec --state "$work/none/none" -- true
exit $bad
