#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run tests where resources are scarce or watched: limited.sh HOW TEST...
#   address-space  under `ulimit -v` of 1 GiB, hard; without malloc's 128 MiB for each new thread, which leave no stack
#                  for the next one when they come at a bad moment
#   valgrind       in one process, errors and definite leaks fail
how=$1
shift
if nm "$1" | grep -q __asan_init; then
	echo "AddressSanitizer reserves terabytes and does not run under valgrind"
	exit 77
fi
for test; do
	case $how in
	address-space)
		(ulimit -v 1048576 && MALLOC_ARENA_MAX=1 exec "$test") || exit 1
		;;
	valgrind)
		command -v valgrind >/dev/null || exit 77
		valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
			"$test" --no-fork || exit 1
		;;
	esac
done
