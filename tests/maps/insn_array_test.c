// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_INSN_ARRAY by bpf(2): limits, errnos, and its life with the program that uses it.
 * What jumps do with it is tests/ebpf/gotox_test.c. Source: kernel/bpf/bpf_insn_array.c,
 * tools/testing/selftests/bpf/prog_tests/bpf_insn_array.c, bpf_gotox.c (6.19; 7.0 for offsets).
 */
#include "ebpf/boundary/state.h"
#include "tests/ebpf/asm.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TYPE ((enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY)

static int create(u32 key, u32 value, u32 entries, u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	return bpf_map_create(TYPE, "table", key, value, entries, &opts);
}

static int create_table(u32 entries)
{
	int fd = create(4, 16, entries, 0);

	ASSERT_OK(fd);
	return fd;
}

static int set(int fd, u32 index, u32 insn)
{
	struct bu_insn_array_value value = { .orig_off = insn };

	return bpf_map_update_elem(fd, &index, &value, 0);
}

static struct bu_insn_array_value get(int fd, u32 index)
{
	struct bu_insn_array_value value;

	ASSERT_OK(bpf_map_lookup_elem(fd, &index, &value));
	return value;
}

BPF_TEST(insn_array, what_can_be_created)
{
	struct bpf_map_info info = { 0 };
	u32 size = sizeof(info);
	int fd = create_table(3);

	ASSERT_OK(bpf_obj_get_info_by_fd(fd, &info, &size));
	EXPECT_EQ(info.type, (u32)TYPE);
	EXPECT_EQ(info.max_entries, 3U);
	EXPECT_EQ(info.map_flags, (u32)BPF_F_RDONLY_PROG);
	EXPECT_EQ(create(8, 16, 1, 0), -EINVAL);
	EXPECT_EQ(create(4, 8, 1, 0), -EINVAL);
	EXPECT_EQ(create(4, 16, 0, 0), -EINVAL);
	EXPECT_EQ(create(4, 16, 1, BPF_F_RDONLY_PROG), -EINVAL);
	EXPECT_EQ(create(4, 16, 1, BPF_F_MMAPABLE), -EINVAL);
	EXPECT_EQ(create(4, 16, 1, BPF_F_RDONLY), -EINVAL);
	EXPECT_EQ(create(4, 16, UINT32_MAX, 0), -ENOMEM);
}

BPF_TEST(insn_array, no_types)
{
	static const struct {
		struct btf_header head;
		u32 types[2][4];
		char strings[6];
	} blob = { { .magic = BTF_MAGIC,
		     .version = BTF_VERSION,
		     .hdr_len = sizeof(struct btf_header),
		     .type_len = 32,
		     .str_off = 32,
		     .str_len = 6 },
		   { { 1, BTF_KIND_INT << 24, 4, 32 }, { 1, BTF_KIND_INT << 24, 16, 128 } },
		   "\0long" };
	LIBBPF_OPTS(bpf_map_create_opts, opts, .btf_key_type_id = 1, .btf_value_type_id = 2);

	opts.btf_fd = bpf_btf_load(&blob, sizeof(struct btf_header) + 32 + 6, NULL);
	ASSERT_OK((int)opts.btf_fd);
	EXPECT_EQ(bpf_map_create(TYPE, "table", 4, 16, 1, &opts), -EINVAL);
}

