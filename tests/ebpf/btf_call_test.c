// SPDX-License-Identifier: BSD-2-Clause
/* BPF_BTF_LOAD, and what programs and maps refer to in BTF. */
#include <linux/btf.h>

#include "prog_call.h"

#define CASE(name, expected) CASES(btf_calls, name, expected)

static char text[4096];

/* BTF: one int, a function without arguments, a struct of one int */

struct blob {
	struct btf_header header;
	struct btf_type integer;
	u32 encoding;
	struct btf_type proto, function, structure;
	struct btf_member member;
	char strings[16];
};

#define NAME_INT         1
#define NAME_FUNC        5
#define INFO(kind, vlen) ((u32)(kind) << 24 | (vlen))

static const struct blob good = {
	.header = { .magic = BTF_MAGIC,
		    .version = 1,
		    .hdr_len = sizeof(struct btf_header),
		    .type_len = offsetof(struct blob, strings) - sizeof(struct btf_header),
		    .str_off = offsetof(struct blob, strings) - sizeof(struct btf_header),
		    .str_len = 16 },
	.integer = { .name_off = NAME_INT, .info = INFO(BTF_KIND_INT, 0), .size = 4 },
	.encoding = BTF_INT_SIGNED << 24 | 32,
	.proto = { .info = INFO(BTF_KIND_FUNC_PROTO, 0), .type = 1 },
	.function = { .name_off = NAME_FUNC, .info = INFO(BTF_KIND_FUNC, 0), .type = 2 },
	.structure = { .info = INFO(BTF_KIND_STRUCT, 1), .size = 4 },
	.member = { .name_off = NAME_INT, .type = 1 },
	.strings = "\0int\0func\0a.c\0r",
};

static long load_btf(bpf_call bpf, const struct blob *blob)
{
	return CALL(BPF_BTF_LOAD, .btf = (u64)blob, .btf_size = sizeof(*blob));
}

CASE(btf, 0)
{
	return ok(load_btf(bpf, &good));
}

#define BROKEN(name, expected, ...)                                                                \
	CASE(btf_##name, expected)                                                                 \
	{                                                                                          \
		struct blob blob = good;                                                           \
		__VA_ARGS__;                                                                       \
		return load_btf(bpf, &blob);                                                       \
	}

BROKEN(wrong_magic, -EINVAL, blob.header.magic = 1)
BROKEN(wrong_version, -BU_ENOTSUPP, blob.header.version = 9)
BROKEN(wrong_flags, -BU_ENOTSUPP, blob.header.flags = 1)
BROKEN(header_too_long, -EINVAL, blob.header.hdr_len = 4000)
BROKEN(header_too_short, -EINVAL, blob.header.hdr_len = 4)
BROKEN(types_outside, -EINVAL, blob.header.type_len = 4000)
BROKEN(strings_outside, -EINVAL, blob.header.str_off = 4000)
BROKEN(strings_of_no_size, -EINVAL, blob.header.str_len = 0)
BROKEN(strings_unterminated, -EINVAL, blob.strings[15] = 'x')
BROKEN(strings_begin_wrong, -EINVAL, blob.strings[0] = 'x')
BROKEN(unknown_kind, -EINVAL, blob.integer.info = INFO(31, 0))
BROKEN(type_beyond_the_section, -EINVAL, blob.structure.info = INFO(BTF_KIND_STRUCT, 1000))
BROKEN(name_beyond_the_strings, -EINVAL, blob.integer.name_off = 1000)
BROKEN(reference_to_no_type, -EINVAL, blob.function.type = 99)
BROKEN(member_of_no_type, -EINVAL, blob.member.type = 99)

CASE(btf_null, -EFAULT)
{
	return CALL(BPF_BTF_LOAD, .btf = 0, .btf_size = 100);
}

CASE(btf_too_large, -E2BIG)
{
	return CALL(BPF_BTF_LOAD, .btf = (u64)&good, .btf_size = 17 << 20);
}

CASE(btf_explains, -EINVAL)
{
	struct blob blob = good;
	long result;

	blob.header.magic = 1;
	memset(text, 0, sizeof(text));
	result = CALL(BPF_BTF_LOAD, .btf = (u64)&blob, .btf_size = sizeof(blob),
		      .btf_log_buf = (u64)text, .btf_log_size = sizeof(text), .btf_log_level = 1);
	return text[0] ? result : -1;
}

static long describe_btf(bpf_call bpf, int btf, struct bpf_btf_info *info)
{
	return CALL(BPF_OBJ_GET_INFO_BY_FD,
		    .info = { .bpf_fd = btf, .info_len = sizeof(*info), .info = (u64)info });
}

CASE(btf_info, 0)
{
	struct blob copy = { 0 };
	char name[16] = "x";
	struct bpf_btf_info info = { .btf = (u64)&copy,
				     .btf_size = sizeof(copy),
				     .name = (u64)name,
				     .name_len = sizeof(name) };

	if (describe_btf(bpf, load_btf(bpf, &good), &info))
		return -1;
	return !(info.id && !info.kernel_btf && info.btf_size == sizeof(good) && !name[0] &&
		 !memcmp(&copy, &good, sizeof(copy)));
}

CASE(btf_info_name_without_size, -EINVAL)
{
	char name[16];
	struct bpf_btf_info info = { .name = (u64)name };

	return describe_btf(bpf, load_btf(bpf, &good), &info);
}

CASE(btf_by_id, 0)
{
	struct bpf_btf_info info = { 0 };

	describe_btf(bpf, load_btf(bpf, &good), &info);
	return ok(CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = info.id));
}

