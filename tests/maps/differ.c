// SPDX-License-Identifier: BSD-2-Clause
#include "differ.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INSN(code_, dst_, src_, off_, imm_)                                                        \
	((struct bpf_insn){ .code = (code_),                                                       \
			    .dst_reg = (dst_),                                                     \
			    .src_reg = (src_),                                                     \
			    .off = (off_),                                                         \
			    .imm = (imm_) })
#define MOV_REG(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD_IMM(dst, imm) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define CALL(helper)      INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT()            INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LOAD_MAP(dst, fd)                                                                          \
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

/* Where a program finds its operands: in the packet, and copied to its stack. */
#define PACKET_SIZE 96
#define KEY_AT      0
#define FLAGS_AT    16
#define VALUE_AT    32
#define STACK_BASE  (-PACKET_SIZE)

uint64_t differ_digest(uint64_t digest, const void *data, uint64_t size)
{
	const uint8_t *bytes = data;

	for (uint64_t i = 0; i < size; i++)
		digest = (digest ^ bytes[i]) * 0x100000001b3u;
	return digest;
}

static uint64_t draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random * 0x2545f4914f6cdd1du >> 11;
}

static bool per_cpu(const struct differ_map *map)
{
	return map->type == BPF_MAP_TYPE_PERCPU_HASH || map->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static uint32_t user_size(const struct differ_map *map)
{
	return per_cpu(map) ? (map->value_size + 7) / 8 * 8 * DIFFER_CPUS : map->value_size;
}

/* Of the values of all CPUs; the padding between them is whatever the memory held before. */
static uint64_t digest_value(const struct differ_map *map, uint64_t digest, const uint8_t *value)
{
	for (uint32_t at = 0; at < user_size(map); at += (map->value_size + 7) / 8 * 8)
		digest = differ_digest(digest, value + at, map->value_size);
	return digest;
}

static uint64_t draw_flags(uint64_t *random)
{
	static const uint64_t rare[] = { BPF_F_LOCK, BPF_F_LOCK | BPF_EXIST, 3, 8, 1ull << 40 };
	uint64_t pick = draw(random) % 20;

	if (pick < 12)
		return BPF_ANY;
	if (pick < 15)
		return BPF_NOEXIST;
	return pick < 19 ? BPF_EXIST : rare[draw(random) % (sizeof(rare) / sizeof(*rare))];
}

static enum differ_op draw_op(uint64_t *random)
{
	static const uint8_t weights[DIFFER_OPS] = { 30, 12, 10, 4, 5, 20, 12, 6, 1 };
	uint64_t pick = draw(random) % 100;
	int op = 0;

	while (pick >= weights[op])
		pick -= weights[op++];
	return op;
}

void differ_draw(const struct differ_map *map, uint64_t *random, uint32_t *cpu,
		 struct differ_step *step)
{
	uint32_t key = draw(random) % map->key_space;

	memset(step, 0, sizeof(*step));
	step->op = draw_op(random);
	/* A few steps in a row on a CPU, to fill its lists. */
	step->cpu = draw(random) % 8 ? *cpu : (*cpu = draw(random) % DIFFER_CPUS);
	memcpy(step->key, &key, map->key_size < 4 ? map->key_size : 4);
	/* Reads take no flags but one, so give them some rarely. */
	if (step->op == DIFFER_UPDATE || step->op == DIFFER_PROG_UPDATE)
		step->flags = draw_flags(random);
	else if (draw(random) % 20 == 0)
		step->flags = draw_flags(random);
	for (uint32_t i = 0; i < user_size(map); i++)
		step->value[i] = draw(random);
}

static int load(struct differ_side *side, const struct bpf_insn *insns, uint32_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = count;
	attr.license = (uintptr_t) "GPL";
	return side->bpf(BPF_PROG_LOAD, &attr);
}

/* Copies its operands to the stack, calls the helper, returns what it returned; lookup: 0, or the
 * value's first 4 bytes with the lowest bit set. */
static int load_program(struct differ_side *side, int helper)
{
	struct bpf_insn insns[] = {
		MOV_IMM(BPF_REG_2, 0),
		MOV_REG(BPF_REG_3, BPF_REG_10),
		ADD_IMM(BPF_REG_3, STACK_BASE),
		MOV_IMM(BPF_REG_4, PACKET_SIZE),
		CALL(BPF_FUNC_skb_load_bytes),
		LOAD_MAP(BPF_REG_1, side->fd),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, STACK_BASE + KEY_AT),
		MOV_REG(BPF_REG_3, BPF_REG_10),
		ADD_IMM(BPF_REG_3, STACK_BASE + VALUE_AT),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_4, BPF_REG_10, STACK_BASE + FLAGS_AT, 0),
		CALL(helper),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_0, BPF_REG_0, 0, 0),
		INSN(BPF_ALU64 | BPF_OR | BPF_K, BPF_REG_0, 0, 0, 1),
		EXIT(),
	};
	uint32_t count = sizeof(insns) / sizeof(*insns);

	if (helper != BPF_FUNC_map_lookup_elem) {
		insns[count - 4] = EXIT();
		count -= 3;
	}
	return load(side, insns, count);
}

