/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) commands that find objects by id and describe them.
 * Source: bpf_obj_get_next_id(), bpf_{map,prog,link}_get_info_by_fd(), kernel/bpf/syscall.c;
 * btf_get_info_by_fd(), kernel/bpf/btf.c (6.12). Differs: the uid is 0, nothing is jitted,
 * and of the instructions only references to maps are rewritten (to ids).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/link.h"

#include <limits.h>
#include <string.h>

/* Newer than the oldest header that we build with: offset of btf_vmlinux_id in struct bpf_map_info.
 */
#define TOKEN              12 /* offset of fd_by_id_token_fd */
#define MAP_BTF_VMLINUX_ID 76

#define F_TOKEN_FD (1U << 16)

static enum bu_object_kind kind_of_command(unsigned int cmd)
{
	switch (cmd) {
	case BPF_PROG_GET_NEXT_ID:
	case BPF_PROG_GET_FD_BY_ID:
		return BU_OBJECT_PROG;
	case BPF_MAP_GET_NEXT_ID:
		return BU_OBJECT_MAP;
	case BPF_LINK_GET_NEXT_ID:
	case BPF_LINK_GET_FD_BY_ID:
		return BU_OBJECT_LINK;
	default:
		return BU_OBJECT_BTF;
	}
}

long bu_sys_next_id(struct bu_kernel *kernel, struct bu_call *call)
{
	u32 id;

	if (call->attr->start_id >= INT_MAX)
		return -EINVAL;
	bu_fd_reap(kernel);
	if (kind_of_command(call->cmd) == BU_OBJECT_BTF)
		bu_vmlinux_btf(kernel); /* makes it, or not */
	id = bu_object_next_id(kernel, kind_of_command(call->cmd), call->attr->start_id);
	if (!id)
		return -ENOENT;
	return bu_call_put(call, offsetof(union bpf_attr, next_id), &id, sizeof(id));
}

long bu_sys_fd_by_id(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_object *object;

	bu_fd_reap(kernel);
	object = bu_object_by_id(kernel, kind_of_command(call->cmd), call->attr->prog_id);
	if (!object)
		return -ENOENT;
	bu_object_get(object);
	return bu_fd_install(object);
}

/* Source: bpf_btf_get_fd_by_id() (6.18). */
long bu_sys_btf_fd_by_id(struct bu_kernel *kernel, struct bu_call *call)
{
	if (call->attr->open_flags & ~F_TOKEN_FD)
		return -EINVAL;
	if (call->attr->open_flags)
		return bu_token_error(call->attr, TOKEN);
	bu_vmlinux_btf(kernel); /* makes it, or not */
	return bu_sys_fd_by_id(kernel, call);
}

/* The filled-in struct to the caller, and how much of it there was. */
static int put_info(struct bu_call *call, const void *info, u32 size)
{
	int err;

	size = BU_MIN(size, call->attr->info.info_len);
	err = bu_copy_to_user(call->attr->info.info, info, size);
	if (err)
		return err;
	return bu_call_put(call, offsetof(union bpf_attr, info.info_len), &size, sizeof(size));
}

/* What the caller's struct says on entry; the part that it lacks is zero. */
static int get_info(struct bu_call *call, void *info, u32 size)
{
	u64 user = call->attr->info.info;
	u32 len = call->attr->info.info_len;
	int err = bu_check_tail_zero(user, size, len);

	memset(info, 0, size);
	return err ? err : bu_copy_from_user(info, user, BU_MIN(size, len));
}

static u32 vmlinux_id(const struct bu_kernel *kernel)
{
	return kernel->vmlinux ? kernel->vmlinux->object.id : 0;
}

