#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# names.sh ROOT: every name of ours that the documents use exists, every file that they link to is there, the guide lists its sections,
# and README.md stays below 200 lines.
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
# The guide's list of contents has each section once, in their order.
anchors() {
	tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\n-'
}
sections=$(grep '^## ' docs/guide.md | cut -c4- | anchors)
listed=$(sed '/^## /,$d' docs/guide.md | grep -oE '\(#[a-z0-9-]+\)' | tr -d '(#)')
[ "$sections" = "$listed" ] || complain "docs/guide.md: contents: $(diff <(echo "$listed") <(echo "$sections"))"
[ "$(wc -l <README.md)" -lt 200 ] || complain "README.md has 200 lines or more"
exit $bad
