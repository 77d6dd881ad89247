// SPDX-License-Identifier: BSD-2-Clause
/* The commands about programs. LOAD() is BPF_PROG_LOAD. */
#include "prog_call.h"

#define CASE(name, expected) CASES(prog_calls, name, expected)
#define NO_FD                9999
CASE(load, 0)
{
	return ok(LOAD(two, .prog_name = "x"));
}

/* bpf_trace_printk is for the GPL, bpf_get_prandom_u32 for all. */
static long load_call(bpf_call bpf, s32 helper, const char *license)
{
	struct bpf_insn insns[] = {
		MOV(1, 0), MOV(2, 0), MOV(3, 0), { .code = BPF_JMP | BPF_CALL, .imm = helper },
		MOV(0, 0), EXIT,
	};

	return ok(LOAD(insns, .prog_type = BPF_PROG_TYPE_KPROBE, .license = (u64)license));
}

CASE(load_helper_of_loaders, -EINVAL)
{
	return load_call(bpf, BPF_FUNC_sys_close, "GPL");
}

CASE(load_gpl_helper_without_gpl, -EINVAL)
{
	return load_call(bpf, BPF_FUNC_trace_printk, "Proprietary");
}

CASE(load_free_helper_without_gpl, 0)
{
	return load_call(bpf, BPF_FUNC_get_prandom_u32, "Proprietary");
}

CASE(load_gpl_helper_with_dual_licence, 0)
{
	return load_call(bpf, BPF_FUNC_ktime_get_ns, "Dual BSD/GPL");
}

CASE(load_no_instructions, -E2BIG)
{
	return LOAD(two, .insn_cnt = 0);
}

CASE(load_too_many_instructions, -E2BIG)
{
	return LOAD(two, .insn_cnt = 1000001);
}

CASE(load_null_instructions, -EFAULT)
{
	return LOAD(two, .insns = 0);
}

CASE(load_null_license, -EFAULT)
{
	return LOAD(two, .license = 0);
}

CASE(load_unknown_type, -EINVAL)
{
	return LOAD(two, .prog_type = 1000);
}

CASE(load_unknown_flag, -EINVAL)
{
	return LOAD(two, .prog_flags = 1U << 30);
}

CASE(load_bad_name, -EINVAL)
{
	return LOAD(two, .prog_name = "a-b");
}

CASE(load_attach_type_of_another, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_CGROUP_SOCK,
		    .expected_attach_type = BPF_CGROUP_UDP4_SENDMSG);
}

CASE(load_attach_type_defaults, 0)
{
	static const struct bpf_insn pass[] = { MOV(0, 1), EXIT };

	return ok(LOAD(pass, .prog_type = BPF_PROG_TYPE_CGROUP_SOCK));
}

CASE(load_attach_type_is_needed, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_SK_LOOKUP);
}

CASE(load_btf_id_of_a_type_without, -EINVAL)
{
	return LOAD(two, .attach_btf_id = 1);
}

CASE(load_tracing_without_btf_id, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_TRACING,
		    .expected_attach_type = BPF_TRACE_RAW_TP);
}

CASE(load_attach_to_no_program, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_TRACING,
		    .expected_attach_type = BPF_TRACE_RAW_TP, .attach_prog_fd = NO_FD,
		    .attach_btf_id = 1);
}

CASE(load_tracing_of_an_int, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_TRACING,
		    .expected_attach_type = BPF_TRACE_RAW_TP, .attach_btf_id = 1);
}

CASE(load_tracing_of_no_type, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_TRACING,
		    .expected_attach_type = BPF_TRACE_RAW_TP, .attach_btf_id = 99999999);
}

CASE(load_struct_ops_of_none, -BU_ENOTSUPP)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_STRUCT_OPS);
}

/* The log */

static char text[4096];
static const struct bpf_insn unterminated[] = { MOV(0, 0) };

CASE(log_without_a_level, -EINVAL)
{
	return LOAD(two, .log_buf = (u64)text, .log_size = sizeof(text));
}

CASE(log_without_a_buffer, -EINVAL)
{
	return LOAD(two, .log_size = 100, .log_level = 1);
}

CASE(log_unknown_level, -EINVAL)
{
	return LOAD(two, .log_buf = (u64)text, .log_size = sizeof(text), .log_level = 16);
}

CASE(log_level_alone, 0)
{
	return ok(LOAD(two, .log_level = 1));
}

