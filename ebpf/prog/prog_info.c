/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * func_info and line_info: names of subprograms, and source lines. The strings stay in the BTF blob
 * that the program refers to. Source: check_btf_info(), kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/log.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define MAX_RECORD_SIZE 252
#define MIN_FUNC_SIZE   sizeof(struct bpf_func_info)
#define MIN_LINE_SIZE   sizeof(struct bpf_line_info)

struct records { /* an array of the caller's, whose records may be longer than ours */
	u64 user;
	u32 count, size, known;
};

/* Record `i` as we know it. */
static int read_record(const struct records *records, u32 i, void *record)
{
	u64 user = records->user + (u64)i * records->size;
	int err = bu_check_tail_zero(user, records->known, records->size);

	return err ? err : bu_copy_from_user(record, user, records->known);
}

static int check_size(const struct records *records)
{
	if (records->size < records->known || records->size > MAX_RECORD_SIZE || records->size % 4)
		return -EINVAL;
	return 0;
}

static int set_btf(struct bu_prog *prog, const union bpf_attr *attr)
{
	struct bu_object *object;
	int err;

	object = bu_fd_object(prog->object.kernel, attr->prog_btf_fd, BU_OBJECT_BTF, &err);
	if (!object)
		return err;
	prog->btf = bu_container_of(object, struct bu_btf, object);
	bu_object_get(object);
	return prog->btf->kernel_btf ? -EACCES : 0;
}

static int set_func(struct bu_prog *prog, struct bu_func *func, const struct bpf_func_info *info,
		    struct bu_log *log)
{
	const struct btf_type *type = bu_btf_type(prog->btf, info->type_id);

	if (info->insn_off != func->start) {
		bu_log_add(log,
			   "func_info BTF section doesn't match subprog layout in BPF program\n");
		return -EINVAL;
	}
	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC) {
		bu_log_add(log, "invalid type id %u in func info\n", info->type_id);
		return -EINVAL;
	}
	func->name = bu_btf_string(prog->btf, type->name_off);
	return 0;
}

static int set_funcs(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	struct records records = { attr->func_info, attr->func_info_cnt, attr->func_info_rec_size,
				   MIN_FUNC_SIZE };
	int err;

	if (!records.count)
		return 0;
	err = check_size(&records);
	if (!err && records.count != prog->nr_funcs) {
		bu_log_add(log, "number of funcs in func_info doesn't match number of subprogs\n");
		err = -EINVAL;
	}
	if (err)
		return err;
	prog->func_info = calloc(records.count, sizeof(*prog->func_info));
	if (!prog->func_info)
		return -ENOMEM;
	prog->nr_func_info = records.count;
	for (u32 i = 0; !err && i < records.count; i++) {
		err = read_record(&records, i, &prog->func_info[i]);
		if (!err)
			err = set_func(prog, &prog->funcs[i], &prog->func_info[i], log);
	}
	return err;
}

static int set_line(struct bu_prog *prog, u32 i, const struct bpf_line_info *info,
		    struct bu_log *log)
{
	struct bu_line *line = &prog->lines[i];

	if (info->insn_off >= prog->nr_insns || (i && info->insn_off <= line[-1].insn) ||
	    !prog->insns[info->insn_off].code) {
		bu_log_add(log, "Invalid line_info[%u].insn_off:%u (prog->len:%u)\n", i,
			   info->insn_off, prog->nr_insns);
		return -EINVAL;
	}
	line->insn = info->insn_off;
	line->line = BPF_LINE_INFO_LINE_NUM(info->line_col);
	line->column = BPF_LINE_INFO_LINE_COL(info->line_col);
	line->file = bu_btf_string(prog->btf, info->file_name_off);
	line->text = bu_btf_string(prog->btf, info->line_off);
	if (!line->file || !line->text) {
		bu_log_add(log, "Invalid line_info[%u].line_off or .file_name_off\n", i);
		return -EINVAL;
	}
	return 0;
}

/* Each subprogram begins with a line of its own. */
static int check_lines(const struct bu_prog *prog, struct bu_log *log)
{
	for (u32 i = 0; i < prog->nr_funcs; i++) {
		const struct bu_line *line = bu_prog_line(prog, prog->funcs[i].start);

		if (!line || line->insn != prog->funcs[i].start) {
			bu_log_add(log, "missing bpf_line_info for func#%u\n", i);
			return -EINVAL;
		}
	}
	return 0;
}

static int set_lines(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	struct records records = { attr->line_info, attr->line_info_cnt, attr->line_info_rec_size,
				   MIN_LINE_SIZE };
	int err;

	if (!records.count)
		return 0;
	if (records.count > prog->nr_insns)
		return -EINVAL;
	err = check_size(&records);
	if (err)
		return err;
	prog->lines = calloc(records.count, sizeof(*prog->lines));
	prog->line_info = calloc(records.count, sizeof(*prog->line_info));
	if (!prog->lines || !prog->line_info)
		return -ENOMEM;
	for (u32 i = 0; !err && i < records.count; i++) {
		err = read_record(&records, i, &prog->line_info[i]);
		if (!err)
			err = set_line(prog, i, &prog->line_info[i], log);
		prog->nr_lines += !err;
	}
	return err ? err : check_lines(prog, log);
}

int bu_prog_set_info(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	int err;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	err = set_btf(prog, attr);
	if (!err)
		err = set_funcs(prog, attr, log);
	if (!err)
		err = set_lines(prog, attr, log);
	return err;
}
