#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# files.sh ROOT: each source file begins with the licence line and has at most 600 lines.
cd "$1" || exit 2
bad=0

complain() {
	echo "$*"
	bad=1
}

while IFS= read -r file; do
	if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause'; then
		complain "$file: no SPDX line at its top"
	fi
	lines=$(wc -l <"$file")
	if [ "$lines" -gt 600 ]; then
		complain "$file: $lines lines, more than 600"
	fi
done < <(find CMakeLists.txt cmake ebpf maps helpers framework runner examples tests bench script .ci -type f \
	\( -name '*.[ch]' -o -name '*.def' -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.sh' \
	-o -path 'script/*' -o -path '.ci/*' \))
exit $bad
