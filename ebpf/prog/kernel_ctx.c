/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's object behind a context. Differs: it is zeroed, of the type as the kernel's BTF
 * describes it, and only the fields named below are filled in from context and packet; changing
 * these later does not change it. Source: btf_translate_to_vmlinux(), kernel/bpf/btf.c (6.12).
 */
#include "ebpf/prog/kernel_ctx.h"

#include "ebpf/kernel.h"
#include "ebpf/prog/prog_types.h"

#include <bpf/btf.h>
#include <string.h>

/* What a program type's context is made of in the kernel; NULL: the context itself. */
static const char *kernel_type(const struct bu_prog *prog)
{
	if (bu_prog_has_skb(prog))
		return "sk_buff";
	return bu_prog_kind(prog) == BPF_PROG_TYPE_XDP ? "xdp_buff" : NULL;
}

struct object {
	struct bu_run *run;
	const struct btf *btf;
	const struct btf_type *type;
	u8 *memory; /* NULL: there is none, and setting its fields does nothing */
};

/* A zeroed one of the kernel's structures. */
static struct object make(struct bu_run *run, const char *name)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "context" };
	struct bu_btf *vmlinux = name ? bu_vmlinux_btf(run->kernel) : NULL;
	struct object object = { .run = run, .btf = vmlinux ? bu_btf_parsed(vmlinux) : NULL };
	u32 id = object.btf ? bu_btf_find(vmlinux, name, BTF_KIND_STRUCT) : 0;

	object.type = id ? btf__type_by_id(object.btf, id) : NULL;
	if (object.type && object.type->size)
		object.memory =
			bu_arena_scratch(&run->kernel->arena, object.type->size, BU_READ, &info);
	return object;
}

static bool is_compound(const struct btf *btf, u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	return type && btf_is_composite(type);
}

/* Where the field is, also in members without a name; -1: there is none, or one of other bits than
 * whole bytes. */
static s64 offset_of(const struct btf *btf, const struct btf_type *type, const char *name,
		     s64 *size)
{
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		u32 bit = btf_member_bit_offset(type, i);
		s64 within = 0;

		if (!member->name_off && is_compound(btf, member->type))
			within = offset_of(btf, btf__type_by_id(btf, member->type), name, size);
		else if (strcmp(btf__name_by_offset(btf, member->name_off), name) != 0)
			within = -1;
		else
			*size = btf__resolve_size(btf, member->type);
		if (within >= 0)
			return bit % 8 ? -1 : bit / 8 + within;
	}
	return -1;
}

/* Store `value` in a field of this name, if the type has it and it is 1, 2, 4 or 8 bytes. */
static void set_field(const struct object *object, const char *name, u64 value)
{
	s64 size = 0, offset = -1;

	if (object->memory)
		offset = offset_of(object->btf, object->type, name, &size);
	if (offset >= 0 && (size == 1 || size == 2 || size == 4 || size == 8))
		memcpy(object->memory + offset, &value, size);
}

static u64 make_device(struct bu_run *run, u32 ifindex)
{
	struct object device = make(run, "net_device");

	set_field(&device, "ifindex", ifindex);
	return (uintptr_t)device.memory;
}

static void fill_xdp(const struct object *object, const struct xdp_md *md)
{
	struct object queue = make(object->run, "xdp_rxq_info");

	set_field(&queue, "dev", make_device(object->run, md->ingress_ifindex));
	set_field(&queue, "queue_index", md->rx_queue_index);
	set_field(object, "rxq", (uintptr_t)queue.memory);
}

static void fill_skb(const struct object *object, const struct __sk_buff *skb)
{
	set_field(object, "len", skb->len);
	set_field(object, "mark", skb->mark);
	set_field(object, "priority", skb->priority);
	set_field(object, "protocol", skb->protocol);
	set_field(object, "hash", skb->hash);
	set_field(object, "dev", make_device(object->run, skb->ifindex));
}

static void fill(const struct object *object)
{
	const struct bu_run *run = object->run;
	const struct bu_packet *packet = &run->packet;

	set_field(object, "data", (u64)packet->data);
	set_field(object, "data_end", (u64)packet->end);
	set_field(object, "data_meta", (u64)packet->meta);
	set_field(object, "data_hard_start", (u64)packet->head);
	set_field(object, "head", (u64)packet->head);
	if (bu_prog_kind(run->prog) != BPF_PROG_TYPE_XDP &&
	    run->ctx_size >= sizeof(struct __sk_buff))
		fill_skb(object, run->ctx);
	else if (bu_prog_kind(run->prog) == BPF_PROG_TYPE_XDP &&
		 run->ctx_size >= sizeof(struct xdp_md))
		fill_xdp(object, run->ctx);
}

u64 bu_kernel_ctx(struct bu_run *run)
{
	struct object object = make(run, kernel_type(run->prog));

	if (!object.type || !object.type->size)
		return (u64)run->ctx;
	if (object.memory)
		fill(&object);
	return (uintptr_t)object.memory;
}
