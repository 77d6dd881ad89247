/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeded random operations on a map, from user space and from programs, as a sequence of outcomes
 * that can be compared between kernels.
 */
#ifndef BU_TESTS_MAPS_DIFFER_H
#define BU_TESTS_MAPS_DIFFER_H

#include "host.h"

#include <stdint.h>

#define DIFFER_CPUS      2  /* of both kernels */
#define DIFFER_VALUE_MAX 64 /* bytes of a value in user space */

struct differ_map {
	const char *name;
	uint32_t type, key_size, value_size, max_entries, flags;
	uint32_t key_space; /* keys are drawn from so many */
};

enum differ_op {
	DIFFER_UPDATE,
	DIFFER_LOOKUP,
	DIFFER_DELETE,
	DIFFER_TAKE,
	DIFFER_NEXT_KEY,
	DIFFER_PROG_UPDATE,
	DIFFER_PROG_LOOKUP,
	DIFFER_PROG_DELETE,
	DIFFER_DUMP, /* all keys and values, in an order of their own */
	DIFFER_OPS,
};

struct differ_step {
	enum differ_op op;
	uint32_t cpu;
	uint64_t flags;
	uint8_t key[16];
	uint8_t value[DIFFER_VALUE_MAX];
};

struct differ_outcome {
	long result;   /* of the call; of the program for DIFFER_PROG_* */
	uint64_t data; /* digest of what was read */
};

/* A map in one of the kernels, with the programs that operate on it. */
struct differ_side {
	const struct differ_map *map;
	bpf_call bpf;
	int fd;
	int progs[DIFFER_OPS]; /* descriptors; -1: none */
};

/* 0, or -errno. */
long differ_open(struct differ_side *side, const struct differ_map *map, bpf_call bpf);
void differ_close(struct differ_side *side);

/* The next step. `random` and `cpu` are the state of the sequence; both begin with values of the
 * caller's. */
void differ_draw(const struct differ_map *map, uint64_t *random, uint32_t *cpu,
		 struct differ_step *step);
struct differ_outcome differ_do(struct differ_side *side, const struct differ_step *step);

const char *differ_op_name(enum differ_op op);
uint64_t differ_digest(uint64_t digest, const void *data, uint64_t size);

#endif
