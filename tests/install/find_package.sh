#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An example outside the tree, built against an install prefix.
. "$(dirname "$0")/lib.sh"
"$cmake" -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$bpfunit"
expect_green "$work/build"
"$bpfunit/bin/bpfunit" version
grep -q . "$bpfunit/share/doc/bpfunit/guide.md" "$bpfunit/share/doc/bpfunit/exec.md" "$bpfunit/share/doc/bpfunit/LICENSE"
