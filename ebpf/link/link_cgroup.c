/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of cgroups, with and without links. The programs of one cgroup and attach type are all
 * attached with the same permission: to be alone (0), to be overridden beneath (ALLOW_OVERRIDE), or
 * to be one of several (ALLOW_MULTI, which links always are). A link's priv is its cgroup as long
 * as it is attached. Source: kernel/bpf/cgroup.c (6.12 with the ordering of 6.17).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"
#include "ebpf/link/cgroup.h"

#include <string.h>

#define PERMISSIONS (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI)
#define LINK_FLAGS  (BU_F_ID | BU_F_BEFORE | BU_F_AFTER | BU_F_PREORDER | BU_F_LINK)

struct change {
	struct bu_kernel *kernel;
	struct bu_cgroup *cgroup;
	struct bu_prog *prog; /* attached directly, or the link's */
	struct bu_link *link;
	struct bu_prog *old; /* to be replaced */
	u32 attach_type, flags;
	u32 relative; /* descriptor or id of the neighbour */
	u64 expected_revision;
};

/* LSM programs are apart by what they are attached to. */
static u32 btf_id_of(const struct bu_prog *prog, u32 attach_type)
{
	return attach_type == BPF_LSM_CGROUP && prog ? prog->attach_btf_id : 0;
}

static u64 revision_of(const struct bu_cgroup_hook *hook)
{
	return hook ? hook->changes + 1 : 1;
}

/* Source: hierarchy_allows_attach() */
static bool ancestors_allow(const struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id)
{
	while ((cgroup = cgroup->parent)) {
		const struct bu_cgroup_hook *hook = bu_cgroup_hook(cgroup, attach_type, btf_id);

		if (!hook || !hook->count)
			continue;
		return hook->flags & PERMISSIONS;
	}
	return true;
}

static int check_flags(const struct change *change)
{
	u32 flags = change->flags;

	if ((flags & PERMISSIONS) == PERMISSIONS)
		return -EINVAL;
	if (flags & BU_F_REPLACE && !(flags & BPF_F_ALLOW_MULTI))
		return -EINVAL;
	return flags & BU_F_REPLACE && flags & (BU_F_BEFORE | BU_F_AFTER) ? -EINVAL : 0;
}

static int check_place(const struct change *change, const struct bu_cgroup_hook *hook)
{
	u32 btf_id = btf_id_of(change->prog, change->attach_type);

	if (change->expected_revision && change->expected_revision != revision_of(hook))
		return -ESTALE;
	if (!ancestors_allow(change->cgroup, change->attach_type, btf_id))
		return -EPERM;
	if (hook && hook->count && hook->flags != (change->flags & PERMISSIONS))
		return -EPERM;
	return hook && hook->count >= BU_CGROUP_MAX_PROGS ? -E2BIG : 0;
}

/* The entry that gives way to the new program: its index, -1 when it is a further one.
 * Source: find_attach_entry() */
static int find_replaced(const struct change *change, const struct bu_cgroup_hook *hook, int *index)
{
	*index = -1;
	if (!(change->flags & BPF_F_ALLOW_MULTI)) {
		*index = hook->count ? 0 : -1;
		return 0;
	}
	for (u32 i = 0; !change->link && i < hook->count; i++) {
		if (hook->entries[i].prog == change->prog && change->prog != change->old)
			return -EINVAL;
	}
	if (!change->old)
		return 0;
	for (u32 i = 0; i < hook->count; i++) {
		if (hook->entries[i].prog == change->old) {
			*index = i;
			return 0;
		}
	}
	return -ENOENT;
}

/* Neighbours */

static int check_order(const struct change *change, const struct bu_cgroup_hook *hook, bool named)
{
	bool before = change->flags & BU_F_BEFORE, after = change->flags & BU_F_AFTER;

	if (named && (before == after || !(change->flags & BU_F_LINK) != !change->link))
		return -EINVAL;
	return !named && hook->count && before && after ? -EINVAL : 0;
}

static struct bu_object *object_named(const struct change *change, int *error)
{
	enum bu_object_kind kind = change->flags & BU_F_LINK ? BU_OBJECT_LINK : BU_OBJECT_PROG;
	struct bu_object *object;

