/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running what is attached to a place (ebpf/link/attachment.h): whoever says that something happens
 * in the kernel, a test or BPF_PROG_TEST_RUN, does it by these.
 */
#ifndef BU_FIRE_H
#define BU_FIRE_H

#include "ebpf/link/attachment.h"

struct bu_hit {               /* of a list that outlives the walk */
	struct bu_prog *prog; /* referenced */
	u64 cookie, address;
	struct bu_session_state *session;
	u32 link; /* its id, for `session` lives with it */
};

struct bu_firing {
	const char *kind, *name; /* as struct bu_attachment has them; name: also a pattern */
	struct bu_hit *hits;
	size_t nr;
};

/* Fill in hits. 0, or -ENOMEM. */
int bu_firing_find(struct bu_kernel *kernel, struct bu_firing *firing);
void bu_firing_release(struct bu_kernel *kernel, struct bu_firing *firing);

struct bu_fired {
	u64 result; /* what the programs decided, where they do; else 0 */
	bool faulted;
};

/* Makes one run, as bu_prog_test() does. Other than 0: no further program is to run. */
typedef int bu_shot(struct bu_prog *prog, struct bu_test_io *io);

/* Run the programs of a place that was found in the kernel's order, each on the context as the one
 * before left it. 0, or what `run` returned; *fired counts either way. */
int bu_firing_run(struct bu_kernel *kernel, const struct bu_firing *firing, void *ctx, u32 size,
		  bu_shot *run, struct bu_fired *fired);

/* Find, fire, release. 0, or -ENOMEM. */
int bu_fire(struct bu_kernel *kernel, const char *kind, const char *name, void *ctx, u32 size,
	    struct bu_fired *fired);

#endif
