/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing the kernel's BTF inside the framework, with errors as values. */
#ifndef BU_FRAMEWORK_BTF_H
#define BU_FRAMEWORK_BTF_H

#include "framework/state.h"

/* As bpfunit_btf_use(). 0, or -errno with `error`. */
int bu_btf_use(struct bpfunit_where where, const char *what, char *error, size_t size);

#endif