	if (change->flags & BU_F_ID) {
		object = bu_object_by_id(change->kernel, kind, change->relative);
		*error = object ? 0 : -ENOENT;
		return object;
	}
	*error = -EINVAL;
	return change->relative ? bu_fd_object(change->kernel, change->relative, kind, error)
				: NULL;
}

static bool is_entry_of(const struct bu_cgroup_entry *entry, const struct bu_object *object)
{
	return (entry->prog && &entry->prog->object == object) ||
	       (entry->link && &entry->link->object == object);
}

/* Where a further program goes. Source: get_prog_list(), insert_pl_to_hlist() */
static int find_index(const struct change *change, const struct bu_cgroup_hook *hook, u32 *index)
{
	bool named = change->flags & (BU_F_LINK | BU_F_ID) || change->relative;
	int err = check_order(change, hook, named);
	struct bu_object *neighbour;

	*index = change->flags & BU_F_BEFORE ? 0 : hook->count;
	if (err || !named)
		return err;
	neighbour = object_named(change, &err);
	if (!neighbour)
		return err;
	for (u32 i = 0; i < hook->count; i++) {
		if (!is_entry_of(&hook->entries[i], neighbour))
			continue;
		*index = change->flags & BU_F_BEFORE ? i : i + 1;
		return (hook->entries[i].flags ^ change->flags) & BU_F_PREORDER ? -EINVAL : 0;
	}
	return -ENOENT;
}

/* Changes */

static void write_entry(struct bu_cgroup_entry *entry, const struct change *change)
{
	struct bu_prog *old = entry->prog;

	*entry = (struct bu_cgroup_entry){ .prog = change->link ? NULL : change->prog,
					   .link = change->link,
					   .flags = change->flags };
	if (entry->prog)
		bu_object_get(&entry->prog->object);
	if (old)
		bu_object_put(&old->object);
}

static int insert(struct bu_cgroup_hook *hook, const struct change *change)
{
	u32 at;
	int err = find_index(change, hook, &at);

	if (err)
		return err;
	memmove(&hook->entries[at + 1], &hook->entries[at],
		(hook->count - at) * sizeof(*hook->entries));
	memset(&hook->entries[at], 0, sizeof(*hook->entries));
	hook->count++;
	write_entry(&hook->entries[at], change);
	return 0;
}

static int attach_change(const struct change *change)
{
	u32 btf_id = btf_id_of(change->prog, change->attach_type);
	struct bu_cgroup_hook *hook =
		bu_cgroup_hook_make(change->cgroup, change->attach_type, btf_id);
	int index, err = check_flags(change);

	if (!hook)
		return -ENOMEM;
	if (!err)
		err = check_place(change, hook);
	if (!err)
		err = find_replaced(change, hook, &index);
	if (err)
		return err;
	if (index >= 0)
		write_entry(&hook->entries[index], change);
	else
		err = insert(hook, change);
	if (err)
		return err;
	hook->flags = change->flags & PERMISSIONS;
	hook->changes++;
	return 0;
}

/* Source: find_detach_entry() */
static int find_attached(const struct change *change, const struct bu_cgroup_hook *hook)
{
	if (!hook || !(hook->flags & BPF_F_ALLOW_MULTI))
		return hook && hook->count ? 0 : -ENOENT;
	if (!change->prog && !change->link)
		return -EINVAL;
	for (u32 i = 0; i < hook->count; i++) {
		const struct bu_cgroup_entry *entry = &hook->entries[i];

		if (change->link ? entry->link == change->link : entry->prog == change->prog)
			return i;
	}
	return -ENOENT;
}

static int detach_change(const struct change *change)
{
	struct bu_cgroup_hook *hook = bu_cgroup_hook(change->cgroup, change->attach_type,
						     btf_id_of(change->prog, change->attach_type));
	struct bu_prog *old;
	int at;

	if (change->expected_revision && change->expected_revision != revision_of(hook))
		return -ESTALE;
	at = find_attached(change, hook);
	if (at < 0)
		return at;
	old = hook->entries[at].prog;
	hook->count--;
	memmove(&hook->entries[at], &hook->entries[at + 1],
		(hook->count - at) * sizeof(*hook->entries));
	hook->changes++;
	if (!hook->count)
		hook->flags = 0;
	if (old)
		bu_object_put(&old->object);
	return 0;
}