CASE(log_explains, -EINVAL)
{
	long result;

	memset(text, 0, sizeof(text));
	result = LOAD(unterminated, .log_buf = (u64)text, .log_size = sizeof(text), .log_level = 1);
	return strlen(text) > 10 ? result : -1;
}

CASE(log_too_small, -ENOSPC)
{
	long result;

	memset(text, 1, sizeof(text));
	result = LOAD(unterminated, .log_buf = (u64)text, .log_size = 8, .log_level = 1);
	return strlen(text) == 7 && text[8] == 1 ? result : -1;
}

/* The end of the log, or its beginning, and never a byte beyond the buffer. */
static long cut_log(bpf_call bpf, u32 size, u32 level)
{
	static char whole[4096];
	union bpf_attr attr = { .prog_type = FILTER,
				.insns = (u64)unterminated,
				.insn_cnt = BU_ARRAY_SIZE(unterminated),
				.license = (u64) "GPL",
				.log_buf = (u64)whole,
				.log_size = sizeof(whole),
				.log_level = level };
	u32 len, kept = size - 1;

	if (bpf(BPF_PROG_LOAD, &attr, sizeof(attr)) != -EINVAL)
		return -1;
	len = strlen(whole);
	memset(text, 1, sizeof(text));
	attr.log_buf = (u64)text;
	attr.log_size = size;
	if (bpf(BPF_PROG_LOAD, &attr, sizeof(attr)) != (size > len ? -EINVAL : -ENOSPC))
		return -2;
	if (size > len)
		return strcmp(text, whole) ? -3 : 0;
	if (memcmp(text, level & 8 ? whole : whole + len - kept, kept) || text[kept] ||
	    text[size] != 1)
		return -4;
	return *(u32 *)((u8 *)&attr + 140) == len + 1 ? 0 : -5; /* log_true_size */
}

static long cut_logs(bpf_call bpf, u32 level)
{
	static const u32 sizes[] = { 1, 2, 7, 8, 20, 33, 36, 37, 38, 64, 2000 };
	long result = 0;

	for (u32 i = 0; !result && i < BU_ARRAY_SIZE(sizes); i++)
		result = cut_log(bpf, sizes[i], level);
	return result;
}

CASE(log_keeps_its_end, 0)
{
	return cut_logs(bpf, 1);
}

CASE(log_fixed_keeps_its_beginning, 0)
{
	return cut_logs(bpf, 1 | 8);
}

CASE(log_too_small_and_fixed, -ENOSPC)
{
	long result;

	memset(text, 1, sizeof(text));
	result = LOAD(unterminated, .log_buf = (u64)text, .log_size = 8, .log_level = 1 | 8);
	return strlen(text) == 7 && text[8] == 1 ? result : -1;
}

/* What instructions name */

CASE(map_descriptor_not_open, -EBADF)
{
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, NO_FD, 0), MOV(0, 0), EXIT };

	return LOAD(insns);
}

CASE(map_descriptor_of_a_program, -EINVAL)
{
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, make_prog(bpf, FILTER, 0), 0),
					  MOV(0, 0), EXIT };

	return LOAD(insns);
}

CASE(map_with_an_offset, -EINVAL)
{
	int map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, map, 4), MOV(0, 0), EXIT };

	return LOAD(insns);
}

CASE(value_of_a_map, 0)
{
	int map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_VALUE, 1, map, 4), MOV(0, 0), EXIT };

	return ok(LOAD(insns));
}

CASE(value_beyond_its_end, -EINVAL)
{
	int map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_VALUE, 1, map, 8), MOV(0, 0), EXIT };
	long result;

	memset(text, 0, sizeof(text));
	result = LOAD(insns, .log_buf = (u64)text, .log_size = sizeof(text), .log_level = 1);
	return strstr(text, "invalid access to map value pointer, value_size=8 off=8") ? result
										       : -1;
}

CASE(value_of_a_hash, -EINVAL)
{
	int map = make_map(bpf, BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_VALUE, 1, map, 0), MOV(0, 0), EXIT };

	return LOAD(insns);
}

CASE(map_by_index_without_an_array, -EPROTO)
{
	const struct bpf_insn insns[] = { LDDW(5, 1, 0, 0), MOV(0, 0), EXIT };

	return LOAD(insns);
}

CASE(map_by_index, 0)
{
	int fds[] = { -1, make_map(bpf, BPF_MAP_TYPE_HASH, 4, 8, 1, 0) };
	const struct bpf_insn insns[] = { LDDW(5, 1, 1, 0), MOV(0, 0), EXIT };

	return ok(LOAD(insns, .fd_array = (u64)fds));
}

