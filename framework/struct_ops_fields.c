// SPDX-License-Identifier: BSD-2-Clause
/*
 * The fields of kernel objects that implementations of the kernel's own structs of functions may
 * write, which others only read. While one runs they are writable in the objects that are its
 * arguments, and only those that were not so before are locked again.
 *
 * Source: the btf_struct_access() functions of net/ipv4/bpf_tcp_ca.c (all fields tried on 6.18),
 * net/bpf/bpf_dummy_struct_ops.c, kernel/sched/ext.c, net/sched/bpf_qdisc.c. Differs: the kernel
 * knows objects by the types of pointers, also of pointers found within arguments.
 */
#include <string.h>

#include "ebpf/kernel.h"
#include "framework/kobj.h"
#include "framework/state.h"
#include "framework/struct_ops.h"

#define SOCK "inet_conn.icsk_inet.sk."

static const struct writable {
	const char *ops, *type, *path;
	u32 bytes; /* 0: the field's own size */
} writables[] = {
	{ "tcp_congestion_ops", "tcp_sock", SOCK "sk_pacing_rate", 0 },
	{ "tcp_congestion_ops", "tcp_sock", SOCK "sk_pacing_status", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ca_priv", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ack.pending", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd_cnt", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd_stamp", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "snd_ssthresh", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "ecn_flags", 0 },
	{ "tcp_congestion_ops", "tcp_sock", "app_limited", 0 },
	{ "bpf_dummy_ops", "bpf_dummy_ops_state", "", 0 },
	{ "sched_ext_ops", "task_struct", "scx.slice", 0 },
	{ "sched_ext_ops", "task_struct", "scx.dsq_vtime", 0 },
	{ "sched_ext_ops", "task_struct", "scx.disallow", 0 },
	{ "Qdisc_ops", "Qdisc", "limit", 0 },
	{ "Qdisc_ops", "Qdisc", "q.qlen", 0 },
	{ "Qdisc_ops", "Qdisc", "qstats", 0 },
	{ "Qdisc_ops", "sk_buff", "tstamp", 0 },
	{ "Qdisc_ops", "sk_buff", "cb[8]", 20 }, /* data of struct qdisc_skb_cb */
};

/* Whether a struct is called so, or begins with one that is: a tcp_sock is a sock, too. */
static bool begins_with(const struct btf *btf, u32 type_id, const char *name)
{
	const struct btf_type *type = bu_btf_plain(btf, type_id, NULL);

	while (type && btf_is_struct(type)) {
		if (!strcmp(btf__name_by_offset(btf, type->name_off), name))
			return true;
		if (!btf_vlen(type) || btf_members(type)->offset)
			return false;
		type = bu_btf_plain(btf, btf_members(type)->type, NULL);
	}
	return false;
}

/* Where a row's field is in an object; NULL: the object is none of these, or too small for it. */
static u8 *find(struct bu_kernel *kernel, const struct writable *row,
		const struct bu_region *region, u32 *size)
{
	struct bu_btf *types = bu_vmlinux_btf(kernel);
	u32 id = bu_btf_find(types, row->type, BTF_KIND_STRUCT);
	struct bu_field field;
	char error[512];

	if (!id || !bu_field_root(&field, bu_btf_parsed(types), id) ||
	    !begins_with(field.btf, id, region->info.label) ||
	    (*row->path && bu_field_walk(&field, row->path, error, sizeof(error))))
		return NULL;
	*size = row->bytes ? row->bytes : field.size;
	return field.offset + *size <= region->size ? region->start + field.offset : NULL;
}

static void unlock(struct bu_unlocked *unlocked, struct bu_kernel *kernel, u8 *field, u32 size)
{
	if (bu_arena_writable(&kernel->arena, field, size) ||
	    unlocked->nr == BU_ARRAY_SIZE(unlocked->ranges))
		return;
	bu_arena_set_access(&kernel->arena, field, size, BU_RW);
	unlocked->ranges[unlocked->nr].start = field;
	unlocked->ranges[unlocked->nr++].size = size;
}

static void unlock_object(struct bu_unlocked *unlocked, struct bu_kernel *kernel, const char *ops,
			  const void *object)
{
	const struct bu_region *region;

	if (!bu_arena_contains(&kernel->arena, object))
		return;
	region = bu_arena_region(&kernel->arena, object);
	if (!region || region->freed || region->info.kind != BU_REGION_KOBJ ||
	    region->start != object || !region->info.label)
		return;
	for (size_t i = 0; i < BU_ARRAY_SIZE(writables); i++) {
		u32 size;
		u8 *field = strcmp(writables[i].ops, ops)
				    ? NULL
				    : find(kernel, &writables[i], region, &size);

		if (field)
			unlock(unlocked, kernel, field, size);
	}
}

void bu_struct_ops_unlock(struct bu_unlocked *unlocked, const char *ops, const u64 *args,
			  size_t nr_args)
{
	struct bu_kernel *kernel = bu_test_kernel();

	unlocked->nr = 0;
	for (size_t i = 0; i < nr_args; i++)
		unlock_object(unlocked, kernel, ops, (const void *)(uintptr_t)args[i]);
}

void bu_struct_ops_lock(const struct bu_unlocked *unlocked)
{
	struct bu_kernel *kernel = bu_test_kernel();

	for (u32 i = 0; i < unlocked->nr; i++)
		bu_arena_set_access(&kernel->arena, unlocked->ranges[i].start,
				    unlocked->ranges[i].size, BU_READ);
}
