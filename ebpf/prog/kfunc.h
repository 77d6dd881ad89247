/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel functions (kfuncs) that programs call by name. When a program is loaded, the name that its
 * BTF id stands for becomes a number: that of the model's row in helpers/kfuncs.def, or, without
 * a model, one of its own, under which it can be mocked. From there on a kfunc is a helper whose id
 * is BU_HELPER_MAX or above: bu_helper_of(), bu_helper_call() and bu_kernel.helpers know both.
 */
#ifndef BU_KFUNC_H
#define BU_KFUNC_H

#include "ebpf/helper.h"

struct bu_btf;

/* The number of a kernel function; given out when there is none yet. 0: too many have been named.
 */
u32 bu_kfunc_id(struct bu_kernel *kernel, const char *name);
/* Its name ("bpf_iter_num_new"); NULL: no kernel function has this number. */
const char *bu_kfunc_name(const struct bu_kernel *kernel, u32 id, char *text, size_t size);
/* The name of a function by its id in the kernel's BTF; NULL: it is none. */
const char *bu_kfunc_of_btf(struct bu_kernel *kernel, u32 btf_id);
/* Forget the names given out. */
void bu_kfunc_free(struct bu_kernel *kernel);

#endif
