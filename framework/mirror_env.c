// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs ask of the world: clock, task, user, chance. The host would answer differently, so
 * what the VM answers during its run is noted, and in a twin a call of such a helper is a call of a
 * subprogram that reads the next answer from a map. The subprogram stands behind the program, so no
 * other instruction moves.
 */
#include "framework/mirror.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "ebpf/vm/run.h"

/* Helpers that do nothing but answer with a number, which no memory holds. */
static const u32 helpers[] = {
	BPF_FUNC_ktime_get_ns,        BPF_FUNC_ktime_get_boot_ns,
	BPF_FUNC_ktime_get_coarse_ns, BPF_FUNC_ktime_get_tai_ns,
	BPF_FUNC_jiffies64,           BPF_FUNC_get_current_pid_tgid,
	BPF_FUNC_get_current_uid_gid, BPF_FUNC_get_current_cgroup_id,
	BPF_FUNC_get_numa_node_id,    BPF_FUNC_get_prandom_u32,
	BPF_FUNC_get_hash_recalc,     BPF_FUNC_get_socket_cookie,
	BPF_FUNC_get_netns_cookie,    BPF_FUNC_get_cgroup_classid,
	BPF_FUNC_get_route_realm,
};

#define STUB_INSNS 11

/* The map's value. */
struct replay {
	u64 next;
	u64 answers[BU_ANSWERS_MAX];
};

bool bu_mirror_env_has(u32 helper)
{
	for (u32 i = 0; i < BU_ARRAY_SIZE(helpers); i++) {
		if (helpers[i] == helper)
			return true;
	}
	return false;
}

static bool is_replayed(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0 &&
	       bu_mirror_env_has(insn->imm);
}

/* r0 = map->answers[map->next++ % BU_ANSWERS_MAX] */
static void put_stub(struct bpf_insn *at, int fd)
{
	const struct bpf_insn stub[STUB_INSNS] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = fd },
		{ .code = 0 },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 2, .src_reg = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 2 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = 1 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 2 },
		{ .code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = 3, .imm = BU_ANSWERS_MAX - 1 },
		{ .code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = 3, .imm = 3 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 1, .src_reg = 3 },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW,
		  .dst_reg = 0,
		  .src_reg = 1,
		  .off = offsetof(struct replay, answers) },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	memcpy(at, stub, sizeof(stub));
}

static int env_map(struct bu_mirror *mirror)
{
	union bpf_attr attr = { 0 };

	if (mirror->env_fd > 0)
		return mirror->env_fd;
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(u32);
	attr.value_size = sizeof(struct replay);
	attr.max_entries = 1;
	mirror->env_fd = (int)bu_host_bpf(BPF_MAP_CREATE, &attr);
	return mirror->env_fd;
}

int bu_mirror_env_replace(struct bu_mirror *mirror, struct bpf_insn **insns, u32 *nr)
{
	u32 stub = *nr;
	struct bpf_insn *longer = reallocarray(*insns, stub + STUB_INSNS, sizeof(**insns));

	if (!longer)
		return -ENOMEM;
	*insns = longer;
	for (u32 i = 0; i < stub; i++) {
		if (longer[i].code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++;
			continue;
		}
		if (!is_replayed(&longer[i]))
			continue;
		if (env_map(mirror) < 0)
			return mirror->env_fd;
		put_stub(longer + stub, mirror->env_fd);
		*nr = stub + STUB_INSNS;
		longer[i].src_reg = BPF_PSEUDO_CALL;
		longer[i].imm = (s32)(stub - i - 1);
	}
	return 0;
}

static void note(void *arg, struct bu_run *run, const struct bu_op *op)
{
	struct bu_mirror *mirror = arg;

	(void)op;
	if (!is_replayed(&run->prog->insns[run->insn]))
		return;
	if (mirror->nr_answers < BU_ANSWERS_MAX)
		mirror->answers[mirror->nr_answers] = run->regs[BPF_REG_0];
	mirror->nr_answers++;
}

void bu_mirror_env_begin(struct bu_mirror *mirror)
{
	bool replaced = false;

	for (u32 i = 0; i < mirror->nr_scope_progs; i++)
		replaced |= mirror->scope_progs[i]->replaced;
	mirror->nr_answers = 0;
	mirror->watching = replaced && !mirror->why[0];
	if (!mirror->watching)
		return;
	mirror->watch = (struct bu_hook){ .after = note, .arg = mirror };
	bu_hook_add(mirror->kernel, &mirror->watch);
}

void bu_mirror_env_end(struct bu_mirror *mirror)
{
	struct replay replay = { .next = 0 };
	union bpf_attr attr = { 0 };
	u32 key = 0;

	if (!mirror->watching)
		return;
	mirror->watching = false;
	bu_hook_remove(mirror->kernel, &mirror->watch);
	if (mirror->nr_answers > BU_ANSWERS_MAX)
		bu_mirror_why(mirror, "asks more than %u times for time, chance and the like",
			      BU_ANSWERS_MAX);
	memcpy(replay.answers, mirror->answers, sizeof(replay.answers));
	attr.map_fd = mirror->env_fd;
	attr.key = (u64)(uintptr_t)&key;
	attr.value = (u64)(uintptr_t)&replay;
	bu_host_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}
