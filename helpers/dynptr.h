/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program's struct bpf_dynptr holds. It lies on the program's stack, where the program can
 * write anything: nothing in it is believed before bu_dynptr_get() has found it intact, and memory
 * that it leads to is checked at each use.
 */
#ifndef BU_HELPERS_DYNPTR_H
#define BU_HELPERS_DYNPTR_H

#include "ebpf/kernel.h"
#include "ebpf/vm/view.h"

enum bu_dynptr_type { /* numbers as the kernel's */
		      BU_DYNPTR_RELEASED,
		      BU_DYNPTR_LOCAL,
		      BU_DYNPTR_RINGBUF,
		      BU_DYNPTR_SKB, /* of the packet: data is the run's context */
		      BU_DYNPTR_XDP,
};

struct bu_dynptr {
	u64 data : 48, seal : 16; /* data: 0 when it could not be made ("null") */
	u32 size : 24, type : 7, rdonly : 1;
	u32 offset; /* of its first byte from data */
};
_Static_assert(sizeof(struct bu_dynptr) == 16, "as large as struct bpf_dynptr");

#define BU_DYNPTR_MAX_SIZE ((1U << 24) - 1)

/* Whether a dynptr may be made at `ptr`; false: a fault has been raised. */
bool bu_dynptr_place(struct bu_run *run, struct bu_dynptr *ptr);
/* Make it there. */
void bu_dynptr_set(struct bu_run *run, struct bu_dynptr *ptr, struct bu_dynptr value);
/* A copy of the dynptr at `ptr`; false: a fault has been raised. */
bool bu_dynptr_get(struct bu_run *run, const struct bu_dynptr *ptr, struct bu_dynptr *value);
/* 0, or -E2BIG: [offset, offset + len) is not inside. */
int bu_dynptr_check(const struct bu_dynptr *value, u32 offset, u32 len);

static inline bool bu_dynptr_is_packet(const struct bu_dynptr *value)
{
	return value->data && (value->type == BU_DYNPTR_SKB || value->type == BU_DYNPTR_XDP);
}

/* Copy from and to where it leads; -errno as bpf_dynptr_read() and bpf_dynptr_write() return it. A
 * fault may have been raised. */
int bu_dynptr_load(struct bu_run *run, const struct bu_dynptr *value, u32 offset, void *to,
		   u32 len);
int bu_dynptr_store(struct bu_run *run, const struct bu_dynptr *value, u32 offset, const void *from,
		    u32 len, u64 flags);
/* The bytes themselves; NULL: not inside, or not to be written. */
void *bu_dynptr_bytes(struct bu_run *run, const struct bu_dynptr *value, u32 offset, u32 len,
		      bool write);
/* What a program is given of them: a view (ebpf/vm/view.h) of `len` bytes; 0 for NULL. */
u64 bu_dynptr_view(struct bu_run *run, const void *bytes, u32 len, bool rdonly, const char *what);

#endif