CASE(value_by_index, 0)
{
	int fds[] = { -1, make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0) };
	const struct bpf_insn insns[] = { LDDW(6, 1, 1, 4), MOV(0, 0), EXIT };

	return ok(LOAD(insns, .fd_array = (u64)fds));
}

CASE(unknown_pseudo_source, -EINVAL)
{
	const struct bpf_insn insns[] = { LDDW(9, 1, 0, 0), MOV(0, 0), EXIT };

	return LOAD(insns);
}

CASE(more_maps_than_a_program_may_use, -E2BIG)
{
	struct bpf_insn insns[65 * 2 + 2] = { 0 };

	for (int i = 0; i < 65; i++) {
		insns[2 * i].code = BPF_LD | BPF_IMM | BPF_DW;
		insns[2 * i].dst_reg = 1;
		insns[2 * i].src_reg = BPF_PSEUDO_MAP_FD;
		insns[2 * i].imm = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	}
	memcpy(&insns[130], two, sizeof(two));
	return LOAD(insns);
}

/* Runs */

#define RUN(...) CALL(BPF_PROG_TEST_RUN, .test = { __VA_ARGS__ })

CASE(run, 7)
{
	u8 packet[64] = { 0 };
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = make_prog(bpf, FILTER, 7);
	attr.test.data_in = (u64)packet;
	attr.test.data_size_in = sizeof(packet);
	return bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ? -1 : (long)attr.test.retval;
}

CASE(run_descriptor_of_a_map, -EINVAL)
{
	return RUN(.prog_fd = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0));
}

CASE(run_descriptor_not_open, -EBADF)
{
	return RUN(.prog_fd = NO_FD);
}

CASE(run_without_a_packet, -EINVAL)
{
	return RUN(.prog_fd = make_prog(bpf, FILTER, 7));
}

CASE(run_context_without_its_size, -EINVAL)
{
	return RUN(.prog_fd = make_prog(bpf, FILTER, 7), .ctx_in = (u64)text);
}

CASE(run_of_a_type_without_runs, -BU_ENOTSUPP)
{
	return RUN(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_KPROBE, 0));
}

/* BPF_PROG_BIND_MAP */

CASE(bind_map, 1)
{
	int prog = make_prog(bpf, FILTER, 0), map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	struct bpf_prog_info info = { 0 };

	if (CALL(BPF_PROG_BIND_MAP, .prog_bind_map = { .prog_fd = prog, .map_fd = map }) ||
	    CALL(BPF_PROG_BIND_MAP, .prog_bind_map = { .prog_fd = prog, .map_fd = map }) ||
	    CALL(BPF_OBJ_GET_INFO_BY_FD,
		 .info = { .bpf_fd = prog, .info_len = sizeof(info), .info = (u64)&info }))
		return -1;
	return info.nr_map_ids;
}

CASE(bind_map_flags, -EINVAL)
{
	return CALL(BPF_PROG_BIND_MAP,
		    .prog_bind_map = { .prog_fd = make_prog(bpf, FILTER, 0), .flags = 1 });
}

CASE(bind_map_that_is_none, -EBADF)
{
	return CALL(BPF_PROG_BIND_MAP,
		    .prog_bind_map = { .prog_fd = make_prog(bpf, FILTER, 0), .map_fd = NO_FD });
}

CASE(bound_maps_live_with_the_program, 0)
{
	int prog = make_prog(bpf, FILTER, 0), map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	u32 id = 0;
	struct bpf_prog_info info = { .nr_map_ids = 1, .map_ids = (u64)&id };

	CALL(BPF_PROG_BIND_MAP, .prog_bind_map = { .prog_fd = prog, .map_fd = map });
	close(map);
	CALL(BPF_OBJ_GET_INFO_BY_FD,
	     .info = { .bpf_fd = prog, .info_len = sizeof(info), .info = (u64)&info });
	return ok(CALL(BPF_MAP_GET_FD_BY_ID, .map_id = id));
}

/* BPF_OBJ_GET_INFO_BY_FD */

CASE(info_of_a_program, 0)
{
	struct bpf_prog_info info = { 0 };

	if (describe(bpf, LOAD(two, .prog_name = "named"), &info))
		return -1;
	return !(info.type == FILTER && info.id && info.gpl_compatible &&
		 !strcmp(info.name, "named") && info.func_info_rec_size == 8 &&
		 info.line_info_rec_size == 16 && info.nr_prog_tags == 1 &&
		 info.xlated_prog_len == 16);
}

