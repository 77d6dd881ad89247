// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs ask of the world: clock, task, user. The host would answer differently, so in a
 * twin a call of such a helper is a call of a subprogram that reads the VM's answer from a map,
 * where it is put before each run. The subprograms stand behind the program, so no other
 * instruction moves.
 */
#include "framework/mirror.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/kernel.h"

/* Helpers without arguments whose answer is the same throughout a run. */
static const u32 helpers[] = {
	BPF_FUNC_ktime_get_ns,        BPF_FUNC_ktime_get_boot_ns,
	BPF_FUNC_ktime_get_coarse_ns, BPF_FUNC_ktime_get_tai_ns,
	BPF_FUNC_jiffies64,           BPF_FUNC_get_current_pid_tgid,
	BPF_FUNC_get_current_uid_gid, BPF_FUNC_get_current_cgroup_id,
	BPF_FUNC_get_numa_node_id,
};

#define NR_HELPERS ((u32)BU_ARRAY_SIZE(helpers))
#define STUB_INSNS 4

/* Its place in the list; NR_HELPERS: it is another. */
static u32 place_of(u32 helper)
{
	u32 i = 0;

	while (i < NR_HELPERS && helpers[i] != helper)
		i++;
	return i;
}

bool bu_mirror_env_has(u32 helper)
{
	return place_of(helper) < NR_HELPERS;
}

static bool is_helper_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0;
}

static void put_stub(struct bpf_insn *at, u32 place, int fd)
{
	memset(at, 0, STUB_INSNS * sizeof(*at));
	at[0].code = BPF_LD | BPF_IMM | BPF_DW;
	at[0].dst_reg = BPF_REG_1;
	at[0].src_reg = BPF_PSEUDO_MAP_VALUE;
	at[0].imm = fd;
	at[1].imm = (s32)(place * sizeof(u64));
	at[2].code = BPF_LDX | BPF_MEM | BPF_DW;
	at[2].dst_reg = BPF_REG_0;
	at[2].src_reg = BPF_REG_1;
	at[3].code = BPF_JMP | BPF_EXIT;
}

static int env_map(struct bu_mirror *mirror)
{
	union bpf_attr attr = { 0 };

	if (mirror->env_fd > 0)
		return mirror->env_fd;
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(u32);
	attr.value_size = NR_HELPERS * sizeof(u64);
	attr.max_entries = 1;
	mirror->env_fd = (int)bu_host_bpf(BPF_MAP_CREATE, &attr);
	return mirror->env_fd;
}

int bu_mirror_env_replace(struct bu_mirror *mirror, struct bpf_insn **insns, u32 *nr)
{
	u32 stubs[NR_HELPERS] = { 0 }, first = *nr;
	struct bpf_insn *longer =
		reallocarray(*insns, first + NR_HELPERS * STUB_INSNS, sizeof(**insns));

	if (!longer)
		return -ENOMEM;
	*insns = longer;
	for (u32 i = 0; i < first; i++) {
		u32 place = is_helper_call(&longer[i]) ? place_of(longer[i].imm) : NR_HELPERS;

		if (longer[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
		if (place == NR_HELPERS)
			continue;
		if (env_map(mirror) < 0)
			return mirror->env_fd;
		if (!stubs[place]) {
			stubs[place] = *nr;
			put_stub(&longer[*nr], place, mirror->env_fd);
			*nr += STUB_INSNS;
		}
		longer[i].src_reg = BPF_PSEUDO_CALL;
		longer[i].imm = (s32)(stubs[place] - i - 1);
	}
	return 0;
}

void bu_mirror_env_copy(struct bu_mirror *mirror, const struct bu_prog *prog)
{
	u64 answers[NR_HELPERS];
	union bpf_attr attr = { 0 };
	struct bu_run run;
	u32 key = 0;

	if (mirror->env_fd <= 0)
		return;
	bu_run_begin(&run, mirror->kernel, prog);
	for (u32 i = 0; i < NR_HELPERS; i++)
		answers[i] = bu_helper_of(helpers[i])->fn(&run, 0, 0, 0, 0, 0);
	bu_run_end(&run);
	attr.map_fd = mirror->env_fd;
	attr.key = (u64)(uintptr_t)&key;
	attr.value = (u64)(uintptr_t)answers;
	bu_host_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}
