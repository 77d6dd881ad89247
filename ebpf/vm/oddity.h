/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that are defined but seldom meant: warnings for those who ask. Division and modulo
 * by zero yield 0 and the dividend; shift counts are taken modulo the width.
 */
#ifndef BU_ODDITY_H
#define BU_ODDITY_H

#include "ebpf/vm/hook.h"

enum {
	BU_NOTE_DIV = 1,
	BU_NOTE_SHIFT = 2,
};

struct bu_oddities {
	struct bu_hook hook;
	u32 what;
};

/* The words "div", "shift" of a comma separated list: 0, or -EINVAL when there is another one. */
int bu_oddities_parse(const char *words, u32 *what);
/* Warn (bu_warn) of what runs do until bu_hook_remove(). `what` is filled in already. */
void bu_oddities_begin(struct bu_oddities *oddities, struct bu_kernel *kernel);

#endif
