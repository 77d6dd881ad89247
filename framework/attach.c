/* SPDX-License-Identifier: BSD-2-Clause */
/* What is attached, and firing it. A program that a run detaches may still run once. */
#include <bpfunit/attach.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/link/attachment.h"
#include "ebpf/link/link_multi.h"
#include "framework/host.h"
#include "framework/kobj.h"
#include "framework/state.h"

struct entry { /* of a list that outlives the walk; programs are referenced */
	struct bu_prog *prog;
	u64 cookie, address;
	struct bu_session_state *session;
	u32 link; /* its id, for `session` lives with it */
};

struct list {
	const char *kind, *name;
	struct entry *entries;
	size_t nr;
	bool failed;
};

static bool is_there(const struct list *list, const struct bu_attachment *found)
{
	return !found->inert && !strcmp(found->kind, list->kind) &&
	       !fnmatch(list->name, found->name, 0);
}

static int collect(const struct bu_attachment *found, void *arg)
{
	struct list *list = arg;
	struct entry *entries;

	if (!is_there(list, found))
		return 0;
	entries = reallocarray(list->entries, list->nr + 1, sizeof(*entries));
	list->failed = !entries;
	if (!entries)
		return -ENOMEM;
	list->entries = entries;
	entries[list->nr++] = (struct entry){
		.prog = found->prog,
		.cookie = found->cookie,
		.address = found->address,
		.session = found->session,
		.link = found->link ? found->link->object.id : 0,
	};
	bu_object_get(&found->prog->object);
	return 0;
}

static void release(struct list *list)
{
	struct bu_kernel *kernel = bu_test_kernel();

	bu_kernel_lock(kernel);
	for (size_t i = 0; i < list->nr; i++)
		bu_object_put(&list->entries[i].prog->object);
	bu_kernel_unlock(kernel);
	free(list->entries);
}

/* All programs at a place. False after telling that it is none. */
static bool find(struct bpfunit_where where, const char *place, char text[BU_PLACE_SIZE],
		 struct list *list)
{
	struct bu_kernel *kernel = bu_test_kernel();

	*list = (struct list){ 0 };
	if (bu_attachment_parse(place, text, &list->kind, &list->name)) {
		bu_test_fail(
			where,
			"'%s' is no place that programs are attached to: write it as a section's "
			"name, such as \"fentry/do_unlinkat\"",
			place);
		return false;
	}
	bu_kernel_lock(kernel);
	bu_fd_reap(kernel);
	bu_attachment_for_each(kernel, collect, list);
	bu_kernel_unlock(kernel);
	if (list->failed)
		bu_test_fail(where, "no memory for what is attached");
	return true;
}

/* As sections name it. */
static const char *place_of(const struct bu_attachment *found, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", found->kind, *found->name ? "/" : "", found->name);
	return text;
}

struct matches {
	const char *pattern;
	size_t nr;
};

static int match(const struct bu_attachment *found, void *arg)
{
	struct matches *matches = arg;
	char place[BU_PLACE_SIZE];

	matches->nr += !fnmatch(matches->pattern, place_of(found, place, sizeof(place)), 0);
	return 0;
}

/* Of a pattern that has no kind of place of its own: "*", "k*probe/tcp_*". */
static size_t count_matches(const char *pattern)
{
	struct bu_kernel *kernel = bu_test_kernel();
	struct matches matches = { pattern, 0 };

	bu_kernel_lock(kernel);
	bu_fd_reap(kernel);
	bu_attachment_for_each(kernel, match, &matches);
	bu_kernel_unlock(kernel);
	return matches.nr;
}

size_t bpfunit_attached(const char *place)
{
	char text[BU_PLACE_SIZE];
	struct list list;

	bu_needs_vm("what is attached");
	if (strcspn(place, "*?[") < strcspn(place, "/."))
		return count_matches(place);
	if (!find(bu_test_where(), place, text, &list))
		return 0;
	release(&list);
	return list.nr;
}

struct listing {
	struct bpfunit_attachment *list;
	size_t room, nr;
};

static int describe(const struct bu_attachment *found, void *arg)
{
	struct listing *listing = arg;
	struct bpfunit_attachment *to = &listing->list[listing->nr];

	if (listing->nr++ >= listing->room)
		return 0;
	*to = (struct bpfunit_attachment){
		.program_id = found->prog ? found->prog->object.id : 0,
		.link_id = found->link ? found->link->object.id : 0,
		.cookie = found->cookie,
	};
	place_of(found, to->place, sizeof(to->place));
	if (found->prog)
		snprintf(to->program, sizeof(to->program), "%s", found->prog->name);
	return 0;
}

