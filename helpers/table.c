// SPDX-License-Identifier: BSD-2-Clause
/* The table of helpers and kernel functions, one entry for each row of helpers.def and kfuncs.def;
 * an id without a row has no name. */
#include "helpers/ids.h"

/* How a helper's row says what it returns. */
enum returns {
	RET_INTEGER,
	RET_VOID,
	RET_MAP_VALUE_OR_NULL,
	RET_RINGBUF_MEM_OR_NULL,
	RET_BTF_ID,
};

#define HELPER(id_, name_, returns_, ...)                                                          \
	u64 bu_helper_##name_(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#define NO_MODEL(...)
#define KFUNC(name_, ...)                                                                          \
	u64 bu_helper_##name_(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#include "helpers/helpers.def"
#include "helpers/kfuncs.def"
#undef HELPER
#undef NO_MODEL
#undef KFUNC

#define KINDS(a, b, c, d, e, ...)                                                                  \
	{                                                                                          \
		BU_ARG_##a, BU_ARG_##b, BU_ARG_##c, BU_ARG_##d, BU_ARG_##e                         \
	}
#define ROW(id_, name_, fn_, returns_, ...)                                                        \
	[id_] = { .fn = fn_,                                                                       \
		  .name = #name_,                                                                  \
		  .args = KINDS(__VA_ARGS__, NONE, NONE, NONE, NONE, NONE),                        \
		  .returns_void = RET_##returns_ == RET_VOID },
#define HELPER(id_, name_, ...)   ROW(id_, name_, bu_helper_##name_, __VA_ARGS__)
#define NO_MODEL(id_, name_, ...) ROW(id_, name_, NULL, __VA_ARGS__)
#define KFUNC(name_, returns_, ...)                                                                \
	[ROW_KFUNC_##name_] = { .fn = bu_helper_##name_,                                           \
				.name = #name_,                                                    \
				.args = KINDS(__VA_ARGS__, NONE, NONE, NONE, NONE, NONE),          \
				.returns_void = RET_##returns_ == RET_VOID },
static const struct bu_helper helpers[BU_CALLEE_MAX] = {
#include "helpers/helpers.def"
#include "helpers/kfuncs.def"
};
#undef HELPER
#undef NO_MODEL
#undef KFUNC

/* Each row's id is the one that programs are compiled with. A wrong one is a division by zero here.
 */
#define SAME_ID(name_) CHECKED_##name_ = 1 / ((int)BPF_FUNC_##name_ == (int)ROW_ID_##name_)
enum checked { __BPF_FUNC_MAPPER(SAME_ID) };

const struct bu_helper *bu_helper_of(u32 id)
{
	return &helpers[id < BU_CALLEE_MAX ? id : 0];
}

static const bool gpl_only[BU_HELPER_MAX] = {
#define GPL_ONLY(name_) [ROW_ID_##name_] = true,
#include "helpers/gpl.def"
#undef GPL_ONLY
};

bool bu_helper_is_gpl_only(u32 id)
{
	return id < BU_HELPER_MAX && gpl_only[id];
}
