#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# files.sh ROOT: each source file begins with the licence line and has at most 600 lines.
cd "$1" || exit 2
find CMakeLists.txt cmake ebpf maps helpers framework runner examples tests bench script .ci -type f \
	\( -name '*.[ch]' -o -name '*.def' -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.sh' \
	-o -path 'script/*' -o -path '.ci/*' \) -print0 |
	xargs -0 awk '
		function complain(text) { print text; bad = 1 }
		FNR <= 2 && /SPDX-License-Identifier: BSD-2-Clause/ { licensed[FILENAME] = 1 }
		{ lines[FILENAME] = FNR }
		END {
			for (i = 1; i < ARGC; i++) {
				if (!(ARGV[i] in licensed))
					complain(ARGV[i] ": no SPDX line at its top")
				if (lines[ARGV[i]] > 600)
					complain(ARGV[i] ": " lines[ARGV[i]] " lines, more than 600")
			}
			exit bad
		}'
