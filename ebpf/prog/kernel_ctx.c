/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's object behind a context. Differs: it is zeroed, of the type as the kernel's BTF
 * describes it, and only the fields named below are filled in from context and packet; changing
 * these later does not change it. Source: btf_translate_to_vmlinux(), kernel/bpf/btf.c (6.12).
 */
#include "ebpf/prog/kernel_ctx.h"

#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/prog/prog_types.h"

/* What a program type's context is made of in the kernel; NULL: the context itself. */
static const char *kernel_type(const struct bu_prog *prog)
{
	if (bu_prog_has_skb(prog))
		return "sk_buff";
	return bu_prog_kind(prog) == BPF_PROG_TYPE_XDP ? "xdp_buff" : NULL;
}

static bool is_known(const struct bu_run *run, const char *name)
{
	struct bu_btf *btf = name ? bu_vmlinux_btf(run->kernel) : NULL;
	u32 id = btf ? bu_btf_find(btf, name, BTF_KIND_STRUCT) : 0;

	return id && bu_btf_type(btf, id)->size;
}

/* What the context leads to. Without its type, or memory, setting its fields does nothing. */
static struct bu_kstruct make_other(struct bu_run *run, const char *name)
{
	struct bu_kstruct made;

	return is_known(run, name) && bu_kstruct_make(run, name, &made) ? made
									: (struct bu_kstruct){ 0 };
}

static u64 make_device(struct bu_run *run, u32 ifindex)
{
	struct bu_kstruct device = make_other(run, "net_device");

	bu_kstruct_set(&device, "ifindex", ifindex);
	return (uintptr_t)device.bytes;
}

static void fill_xdp(struct bu_run *run, struct bu_kstruct *object, const struct xdp_md *md)
{
	struct bu_kstruct queue = make_other(run, "xdp_rxq_info");

	bu_kstruct_set(&queue, "dev", make_device(run, md->ingress_ifindex));
	bu_kstruct_set(&queue, "queue_index", md->rx_queue_index);
	bu_kstruct_set(object, "rxq", (uintptr_t)queue.bytes);
}

static void fill_skb(struct bu_run *run, struct bu_kstruct *object, const struct __sk_buff *skb)
{
	bu_kstruct_set(object, "len", skb->len);
	bu_kstruct_set(object, "mark", skb->mark);
	bu_kstruct_set(object, "priority", skb->priority);
	bu_kstruct_set(object, "protocol", skb->protocol);
	bu_kstruct_set(object, "hash", skb->hash);
	bu_kstruct_set(object, "dev", make_device(run, skb->ifindex));
}

static void fill(struct bu_run *run, struct bu_kstruct *object)
{
	const struct bu_packet *packet = &run->packet;

	bu_kstruct_set(object, "data", (u64)packet->data);
	bu_kstruct_set(object, "data_end", (u64)packet->end);
	bu_kstruct_set(object, "data_meta", (u64)packet->meta);
	bu_kstruct_set(object, "data_hard_start", (u64)packet->head);
	bu_kstruct_set(object, "head", (u64)packet->head);
	if (bu_prog_kind(run->prog) != BPF_PROG_TYPE_XDP &&
	    run->ctx_size >= sizeof(struct __sk_buff))
		fill_skb(run, object, run->ctx);
	else if (bu_prog_kind(run->prog) == BPF_PROG_TYPE_XDP &&
		 run->ctx_size >= sizeof(struct xdp_md))
		fill_xdp(run, object, run->ctx);
}

u64 bu_kernel_ctx(struct bu_run *run)
{
	const char *name = kernel_type(run->prog);
	struct bu_kstruct object;

	if (!is_known(run, name))
		return (u64)run->ctx;
	if (!bu_kstruct_make(run, name, &object))
		return 0;
	fill(run, &object);
	return (uintptr_t)object.bytes;
}
