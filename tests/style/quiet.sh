#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# quiet.sh OBJECT...: none of these refers to standard output, standard error, or functions that print there.
bad=0
if [ $# -lt 10 ]; then
	echo "only $# objects given"
	exit 1
fi
for object in "$@"; do
	if found=$(nm -u "$object" | awk '{ print $2 }' |
		grep -xE '(__)?(v?printf)(_chk)?|puts|putchar|perror|psignal|stdout|stderr|err|errx|warn|warnx'); then
		echo "$object: ${found//$'\n'/ }"
		bad=1
	fi
done
exit $bad