BPF_TEST(insn_array, elements)
{
	struct bu_insn_array_value value = { .orig_off = 1 };
	int fd = create_table(2);
	u32 key = 2, next;

	EXPECT_OK(set(fd, 1, 77));
	EXPECT_EQ(get(fd, 1).orig_off, 77U);
	EXPECT_EQ(get(fd, 1).xlated_off, 0U);
	EXPECT_EQ(get(fd, 0).orig_off, 0U);
	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST), -E2BIG);
	EXPECT_EQ(bpf_map_lookup_elem(fd, &key, &value), -ENOENT);
	key = 0;
	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST), -EEXIST);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &value, BPF_EXIST));
	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, BPF_F_LOCK), -EINVAL);
	value.xlated_off = 1;
	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, 0), -EINVAL);
	value = (struct bu_insn_array_value){ .jitted_off = 1 };
	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, 0), -EINVAL);
	EXPECT_EQ(bpf_map_delete_elem(fd, &key), -EINVAL);
	EXPECT_EQ(bpf_map_lookup_and_delete_elem(fd, &key, &value), -BU_ENOTSUPP);
	EXPECT_OK(bpf_map_get_next_key(fd, NULL, &next));
	EXPECT_EQ(next, 0U);
	EXPECT_OK(bpf_map_get_next_key(fd, &next, &next));
	EXPECT_EQ(next, 1U);
	EXPECT_EQ(bpf_map_get_next_key(fd, &next, &next), -ENOENT);
	key = 2;
	EXPECT_EQ(bpf_map_update_batch(fd, &next, &value, &key, NULL), -BU_ENOTSUPP);
	EXPECT_EQ(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), MAP_FAILED);
	EXPECT_OK(bpf_map_freeze(fd));
	EXPECT_EQ(set(fd, 0, 1), -EPERM);
}

BPF_TEST(insn_array, in_no_map_of_maps)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (u32)create_table(1));

	EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "maps", 4, 4, 1, &opts), -BU_ENOTSUPP);
}

/* ---- with programs ---- */

/* Load `insns` as a program that owns the first `count` of fds, though it names none. */
static int load_with(const struct bpf_insn *insns, size_t nr_insns, const int *fds, u32 count)
{
	union {
		union bpf_attr attr;
		u8 bytes[168];
	} u = { .attr = { .prog_type = BPF_PROG_TYPE_XDP,
			  .insn_cnt = nr_insns,
			  .insns = (u64)insns,
			  .license = (u64) "GPL",
			  .fd_array = (u64)fds } };
	int fd;

	memcpy(&u.bytes[148], &count, sizeof(count)); /* fd_array_cnt */
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &u, sizeof(u));
	return fd < 0 ? -errno : fd;
}

#define LOAD_WITH(insns, fd) load_with(insns, BU_ARRAY_SIZE(insns), &(fd), 1)

static const struct bpf_insn two_of_them[] = { MOV64_K(0, 0), EXIT };
static const struct bpf_insn with_lddw[] = { LDDW(0, 1), EXIT };

BPF_TEST(insn_array, says_where_instructions_are)
{
	int fd = create_table(2);

	ASSERT_OK(set(fd, 0, 2));
	ASSERT_OK(bpf_map_freeze(fd));
	ASSERT_OK(LOAD_WITH(with_lddw, fd));
	EXPECT_EQ(get(fd, 0).orig_off, 2U);
	EXPECT_EQ(get(fd, 0).xlated_off, 2U);
	EXPECT_EQ(get(fd, 0).jitted_off, 16U);
	EXPECT_EQ(get(fd, 1).xlated_off, 0U);
}

BPF_TEST(insn_array, must_be_frozen)
{
	int fd = create_table(2);

	EXPECT_EQ(LOAD_WITH(two_of_them, fd), -EINVAL);
	ASSERT_OK(bpf_map_freeze(fd));
	EXPECT_OK(LOAD_WITH(two_of_them, fd));
}

static void refuse_target(u32 insn)
{
	int fd = create_table(1);

	ASSERT_OK(set(fd, 0, insn));
	ASSERT_OK(bpf_map_freeze(fd));
	EXPECT_EQ(LOAD_WITH(with_lddw, fd), -EINVAL);
}

BPF_TEST(insn_array, names_instructions)
{
	refuse_target(1); /* the second half of lddw */
	refuse_target(3);
	refuse_target(UINT32_MAX);
}

/* Also when its program is gone. Differs from no kernel: bpf_insn_array_release() is only for
 * programs that are refused. */
BPF_TEST(insn_array, belongs_to_one_program)
{
	int fd = create_table(1), prog;

	ASSERT_OK(bpf_map_freeze(fd));
	prog = LOAD_WITH(two_of_them, fd);
	ASSERT_OK(prog);
	EXPECT_EQ(LOAD_WITH(two_of_them, fd), -EBUSY);
	EXPECT_OK(load_with(two_of_them, BU_ARRAY_SIZE(two_of_them), NULL, 0));
	ASSERT_OK(close(prog));
	EXPECT_EQ(LOAD_WITH(two_of_them, fd), -EBUSY);
}

