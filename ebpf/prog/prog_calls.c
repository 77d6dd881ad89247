/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that a program may not call: by its type and attach type, by its licence, and because
 * they may sleep. Source: check_helper_call(), check_get_func_ip(), kernel/bpf/verifier.c (6.12),
 * and what 6.18 answers.
 *
 * Differs: calls that control cannot reach are looked at, too, unless a constant decides that
 * (ebpf/prog/prog_reach.c); timer callbacks of sleepable programs may call what may sleep.
 */
#include "ebpf/helper.h"
#include "ebpf/log.h"
#include "ebpf/prog/kfunc.h"
#include "ebpf/prog/prog.h"

#include <stdio.h>
#include <string.h>

static bool is_call(const struct bpf_insn *insn, u32 of)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == of;
}

/* As the kernel's verifier introduces an instruction. Source: verbose_linfo(), kernel/bpf/log.c */
static void show_line(const struct bu_line *line, struct bu_log *log)
{
	const char *slash = strrchr(line->file, '/');

	bu_log_add(log, "; %s @ %s:%u\n", line->text + strspn(line->text, " \t"),
		   slash ? slash + 1 : line->file, line->line);
}

/* Source: check_get_func_ip() */
static int check_func_ip(const struct bu_prog *prog, char *why, size_t size)
{
	static const char name[] = "bpf_get_func_ip#173";
	u32 kind = bu_prog_kind(prog), attach_type = prog->expected_attach_type;

	if (kind == BPF_PROG_TYPE_KPROBE || attach_type == BPF_TRACE_FENTRY ||
	    attach_type == BPF_TRACE_FEXIT || attach_type == BPF_MODIFY_RETURN)
		return 0;
	if (kind == BPF_PROG_TYPE_TRACING)
		snprintf(why, size, "func %s supported only for fentry/fexit/fmod_ret programs",
			 name);
	else
		snprintf(why, size, "func %s not supported for program type %u", name, kind);
	return -BU_ENOTSUPP;
}

/* Callbacks of work queues may sleep whatever their program is. */
static bool has_work(const struct bu_prog *prog)
{
	for (u32 i = 0; i < prog->nr_insns; i++) {
		char name[64];

		if (is_call(&prog->insns[i], BPF_PSEUDO_KFUNC_CALL) &&
		    bu_kfunc_name(prog->object.kernel, prog->resolved[i], name, sizeof(name)) &&
		    !strncmp(name, "bpf_wq_set_callback", strlen("bpf_wq_set_callback")))
			return true;
	}
	return false;
}

/* 0, or why a helper may not be called. */
static int why_not(const struct bu_prog *prog, u32 id, char *why, size_t size)
{
	why[0] = '\0';
	if (!bu_helper_is_for(id, prog))
		snprintf(why, size, "program of this type cannot use helper bpf_%s#%u",
			 bu_helper_of(id)->name, id);
	else if (bu_helper_is_gpl_only(id) && !prog->gpl)
		snprintf(why, size,
			 "cannot call GPL-restricted function from non-GPL compatible program");
	else if (bu_helper_might_sleep(id, prog) && !(prog->flags & BPF_F_SLEEPABLE) &&
		 !has_work(prog))
		snprintf(why, size, "helper call might sleep in a non-sleepable prog");
	else if (id == BPF_FUNC_get_func_ip)
		return check_func_ip(prog, why, size);
	return why[0] ? -EINVAL : 0;
}

/* The same for a kernel function. Source: check_kfunc_call() */
static int why_not_kfunc(const struct bu_prog *prog, u32 id, char *why, size_t size)
{
	char name[64];

	if (!id || !bu_kfunc_name(prog->object.kernel, id, name, sizeof(name)))
		return 0;
	if (!bu_helper_is_for(id, prog))
		snprintf(why, size, "calling kernel function %s is not allowed", name);
	else if (bu_helper_might_sleep(id, prog) && !(prog->flags & BPF_F_SLEEPABLE) &&
		 !has_work(prog))
		snprintf(why, size, "program must be sleepable to call sleepable kfunc %s", name);
	else
		return 0;
	return -EACCES;
}

/* What the verifier says of an instruction that it comes to. */
static int refuse(const struct bu_prog *prog, u32 insn, struct bu_log *log, const char *why,
		  int err)
{
	const struct bu_line *line = bu_prog_line(prog, insn);
	char text[128];

	if (!bu_prog_may_reach(prog, insn))
		return 0;
	if (line)
		show_line(line, log);
	bu_prog_disasm(prog, insn, text, sizeof(text));
	bu_log_add(log, "%u: (%02x) %s\n%s\nprocessed %u insns (limit 1000000)\n", insn,
		   prog->insns[insn].code, text, why, insn + 1);
	return err;
}

int bu_prog_check_calls(const struct bu_prog *prog, struct bu_log *log)
{
	char why[128];
	int err = 0;

	for (u32 i = 0; !err && i < prog->nr_insns; i++) {
		const struct bpf_insn *insn = &prog->insns[i];

		if (is_call(insn, 0) && bu_helper_of(insn->imm)->name)
			err = why_not(prog, insn->imm, why, sizeof(why));
		else if (is_call(insn, BPF_PSEUDO_KFUNC_CALL))
			err = why_not_kfunc(prog, prog->resolved[i], why, sizeof(why));
		if (err)
			err = refuse(prog, i, log, why, err);
	}
	return err;
}
