/* SPDX-License-Identifier: BSD-2-Clause */
/* The report of CO-RE relocations: as data, as text, and into the test's output. */
#include <bpf/libbpf.h>
#include <bpfunit/btf.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/btf/core_relo.h"
#include "framework/state.h"

_Static_assert((int)BPFUNIT_CORE_POISONED == (int)BU_CORE_POISONED, "states agree");

static void locate(struct bpfunit_core_relo *to, const struct bu_prog *prog)
{
	const struct bu_line *line = bu_prog_line(prog, to->insn);
	const struct bu_func *func = bu_prog_func(prog, to->insn);

	to->program = prog->name;
	to->function = func && func->name ? func->name : "";
	to->file = line && line->file ? line->file : "";
	to->source = line && line->text ? line->text + strspn(line->text, " \t") : "";
	to->line = line ? line->line : 0;
	to->column = line ? line->column : 0;
}

static void fill(struct bpfunit_core_relo *to, const struct bu_prog *prog,
		 const struct bu_core_relo *from)
{
	*to = (struct bpfunit_core_relo){
		.kind = (enum bpfunit_core_kind)from->kind,
		.state = (enum bpfunit_core_state)from->state,
		.access = from->access,
		.kind_name = bu_core_kind_name(from->kind),
		.insn = from->insn,
		.compiled = from->compiled,
		.relocated = from->relocated,
		.compiled_size = from->compiled_size,
		.relocated_size = from->relocated_size,
		.missing = from->missing,
	};
	locate(to, prog);
}

static const char *const states[] = { "unchanged", "changed", "poisoned" };

static void add_relo(struct bu_text *text, const struct bpfunit_core_relo *relo)
{
	bu_text_add(text, "  %s: %s (%s)", states[relo->state], relo->access, relo->kind_name);
	if (relo->state == BPFUNIT_CORE_POISONED)
		bu_text_add(text, ": %s", relo->missing);
	else if (relo->state == BPFUNIT_CORE_CHANGED)
		bu_text_add(text, " %lld -> %lld", (long long)relo->compiled,
			    (long long)relo->relocated);
	else
		bu_text_add(text, " %lld", (long long)relo->compiled);
	if (relo->compiled_size != relo->relocated_size && relo->relocated_size)
		bu_text_add(text, ", %u bytes -> %u", relo->compiled_size, relo->relocated_size);
	if (relo->file[0])
		bu_text_add(text, ", %s:%u", relo->file, relo->line);
	bu_text_add(text, ", instruction %u\n", relo->insn);
}

/* A head and the relocations; nothing for a program that has none. */
static void add_program(struct bu_text *text, const struct bu_prog *prog, bool all)
{
	u32 of_state[3] = { 0 };
	struct bu_core_relo *relos;
	u32 count = bu_core_relos(prog, &relos);
	char title[256];

	for (u32 i = 0; i < count; i++)
		of_state[relos[i].state]++;
	if (count)
		bu_text_add(
			text,
			"CO-RE: program '%s' against %s: %u unchanged, %u changed, %u poisoned\n",
			prog->name, bu_vmlinux_title(prog->object.kernel, title, sizeof(title)),
			of_state[0], of_state[1], of_state[2]);
	for (u32 i = 0; i < count; i++) {
		struct bpfunit_core_relo relo;

		fill(&relo, prog, &relos[i]);
		if (all || relo.state != BPFUNIT_CORE_UNCHANGED)
			add_relo(text, &relo);
	}
	free(relos);
}

/* The programs that are meant, one after the other: NULL after the last. */
static const struct bu_prog *next_prog(const struct bpf_program *prog, u32 *id)
{
	struct bu_kernel *kernel = bu_test_kernel();
	struct bu_object *object;
	int error;

	if (prog && *id)
		return NULL;
	if (prog) {
		object = bu_fd_object(kernel, bpf_program__fd(prog), BU_OBJECT_PROG, &error);
		*id = 1;
	} else {
		*id = bu_object_next_id(kernel, BU_OBJECT_PROG, *id);
		object = *id ? bu_object_by_id(kernel, BU_OBJECT_PROG, *id) : NULL;
	}
	return object ? bu_container_of(object, const struct bu_prog, object) : NULL;
}

static size_t append(struct bpfunit_core_relo **list, size_t count, const struct bu_prog *prog)
{
	struct bu_core_relo *relos;
	u32 more = bu_core_relos(prog, &relos);
	struct bpfunit_core_relo *grown;

	if (!more)
		return count;
	bu_test_own(relos); /* what the list points into */
	grown = bu_test_alloc((count + more) * sizeof(*grown));
	if (count)
		memcpy(grown, *list, count * sizeof(*grown));
	for (u32 i = 0; i < more; i++)
		fill(&grown[count + i], prog, &relos[i]);
	*list = grown;
	return count + more;
}

size_t bpfunit_core_relos(const struct bpf_program *prog, const struct bpfunit_core_relo **relos)
{
	struct bpfunit_core_relo *list = NULL;
	const struct bu_prog *at;
	size_t count = 0;
	u32 id = 0;

	while ((at = next_prog(prog, &id)))
		count = append(&list, count, at);
	if (relos)
		*relos = list;
	return count;
}

const char *bpfunit_core_report(const struct bpf_program *prog, bool all)
{
	struct bu_text text = { 0 };
	const struct bu_prog *at;
	u32 id = 0;

	while ((at = next_prog(prog, &id)))
		add_program(&text, at, all);
	return bu_test_own(bu_text_take(&text));
}

static bool wants_all(void)
{
	const char *wish = getenv("BPFUNIT_CORE");

	return !wish || strcmp(wish, "changed");
}

static void tell(struct bu_prog *prog)
{
	struct bu_text text = { 0 };
	char *rest = NULL, *line;

	add_program(&text, prog, wants_all());
	for (line = text.data ? strtok_r(text.data, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		bu_test_output(line);
	bu_text_free(&text);
}

void bu_core_hook(struct bu_kernel *kernel)
{
	const char *wish = getenv("BPFUNIT_CORE");

	if (wish && *wish && strcmp(wish, "0"))
		kernel->on_load = tell;
}
