/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of the VM's benchmark programs and the size of their buffer. */
#ifndef BENCH_VM_ROWS_H
#define BENCH_VM_ROWS_H

#define BENCH_BYTES 4096

#define BENCH_PROGRAMS(row)                                                                        \
	row(checksum) row(crc32) row(bubble_sort) row(sieve) row(mix) row(histogram) row(parse)    \
		row(matrix) row(calls)

#endif
