#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The JSON of every golden report is JSON to others, too. golden_json.sh TEST...
command -v python3 >/dev/null || exit 77
file=$(mktemp) || exit 1
trap 'rm -f "$file"' EXIT
for test; do
	BPFUNIT_GOLDEN_JSON=$file "$test" 'golden.*' >/dev/null || exit 1
done
echo "$(wc -l <"$file") reports"
test "$(wc -l <"$file")" -ge 40 && python3 -m json.tool --json-lines "$file" >/dev/null