CASE(info_not_gpl, 0)
{
	struct bpf_prog_info info = { 0 };

	describe(bpf, LOAD(two, .license = (u64) "Proprietary"), &info);
	return info.gpl_compatible;
}

CASE(info_wrong_record_size, -EINVAL)
{
	struct bpf_prog_info info = { .nr_func_info = 1, .func_info_rec_size = 4 };

	return describe(bpf, make_prog(bpf, FILTER, 0), &info);
}

/* The tag names the instructions: the same whatever descriptor the map has. */
static u64 tag_of(bpf_call bpf, int prog)
{
	struct bpf_prog_info info = { 0 };
	u64 tag;

	describe(bpf, prog, &info);
	memcpy(&tag, info.tag, sizeof(tag));
	return tag;
}

/* SHA-1, as up to Linux 6.17; later kernels have another hash. */
BPF_TEST(prog_calls, tag_of_two_instructions)
{
	EXPECT_EQ(tag_of(emulated_bpf, make_prog(emulated_bpf, FILTER, 0)), 0xc6cd4d7431a9f459);
}

BPF_TEST(prog_calls, tag_of_a_long_program)
{
	bpf_call bpf = emulated_bpf;
	struct bpf_insn insns[64];

	for (int i = 0; i < 63; i++)
		insns[i] = (struct bpf_insn)MOV(0, i);
	insns[63] = (struct bpf_insn)EXIT;
	EXPECT_EQ(tag_of(bpf, LOAD(insns)), 0x6f7da788d075390d);
}

CASE(tag_without_map_descriptors, 0)
{
	int map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	const struct bpf_insn one[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, map, 0), MOV(0, 0), EXIT };
	const struct bpf_insn other[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, dup(map), 0), MOV(0, 0),
					  EXIT };

	return tag_of(bpf, LOAD(one)) != tag_of(bpf, LOAD(other));
}

CASE(program_by_id, 0)
{
	struct bpf_prog_info info = { 0 };

	describe(bpf, make_prog(bpf, FILTER, 0), &info);
	return ok(CALL(BPF_PROG_GET_FD_BY_ID, .prog_id = info.id));
}

CASE(program_by_unknown_id, -ENOENT)
{
	return CALL(BPF_PROG_GET_FD_BY_ID, .prog_id = 0x7ffffff0);
}

/* What libbpf asks by failing calls */

CASE(perf_link_probe, -EBADF)
{
	static const struct bpf_insn pass[] = { MOV(0, 0), EXIT };
	int prog = LOAD(pass, .prog_type = BPF_PROG_TYPE_TRACEPOINT);

	return CALL(
		BPF_LINK_CREATE,
		.link_create = { .prog_fd = prog, .target_fd = -1, .attach_type = BPF_PERF_EVENT });
}

CASE(raw_tracepoint_of_no_program, -EBADF)
{
	return CALL(BPF_RAW_TRACEPOINT_OPEN, .raw_tracepoint = { .prog_fd = NO_FD });
}

CASE(link_of_no_program, -EBADF)
{
	return CALL(BPF_LINK_CREATE, .link_create = { .prog_fd = NO_FD });
}

static u32 id_of(bpf_call bpf, int prog)
{
	struct bpf_prog_info info = { 0 };

	return describe(bpf, prog, &info) ? 0 : info.id;
}

/* The program's id follows the number before it. */
CASE(next_id, 0)
{
	u32 id = id_of(bpf, make_prog(bpf, FILTER, 0));
	union bpf_attr attr = { .start_id = id - 1 };
	long err = bpf(BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr));

	return err ? err : (long)attr.next_id - (long)id;
}

CASE(next_id_of_the_last, -ENOENT)
{
	return CALL(BPF_PROG_GET_NEXT_ID, .start_id = 0x7ffffffe);
}

CASE(next_id_too_large, -EINVAL)
{
	return CALL(BPF_PROG_GET_NEXT_ID, .start_id = 0x7fffffff);
}

CASE(next_id_with_more, -EINVAL)
{
	return CALL(BPF_PROG_GET_NEXT_ID, .open_flags = 1);
}

CASE(next_id_to_nowhere, -EFAULT)
{
	return bpf(BPF_PROG_GET_NEXT_ID, (void *)8, sizeof(union bpf_attr));
}
