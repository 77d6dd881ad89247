/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program that is not under a GPL compatible licence may not call.
 * Source: check_helper_call(), kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/helper.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

static bool is_helper_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm > 0;
}

int bu_prog_check_license(const struct bu_prog *prog, struct bu_log *log)
{
	for (u32 i = 0; !prog->gpl && i < prog->nr_insns; i++) {
		if (!is_helper_call(&prog->insns[i]) || !bu_helper_is_gpl_only(prog->insns[i].imm))
			continue;
		bu_log_add(log,
			   "cannot call GPL-restricted function from non-GPL compatible program: "
			   "insn %u calls bpf_%s (the licence is the section \"license\")\n",
			   i, bu_helper_of(prog->insns[i].imm)->name);
		return -EINVAL;
	}
	return 0;
}
