/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers of helpers and kernel functions by name, for tables of them. */
#ifndef BU_HELPERS_IDS_H
#define BU_HELPERS_IDS_H

#include "ebpf/helper.h"

enum row_id {
	ROW_ID_unspec,
#define HELPER(id_, name_, ...)   ROW_ID_##name_ = id_,
#define NO_MODEL(id_, name_, ...) ROW_ID_##name_ = id_,
#include "helpers/helpers.def"
#undef HELPER
#undef NO_MODEL
};

/* Kernel functions are numbered in the order of their rows. */
enum kfunc_id {
	ROW_KFUNC_before_first = BU_HELPER_MAX - 1,
#define KFUNC(name_, ...) ROW_KFUNC_##name_,
#include "helpers/kfuncs.def"
#undef KFUNC
};

#endif