size_t bpfunit_attachments(struct bpfunit_attachment *list, size_t room)
{
	struct bu_kernel *kernel = bu_test_kernel();
	struct listing listing = { list, list ? room : 0, 0 };

	bu_needs_vm("what is attached");
	bu_kernel_lock(kernel);
	bu_fd_reap(kernel);
	bu_attachment_for_each(kernel, describe, &listing);
	bu_kernel_unlock(kernel);
	return listing.nr;
}

/* Firing */

static int64_t run(const struct entry *entry, void *ctx, size_t size,
		   struct bu_run_session *session)
{
	struct bu_test_io io = { .ctx = ctx,
				 .ctx_size = size,
				 .cpu = -1,
				 .attach_cookie = entry->cookie,
				 .func_ip = entry->address,
				 .session = session };
	int error;

	bu_events_capture_new();
	bu_task_refresh();
	error = bu_prog_test(entry->prog, &io);
	if (error)
		bu_test_fail(bu_test_where(), "cannot run '%s': %s", entry->prog->name,
			     strerror(-error));
	free(io.data_out);
	bu_events_drain();
	bu_test_warn();
	return error || io.fault != BU_FAULT_NONE ? BPFUNIT_FAULTED : (int32_t)io.retval;
}

/* What a session's entry left; NULL: it is none, or its link is gone. */
static struct bu_session_state *state_of(const struct entry *entry)
{
	return entry->session && bu_link_by_id(bu_test_kernel(), entry->link) ? entry->session
									      : NULL;
}

/* A session's program that returned other than 0 at entry does not see the return. Differs: each
 * entry's value is zero to begin with. */
static int64_t run_session(const struct entry *entry, bool is_return, void *ctx, size_t size)
{
	struct bu_session_state *state = state_of(entry);
	struct bu_run_session session = { .is_return = is_return };
	int64_t result;

	if (is_return && state && state->skipped) {
		state->skipped = false;
		return 0;
	}
	if (is_return && state)
		session.value = state->value;
	result = run(entry, ctx, size, &session);
	state = state_of(entry);
	if (state && !is_return)
		*state = (struct bu_session_state){ result != 0, session.value };
	return result;
}

static int64_t run_one(const struct list *list, const struct entry *entry, void *ctx, size_t size)
{
	if (entry->session)
		return run_session(entry, strstr(list->kind, "ret"), ctx, size);
	return run(entry, ctx, size, NULL);
}

static int64_t run_all(const struct list *list, void *ctx, size_t size)
{
	bool backwards = bu_attachment_latest_first(list->kind);
	int64_t outcome = 0;

	for (size_t i = 0; i < list->nr; i++) {
		const struct entry *entry = &list->entries[backwards ? list->nr - 1 - i : i];
		int64_t result = run_one(list, entry, ctx, size);

		if (bu_test() && bu_test()->ending)
			return BPFUNIT_FAULTED;
		if (result == BPFUNIT_FAULTED)
			outcome = result;
		else if (result && bu_attachment_decides(list->kind))
			return result;
	}
	return outcome;
}

static int add_line(const struct bu_attachment *found, void *arg)
{
	bu_text_add(arg, "%s%s%s%s", ((struct bu_text *)arg)->len ? ", " : "", found->kind,
		    *found->name ? "/" : "", found->name);
	return 0;
}

static void tell_nothing(struct bpfunit_where where, const char *place)
{
	struct bu_text text = { 0 };

	bu_attachment_for_each(bu_test_kernel(), add_line, &text);
	bu_test_fail(where, "no program is attached to '%s'; attached are: %s", place,
		     text.len ? bu_text_str(&text) : "none");
	bu_text_free(&text);
}

int64_t bpfunit_fire(struct bpfunit_where where, const char *place, void *ctx, size_t size)
{
	char text[BU_PLACE_SIZE];
	int64_t outcome = BPFUNIT_FAULTED;
	struct list list;

	bu_test_at(where);
	bu_needs_vm("firing what is attached");
	if (!find(where, place, text, &list))
		return BPFUNIT_FAULTED;
	if (ctx && !size)
		size = bu_kobj_size(ctx);
	if (ctx && !size)
		bu_test_fail(where,
			     "cannot fire '%s': the context is a void *, so its size is not known; "
			     "call bpfunit_fire(BPFUNIT_HERE, place, ctx, size)",
			     place);
	else if (list.nr)
		outcome = run_all(&list, ctx, size);
	else
		tell_nothing(where, place);
	release(&list);
	bu_test_end_if_asked();
	return outcome;
}
