// SPDX-License-Identifier: BSD-2-Clause
/* A hook that looks at the operands of divisions and shifts before they are executed. */
#include "ebpf/vm/oddity.h"

#include "ebpf/kernel.h"
#include "ebpf/log.h"

#include <stdio.h>
#include <string.h>

int bu_oddities_parse(const char *words, u32 *what)
{
	static const char *const names[] = { "div", "shift" };

	return bu_words_parse(words, names, BU_ARRAY_SIZE(names), what);
}

static void warn(struct bu_run *run, const char *what)
{
	const struct bu_line *line = bu_prog_line(run->prog, run->insn);
	char text[128], place[300] = "";

	bu_prog_disasm(run->prog, run->insn, text, sizeof(text));
	if (line && line->file)
		snprintf(place, sizeof(place), " at %.250s:%u", line->file, line->line);
	bu_warn(run->kernel, "%s%s (instruction %u of '%s': %s)", what, place, run->insn,
		run->prog->name, text);
}

static void before(void *arg, struct bu_run *run)
{
	const struct bpf_insn *insn = &run->prog->insns[run->insn];
	const struct bu_oddities *oddities = arg;
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	u64 operand;

	if (!wide && BPF_CLASS(insn->code) != BPF_ALU)
		return;
	operand = BPF_SRC(insn->code) == BPF_X ? run->regs[insn->src_reg] : (u64)insn->imm;
	operand = wide ? operand : (u32)operand;
	switch (BPF_OP(insn->code)) {
	case BPF_DIV:
	case BPF_MOD:
		if (oddities->what & BU_NOTE_DIV && !operand)
			warn(run, BPF_OP(insn->code) == BPF_DIV
					  ? "division by zero yields 0"
					  : "modulo by zero leaves the dividend");
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (oddities->what & BU_NOTE_SHIFT && operand >= (wide ? 64 : 32))
			warn(run, "shift by more than the width: the count is taken modulo it");
		break;
	}
}

void bu_oddities_begin(struct bu_oddities *oddities, struct bu_kernel *kernel)
{
	oddities->hook = (struct bu_hook){ .before = before, .arg = oddities };
	bu_hook_add(kernel, &oddities->hook);
}
