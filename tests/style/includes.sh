#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# includes.sh ROOT: includes point inward. Each folder may include from the folders behind its name;
# `api` is the public headers, <bpfunit/...>.
cd "$1" || exit 2
declare -A allowed=(
	[ebpf]="ebpf"
	[maps]="maps ebpf"
	[helpers]="helpers maps ebpf"
	[framework]="framework helpers maps ebpf api"
	[runner]="runner api"
	[examples]="api"
)
bad=0

# Set target to the folder that one line's include names; to nothing for files of the system or beside the includer.
find_target() {
	target=
	case $1 in
	'<bpfunit/'*) target=api ;;
	'"ebpf/'* | '"maps/'* | '"helpers/'* | '"framework/'* | '"runner/'*)
		target=${1#\"}
		target=${target%%/*}
		;;
	esac
}

for folder in "${!allowed[@]}"; do
	[ -d "$folder" ] || continue
	while IFS=: read -r file line include; do
		find_target "$include"
		if [ -n "$target" ] && [[ " ${allowed[$folder]} " != *" $target "* ]]; then
			echo "$file:$line: $folder/ must not include $include"
			bad=1
		fi
		# A header that names no folder is looked for beside its includer: only for what users see.
		if [ "$folder" != examples ] && [[ $include == \"* ]] && [ -z "$target" ]; then
			echo "$file:$line: write $include from the root of the tree"
			bad=1
		fi
	done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' --include='*.[ch]' --include='*.def' "$folder" |
		sed -E 's/:[[:space:]]*#[[:space:]]*include[[:space:]]*/:/')
done
exit $bad
