#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The cost of libbpf's calls, emulated and on the machine's kernel (as root), in turn three times; the medians and
# their ratio. Usage: bench/boundary_bench.sh [build directory]
set -eu
build=${1:-$(dirname "$0")/../build}
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for _ in 1 2 3; do
	for side in vm kernel; do
		"$build/bin/boundary_bench_$side" | sed "s/^/$side\t/" >>"$rows" || [ $side = kernel ]
	done
done
sort -t"$(printf '\t')" -k1,2 -k3n "$rows" | awk -F'\t' '
	{ key = $1 FS $2; count[key]++; value[key, count[key]] = $3; names[$2] }
	END {
		printf "%-45s %10s %10s %6s\n", "", "bpfunit", "kernel", "ratio"
		for (name in names) {
			vm = value["vm" FS name, 2]; kernel = value["kernel" FS name, 2]
			printf "%-45s %7d ns %7d ns %6s\n", name, vm, kernel, kernel ? sprintf("%.2f", vm / kernel) : "-"
		}
	}'
