#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# app.sh BPFUNIT WORK APP: an application that knows nothing of bpfunit runs on the emulated kernel.
bpfunit=$1
app=$3
expected='kind 2 length 34 mine
kind 2 length 54 mine
kind 2 length 74 mine
dropped 1'

output=$("$bpfunit" exec -- "$app" 2>&1) || { echo "$output"; exit 1; }
if [ "$output" != "$expected" ]; then
	diff <(echo "$expected") <(echo "$output")
	exit 1
fi
