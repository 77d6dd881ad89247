#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# command.sh BPFUNIT WORK: the command `bpfunit exec` itself: exit statuses, signals, programs that it cannot serve.
bpfunit=$1
work=$2
[ -w "$(dirname "$work")" ] || work=$(mktemp -d)/work # another user than the one who built it
bad=0
rm -rf "$work"
mkdir -p "$work" || exit 2

# expect STATUS TEXT COMMAND...
expect() {
	local status=$1 text=$2 output
	shift 2
	output=$("$@" 2>&1)
	local got=$?
	if [ $got != "$status" ] || ! grep -qF -- "$text" <<<"$output"; then
		echo "'$*': status $got, not $status, or no '$text': $output"
		bad=1
	fi
}

expect 0 'Usage: bpfunit exec' "$bpfunit" exec --help
expect 0 'run a program on an emulated kernel' "$bpfunit" --help
expect 125 'Usage: bpfunit exec' "$bpfunit" exec
expect 125 'Usage: bpfunit exec' "$bpfunit" exec --none
expect 125 'No such file' "$bpfunit" exec --btf "$work/none" true
echo garbage >"$work/bad.btf"
expect 125 'neither raw BTF nor ELF' "$bpfunit" exec --btf "$work/bad.btf" true
expect 0 '' "$bpfunit" exec --btf none true
expect 125 'Not a directory' "$bpfunit" exec --state "$0" true
expect 125 'No such file' "$bpfunit" exec --state "$work/none/state" true
expect 0 '' "$bpfunit" exec --netdev eth0,veth1 true
for names in a/b '' eth0, 'eth 0' .. a_name_of_16_chars; do
	expect 125 'no names of network devices' "$bpfunit" exec --netdev "$names" true
done
expect 127 'No such file' "$bpfunit" exec "$work/none"
expect 127 'No such file' "$bpfunit" exec no_such_program_anywhere
expect 126 'Permission denied' "$bpfunit" exec "$work"
expect 3 '' "$bpfunit" exec sh -c 'exit 3'
mkdir "$work/tmp"
TMPDIR="$work/tmp" expect 0 'bpfunit-notes' "$bpfunit" exec ls "$work/tmp"
expect 0 '' rmdir "$work/tmp"
TMPDIR="$work/none" expect 125 "$work/none" "$bpfunit" exec true
expect 0 '' "$bpfunit" exec sh -c 'ulimit -l unlimited' # as tools do that know kernels before 5.11
expect 0 'a b' "$bpfunit" exec -- echo a b
expect 137 '' "$bpfunit" exec sh -c 'kill -9 $$'
expect 143 '' sh -c "'$bpfunit' exec sleep 60 & p=\$!; sleep 0.3; kill \$p; wait \$p"
for signal in INT QUIT TERM HUP; do # sent to the command alone; it and its program end
	expect 124 '' timeout --foreground -k 5 -s $signal 0.3 "$bpfunit" exec sleep 60
done
expect 0 'all of it' sh -c "echo all of it | '$bpfunit' exec cat"
expect 0 libbpfunit "$bpfunit" exec sh -c 'echo $LD_PRELOAD'
expect 0 '/none.so' env LD_PRELOAD=/none.so "$bpfunit" exec sh -c 'echo $LD_PRELOAD'

# The library does nothing in a program that has nothing to do with BPF.
expect 0 '' "$bpfunit" exec true
[ -z "$("$bpfunit" exec --notes true 2>&1)" ] || { echo "true is not quiet"; bad=1; }

echo 'int main(void) { return 0; }' >"$work/main.c"
if cc -static "$work/main.c" -o "$work/static" 2>/dev/null; then
	expect 126 'is linked statically' "$bpfunit" exec "$work/static"
	printf '#!%s\n' "$work/static" >"$work/script"
	chmod +x "$work/script"
	expect 126 'is linked statically' "$bpfunit" exec "$work/script"
fi
printf '#!/bin/sh\necho from a script\n' >"$work/script"
chmod +x "$work/script"
expect 0 'from a script' "$bpfunit" exec "$work/script"
if [ "$(id -u)" = 0 ]; then
	cp "$(type -P true)" "$work/setuid"
	chown 1 "$work/setuid" && chmod u+s "$work/setuid"
	expect 126 'is set-uid' "$bpfunit" exec "$work/setuid"
fi
exit $bad
