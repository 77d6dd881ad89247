// SPDX-License-Identifier: BSD-2-Clause
/*
 * Casts that give a pointer another type. Types are the verifier's business: the address stays.
 * Differs: bpf_cast_to_kern_ctx() yields a zeroed object of the kernel's type (struct sk_buff, ...)
 * as the program's BTF describes it, of which the fields named below are filled in from the
 * context. Source: bpf_cast_to_kern_ctx(), bpf_rdonly_cast() in kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"

#include <bpf/btf.h>
#include <string.h>

BU_HELPER_2(rdonly_cast, u64, object, u32, btf_id)
{
	(void)btf_id;
	return object;
}

/* What a program type's context is made of in the kernel; NULL: the context itself. */
static const char *kernel_type(const struct bu_prog *prog)
{
	switch (bu_prog_kind(prog)) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_SK_SKB:
		return "sk_buff";
	case BPF_PROG_TYPE_XDP:
		return "xdp_buff";
	}
	return NULL;
}

/* Store `value` in a field of this name, if the type has it and it is 1, 2, 4 or 8 bytes. */
static void set_field(const struct btf *btf, const struct btf_type *type, void *object,
		      const char *name, u64 value)
{
	const struct btf_member *member = btf_members(type);

	for (u32 i = 0; i < btf_vlen(type); i++, member++) {
		s64 size = btf__resolve_size(btf, member->type);

		if (strcmp(btf__name_by_offset(btf, member->name_off), name) != 0)
			continue;
		if (btf_member_bit_offset(type, i) % 8 ||
		    (size != 1 && size != 2 && size != 4 && size != 8))
			return;
		memcpy((u8 *)object + btf_member_bit_offset(type, i) / 8, &value, size);
	}
}

static void fill(struct bu_run *run, const struct btf *btf, const struct btf_type *type,
		 void *object)
{
	const struct __sk_buff *skb = run->ctx;

	set_field(btf, type, object, "data", (u64)run->packet.data);
	set_field(btf, type, object, "data_end", (u64)run->packet.end);
	set_field(btf, type, object, "data_meta", (u64)run->packet.meta);
	set_field(btf, type, object, "data_hard_start", (u64)run->packet.head);
	set_field(btf, type, object, "head", (u64)run->packet.head);
	if (bu_prog_kind(run->prog) == BPF_PROG_TYPE_XDP || run->ctx_size < sizeof(*skb))
		return;
	set_field(btf, type, object, "len", skb->len);
	set_field(btf, type, object, "mark", skb->mark);
	set_field(btf, type, object, "priority", skb->priority);
	set_field(btf, type, object, "protocol", skb->protocol);
	set_field(btf, type, object, "hash", skb->hash);
}

BU_HELPER_1(cast_to_kern_ctx, void *, ctx)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "context" };
	const char *name = kernel_type(run->prog);
	struct bu_btf *vmlinux = name ? bu_vmlinux_btf(run->kernel) : NULL;
	struct btf *btf = vmlinux ? bu_btf_parsed(vmlinux) : NULL;
	s32 id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	void *object;

	if (!type || !type->size)
		return (u64)ctx;
	object = bu_arena_scratch(&run->kernel->arena, type->size, BU_READ, &info);
	if (!object)
		return 0;
	fill(run, btf, type, object);
	return (u64)object;
}
