#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# vectors.sh PLUGIN SOURCE_DIR: drive the plugin with every public conformance vector, as bpf_conformance does. Skipped
# (77) without the file: conformance/vectors.tsv of $BPFUNIT_CONFORMANCE_DIR, else of "shared" beside the source tree.
plugin=$1 vectors=${BPFUNIT_CONFORMANCE_DIR:-$2/../shared/conformance}/vectors.tsv
passed=0 failed=0

[ -r "$vectors" ] || exit 77

# Fields are separated by single tabs and may be empty.
next_field() {
	field=${rest%%$'\t'*}
	rest=${rest#*$'\t'}
}

while IFS= read -r rest; do
	case $rest in \#* | "") continue ;; esac
	next_field; name=$field
	next_field; memory=$field
	next_field; program=$field
	next_field; expected=$field
	status=0
	got=$("$plugin" "$memory" <<<"$program" 2>/dev/null) || status=$?
	if [ "$expected" = error ]; then
		want=1:
	else
		want=0:$(printf %x "$expected")
	fi
	if [ "$status:$got" = "$want" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$name: status and output $status:$got instead of $want"
	fi
done <"$vectors"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
