/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1 as in FIPS 180-4: whole blocks from the data, then one or two with the padding and length.
 */
#include "ebpf/sha1.h"

#include <endian.h>
#include <string.h>

static u32 rotate(u32 x, int by)
{
	return (x << by) | (x >> (32 - by));
}

static u32 round_function(int round, u32 b, u32 c, u32 d)
{
	if (round < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (round < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (round < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void add_block(u32 state[5], const u8 *block)
{
	u32 w[80], v[5], next;

	memcpy(w, block, 64);
	for (int i = 0; i < 16; i++)
		w[i] = be32toh(w[i]);
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 80; i++) {
		next = rotate(v[0], 5) + round_function(i, v[1], v[2], v[3]) + v[4] + w[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (int i = 0; i < 5; i++)
		state[i] += v[i];
}

void bu_sha1(const void *data, size_t size, u8 digest[20])
{
	u32 state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	u64 bits = htobe64((u64)size * 8);
	const u8 *bytes = data;
	u8 last[128] = { 0 };
	size_t rest = size % 64, padded = rest < 56 ? 64 : 128;

	for (size_t i = 0; i + 64 <= size; i += 64)
		add_block(state, bytes + i);
	memcpy(last, bytes + size - rest, rest);
	last[rest] = 0x80;
	memcpy(last + padded - 8, &bits, 8);
	for (size_t i = 0; i < padded; i += 64)
		add_block(state, last + i);
	for (int i = 0; i < 5; i++)
		state[i] = htobe32(state[i]);
	memcpy(digest, state, 20);
}
