/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 as in FIPS 180-4: whole blocks from the data, then one or two with the padding and
 * length.
 */
#include "ebpf/prog/sha256.h"

#include <endian.h>
#include <string.h>

/* Of the cube roots of the first 64 primes, the first 32 bits behind the point. */
static const u32 round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static u32 rotate(u32 x, int by)
{
	return (x >> by) | (x << (32 - by));
}

static void expand(u32 w[64], const u8 *block)
{
	memcpy(w, block, 64);
	for (int i = 0; i < 16; i++)
		w[i] = be32toh(w[i]);
	for (int i = 16; i < 64; i++) {
		u32 old = w[i - 15], late = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (rotate(old, 7) ^ rotate(old, 18) ^ old >> 3) +
		       (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
	}
}

static void add_block(u32 state[8], const u8 *block)
{
	u32 a = state[0], b = state[1], c = state[2], d = state[3];
	u32 e = state[4], f = state[5], g = state[6], h = state[7];
	u32 w[64], t1, t2;

	expand(w, block);
	for (int i = 0; i < 64; i++) {
		t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
		     round_constants[i] + w[i];
		t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		h = g, g = f, f = e, e = d + t1;
		d = c, c = b, b = a, a = t1 + t2;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void bu_sha256(const void *data, size_t size, u8 digest[32])
{
	u32 state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
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
	for (int i = 0; i < 8; i++)
		state[i] = htobe32(state[i]);
	memcpy(digest, state, 32);
}