CASE(map_with_types, 0)
{
	struct bpf_map_info info = { 0 };
	int map = CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		       .value_size = 4, .max_entries = 1, .btf_fd = load_btf(bpf, &good),
		       .btf_key_type_id = 1, .btf_value_type_id = 4);

	if (CALL(BPF_OBJ_GET_INFO_BY_FD,
		 .info = { .bpf_fd = map, .info_len = sizeof(info), .info = (u64)&info }))
		return -1;
	return !(info.btf_id && info.btf_key_type_id == 1 && info.btf_value_type_id == 4);
}

CASE(map_with_types_of_another_size, -EINVAL)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
		    .max_entries = 1, .btf_fd = load_btf(bpf, &good), .btf_key_type_id = 1,
		    .btf_value_type_id = 4);
}

/* An array's key is an integer of 32 bits, of which none is left out. */
CASE(array_with_a_key_of_24_bits, -EINVAL)
{
	struct blob blob = good;

	blob.encoding = 8 << 16 | 24;
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .btf_fd = load_btf(bpf, &blob), .btf_key_type_id = 1,
		    .btf_value_type_id = 4);
}

CASE(hash_with_a_key_of_24_bits, 0)
{
	struct blob blob = good;

	blob.encoding = 8 << 16 | 24;
	return ok(CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_HASH, .key_size = 4,
		       .value_size = 4, .max_entries = 1, .btf_fd = load_btf(bpf, &blob),
		       .btf_key_type_id = 1, .btf_value_type_id = 4));
}

/* func_info, line_info */

static const struct bpf_func_info func = { .insn_off = 0, .type_id = 3 };
static const struct bpf_line_info line = {
	.insn_off = 0, .file_name_off = 10, .line_off = 14, .line_col = 7 << 10 | 3
};

#define LOAD_INFO(btf_, func_, func_cnt_, line_, line_cnt_)                                        \
	LOAD(two, .prog_btf_fd = btf_, .func_info = (u64)(func_), .func_info_cnt = func_cnt_,      \
	     .func_info_rec_size = 8, .line_info = (u64)(line_), .line_info_cnt = line_cnt_,       \
	     .line_info_rec_size = 16)

CASE(info_of_functions_and_lines, 0)
{
	struct bpf_func_info func_out = { 0 };
	struct bpf_line_info line_out = { 0 };
	struct bpf_prog_info info = { .func_info = (u64)&func_out,
				      .nr_func_info = 1,
				      .func_info_rec_size = 8,
				      .line_info = (u64)&line_out,
				      .nr_line_info = 1,
				      .line_info_rec_size = 16 };
	int prog = LOAD_INFO(load_btf(bpf, &good), &func, 1, &line, 1);

	if (prog < 0 || describe(bpf, prog, &info))
		return prog < 0 ? prog : -1;
	return !(info.btf_id && info.nr_func_info == 1 && info.nr_line_info == 1 &&
		 func_out.type_id == 3 && line_out.line_col == line.line_col);
}

CASE(info_without_btf, -EBADF)
{
	return LOAD_INFO(NO_FD, &func, 1, &line, 1);
}

CASE(info_for_too_many_functions, -EINVAL)
{
	struct bpf_func_info funcs[] = { func, { .insn_off = 1, .type_id = 3 } };

	return LOAD_INFO(load_btf(bpf, &good), funcs, 2, &line, 1);
}

CASE(info_of_a_function_that_is_an_int, -EINVAL)
{
	struct bpf_func_info bad = { .insn_off = 0, .type_id = 1 };

	return LOAD_INFO(load_btf(bpf, &good), &bad, 1, &line, 1);
}

CASE(info_not_at_the_beginning, -EINVAL)
{
	struct bpf_func_info bad = { .insn_off = 1, .type_id = 3 };

	return LOAD_INFO(load_btf(bpf, &good), &bad, 1, &line, 1);
}

CASE(info_null, -EFAULT)
{
	return LOAD_INFO(load_btf(bpf, &good), 0, 1, &line, 1);
}

CASE(line_beyond_the_program, -EINVAL)
{
	struct bpf_line_info bad[] = { line, { .insn_off = 9, .file_name_off = 10 } };

	return LOAD_INFO(load_btf(bpf, &good), &func, 1, bad, 2);
}

CASE(lines_in_disorder, -EINVAL)
{
	struct bpf_line_info bad[] = { line, line };

	return LOAD_INFO(load_btf(bpf, &good), &func, 1, bad, 2);
}

CASE(line_without_a_file, -EINVAL)
{
	struct bpf_line_info bad = { .file_name_off = 1000 };

	return LOAD_INFO(load_btf(bpf, &good), &func, 1, &bad, 1);
}

CASE(function_without_a_line, -EINVAL)
{
	struct bpf_line_info bad = { .insn_off = 1, .file_name_off = 10, .line_off = 14 };

	return LOAD_INFO(load_btf(bpf, &good), &func, 1, &bad, 1);
}

CASE(record_size_too_small, -EINVAL)
{
	return LOAD(two, .prog_btf_fd = load_btf(bpf, &good), .func_info = (u64)&func,
		    .func_info_cnt = 1, .func_info_rec_size = 4);
}

CASE(record_longer_with_something, -E2BIG)
{
	const u32 long_record[3] = { 0, 3, 1 };

	return LOAD(two, .prog_btf_fd = load_btf(bpf, &good), .func_info = (u64)long_record,
		    .func_info_cnt = 1, .func_info_rec_size = 12);
}