/* Without a link */

static int attach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	struct change change = { .kernel = request->kernel,
				 .prog = request->prog,
				 .attach_type = attr->attach_type,
				 .flags = attr->attach_flags,
				 .relative = attr->relative,
				 .expected_revision = attr->expected_revision };
	int err;

	change.cgroup = bu_cgroup_of_fd(request->kernel, attr->target, &err);
	if (!change.cgroup)
		return err;
	if (attr->attach_flags & BU_F_REPLACE && attr->attach_flags & BPF_F_ALLOW_MULTI) {
		change.old = bu_attach_prog(request->kernel, attr->replace_bpf_fd,
					    request->prog->prog_type, &err);
		if (!change.old)
			return err;
	}
	return attach_change(&change);
}

static int detach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	struct change change = { .kernel = request->kernel,
				 .attach_type = attr->attach_type,
				 .expected_revision = attr->expected_revision };
	int err;

	change.cgroup = bu_cgroup_of_fd(request->kernel, attr->target, &err);
	if (!change.cgroup)
		return err;
	change.prog = bu_attach_prog(request->kernel, attr->attach_bpf_fd,
				     bu_attach_prog_type(attr->attach_type), &err);
	return detach_change(&change);
}

static int query(struct bu_kernel *kernel, struct bu_call *call)
{
	int err;
	struct bu_cgroup *cgroup = bu_cgroup_of_fd(kernel, bu_query_attr(call)->target, &err);

	return cgroup ? bu_cgroup_query(cgroup, call) : err;
}

const struct bu_attach_family bu_attach_cgroup = {
	.attach = attach,
	.detach = detach,
	.query = query,
};

/* Links */

static int link_attach(struct bu_link *link, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	struct change change = { .kernel = request->kernel,
				 .prog = link->prog,
				 .link = link,
				 .attach_type = attr->attach_type,
				 .flags = attr->flags | BPF_F_ALLOW_MULTI,
				 .relative = attr->mprog.relative,
				 .expected_revision = attr->mprog.expected_revision };
	int err;

	if (attr->flags & ~(u32)LINK_FLAGS)
		return -EINVAL;
	change.cgroup = bu_cgroup_of_fd(request->kernel, attr->target, &err);
	if (!change.cgroup)
		return err;
	err = attach_change(&change);
	if (!err)
		link->priv = change.cgroup;
	return err;
}

static void link_detach(struct bu_link *link)
{
	struct change change = { .kernel = link->object.kernel,
				 .cgroup = link->priv,
				 .prog = link->prog,
				 .link = link,
				 .attach_type = link->attach_type };

	detach_change(&change);
	link->priv = NULL;
}

static int link_update(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags)
{
	struct bu_cgroup_hook *hook;

	(void)flags;
	if (!link->priv)
		return -ENOLINK;
	if (old && old != link->prog)
		return -EPERM;
	if (prog->prog_type != link->prog->prog_type)
		return -EINVAL;
	hook = bu_cgroup_hook(link->priv, link->attach_type, btf_id_of(prog, link->attach_type));
	if (!hook || btf_id_of(prog, link->attach_type) != btf_id_of(link->prog, link->attach_type))
		return -ENOENT;
	hook->changes++;
	bu_link_replace(link, prog);
	return 0;
}

static int link_info(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_cgroup *cgroup = link->priv;

	info->cgroup.cgroup_id = cgroup ? cgroup->id : 0;
	info->cgroup.attach_type = link->attach_type;
	return 0;
}

const struct bu_link_type bu_link_cgroup = {
	.type = BU_LINK_CGROUP,
	.name = "cgroup",
	.attach = link_attach,
	.detach = link_detach,
	.update = link_update,
	.detachable = true,
	.info = link_info,
};
