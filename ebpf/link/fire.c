/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See ebpf/link/fire.h. A program that a run detaches may still run once. Source, of sessions:
 * kprobe_multi_link_handler(), kernel/trace/bpf_trace.c (6.18).
 */
#include "ebpf/link/fire.h"

#include "ebpf/kernel.h"
#include "ebpf/link/link_multi.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool is_there(const struct bu_firing *firing, const struct bu_attachment *found)
{
	return !found->inert && !strcmp(found->kind, firing->kind) &&
	       !fnmatch(firing->name, found->name, 0);
}

static int collect(const struct bu_attachment *found, void *arg)
{
	struct bu_firing *firing = arg;
	struct bu_hit *hits;

	if (!is_there(firing, found))
		return 0;
	hits = reallocarray(firing->hits, firing->nr + 1, sizeof(*hits));
	if (!hits)
		return -ENOMEM;
	firing->hits = hits;
	hits[firing->nr++] = (struct bu_hit){
		.prog = found->prog,
		.cookie = found->cookie,
		.address = found->address,
		.session = found->session,
		.link = found->link ? found->link->object.id : 0,
	};
	bu_object_get(&found->prog->object);
	return 0;
}

int bu_firing_find(struct bu_kernel *kernel, struct bu_firing *firing)
{
	int err;

	firing->hits = NULL;
	firing->nr = 0;
	bu_kernel_lock(kernel);
	bu_fd_reap(kernel);
	err = bu_attachment_for_each(kernel, collect, firing);
	bu_kernel_unlock(kernel);
	if (err)
		bu_firing_release(kernel, firing);
	return err;
}

void bu_firing_release(struct bu_kernel *kernel, struct bu_firing *firing)
{
	bu_kernel_lock(kernel);
	for (size_t i = 0; i < firing->nr; i++)
		bu_object_put(&firing->hits[i].prog->object);
	bu_kernel_unlock(kernel);
	free(firing->hits);
	firing->hits = NULL;
	firing->nr = 0;
}

/* What a session's entry left; NULL: it is none, or its link is gone. */
static struct bu_session_state *state_of(struct bu_kernel *kernel, const struct bu_hit *hit)
{
	return hit->session && bu_link_by_id(kernel, hit->link) ? hit->session : NULL;
}

/* A session's program that returned other than 0 at entry does not see the return, nor does one
 * that did not run at entry. Differs: each entry's value is zero to begin with. */
static int run_session(struct bu_kernel *kernel, const struct bu_hit *hit, struct bu_test_io *io,
		       bool is_return, bu_shot *run)
{
	struct bu_session_state *state = state_of(kernel, hit);
	struct bu_run_session session = { .is_return = is_return };
	bool declined;
	int err;

	if (is_return && state && state->skipped) {
		state->skipped = false;
		return 0;
	}
	if (is_return && state)
		session.value = state->value;
	io->session = &session;
	err = run(hit->prog, io);
	io->session = NULL;
	declined = err || io->fault != BU_FAULT_NONE || io->missed || io->retval;
	state = state_of(kernel, hit);
	if (state && !is_return)
		*state = (struct bu_session_state){ declined, session.value };
	return err;
}

static int run_hit(struct bu_kernel *kernel, const struct bu_firing *firing,
		   const struct bu_hit *hit, struct bu_test_io *io, bu_shot *run)
{
	int err;

	io->attach_cookie = hit->cookie;
	io->func_ip = hit->address;
	err = hit->session ? run_session(kernel, hit, io, strstr(firing->kind, "ret"), run)
			   : run(hit->prog, io);
	free(io->data_out);
	io->data_out = NULL;
	return err;
}

int bu_firing_run(struct bu_kernel *kernel, const struct bu_firing *firing, void *ctx, u32 size,
		  bu_shot *run, struct bu_fired *fired)
{
	bool backwards = bu_attachment_latest_first(firing->kind);
	bool decides = bu_attachment_decides(firing->kind);
	int err = 0;

	*fired = (struct bu_fired){ 0 };
	for (size_t i = 0; !err && !fired->result && i < firing->nr; i++) {
		struct bu_test_io io = { .ctx = ctx,
					 .ctx_size = size,
					 .cpu = -1,
					 .guard = bu_attachment_guard(firing->kind) };

		err = run_hit(kernel, firing, &firing->hits[backwards ? firing->nr - 1 - i : i],
			      &io, run);
		if (err || io.fault != BU_FAULT_NONE)
			fired->faulted = true;
		else if (decides)
			fired->result = io.retval;
	}
	return err;
}

int bu_fire(struct bu_kernel *kernel, const char *kind, const char *name, void *ctx, u32 size,
	    struct bu_fired *fired)
{
	struct bu_firing firing = { .kind = kind, .name = name };
	int err = bu_firing_find(kernel, &firing);

	*fired = (struct bu_fired){ 0 };
	if (!err && firing.nr)
		err = bu_firing_run(kernel, &firing, ctx, size, bu_prog_test, fired);
	bu_firing_release(kernel, &firing);
	return err;
}
