/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that a program may not call: those for the GPL, when its licence is not compatible, and
 * those of loader programs (they act on the caller's descriptors), unless it is one. Source:
 * check_helper_call(), kernel/bpf/verifier.c (6.12).
 *
 * Differs: other helpers may be called by programs of any type.
 */
#include "ebpf/helper.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

static bool is_helper_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm > 0;
}

/* Source: syscall_prog_func_proto(), kernel/bpf/syscall.c */
static bool is_for_loaders(u32 id)
{
	return id == BPF_FUNC_sys_bpf || id == BPF_FUNC_btf_find_by_name_kind ||
	       id == BPF_FUNC_sys_close || id == BPF_FUNC_kallsyms_lookup_name;
}

static int check_call(const struct bu_prog *prog, u32 insn, struct bu_log *log)
{
	u32 id = (u32)prog->insns[insn].imm;

	if (is_for_loaders(id) && bu_prog_kind(prog) != BPF_PROG_TYPE_SYSCALL) {
		bu_log_add(log, "program of this type cannot use helper bpf_%s#%u (insn %u)\n",
			   bu_helper_of(id)->name, id, insn);
		return -EINVAL;
	}
	if (bu_helper_is_gpl_only(id) && !prog->gpl) {
		bu_log_add(log,
			   "cannot call GPL-restricted function from non-GPL compatible program: "
			   "insn %u calls bpf_%s (the licence is the section \"license\")\n",
			   insn, bu_helper_of(id)->name);
		return -EINVAL;
	}
	return 0;
}

int bu_prog_check_calls(const struct bu_prog *prog, struct bu_log *log)
{
	int err = 0;

	for (u32 i = 0; !err && i < prog->nr_insns; i++) {
		if (is_helper_call(&prog->insns[i]))
			err = check_call(prog, i, log);
	}
	return err;
}
