// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a test leaves open: descriptors of the emulated kernel's objects that the process still has
 * when everything that the test owned has been released. Each knows the place that the test had
 * reached when it was made.
 */
#include <bpfunit/runner.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/link/link.h"
#include "ebpf/prog/prog.h"
#include "framework/state.h"

static void add_object(struct bu_text *text, struct bu_object *object)
{
	switch (object->kind) {
	case BU_OBJECT_MAP:
		bu_text_add(text, "map '%s'", bu_container_of(object, struct bu_map, object)->name);
		break;
	case BU_OBJECT_PROG:
		bu_text_add(text, "program '%s'",
			    bu_container_of(object, struct bu_prog, object)->name);
		break;
	case BU_OBJECT_BTF:
		bu_text_add(text, "BTF");
		break;
	case BU_OBJECT_LINK:
		bu_text_add(text, "%s link",
			    bu_container_of(object, struct bu_link, object)->type->name);
		break;
	case BU_OBJECT_PERF_EVENT:
		bu_text_add(text, "perf event");
		break;
	default:
		bu_text_add(text, "object");
		break;
	}
}

static void add_fd(struct bu_text *text, struct bu_object *object, const struct bu_fd *fd)
{
	if (text->len)
		bu_text_add(text, "\n");
	add_object(text, object);
	bu_text_add(text, " (id %u): descriptor %d is open", object->id, fd->user);
	if (fd->made.file)
		bu_text_add(text, ", made at or behind %s:%d", fd->made.file, fd->made.line);
}

static u32 add_kind(struct bu_text *text, struct bu_kernel *kernel, enum bu_object_kind kind)
{
	u32 id = 0, count = 0;

	while ((id = bu_object_next_id(kernel, kind, id))) {
		struct bu_object *object = bu_object_by_id(kernel, kind, id);

		for (const struct bu_fd *fd = object->fds; fd; fd = fd->sibling) {
			add_fd(text, object, fd);
			count++;
		}
	}
	return count;
}

/* An opened object has its maps and programs together. */
static u32 add_all(struct bu_text *text, struct bu_kernel *kernel)
{
	u32 count[BU_OBJECT_MAX] = { 0 }, total = 0;

	bu_kernel_lock(kernel);
	bu_fd_reap(kernel);
	for (int kind = BU_OBJECT_MAP; kind < BU_OBJECT_MAX; kind++)
		total += count[kind] = add_kind(text, kernel, kind);
	bu_kernel_unlock(kernel);
	if (count[BU_OBJECT_PROG] && (count[BU_OBJECT_MAP] || count[BU_OBJECT_BTF]))
		bu_text_add(text, "\nhint: programs and maps together belong to an object that was "
				  "not closed: bpf_object__close(), or its skeleton's __destroy()");
	return total;
}

static void free_text(void *text)
{
	free(text);
}

size_t bpfunit_open_descriptors(const char **list)
{
	struct bu_kernel *kernel = bu_on_host() ? NULL : bu_kernel_if_any();
	struct bu_text text = { 0 };
	size_t count = kernel ? add_all(&text, kernel) : 0;
	char *words;

	if (!list || !bu_test()) {
		bu_text_free(&text);
		return count;
	}
	words = bu_text_take(&text);
	*list = words ? words : "";
	if (words && bpfunit_defer(free_text, words)) {
		free(words);
		*list = "";
	}
	return count;
}

void bu_leaks_check(struct bu_test *test)
{
	const char *wanted = getenv("BPFUNIT_LEAKS");
	struct bu_kernel *kernel = bu_on_host() ? NULL : bu_kernel_if_any();
	struct bu_text text = { 0 };

	if (!wanted || !*wanted || !kernel || !add_all(&text, kernel)) {
		bu_text_free(&text);
		return;
	}
	if (!strcmp(wanted, "error"))
		bu_test_fail(test->test->where, "the test leaves open:\n%s", bu_text_str(&text));
	else if (test->sink->leaked)
		test->sink->leaked(test->sink->arg, bu_text_str(&text));
	bu_text_free(&text);
}
