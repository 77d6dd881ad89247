/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel functions that show memory: casts of contexts, iterated bits; and interrupts. kfunc_views_test.c runs them. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kfunc_views.h"

struct bpf_iter_bits {
	__u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *words, __u32 count) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;

struct sk_buff {
	unsigned int len;
	__u32 mark;
	__u32 priority;
	__u16 protocol;
	unsigned char *head, *data;
} __attribute__((preserve_access_index));

struct xdp_buff {
	void *data;
	void *data_end;
	void *data_meta;
	void *data_hard_start;
} __attribute__((preserve_access_index));

struct seen seen;

SEC("tc")
int sees_skb(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);

	seen.len = skb->len;
	seen.mark = skb->mark;
	seen.priority = skb->priority;
	seen.protocol = skb->protocol;
	bpf_probe_read_kernel(&seen.first, 1, skb->data);
	return 0;
}

SEC("xdp")
int sees_xdp(struct xdp_md *ctx)
{
	struct xdp_buff *xdp = bpf_cast_to_kern_ctx(ctx);

	seen.len = xdp->data_end - xdp->data;
	seen.mark = xdp->data_meta == xdp->data;
	seen.priority = xdp->data > xdp->data_hard_start;
	bpf_probe_read_kernel(&seen.first, 1, xdp->data);
	return XDP_PASS;
}

SEC("tc")
int casts_again(struct __sk_buff *ctx)
{
	void *object = bpf_cast_to_kern_ctx(ctx);
	struct sk_buff *skb = bpf_rdonly_cast(object, bpf_core_type_id_kernel(struct sk_buff));

	seen.len = skb->len;
	return 0;
}

#define MAX_SEEN 256

__u64 words[4];
__u32 nr_words = 4;
int error, count, bits[MAX_SEEN];

SEC("tc")
int walks(struct __sk_buff *ctx)
{
	struct bpf_iter_bits it;
	int *bit;

	count = 0;
	error = bpf_iter_bits_new(&it, words, nr_words);
	while ((bit = bpf_iter_bits_next(&it))) {
		if (count < MAX_SEEN)
			bits[count & (MAX_SEEN - 1)] = *bit;
		count++;
	}
	bpf_iter_bits_destroy(&it);
	return 0;
}

SEC("tc")
int walks_over_nothing(struct __sk_buff *ctx)
{
	struct bpf_iter_bits it;

	error = bpf_iter_bits_new(&it, 0, 1);
	count = !!bpf_iter_bits_next(&it);
	bpf_iter_bits_destroy(&it);
	return 0;
}

SEC("tc")
int walks_over_unmapped(struct __sk_buff *ctx)
{
	struct bpf_iter_bits it;

	error = bpf_iter_bits_new(&it, (void *)8, 1);
	count = !!bpf_iter_bits_next(&it);
	bpf_iter_bits_destroy(&it);
	return 0;
}

SEC("tc")
int without_interrupts(struct __sk_buff *ctx)
{
	unsigned long outer, inner;

	bpf_local_irq_save(&outer);
	bpf_local_irq_save(&inner);
	count++;
	bpf_local_irq_restore(&inner);
	bpf_local_irq_restore(&outer);
	return 0;
}

SEC("?tc")
int leaves_them_off(struct __sk_buff *ctx)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	return 0;
}

SEC("?tc")
int restores_twice(struct __sk_buff *ctx)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