static int map_info(struct bu_map *map, struct bu_call *call)
{
	struct bpf_map_info info;
	int err = get_info(call, &info, sizeof(info));

	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	info.type = map->type;
	info.id = map->object.id;
	info.key_size = map->key_size;
	info.value_size = map->value_size;
	info.max_entries = map->max_entries;
	info.map_flags = map->flags;
	info.map_extra = map->map_extra;
	memcpy(info.name, map->name, sizeof(info.name));
	if (map->btf) {
		info.btf_id = map->btf->object.id;
		info.btf_key_type_id = map->btf_key_type_id;
		info.btf_value_type_id = map->btf_value_type_id;
	}
	if (map->btf_vmlinux_value_type_id) {
		info.btf_vmlinux_value_type_id = map->btf_vmlinux_value_type_id;
		*(u32 *)((u8 *)&info + MAP_BTF_VMLINUX_ID) = vmlinux_id(map->object.kernel);
	}
	return put_info(call, &info, sizeof(info));
}

static int put_map_ids(const struct bu_prog *prog, struct bpf_prog_info *info)
{
	u32 room = BU_MIN(info->nr_map_ids, prog->nr_maps);
	int err = 0;

	info->nr_map_ids = prog->nr_maps;
	for (u32 i = 0; !err && i < room; i++)
		err = bu_copy_to_user(info->map_ids + i * sizeof(u32), &prog->maps[i]->object.id,
				      sizeof(u32));
	return err;
}

/* Source: set_info_rec_size() */
static int set_record_sizes(struct bpf_prog_info *info)
{
	if ((info->nr_func_info || info->func_info_rec_size) &&
	    info->func_info_rec_size != sizeof(struct bpf_func_info))
		return -EINVAL;
	if ((info->nr_line_info || info->line_info_rec_size) &&
	    info->line_info_rec_size != sizeof(struct bpf_line_info))
		return -EINVAL;
	if ((info->nr_jited_line_info || info->jited_line_info_rec_size) &&
	    info->jited_line_info_rec_size != sizeof(u64))
		return -EINVAL;
	info->func_info_rec_size = sizeof(struct bpf_func_info);
	info->line_info_rec_size = sizeof(struct bpf_line_info);
	info->jited_line_info_rec_size = sizeof(u64);
	return 0;
}

/* An array that the program keeps as the caller gave it. */
static int put_array(u64 user, u32 *count, const void *records, u32 have, u32 size)
{
	u32 room = BU_MIN(*count, have);

	*count = have;
	return room ? bu_copy_to_user(user, records, (size_t)room * size) : 0;
}

static int put_insns(const struct bu_prog *prog, struct bpf_prog_info *info)
{
	u32 size = prog->nr_insns * sizeof(struct bpf_insn);

	return put_array(info->xlated_prog_insns, &info->xlated_prog_len, prog->insns, size, 1);
}

static int put_tag(const struct bu_prog *prog, struct bpf_prog_info *info)
{
	u32 room = info->nr_prog_tags;

	info->nr_prog_tags = 1;
	return room ? bu_copy_to_user(info->prog_tags, prog->tag, sizeof(prog->tag)) : 0;
}

/* Source: bpf_prog_get_target_btf() */
static u32 attach_btf_obj_id(const struct bu_prog *prog)
{
	const struct bu_btf *vmlinux = prog->object.kernel->vmlinux;

	if (!prog->target.name)
		return 0;
	if (prog->target.prog)
		return prog->target.prog->btf->object.id;
	return vmlinux && !prog->target.of_prog ? vmlinux->object.id : 0;
}

static void describe_prog(const struct bu_prog *prog, struct bpf_prog_info *info)
{
	info->type = prog->prog_type;
	info->id = prog->object.id;
	info->gpl_compatible = prog->gpl;
	memcpy(info->tag, prog->tag, sizeof(info->tag));
	memcpy(info->name, prog->name, sizeof(info->name));
	info->load_time = prog->load_time;
	info->created_by_uid = 0;
	info->run_time_ns = prog->run_time_ns;
	info->run_cnt = prog->run_cnt;
	info->recursion_misses = prog->misses;
	info->verified_insns = prog->nr_insns;
	info->btf_id = prog->btf ? prog->btf->object.id : 0;
	info->attach_btf_id = prog->attach_btf_id;
	info->attach_btf_obj_id = attach_btf_obj_id(prog);
	info->jited_prog_len = 0;
	info->nr_jited_ksyms = 0;
	info->nr_jited_func_lens = 0;
	info->nr_jited_line_info = 0;
}

