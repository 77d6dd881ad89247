/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of iterators, and ITER_CREATE. Source: bpf_iter_link_attach(), bpf_iter_new_fd(),
 * kernel/bpf/bpf_iter.c (6.18). Differs: targets without a row are ENOENT, with a note, when a
 * program is attached to them.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "bpf_iter_"

static const struct bu_iter_target *const targets[] = {
	&bu_iter_bpf_map,  &bu_iter_bpf_prog, &bu_iter_bpf_link,  &bu_iter_cgroup,   &bu_iter_ksym,
	&bu_iter_map_elem, &bu_iter_task,     &bu_iter_task_file, &bu_iter_task_vma,
};

struct iter_link { /* link->priv */
	const struct bu_iter_target *target;
	struct bu_iter_scope scope;
};

static const struct bu_iter_target *target_of(const struct bu_prog *prog)
{
	const char *name = prog->target.name;

	if (!name || strncmp(name, PREFIX, strlen(PREFIX)))
		return NULL;
	for (size_t i = 0; i < BU_ARRAY_SIZE(targets); i++) {
		if (!strcmp(targets[i]->name, name + strlen(PREFIX)))
			return targets[i];
	}
	bu_note(prog->object.kernel, "the iterator '%s' is not emulated: program '%s' (ENOENT)",
		name + strlen(PREFIX), prog->name);
	return NULL;
}

static int copy_info(const struct bu_link_create_attr *attr, union bu_iter_info *info)
{
	u64 user = attr->iter.info;
	u32 size = attr->iter.info_len;
	int err;

	memset(info, 0, sizeof(*info));
	if (!user != !size)
		return -EINVAL;
	if (!user)
		return 0;
	err = bu_check_tail_zero(user, sizeof(*info), size);
	return err ? err : bu_copy_from_user(info, user, BU_MIN(size, sizeof(*info)));
}

static void drop_scope(struct bu_iter_scope *scope)
{
	if (scope->map)
		bu_object_put(&scope->map->object);
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	const struct bu_iter_target *target;
	union bu_iter_info info;
	struct iter_link *priv;
	int err;

	if (attr->target || attr->flags)
		return -EINVAL;
	err = copy_info(attr, &info);
	if (err)
		return err;
	target = target_of(request->prog);
	if (!target)
		return -ENOENT;
	if (request->prog->flags & BPF_F_SLEEPABLE && !target->sleepable)
		return -EINVAL;
	priv = calloc(1, sizeof(*priv));
	if (!priv)
		return -ENOMEM;
	priv->target = target;
	err = target->attach ? target->attach(request->kernel, &info, &priv->scope) : 0;
	if (err)
		free(priv);
	else
		link->priv = priv;
	return err;
}

static void detach(struct bu_link *link)
{
	struct iter_link *priv = link->priv;

	drop_scope(&priv->scope);
}

static void release(struct bu_link *link)
{
	free(link->priv);
}

/* Source: bpf_iter_link_replace() */
static int update(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags)
{
	(void)flags;
	if (old && old != link->prog)
		return -EPERM;
	if (prog->prog_type != link->prog->prog_type ||
	    prog->expected_attach_type != link->prog->expected_attach_type ||
	    prog->attach_btf_id != link->prog->attach_btf_id)
		return -EINVAL;
	bu_link_replace(link, prog);
	return 0;
}

static int describe(struct bu_link *link, struct bu_link_info *info)
{
	const struct iter_link *priv = link->priv;
	int err = bu_link_put_string(info->iter.target_name, &info->iter.target_name_len,
				     priv->target->name);

	if (!err && priv->target->info)
		priv->target->info(&priv->scope, info);
	return err;
}

void bu_iter_fdinfo(const struct bu_link *link, struct bu_bytes *out)
{
	const struct iter_link *priv = link->priv;

	if (priv->target->show)
		priv->target->show(link->object.kernel, &priv->scope, out);
}

const struct bu_link_type bu_link_iter = {
	.type = BU_LINK_ITER,
	.name = "iter",
	.attach = attach,
	.detach = detach,
	.release = release,
	.update = update,
	.info = describe,
};

/* Descriptors */

static void destroy(struct bu_object *object)
{
	struct bu_iter *iter = bu_container_of(object, struct bu_iter, object);

	bu_object_put(&iter->prog->object);
	drop_scope(&iter->scope);
	free(iter->seq.buffer);
	free(iter->keys);
	free(iter);
}

static const struct bu_object_class iter_class = {
	.kind = BU_OBJECT_ITER,
	.destroy = destroy,
};

long bu_iter_open(struct bu_link *link)
{
	struct bu_kernel *kernel = link->object.kernel;
	const struct iter_link *priv = link->priv;
	struct bu_iter *iter;

	if (link->type != &bu_link_iter)
		return -EINVAL;
	iter = calloc(1, sizeof(*iter));
	if (!iter || bu_object_init(&iter->object, kernel, &iter_class)) {
		free(iter);
		return -ENOMEM;
	}
	iter->target = priv->target;
	iter->scope = priv->scope;
	iter->prog = link->prog;
	iter->session_id = iter->object.id;
	bu_object_get(&iter->prog->object);
	if (iter->scope.map)
		bu_object_get(&iter->scope.map->object);
	return bu_fd_install_mode(&iter->object, BU_FD_READ);
}

long bu_sys_iter_create(struct bu_kernel *kernel, struct bu_call *call)
{
	const u32 *attr = (const u32 *)call->attr; /* link_fd, flags */
	struct bu_link *link;
	int err;

	if (attr[1])
		return -EINVAL;
	bu_fd_reap(kernel);
	link = bu_link_of_fd(kernel, (int)attr[0], &err);
	return link ? bu_iter_open(link) : err;
}
