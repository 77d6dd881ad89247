#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# globals.sh ARCHIVE: every global symbol of our objects begins with bpfunit_ or bu_, or is interposed.
. "$(dirname "$0")/interposed.sh"
symbols=$(nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
if [ "$(wc -l <<<"$symbols")" -lt 50 ]; then
	echo "hardly any symbols found in $1"
	exit 1
fi
# Sanitizers and gcov add symbols of their own.
if foreign=$(grep -vE "^(bpfunit_.*|bu_.*|$INTERPOSED|_?_(asan|odr_asan|ubsan|gcov)_?.*)\$" <<<"$symbols"); then
	echo "global, but neither bpfunit_... nor bu_...:"
	echo "$foreign"
	exit 1
fi
