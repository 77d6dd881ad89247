#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# host_untouched.sh PROGRAM...: under strace, all tests of these programs, none of which may call the host's
# bpf(2) or perf_event_open(2).
if ! strace -f -o /dev/null true 2>/dev/null; then
	echo "strace does not work here"
	exit 77
fi
calls=$(mktemp)
trap 'rm -f "$calls"' EXIT
for program in "$@"; do
	strace -f -qq -e signal=none -e trace=bpf,perf_event_open,exit_group -o "$calls" "$program" >/dev/null 2>&1
	if ! grep -q exit_group "$calls"; then
		echo "strace saw nothing of $program"
		exit 1
	fi
	if grep -E 'bpf\(|perf_event_open\(' "$calls"; then
		echo "$program reached the host's kernel"
		exit 1
	fi
done
