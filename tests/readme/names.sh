#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# names.sh ROOT: every name of ours that the documents use exists, every file and section that they link to is there, the guide lists its
# sections, a page is linked from another, and README.md stays below 200 lines.
cd "$1" || exit 2
bad=0

complain() {
	echo "$*"
	bad=1
}

# Made of a name that the user chooses, or prefixes that the text completes.
known='BPFUNIT_OBJECT_.*|BPFUNIT_BTF_.*|.*_'
# Sections as links name them.
anchors() {
	tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'
}
check_link() { # DOCUMENT LINK: file, file#section or #section
	local file=$1

	[ -z "${2%%#*}" ] || file=$(dirname "$1")/${2%%#*}
	if [ ! -e "$file" ]; then
		complain "$1: no file ${2%%#*}"
	elif [[ $2 == *#* ]]; then
		grep '^##* ' "$file" | sed 's/^#* //' | anchors | grep -qxF -- "${2##*#}" || complain "$1: no section $2"
	fi
}
documents=(README.md CONTRIBUTING.md docs/*.md)
[ ${#documents[@]} -gt 10 ] || complain "where are the documents?"
for document in "${documents[@]}"; do
	for name in $(grep -oE '\b(bpfunit|BPFUNIT|EXPECT|ASSERT|MAP|KOBJ|TYPED|NEXT)_[A-Za-z0-9_]+' "$document" |
		sort -u | grep -vxE "$known"); do
		grep -rqw --exclude-dir=readme -- "$name" framework/include cmake script CMakeLists.txt ebpf runner tests ||
			complain "$document: $name does not exist"
	done
	for link in $(grep -oE '\]\([^) ]+' "$document" | cut -c3- | grep -v '^https*:'); do
		check_link "$document" "$link"
	done
	[ "$document" = README.md ] || grep -qF -- "${document##*/}" $(printf '%s\n' "${documents[@]}" | grep -vxF "$document") ||
		complain "$document: no other page links to it"
done
# The guide's list of contents has each section once, in their order.
sections=$(grep '^## ' docs/guide.md | cut -c4- | anchors)
listed=$(sed '/^## /,$d' docs/guide.md | grep -oE '\(#[a-z0-9_-]+\)' | tr -d '(#)')
[ "$sections" = "$listed" ] || complain "docs/guide.md: contents: $(diff <(echo "$listed") <(echo "$sections"))"
[ "$(wc -l <README.md)" -lt 200 ] || complain "README.md has 200 lines or more"
exit $bad
