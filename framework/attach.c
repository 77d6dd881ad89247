/* SPDX-License-Identifier: BSD-2-Clause */
/* What is attached, and firing it. */
#include <bpfunit/attach.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/link/fire.h"
#include "framework/host.h"
#include "framework/kobj.h"
#include "framework/state.h"

/* All programs at a place. False after telling that it is none. */
static bool find(struct bpfunit_where where, const char *place, char text[BU_PLACE_SIZE],
		 struct bu_firing *found)
{
	*found = (struct bu_firing){ 0 };
	if (bu_attachment_parse(place, text, &found->kind, &found->name)) {
		bu_test_fail(
			where,
			"'%s' is no place that programs are attached to: write it as a section's "
			"name, such as \"fentry/do_unlinkat\"",
			place);
		return false;
	}
	if (bu_firing_find(bu_test_kernel(), found))
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
	struct bu_firing found;
	size_t nr;

	bu_needs_vm("what is attached");
	if (strcspn(place, "*?[") < strcspn(place, "/."))
		return count_matches(place);
	if (!find(bu_test_where(), place, text, &found))
		return 0;
	nr = found.nr;
	bu_firing_release(bu_test_kernel(), &found);
	return nr;
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

static int run(struct bu_prog *prog, struct bu_test_io *io)
{
	int error;

	bu_events_capture_new();
	bu_task_refresh();
	error = bu_prog_test(prog, io);
	if (error)
		bu_test_fail(bu_test_where(), "cannot run '%s': %s", prog->name, strerror(-error));
	bu_events_drain();
	bu_test_warn();
	return bu_test() && bu_test()->ending ? -ECANCELED : error;
}

static int64_t run_all(const struct bu_firing *place, void *ctx, size_t size)
{
	struct bu_fired fired;
	int error = bu_firing_run(bu_test_kernel(), place, ctx, size, run, &fired);

	if (!error && fired.result)
		return (int32_t)fired.result;
	return fired.faulted ? BPFUNIT_FAULTED : 0;
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
	struct bu_firing found;

	bu_test_at(where);
	bu_needs_vm("firing what is attached");
	if (!find(where, place, text, &found))
		return BPFUNIT_FAULTED;
	if (ctx && !size)
		size = bu_kobj_size(ctx);
	if (ctx && !size)
		bu_test_fail(where,
			     "cannot fire '%s': the context is a void *, so its size is not known; "
			     "call bpfunit_fire(BPFUNIT_HERE, place, ctx, size)",
			     place);
	else if (found.nr)
		outcome = run_all(&found, ctx, size);
	else
		tell_nothing(where, place);
	bu_firing_release(bu_test_kernel(), &found);
	bu_test_end_if_asked();
	return outcome;
}
