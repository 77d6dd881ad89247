#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bpftool_script.sh OBJECT WORK COMMAND...: one bpftool command after another, each a process of its own that COMMAND runs
# (`bpftool` on the host's kernel, or `bpfunit exec --state DIR -- bpftool`). Writes each and what it says, with
# ids, times and sizes that differ from machine to machine replaced. WORK is a directory for files.
object=$1
work=$2
shift 2
tool=("$@")
d=/sys/fs/bpf/bpfunit_script
failures=0

# Without stripping comments: every line counts.
normalize() {
	sed -E -e "s|$work|WORK|g; s|$object|OBJECT|g" \
		-e 's/^[0-9]+: /ID: /; s/^\t?(loaded_at) [^ ]+/\t\1 TIME/' \
		-e 's/(not jited|jited [0-9]+B)/JITED/; s/memlock [0-9]+B/memlock BYTES/' \
		-e 's/map_ids [0-9,]+/map_ids IDS/; s/btf_id [0-9]+/btf_id ID/; s/map\[id:[0-9]+\]/map[id:ID]/g' \
		-e 's/\bid [0-9]+/id ID/g; s/(inner_map_id|Duration|pids) .*/\1 .../; s/(duration[^:]*): [0-9]+ns/\1: TIME/' \
		-e 's/"(id|btf_id|loaded_at|bytes_jited|bytes_memlock)": ?[0-9]+/"\1":N/g; s/"jited": ?(true|false)/"jited":B/' \
		-e 's/"map_ids": ?\[[0-9, ]+\]?/"map_ids":[IDS/; s/"bytes_jited":N,//; s/^( +18 [0-9a-f]{2} 00 00) ([0-9a-f]{2} ){4}/\1 ID /; s/"gpl_compatible"/"gpl"/'
}

# The values of these maps are ids.
ids_of_values() {
	case $1 in
	*"dump pinned $d/t") sed 's/value: .*/value: ID/' ;;
	*) cat ;;
	esac
}

run() {
	echo "\$ bpftool $*" | sed "s|$work|WORK|g; s|$object|OBJECT|g; s|$d|DIR|g"
	"${tool[@]}" "$@" </dev/null >"$work/out" 2>&1
	local status=$?
	normalize <"$work/out" | sed -e "s|$d|DIR|g" -e '/^ *$/d' | ids_of_values "$*"
	echo "= $status"
}

files() {
	echo "\$ ls"
	if [ "${#tool[@]}" -gt 1 ]; then
		"${tool[@]:0:$((${#tool[@]} - 1))}" ls -R "$d"
	else
		ls -R "$d"
	fi 2>&1 | sed "s|$d|DIR|g"
}

# Which is not one of bpftool's commands, and so has no output to compare.
shell() {
	if [ "${#tool[@]}" -gt 1 ]; then
		"${tool[@]:0:$((${#tool[@]} - 1))}" "$@"
	else
		"$@"
	fi
}

shell mkdir "$d" || exit 2
trap 'shell rm -rf "$d"' EXIT

run map create $d/h type hash key 4 value 8 entries 3 name numbers
run map create $d/h type hash key 4 value 8 entries 3 name numbers
run map show pinned $d/h
run map update pinned $d/h key 1 0 0 0 value 1 2 3 4 5 6 7 8
run map update pinned $d/h key hex 02 00 00 00 value hex aa bb cc dd 00 00 00 00 noexist
run map update pinned $d/h key 1 0 0 0 value 0 0 0 0 0 0 0 0 noexist
run map update pinned $d/h key 9 0 0 0 value 0 0 0 0 0 0 0 0 exist
run map lookup pinned $d/h key 1 0 0 0
run map lookup pinned $d/h key 7 0 0 0
run map delete pinned $d/h key 1 0 0 0
run map delete pinned $d/h key 1 0 0 0
run map dump pinned $d/h
run -j map dump pinned $d/h
run map getnext pinned $d/h
run map getnext pinned $d/h key 2 0 0 0
run map pin name numbers $d/again
run map show name numbers
run map create $d/bad type hash key 4 value 8 entries 0 name bad
run map create $d/dir.name type hash key 4 value 8 entries 1 name bad
run map create $d/a type array key 4 value 4 entries 2 name slots
run map update pinned $d/a key 1 0 0 0 value 5 0 0 0
run map update pinned $d/a key 2 0 0 0 value 5 0 0 0
run map delete pinned $d/a key 0 0 0 0
run map dump pinned $d/a
run map freeze pinned $d/a
run map update pinned $d/a key 0 0 0 0 value 5 0 0 0
run map create $d/l type lru_hash key 4 value 4 entries 8 name recent
run map update pinned $d/l key 3 0 0 0 value 5 0 0 0
run map dump pinned $d/l
run map create $d/r type ringbuf key 0 value 0 entries 4096 name ring
run map show pinned $d/r
run map create $d/o type hash_of_maps key 4 value 4 entries 4 name outer inner_map pinned $d/h
run map update pinned $d/o key 1 0 0 0 value pinned $d/h
run map show pinned $d/o
run prog load "$object" $d/p
run prog load "$object" $d/p
run prog show pinned $d/p
run -p prog show pinned $d/p
run prog dump xlated pinned $d/p
run prog dump xlated pinned $d/p opcodes
run -j prog dump xlated pinned $d/p
head -c 64 /dev/zero >"$work/packet"
run prog run pinned $d/p data_in "$work/packet" data_out - repeat 2
run map dump name plain.data
run map dump name plain.rodata
run prog loadall "$object" $d/all
files
run prog show pinned $d/all/drop
run prog show pinned $d/all/length
run prog dump xlated pinned $d/all/length
run prog run pinned $d/all/length data_in "$work/packet"
run prog pin pinned $d/p $d/p2
run btf dump prog pinned $d/p
run btf dump prog pinned $d/p format c
run map create $d/t type prog_array key 4 value 4 entries 2 name calls
run map update pinned $d/t key 1 0 0 0 value pinned $d/p
run map dump pinned $d/t
run prog load "$object" $d/reused map name pairs pinned $d/h
run link show
run perf show
run net show dev lo
printf '%s\n' "map update pinned $d/h key 5 0 0 0 value 1 0 0 0 0 0 0 0" "map lookup pinned $d/h key 5 0 0 0" \
	"map delete pinned $d/h key 5 0 0 0" >"$work/batch"
run batch file "$work/batch"
run prog show pinned $d/none
run map show pinned $d/p
run prog show pinned $d/h
run map dump id 99999999
run prog show tag 0000000000000000
