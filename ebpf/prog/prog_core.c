// SPDX-License-Identifier: BSD-2-Clause
/*
 * Applying CO-RE relocations to a program's instructions. Source: check_core_relo(),
 * kernel/bpf/verifier.c; bpf_core_apply(), kernel/bpf/btf.c; bpf_core_patch_insn(),
 * tools/lib/bpf/relo_core.c (6.12).
 */
#include "ebpf/prog/prog_core.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>

#define MIN_RECORD sizeof(struct bpf_core_relo)
#define MAX_RECORD 256
#define POISON     195896080 /* a helper that is none: calling it is the fault */

static void poison(struct bpf_insn *insn)
{
	*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = POISON };
}

/* An access whose field has another width here. */
static void resize(struct bpf_insn *insn, const struct bu_core_result *result)
{
	static const u8 sizes[] = { [1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW };

	if (result->local_size && result->size && result->local_size != result->size)
		insn->code = (insn->code & ~0x18) | sizes[result->size];
}

static int patch(struct bpf_insn *insn, const struct bu_core_result *result)
{
	bool wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);

	if (!result->found) {
		if (wide)
			poison(insn + 1);
		poison(insn);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K)
			return -EINVAL;
		insn->imm = result->value;
		return 0;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		if (result->value > INT16_MAX)
			return -ERANGE;
		insn->off = result->value;
		resize(insn, result);
		return 0;
	case BPF_LD:
		if (!wide)
			return -EINVAL;
		insn[0].imm = (u32)result->value;
		insn[1].imm = result->value >> 32;
		return 0;
	}
	return -EINVAL;
}

static int check(const union bpf_attr *attr)
{
	if (attr->core_relo_cnt > INT32_MAX / sizeof(struct bpf_core_relo))
		return -EINVAL;
	return attr->core_relo_rec_size < MIN_RECORD || attr->core_relo_rec_size > MAX_RECORD ||
			       attr->core_relo_rec_size % sizeof(u32)
		       ? -EINVAL
		       : 0;
}

static int read_record(const union bpf_attr *attr, u32 nth, struct bpf_core_relo *relo,
		       struct bu_log *log)
{
	u64 user = attr->core_relos + (u64)nth * attr->core_relo_rec_size;
	int err = bu_check_tail_zero(user, sizeof(*relo), attr->core_relo_rec_size);

	if (err == -E2BIG)
		bu_log_add(log, "nonzero tailing record in core_relo\n");
	return err ? err : bu_copy_from_user(relo, user, sizeof(*relo));
}

static int apply(struct bu_prog *prog, const struct bu_btf *btf, const struct bpf_core_relo *relo,
		 u32 nth, struct bu_log *log)
{
	u32 insn = relo->insn_off / sizeof(struct bpf_insn);
	struct bu_core_result result;
	int err;

	if (relo->insn_off % sizeof(struct bpf_insn) || insn >= prog->nr_insns) {
		bu_log_add(log, "Invalid core_relo[%u].insn_off:%u prog->len:%u\n", nth,
			   relo->insn_off, prog->nr_insns);
		return -EINVAL;
	}
	if (prog->insns[insn].code == (BPF_LD | BPF_IMM | BPF_DW) && insn + 1 == prog->nr_insns)
		return -EINVAL;
	err = bu_core_resolve(btf, bu_vmlinux_btf(prog->object.kernel), relo, &result);
	if (!err)
		err = patch(&prog->insns[insn], &result);
	if (err)
		bu_log_add(log, "relo #%u: cannot be applied to instruction %u\n", nth, insn);
	return err;
}

int bu_prog_relocate(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	struct bpf_core_relo relo;
	struct bu_object *object;
	int err;

	if (!attr->core_relo_cnt)
		return 0;
	err = check(attr);
	if (err)
		return err;
	object = bu_fd_object(prog->object.kernel, attr->prog_btf_fd, BU_OBJECT_BTF, &err);
	if (!object)
		return err;
	for (u32 i = 0; !err && i < attr->core_relo_cnt; i++) {
		err = read_record(attr, i, &relo, log);
		if (!err)
			err = apply(prog, bu_container_of(object, struct bu_btf, object), &relo, i,
				    log);
	}
	return err;
}
