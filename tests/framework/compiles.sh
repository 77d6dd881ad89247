#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# compiles.sh COMPILER INCLUDE_DIR FILE: without a case, FILE compiles without a warning under the flags that a
# strict project uses; with -DCASE=n each case is refused with the words behind its "REFUSED:" comment.
compiler=$1 include=$2 file=$3
flags=(-std=gnu11 -fsyntax-only -I"$include")
bad=0

if ! "$compiler" "${flags[@]}" -Wall -Wextra -Wpedantic -Wconversion -Wsign-compare -Wsign-conversion -Wmissing-braces -Werror \
	"$file" 2>&1; then
	echo "$file does not compile cleanly"
	bad=1
fi
cases=0
while IFS=$'\t' read -r number words; do
	cases=$((cases + 1))
	if output=$("$compiler" "${flags[@]}" -DCASE="$number" "$file" 2>&1); then
		echo "case $number compiles: $words"
		bad=1
	elif ! grep -qF -- "$words" <<<"${output//\\\'/\'}"; then
		echo "case $number is refused in other words than: $words"
		echo "$output"
		bad=1
	fi
done < <(sed -n 's/^#if CASE == \([0-9]*\) \/\* REFUSED: \(.*\) \*\/$/\1\t\2/p' "$file")
if [ $cases -lt 5 ]; then
	echo "only $cases cases found in $file"
	bad=1
fi
exit $bad
