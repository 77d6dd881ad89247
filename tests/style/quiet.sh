#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# quiet.sh OBJECT...: none of these refers to standard output, standard error, or functions that print there.
if [ $# -lt 10 ]; then
	echo "only $# objects given"
	exit 1
fi
symbols=$(nm -A -u "$@") || exit 1
! grep -E ' ((__)?(v?printf)(_chk)?|puts|putchar|perror|psignal|stdout|stderr|err|errx|warn|warnx)$' <<<"$symbols"