/* Whatever the step that refuses: a structure that is wrong, a log that is too small. */
BPF_TEST(insn_array, is_free_when_its_program_is_refused)
{
	const struct bpf_insn wrong[] = { MOV64_K(0, 0), EXIT, JA(7) };
	int fd = create_table(1);
	struct bpf_insn named[] = { LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, fd, 0), MOV64_K(0, 0), EXIT };
	char log[8];
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_level = 1, .log_buf = log,
		    .log_size = sizeof(log));

	ASSERT_OK(bpf_map_freeze(fd));
	EXPECT_EQ(LOAD_WITH(wrong, fd), -EINVAL);
	EXPECT_EQ(bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", named, BU_ARRAY_SIZE(named), &opts),
		  -ENOSPC);
	EXPECT_OK(LOAD_WITH(two_of_them, fd));
}

static int load_at(u32 offset)
{
	int fd = create_table(10);
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, fd, offset), MOV64_K(0, 0),
				    EXIT };

	ASSERT_OK(bpf_map_freeze(fd));
	return bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", insns, BU_ARRAY_SIZE(insns), NULL);
}

BPF_TEST(insn_array, offsets_of_entries)
{
	for (u32 i = 0; i < 10; i++)
		EXPECT_OK(load_at(i * 8));
	EXPECT_EQ(load_at(7), -EACCES);
	EXPECT_EQ(load_at(80), -EACCES);
}

/* Differs: the verifier refuses such a program. */
BPF_TEST(insn_array, has_no_elements_for_programs)
{
	int fd = create_table(1);
	struct bpf_insn insns[] = {
		ST(BPF_W, 10, -4, 0),           MOV64_X(2, 10),
		ALU64_K(BPF_ADD, 2, -4),        LDDW_OF(BPF_PSEUDO_MAP_FD, 1, fd, 0),
		CALL(BPF_FUNC_map_lookup_elem), EXIT
	};
	struct asm_result result;

	ASSERT_OK(bpf_map_freeze(fd));
	result = asm_run(ASM_LOAD(insns));
	EXPECT_EQ(result.fault.kind, BU_FAULT_BAD_ARGUMENT);
	EXPECT_STREQ(result.fault.hint,
		     "map 'table' (insn_array) has no elements for bpf_map_lookup_elem");
}

/* ---- what is pinned ---- */

static int64_t run_in(struct bu_kernel *kernel, u32 id)
{
	struct bu_object *object = bu_object_by_id(kernel, BU_OBJECT_PROG, id);
	u8 packet[64] = { 0 };
	struct bu_test_io io = { .data = packet, .data_size = sizeof(packet), .cpu = -1 };

	ASSERT_NOT_NULL(object);
	ASSERT_OK(bu_prog_test(bu_container_of(object, struct bu_prog, object), &io));
	free(io.data_out);
	return (int64_t)io.retval;
}

/* A program comes out of a state directory with its table. */
BPF_TEST(insn_array, is_kept_with_its_program)
{
	char path[] = "/tmp/bpfunit-insn_array-XXXXXX";
	int table = ASM_TABLE(4, 6), file = mkstemp(path), fd;
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, table, 8),
				    LDX(BPF_DW, 1, 1, 0),
				    GOTOX(1),
				    MOV64_K(0, 1),
				    EXIT,
				    MOV64_K(0, 2),
				    EXIT };
	struct bu_kernel *kernel = bu_kernel_new();
	struct bpf_prog_info info = { 0 };
	u32 size = sizeof(info);

	ASSERT_OK(file);
	ASSERT_NOT_NULL(kernel);
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", insns, BU_ARRAY_SIZE(insns), NULL);
	ASSERT_OK(fd);
	ASSERT_OK(bpf_obj_get_info_by_fd(fd, &info, &size));
	ASSERT_OK(bpf_obj_pin(fd, "/sys/fs/bpf/switch"));
	ASSERT_OK(bu_state_save(bu_kernel(), path));
	ASSERT_OK(bu_state_load(kernel, path));
	EXPECT_EQ(run_in(kernel, info.id), 2);
	bu_kernel_free(kernel);
	close(file);
	unlink(path);
}
