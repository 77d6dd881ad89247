// SPDX-License-Identifier: BSD-2-Clause
/* The table of helpers, one entry for each row of helpers.def; an id without a row has no name. */
#include "ebpf/helper.h"

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
#include "helpers/helpers.def"
#undef HELPER
#undef NO_MODEL

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
static const struct bu_helper helpers[BU_HELPER_MAX] = {
#include "helpers/helpers.def"
};
#undef HELPER
#undef NO_MODEL

/* Each row's id is the one that programs are compiled with. A wrong one is a division by zero here.
 */
#define HELPER(id_, name_, ...)   ROW_ID_##name_ = id_,
#define NO_MODEL(id_, name_, ...) ROW_ID_##name_ = id_,
enum row_id {
	ROW_ID_unspec,
#include "helpers/helpers.def"
};
#undef HELPER
#undef NO_MODEL
#define SAME_ID(name_) CHECKED_##name_ = 1 / ((int)BPF_FUNC_##name_ == (int)ROW_ID_##name_)
enum checked { __BPF_FUNC_MAPPER(SAME_ID) };

const struct bu_helper *bu_helper_of(u32 id)
{
	return &helpers[id < BU_HELPER_MAX ? id : 0];
}
