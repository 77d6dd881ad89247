/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the VM's benchmark runs, the same C for BPF and for the host: functions of one buffer of
 * BENCH_BYTES bytes that they may also write. Each executes some 100,000 to 500,000 instructions.
 */
#ifndef BENCH_VM_PROGRAMS_H
#define BENCH_VM_PROGRAMS_H

#include "vm_rows.h"

typedef unsigned char byte;
typedef unsigned short half;
typedef unsigned int word;
typedef unsigned long long dword;

/* The Internet checksum, 64 times over 3,000 bytes at shifting offsets. */
PROGRAM(checksum)
{
	dword sum = 0;
	word round, i;

	for (round = 0; round < 64; round++) {
		const half *at = (const half *)(data + round * 2);

		for (i = 0; i < 1500; i++)
			sum += at[i];
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* Bit by bit over 2,048 bytes. */
PROGRAM(crc32)
{
	word crc = ~0u, i, bit;

	for (i = 0; i < 2048; i++) {
		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return ~crc;
}

/* 256 words, copied first. */
PROGRAM(bubble_sort)
{
	word *a = (word *)(data + 2048), i, j, t;

	for (i = 0; i < 256; i++)
		a[i] = ((const word *)data)[i];
	for (i = 0; i < 255; i++) {
		for (j = 0; j < 255 - i; j++) {
			if (a[j] <= a[j + 1])
				continue;
			t = a[j];
			a[j] = a[j + 1];
			a[j + 1] = t;
		}
	}
	return a[0] + ((dword)a[128] << 32);
}

/* Primes below 2,000, 16 times. */
PROGRAM(sieve)
{
	byte *flags = data + 2048;
	word round, i, j, count = 0;

	for (round = 0; round < 16; round++) {
		for (i = 0; i < 2000; i++)
			flags[i] = i | 1;
		for (i = 2; i < 2000; i++) {
			if (!flags[i])
				continue;
			count++;
			for (j = i + i; j < 2000; j += i)
				flags[j] = 0;
		}
	}
	return count;
}

/* Arithmetic in registers: 30,000 rounds of a 64-bit mixer. */
PROGRAM(mix)
{
	dword x = *(const dword *)data | 1, sum = 0;
	word i;

	for (i = 0; i < 30000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		sum += x * 0x9e3779b97f4a7c15ull;
	}
	return sum;
}

/* Counts of 2,048 bytes in 256 slots of the upper half, 20 times. */
PROGRAM(histogram)
{
	dword *slots = (dword *)(data + 2048), max = 0;
	word round, i;

	for (i = 0; i < 256; i++)
		slots[i] = i;
	for (round = 0; round < 20; round++)
		for (i = 0; i < 2048; i++)
			slots[data[i]]++;
	for (i = 0; i < 256; i++)
		max = slots[i] > max ? slots[i] : max;
	return max;
}

/* A parser's branches: 12,000 made-up headers at changing places. */
PROGRAM(parse)
{
	dword ports = 0;
	word i, at = 0;

	for (i = 0; i < 12000; i++) {
		const byte *p = data + (at & 2047);
		word proto = p[9], len = (word)(p[0] & 15) * 4;

		if (proto < 64)
			ports += *(const half *)(p + 20 + len);
		else if (proto < 128)
			ports ^= *(const word *)(p + 12);
		else if (*(const half *)(p + 6) & 0x1fff)
			ports += 1;
		at += len + 14;
	}
	return ports;
}

/* The product of two matrices of 22 x 22 words, twice. */
PROGRAM(matrix)
{
	const word *a = (const word *)data;
	word *c = (word *)(data + 2048);
	word round, i, j, k, sum = 0;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 22; i++) {
			for (j = 0; j < 22; j++) {
				word cell = 0;

				for (k = 0; k < 22; k++)
					cell += a[i * 22 + k] * a[k * 22 + j];
				c[i * 22 + j] = cell;
				sum += cell;
			}
		}
	}
	return sum;
}

static __attribute__((noinline)) dword callee(dword x, const byte *p)
{
	return x * 31 + p[x & 1023];
}

/* 20,000 calls of a subprogram. */
PROGRAM(calls)
{
	dword x = 7;
	word i;

	for (i = 0; i < 20000; i++)
		x = callee(x, data);
	return x;
}

#endif
