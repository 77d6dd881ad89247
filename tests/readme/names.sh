#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# names.sh ROOT: every name of ours that the documents use exists, every file that they link to is there, and
# README.md stays below 200 lines.
cd "$1" || exit 2
bad=0

complain() {
	echo "$*"
	bad=1
}

# Made of a name that the user chooses, or prefixes that the text completes.
known='BPFUNIT_OBJECT_.*|BPFUNIT_BTF_.*|.*_'
for document in README.md docs/guide.md docs/design.md CONTRIBUTING.md; do
	for name in $(grep -oE '\b(bpfunit|BPFUNIT|EXPECT|ASSERT|MAP|KOBJ|TYPED|NEXT)_[A-Za-z0-9_]+' "$document" |
		sort -u | grep -vxE "$known"); do
		grep -rqw --exclude-dir=readme -- "$name" framework/include cmake script CMakeLists.txt ebpf runner tests ||
			complain "$document: $name does not exist"
	done
	for link in $(grep -oE '\]\([^)#]+' "$document" | cut -c3-); do
		[ -e "$(dirname "$document")/$link" ] || complain "$document: no file $link"
	done
done
[ "$(wc -l <README.md)" -lt 200 ] || complain "README.md has 200 lines or more"
exit $bad