long differ_open(struct differ_side *side, const struct differ_map *map, bpf_call bpf)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = map->type;
	attr.key_size = map->key_size;
	attr.value_size = map->value_size;
	attr.max_entries = map->max_entries;
	attr.map_flags = map->flags;
	*side = (struct differ_side){ .map = map, .bpf = bpf };
	for (int i = 0; i < DIFFER_OPS; i++)
		side->progs[i] = -1;
	side->fd = bpf(BPF_MAP_CREATE, &attr);
	if (side->fd < 0)
		return side->fd;
	side->progs[DIFFER_PROG_LOOKUP] = load_program(side, BPF_FUNC_map_lookup_elem);
	side->progs[DIFFER_PROG_UPDATE] = load_program(side, BPF_FUNC_map_update_elem);
	side->progs[DIFFER_PROG_DELETE] = load_program(side, BPF_FUNC_map_delete_elem);
	for (int i = DIFFER_PROG_UPDATE; i <= DIFFER_PROG_DELETE; i++)
		if (side->progs[i] < 0)
			return side->progs[i];
	return 0;
}

void differ_close(struct differ_side *side)
{
	for (int i = 0; i < DIFFER_OPS; i++)
		host_close(side->progs[i]);
	host_close(side->fd);
}

static struct differ_outcome run_program(struct differ_side *side, const struct differ_step *step)
{
	uint8_t packet[PACKET_SIZE] = { 0 };
	union bpf_attr attr;
	long error;

	memcpy(packet + KEY_AT, step->key, sizeof(step->key));
	memcpy(packet + FLAGS_AT, &step->flags, sizeof(step->flags));
	memcpy(packet + VALUE_AT, step->value, DIFFER_VALUE_MAX);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = side->progs[step->op];
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	error = side->bpf(BPF_PROG_TEST_RUN, &attr);
	return (struct differ_outcome){ .result = error ? error : (int32_t)attr.test.retval,
					.data = !error };
}

static long element_call(struct differ_side *side, int cmd, uint64_t flags, const void *key,
			 void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = side->fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	attr.flags = flags;
	return side->bpf(cmd, &attr);
}

static struct differ_outcome dump(struct differ_side *side)
{
	struct differ_outcome outcome = { 0 };
	uint8_t key[16] = { 0 }, next[16] = { 0 }, value[DIFFER_VALUE_MAX];
	bool first = true;

	while (!element_call(side, BPF_MAP_GET_NEXT_KEY, 0, first ? NULL : key, next)) {
		uint64_t digest = 0xcbf29ce484222325u;

		memset(value, 0, sizeof(value));
		element_call(side, BPF_MAP_LOOKUP_ELEM, 0, next, value);
		digest = differ_digest(digest, next, side->map->key_size);
		outcome.data += digest_value(side->map, digest, value);
		outcome.result++;
		memcpy(key, next, sizeof(key));
		first = false;
	}
	return outcome;
}

struct differ_outcome differ_do(struct differ_side *side, const struct differ_step *step)
{
	static const int commands[DIFFER_OPS] = {
		[DIFFER_UPDATE] = BPF_MAP_UPDATE_ELEM,
		[DIFFER_LOOKUP] = BPF_MAP_LOOKUP_ELEM,
		[DIFFER_DELETE] = BPF_MAP_DELETE_ELEM,
		[DIFFER_TAKE] = BPF_MAP_LOOKUP_AND_DELETE_ELEM,
		[DIFFER_NEXT_KEY] = BPF_MAP_GET_NEXT_KEY,
	};
	bool reads = step->op == DIFFER_LOOKUP || step->op == DIFFER_TAKE;
	uint8_t value[DIFFER_VALUE_MAX] = { 0 };
	struct differ_outcome outcome = { 0 };

	if (host_set_cpu(side->bpf, step->cpu))
		return (struct differ_outcome){ .result = -errno };
	if (step->op == DIFFER_DUMP)
		return dump(side);
	if (side->progs[step->op] >= 0)
		return run_program(side, step);
	if (step->op == DIFFER_UPDATE)
		memcpy(value, step->value, sizeof(value));
	/* Attributes that a command does not have must be zero. */
	outcome.result = element_call(side, commands[step->op],
				      reads || step->op == DIFFER_UPDATE ? step->flags : 0,
				      step->key, step->op == DIFFER_DELETE ? NULL : value);
	if (step->op == DIFFER_NEXT_KEY && outcome.result == -ENOENT)
		outcome.result = 0; /* which key is the last is not determined */
	if (reads && !outcome.result)
		outcome.data = digest_value(side->map, 0xcbf29ce484222325u, value);
	return outcome;
}

const char *differ_op_name(enum differ_op op)
{
	static const char *const names[DIFFER_OPS] = { "update",      "lookup",      "delete",
						       "take",        "next_key",    "prog update",
						       "prog lookup", "prog delete", "dump" };

	return names[op];
}
