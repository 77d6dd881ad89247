/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROG_QUERY of cgroups: what is attached to one, or (BPF_F_QUERY_EFFECTIVE) what runs for it. A
 * query about LSM programs is about those of all targets.
 * Source: __cgroup_bpf_query(), kernel/bpf/cgroup.c (6.12).
 */
#include "ebpf/link/attach.h"
#include "ebpf/link/cgroup.h"

#define MAX_TARGETS 10  /* Source: CGROUP_LSM_NUM */
#define MAX_SHOWN   256 /* programs of one attach type and all ancestors that are told apart */

struct answer {
	const struct bu_prog_query_attr *query;
	u32 total, written;
	int error;
};

static void add(struct answer *answer, const struct bu_prog *prog, u32 flags)
{
	const struct bu_prog_query_attr *query = answer->query;
	u64 at = answer->written * sizeof(u32);

	if (answer->error || answer->written >= query->count)
		return;
	answer->error = bu_copy_to_user(query->prog_ids + at, &prog->object.id, sizeof(u32));
	if (!answer->error && query->prog_attach_flags)
		answer->error =
			bu_copy_to_user(query->prog_attach_flags + at, &flags, sizeof(flags));
	answer->written++;
}

static void add_hook(struct answer *answer, const struct bu_cgroup_hook *hook)
{
	for (u32 i = 0; i < hook->count; i++)
		add(answer, bu_cgroup_entry_prog(&hook->entries[i]), hook->flags);
}

static void add_effective(struct answer *answer, const struct bu_cgroup *cgroup, u32 attach_type,
			  u32 btf_id)
{
	struct bu_prog *progs[MAX_SHOWN];
	u32 count = bu_cgroup_effective(cgroup, attach_type, btf_id, progs, MAX_SHOWN);

	for (u32 i = 0; i < BU_MIN(count, MAX_SHOWN); i++)
		add(answer, progs[i], 0);
}

/* The targets of a cgroup's and its ancestors' hooks of the attach type; 0 for all but LSM. */
static u32 find_targets(const struct bu_cgroup *cgroup, u32 attach_type, u32 targets[MAX_TARGETS])
{
	u32 count = 0, i;

	for (; cgroup; cgroup = cgroup->parent) {
		for (const struct bu_cgroup_hook *hook = cgroup->hooks; hook; hook = hook->next) {
			for (i = 0; i < count && targets[i] != hook->btf_id; i++)
				;
			if (hook->attach_type == attach_type && i == count && count < MAX_TARGETS)
				targets[count++] = hook->btf_id;
		}
	}
	return count;
}

static u32 count_of(const struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id, bool effective)
{
	const struct bu_cgroup_hook *hook;

	if (effective)
		return bu_cgroup_effective(cgroup, attach_type, btf_id, NULL, 0);
	hook = bu_cgroup_hook(cgroup, attach_type, btf_id);
	return hook ? hook->count : 0;
}

static int put_head(const struct bu_cgroup *cgroup, struct bu_call *call, u32 total)
{
	const struct bu_prog_query_attr *query = bu_query_attr(call);
	const struct bu_cgroup_hook *hook = NULL;
	u64 revision = 0;

	if (query->attach_type != BPF_LSM_CGROUP && !(query->query_flags & BPF_F_QUERY_EFFECTIVE)) {
		hook = bu_cgroup_hook(cgroup, query->attach_type, 0);
		revision = hook ? hook->changes + 1 : 1;
	}
	return bu_query_put(call, hook ? hook->flags : 0, total, &revision);
}

int bu_cgroup_query(const struct bu_cgroup *cgroup, struct bu_call *call)
{
	struct answer answer = { .query = bu_query_attr(call) };
	bool effective = answer.query->query_flags & BPF_F_QUERY_EFFECTIVE;
	u32 type = answer.query->attach_type, targets[MAX_TARGETS];
	u32 nr_targets = find_targets(cgroup, type, targets);
	int err;

	if (effective && answer.query->prog_attach_flags)
		return -EINVAL;
	if (type == BPF_LSM_CGROUP && !effective && answer.query->count && answer.query->prog_ids &&
	    !answer.query->prog_attach_flags)
		return -EINVAL;
	for (u32 i = 0; i < nr_targets; i++)
		answer.total += count_of(cgroup, type, targets[i], effective);
	err = put_head(cgroup, call, answer.total);
	if (err || !answer.query->count || !answer.query->prog_ids)
		return err;
	for (u32 i = 0; i < nr_targets; i++) {
		const struct bu_cgroup_hook *hook = bu_cgroup_hook(cgroup, type, targets[i]);

		if (effective)
			add_effective(&answer, cgroup, type, targets[i]);
		else if (hook)
			add_hook(&answer, hook);
	}
	if (answer.error)
		return answer.error;
	return answer.query->count < answer.total ? -ENOSPC : 0;
}
