// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which subprogram handles bpf_throw(): the one that a BTF tag "exception_callback:NAME" of the
 * main function names. It must be known before functions are told apart, for nothing calls it.
 * Source: bpf_find_exception_callback_insn_off(), check_btf_func_early(), kernel/bpf/btf.c and
 * verifier.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/log.h"
#include "ebpf/syscall.h"

#include <string.h>

#define TAG "exception_callback:"

struct search {
	const struct bu_btf *btf;
	const union bpf_attr *attr;
	struct bu_log *log;
};

/* Record i of func_info as far as we know it. */
static int read_func(const struct search *search, u32 i, struct bpf_func_info *info)
{
	if (search->attr->func_info_rec_size < sizeof(*info))
		return -EINVAL;
	return bu_copy_from_user(
		info, search->attr->func_info + (u64)i * search->attr->func_info_rec_size,
		sizeof(*info));
}

/* The name in a tag of function `func_id`; NULL: none. *count: of such tags. */
static const char *tagged(const struct search *search, u32 func_id, u32 *count)
{
	const char *found = NULL;

	for (u32 id = 1; id < search->btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(search->btf, id);
		const char *name;

		if (BTF_INFO_KIND(type->info) != BTF_KIND_DECL_TAG || type->type != func_id ||
		    ((const struct btf_decl_tag *)(type + 1))->component_idx != -1)
			continue;
		name = bu_btf_string(search->btf, type->name_off);
		if (!name || strncmp(name, TAG, strlen(TAG)) != 0)
			continue;
		found = name + strlen(TAG);
		++*count;
	}
	return found;
}

static u32 function_named(const struct bu_btf *btf, const char *name)
{
	for (u32 id = 1; id < btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(btf, id);

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    !strcmp(bu_btf_string(btf, type->name_off), name))
			return id;
	}
	return 0;
}

/* Where the function begins in the program. */
static int locate(struct bu_prog *prog, const struct search *search, u32 func_id, const char *name)
{
	struct bpf_func_info info;

	for (u32 i = 1; i < search->attr->func_info_cnt; i++) {
		int err = read_func(search, i, &info);

		if (err)
			return err;
		if (info.type_id != func_id)
			continue;
		if (info.insn_off >= prog->nr_insns || !prog->insns[info.insn_off].code)
			return -EINVAL;
		prog->exception_insn = info.insn_off;
		return 0;
	}
	bu_log_add(search->log, "exception callback %s() not found in func_info\n", name);
	return -EINVAL;
}

static int find(struct bu_prog *prog, const struct search *search)
{
	struct bpf_func_info main_func;
	u32 tags = 0, id;
	const char *name;
	int err = read_func(search, 0, &main_func);

	if (err)
		return 0; /* what reads all records refuses them */
	name = tagged(search, main_func.type_id, &tags);
	if (!name)
		return 0;
	if (tags > 1) {
		bu_log_add(search->log, "multiple exception callback tags for main subprog\n");
		return -EEXIST;
	}
	id = function_named(search->btf, name);
	if (!id) {
		bu_log_add(search->log, "exception callback '%s' could not be found in BTF\n",
			   name);
		return -EINVAL;
	}
	if (BTF_INFO_VLEN(bu_btf_type(search->btf, id)->info) != BTF_FUNC_GLOBAL) {
		bu_log_add(search->log, "exception callback '%s' must have global linkage\n", name);
		return -EINVAL;
	}
	return locate(prog, search, id, name);
}

int bu_prog_find_exception(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	struct search search = { .attr = attr, .log = log };
	struct bu_object *object;
	int err;

	if (!attr->func_info_cnt)
		return 0;
	object = bu_fd_object(prog->object.kernel, attr->prog_btf_fd, BU_OBJECT_BTF, &err);
	if (!object)
		return 0; /* likewise */
	search.btf = bu_container_of(object, struct bu_btf, object);
	return find(prog, &search);
}