static int prog_info(struct bu_prog *prog, struct bu_call *call)
{
	struct bpf_prog_info info;
	int err = get_info(call, &info, sizeof(info));

	if (!err)
		err = put_map_ids(prog, &info);
	if (!err)
		err = set_record_sizes(&info);
	if (err)
		return err;
	describe_prog(prog, &info);
	err = put_insns(prog, &info);
	if (!err)
		err = put_array(info.func_info, &info.nr_func_info, prog->func_info,
				prog->nr_func_info, sizeof(struct bpf_func_info));
	if (!err)
		err = put_array(info.line_info, &info.nr_line_info, prog->line_info, prog->nr_lines,
				sizeof(struct bpf_line_info));
	if (!err)
		err = put_tag(prog, &info);
	return err ? err : put_info(call, &info, sizeof(info));
}

/* The name, cut to what the caller has room for: -ENOSPC then, after all else was written. */
static int put_name(const struct bu_btf *btf, struct bpf_btf_info *info, bool *cut)
{
	u32 room = info->name_len, len = strlen(btf->name);
	int err;

	*cut = false;
	if (!info->name != !room)
		return -EINVAL;
	info->name_len = len;
	if (!info->name)
		return 0;
	*cut = room < len + 1;
	len = BU_MIN(len, room - 1);
	err = bu_copy_to_user(info->name, btf->name, len);
	return err ? err : bu_copy_to_user(info->name + len, "", 1);
}

static int btf_info(struct bu_btf *btf, struct bu_call *call)
{
	struct bpf_btf_info info;
	bool cut;
	int err = get_info(call, &info, sizeof(info));

	if (err)
		return err;
	if (btf->kernel_btf)
		bu_vmlinux_btf(btf->object.kernel); /* as new as the opened objects */
	info.id = btf->object.id;
	err = put_array(info.btf, &info.btf_size, btf->data, btf->size, 1);
	if (err)
		return err;
	info.kernel_btf = btf->kernel_btf;
	err = put_name(btf, &info, &cut);
	if (!err)
		err = put_info(call, &info, sizeof(info));
	return !err && cut ? -ENOSPC : err;
}

static int link_info(struct bu_link *link, struct bu_call *call)
{
	struct bu_link_info info;
	int err = get_info(call, &info, sizeof(info));

	if (err)
		return err;
	info.type = link->type->type;
	info.id = link->object.id;
	if (link->prog)
		info.prog_id = link->prog->object.id;
	err = link->type->info ? link->type->info(link, &info) : 0;
	return err ? err : put_info(call, &info, sizeof(info));
}

long bu_sys_info(struct bu_kernel *kernel, struct bu_call *call)
{
	int err;
	struct bu_fd *fd = bu_fd_of(kernel, call->attr->info.bpf_fd, &err);

	if (!fd)
		return err == -EBADF ? -EBADFD : err;
	switch (fd->object->kind) {
	case BU_OBJECT_MAP:
		return map_info(bu_container_of(fd->object, struct bu_map, object), call);
	case BU_OBJECT_PROG:
		return prog_info(bu_container_of(fd->object, struct bu_prog, object), call);
	case BU_OBJECT_BTF:
		return btf_info(bu_container_of(fd->object, struct bu_btf, object), call);
	case BU_OBJECT_LINK:
		return link_info(bu_container_of(fd->object, struct bu_link, object), call);
	default:
		return -EINVAL;
	}
}
