/* SPDX-License-Identifier: BSD-2-Clause */
/* What a link of type TRACING is attached to: link->priv. */
#ifndef BU_LINK_TRACING_H
#define BU_LINK_TRACING_H

#include "ebpf/link/link.h"

struct bu_trampoline {
	struct bu_prog *target; /* whose function it is, referenced; NULL: the kernel's */
	u32 btf_id;             /* of the function, in the target's BTF or the kernel's */
	u32 object_id;          /* of that program or BTF */
	const char *name; /* of the function: of the target's BTF, or of the program's target */
};

/* The tracepoint of a link of type RAW_TRACEPOINT. */
const char *bu_link_raw_tp_name(const struct bu_link *link);

#endif
