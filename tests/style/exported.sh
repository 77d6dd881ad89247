#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# exported.sh LIBRARY: the shared library exports bpfunit_... and the symbols of libc that it answers for, and no
# others; and it does export those without which nothing works.
. "$(dirname "$0")/interposed.sh"
symbols=$(nm -D --defined-only "$1" | awk '{ print $3 }') || exit 2
bad=0
if foreign=$(grep -vE "^(bpfunit_.*|$INTERPOSED)\$" <<<"$symbols"); then
	echo "exported, but neither bpfunit_... nor interposed:"
	echo "$foreign"
	bad=1
fi
for needed in syscall mmap mmap64 epoll_wait ioctl open open64 fopen fopen64 bpfunit_main bpfunit_test_register; do
	if ! grep -qx "$needed" <<<"$symbols"; then
		echo "not exported: $needed"
		bad=1
	fi
done
exit $bad
