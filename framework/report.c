/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telling failures to the running test's sink. Behind a failure's own text come libbpf's warnings
 * and the kernel's notes (commands that are not emulated, ...) that no earlier failure has shown.
 */
#include <bpfunit/check.h>
#include <bpfunit/runner.h>
#include <string.h>

#include "framework/state.h"

/* For what is made from now on; also by other threads. */
static void note_place(struct bu_kernel *kernel, struct bpfunit_where where)
{
	if (!kernel)
		return;
	bu_kernel_lock(kernel);
	kernel->place = (struct bu_source_place){ where.file, where.line };
	bu_kernel_unlock(kernel);
}

void bu_test_at(struct bpfunit_where where)
{
	struct bu_test *test = bu_test();

	if (!test || !where.file)
		return;
	bu_test_end_if_asked();
	test->where = where;
	note_place(bu_kernel_if_any(), where);
	if (test->sink->progress)
		test->sink->progress(test->sink->arg, where);
}

void bu_test_releasing(const char *what)
{
	struct bu_test *test = bu_test();

	if (test && test->sink->releasing)
		test->sink->releasing(test->sink->arg, what);
}

struct bpfunit_where bu_test_where(void)
{
	struct bu_test *test = bu_test();

	return test ? test->where : (struct bpfunit_where){ "", 0 };
}

static void add_lines(struct bu_text *text, const char *indent, const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		if (len)
			bu_text_add(text, "\n%s%.*s", indent, (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

static void add_libbpf(struct bu_text *text, struct bu_test *test)
{
	if (!test->libbpf_new.len)
		return;
	bu_text_add(text, "\nlibbpf said:");
	add_lines(text, "  ", bu_text_str(&test->libbpf_new));
	bu_text_free(&test->libbpf_new);
}

static void add_notes(struct bu_text *text, struct bu_test *test)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	const struct bu_note *note = kernel ? kernel->notes : NULL;

	if (test->notes_shown)
		note = test->notes_shown->next;
	for (; note; note = note->next) {
		bu_text_add(text, "\nnote: %s", note->text);
		test->notes_shown = note;
	}
}

size_t bpfunit_context_begin(const char *format, ...)
{
	struct bu_test *test = bu_test();
	size_t begun;
	va_list args;

	if (!test || !pthread_equal(test->thread, pthread_self()))
		return SIZE_MAX;
	begun = test->contexts.len;
	va_start(args, format);
	bu_text_add(&test->contexts, "in: ");
	bu_text_vadd(&test->contexts, format, args);
	bu_text_add(&test->contexts, "\n");
	va_end(args);
	return begun;
}

/* Also of blocks within that a check jumped out of. */
void bpfunit_context_end(size_t *begun)
{
	struct bu_test *test = bu_test();

	if (!test || *begun == SIZE_MAX || *begun >= test->contexts.len)
		return;
	test->contexts.len = *begun;
	test->contexts.data[*begun] = '\0';
}

void bu_test_output(const char *line)
{
	struct bu_test *test = bu_test();

	if (test && test->sink->output)
		test->sink->output(test->sink->arg, line);
}

void bu_test_warn(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct bu_test *test = bu_test();
	const struct bu_note *note = kernel ? kernel->notes : NULL;

	if (test && test->warned)
		note = test->warned->next;
	for (; test && note; note = note->next) {
		struct bu_text line = { 0 };

		test->warned = note;
		if (!note->warning)
			continue;
		bu_text_add(&line, "warning: %s", note->text);
		bu_test_output(bu_text_str(&line));
		bu_text_free(&line);
	}
}

static void fail(struct bpfunit_where where, const char *format, va_list args)
{
	struct bu_test *test = bu_test();
	struct bu_text text = { 0 };

	if (!test)
		return;
	test->failed = true;
	bu_text_vadd(&text, format, args);
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	if (pthread_equal(test->thread, pthread_self()))
		add_lines(&text, "", bu_text_str(&test->contexts));
	add_libbpf(&text, test);
	add_notes(&text, test);
	if (test->sink->failure)
		test->sink->failure(test->sink->arg, where, bu_text_str(&text));
	bu_text_free(&text);
}

void bu_test_fail(struct bpfunit_where where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(where, format, args);
	va_end(args);
}

void bu_test_die(struct bpfunit_where where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(where, format, args);
	va_end(args);
	bu_test_end();
}

void bpfunit_fail(struct bpfunit_where where, bool fatal, const char *format, ...)
{
	va_list args;

	bu_test_at(where);
	va_start(args, format);
	fail(where, format, args);
	va_end(args);
	if (fatal)
		bu_test_end();
}
