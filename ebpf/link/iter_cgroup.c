/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iterator over control groups: one, its ancestors, or all beneath it, children in the order in
 * which they were made. A program that returns other than 0 ends the walk, and what a first read
 * leaves out cannot be had. A cgroup is noted by its identity, so it may be removed at any time.
 * Source: kernel/bpf/cgroup_iter.c, css_next_descendant_pre() in kernel/cgroup/cgroup.c (6.12), as
 * observed with 6.18. Differs: of struct cgroup a program sees level and kn, of that id and name;
 * the path of a cgroup that was removed is not known any more.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/link/cgroup.h"
#include "ebpf/link/iter.h"

static struct bu_cgroup *root_of(struct bu_kernel *kernel, int *error)
{
	char host[PATH_MAX];

	*error = bu_redirect_in(kernel, "/sys/fs/cgroup", host);
	return *error ? NULL : bu_cgroup_of_host(kernel, host, error);
}

/* The cgroup that the caller names by one of two ways. */
static struct bu_cgroup *find_start(struct bu_kernel *kernel, int fd, u64 id, int *error)
{
	struct bu_cgroup *root;

	if (fd)
		return bu_cgroup_of_fd(kernel, fd, error);
	root = root_of(kernel, error);
	if (!root || !id)
		return root;
	*error = -ENOENT;
	return bu_cgroup_by_id(kernel, id);
}

static int attach(struct bu_kernel *kernel, const union bu_iter_info *info,
		  struct bu_iter_scope *scope)
{
	int fd = (int)info->cgroup.cgroup_fd, err = 0;
	u64 id = info->cgroup.cgroup_id;
	const struct bu_cgroup *start;

	if (info->cgroup.order < BPF_CGROUP_ITER_SELF_ONLY ||
	    info->cgroup.order > BPF_CGROUP_ITER_ANCESTORS_UP || (fd && id))
		return -EINVAL;
	start = find_start(kernel, fd, id, &err);
	if (!start)
		return err;
	scope->order = info->cgroup.order;
	scope->cgroup_id = start->id;
	return 0;
}

/* The first child of `parent` behind `previous` (NULL: the first of all). */
static struct bu_cgroup *child(const struct bu_kernel *kernel, const struct bu_cgroup *parent,
			       const struct bu_cgroup *previous)
{
	struct bu_cgroup *cgroup = previous ? previous->next : kernel->cgroups;

	while (cgroup && cgroup->parent != parent)
		cgroup = cgroup->next;
	return cgroup;
}

static struct bu_cgroup *leftmost(const struct bu_kernel *kernel, struct bu_cgroup *cgroup)
{
	struct bu_cgroup *below;

	while ((below = child(kernel, cgroup, NULL)))
		cgroup = below;
	return cgroup;
}

static struct bu_cgroup *next_pre(const struct bu_kernel *kernel, struct bu_cgroup *cgroup,
				  const struct bu_cgroup *start)
{
	struct bu_cgroup *found = child(kernel, cgroup, NULL);

	while (!found && cgroup != start) {
		found = child(kernel, cgroup->parent, cgroup);
		cgroup = cgroup->parent;
	}
	return found;
}

static struct bu_cgroup *next_post(const struct bu_kernel *kernel, struct bu_cgroup *cgroup,
				   const struct bu_cgroup *start)
{
	struct bu_cgroup *sibling;

	if (cgroup == start)
		return NULL;
	sibling = child(kernel, cgroup->parent, cgroup);
	return sibling ? leftmost(kernel, sibling) : cgroup->parent;
}

static struct bu_cgroup *follow(const struct bu_iter *iter, struct bu_cgroup *cgroup,
				const struct bu_cgroup *start)
{
	switch (iter->scope.order) {
	case BPF_CGROUP_ITER_DESCENDANTS_PRE:
		return next_pre(iter->object.kernel, cgroup, start);
	case BPF_CGROUP_ITER_DESCENDANTS_POST:
		return next_post(iter->object.kernel, cgroup, start);
	case BPF_CGROUP_ITER_ANCESTORS_UP:
		return cgroup->parent;
	default:
		return NULL;
	}
}

static bool seek(struct bu_iter *iter)
{
	struct bu_kernel *kernel = iter->object.kernel;
	struct bu_cgroup *start;

	if (iter->begun)
		return iter->id != 0;
	iter->begun = true;
	start = bu_cgroup_by_id(kernel, iter->scope.cgroup_id);
	if (start && iter->scope.order == BPF_CGROUP_ITER_DESCENDANTS_POST)
		start = leftmost(kernel, start);
	iter->id = start ? start->id : 0;
	return start;
}

static void next(struct bu_iter *iter)
{
	struct bu_kernel *kernel = iter->object.kernel;
	struct bu_cgroup *cgroup = bu_cgroup_by_id(kernel, iter->id);
	const struct bu_cgroup *start = bu_cgroup_by_id(kernel, iter->scope.cgroup_id);

	cgroup = cgroup && start ? follow(iter, cgroup, start) : NULL;
	iter->id = cgroup ? cgroup->id : 0;
}

static u32 level_of(const struct bu_cgroup *cgroup)
{
	u32 level = 0;

	while ((cgroup = cgroup->parent))
		level++;
	return level;
}

static u64 node_of(struct bu_run *run, const struct bu_cgroup *cgroup)
{
	struct bu_kstruct made;

	if (!bu_kstruct_make(run, "kernfs_node", &made))
		return 0;
	bu_kstruct_set(&made, "id", cgroup->id);
	bu_kstruct_set(&made, "name", bu_iter_string(run, cgroup->name));
	return (u64)made.bytes;
}

static bool fill(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	const struct bu_cgroup *cgroup;
	struct bu_kstruct made;

	if (at_end)
		return true;
	cgroup = bu_cgroup_by_id(iter->object.kernel, iter->id);
	if (!bu_kstruct_make(run, "cgroup", &made))
		return false;
	bu_kstruct_set(&made, "level", level_of(cgroup));
	bu_kstruct_set(&made, "kn", node_of(run, cgroup));
	words[0] = (u64)made.bytes;
	return true;
}

static void describe(const struct bu_iter_scope *scope, struct bu_link_info *info)
{
	info->iter.cgroup.cgroup_id = scope->cgroup_id;
	info->iter.cgroup.order = scope->order;
}

static void show_path(const struct bu_cgroup *cgroup, struct bu_bytes *out)
{
	if (cgroup->parent) {
		show_path(cgroup->parent, out);
		bu_file_print(out, "/%s", cgroup->name);
	}
}

static void show(struct bu_kernel *kernel, const struct bu_iter_scope *scope, struct bu_bytes *out)
{
	static const char *const orders[] = { "", "self_only", "descendants_pre",
					      "descendants_post", "ancestors_up" };
	const struct bu_cgroup *start = bu_cgroup_by_id(kernel, scope->cgroup_id);

	bu_file_print(out, "cgroup_path:\t");
	if (start && start->parent)
		show_path(start, out);
	else if (start)
		bu_file_print(out, "/");
	bu_file_print(out, "\norder: %s\n", orders[scope->order]);
}

const struct bu_iter_target bu_iter_cgroup = {
	.name = "cgroup",
	.words = 2,
	.sleepable = true,
	.ends = true,
	.one_read = true,
	.attach = attach,
	.seek = seek,
	.next = next,
	.fill = fill,
	.info = describe,
	.show = show,
};
