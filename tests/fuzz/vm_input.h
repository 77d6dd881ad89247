/* SPDX-License-Identifier: BSD-2-Clause */
/* The shape of vm_fuzz's inputs, which its mutator knows too. */
#ifndef BU_VM_INPUT_H
#define BU_VM_INPUT_H

#include "ebpf/base.h"

#define VM_MAPS  4
#define VM_INSNS 512

enum vm_flags {
	VM_GPL = 1,
	VM_NO_CTX = 2,
	VM_NO_PACKET = 4,
	VM_RFC = 8,      /* loaded as RFC 9669 has it: callx, division by the constant 0 */
	VM_SESSION = 16, /* run once more, stopped now and then, perhaps left half-way */
	VM_TRACE = 32,   /* all is traced, oddities are noted */
};

struct vm_header {
	u8 prog_type, attach_type, nr_maps, flags;
	u8 budget; /* instructions: 16 << budget % 10 */
	u8 runs;
	u8 ctx_size, packet_size, meta_size;
	u8 second; /* first instruction of the second program; 0: there is none */
	u16 attach_btf_id;
};

struct vm_map {
	u8 type, key_size, fill, max_entries;
	u16 value_size, flags;
};

/* Where the instructions begin. */
static inline size_t vm_insns_at(const struct vm_header *header)
{
	return sizeof(*header) + header->nr_maps % (VM_MAPS + 1) * sizeof(struct vm_map) +
	       header->ctx_size + header->packet_size;
}

#endif
