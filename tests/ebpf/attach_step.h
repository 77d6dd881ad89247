// SPDX-License-Identifier: BSD-2-Clause
/* Rows of attach_script.c: an operation, what it is about, and its flags. */
#ifndef BU_TESTS_EBPF_ATTACH_STEP_H
#define BU_TESTS_EBPF_ATTACH_STEP_H

#include "attach_world.h"
#include "ebpf/uapi.h"

#define M    BPF_F_ALLOW_MULTI
#define O    BPF_F_ALLOW_OVERRIDE
#define REPL BU_F_REPLACE
#define BEF  BU_F_BEFORE
#define AFT  BU_F_AFTER
#define ID   BU_F_ID
#define LNK  BU_F_LINK
#define PRE  BU_F_PREORDER

/* Rows give the first fields, and those that matter. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum op {
	END,
	ATTACH,
	DETACH,
	LINK,
	UPDATE,
	DROP, /* LINK_DETACH */
	CLOSE,
	QUERY,
	SHOW, /* a link's info */
};

struct step {
	enum op op;
	s32 target; /* ifindex, or a slot of world->cgroup, or a descriptor, by the table */
	u32 type;
	char prog, link, old, rel; /* letters; 0: none; '!': a bad descriptor */
	u32 flags;
	u64 rev;
	u32 room; /* QUERY: of the arrays, less one; 0: 16 */
};

/* Do the steps up to END and print each with its outcome; `target_of` says what a row's target is.
 */
void attach_run(struct world *world, const char *title, const struct step *steps,
		int (*target_of)(struct world *world, s32 target));
/* The same without a title, and links stay. */
void attach_steps(struct world *world, const struct step *steps,
		  int (*target_of)(struct world *world, s32 target));

void attach_cgroups(struct world *world);

#endif
