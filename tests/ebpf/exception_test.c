// SPDX-License-Identifier: BSD-2-Clause
/* Exception callbacks: which subprogram is one, and what happens when a program throws. */
#include "asm.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <unistd.h>

/* Stands for bpf_throw(). */
#define THROW BPF_FUNC_ktime_get_ns

static bool throws(void *mock, struct bu_run *run, u32 id, const u64 args[5], u64 *result)
{
	bu_run_throw(run, args[0]);
	*result = 0;
	return true;
}

static const char *another; /* tag of the main function */

/* main(), thrower(), handler(); BTF with this tag of main's (NULL: none). A descriptor. */
static int make_btf(const char *tag, enum btf_func_linkage linkage)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	u32 size;
	int fd;

	ASSERT_NOT_NULL(btf);
	ASSERT_EQ(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), 1);
	ASSERT_EQ(btf__add_func_proto(btf, 1), 2);
	ASSERT_EQ(btf__add_func(btf, "main", BTF_FUNC_GLOBAL, 2), 3);
	ASSERT_EQ(btf__add_func(btf, "thrower", BTF_FUNC_STATIC, 2), 4);
	ASSERT_EQ(btf__add_func(btf, "handler", linkage, 2), 5);
	if (tag)
		ASSERT_EQ(btf__add_decl_tag(btf, tag, 3, -1), 6);
	if (another)
		ASSERT_EQ(btf__add_decl_tag(btf, another, 3, -1), 7);
	raw = btf__raw_data(btf, &size);
	fd = bpf_btf_load(raw, size, NULL);
	btf__free(btf);
	ASSERT_GE(fd, 0);
	return fd;
}

static const struct bpf_insn program[] = {
	MOV64_K(1, 5), CALL_PC(2),
	MOV64_K(0, 1), EXIT, /* main */
	CALL(THROW),   MOV64_K(0, 2),
	EXIT, /* thrower */
	MOV64_X(0, 1), ALU64_K(BPF_ADD, 0, 100),
	EXIT, /* handler */
};

static const struct bpf_func_info funcs[] = { { 0, 3 }, { 4, 4 }, { 7, 5 } };

static struct bu_prog *load(const struct bpf_insn *insns, u32 count, const char *tag,
			    enum btf_func_linkage linkage, char *log, int *error)
{
	int fd = make_btf(tag, linkage);
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insns = (u64)(uintptr_t)insns,
				.insn_cnt = count,
				.license = (u64)(uintptr_t) "GPL",
				.log_level = 1,
				.log_size = 4096,
				.log_buf = (u64)(uintptr_t)log,
				.prog_btf_fd = fd,
				.func_info = (u64)(uintptr_t)funcs,
				.func_info_cnt = 3,
				.func_info_rec_size = sizeof(funcs[0]) };
	struct bu_prog *prog;

	bu_kernel()->helpers[THROW].mock = throws;
	prog = bu_prog_load(bu_kernel(), &attr, error);
	close(fd);
	return prog;
}

BPF_TEST(exception, calls_the_callback_with_the_cookie)
{
	char log[4096] = "";
	struct asm_result result;
	struct bu_prog *prog;
	int error;

	prog = load(program, BU_ARRAY_SIZE(program), "exception_callback:handler", BTF_FUNC_GLOBAL,
		    log, &error);
	if (!prog)
		FAIL("%s", log);
	result = asm_run(prog);
	EXPECT_EQ(result.fault.kind, BU_FAULT_NONE);
	EXPECT_EQ(result.r0, 105);
	EXPECT_EQ(asm_run(prog).r0, 105);
	EXPECT_NULL(bu_kernel()->notes);
	bu_object_put(&prog->object);
}

/* What ran is counted: everything up to the throw, and the callback. */
BPF_TEST(exception, is_counted)
{
	u64 executed[BU_ARRAY_SIZE(program)], taken[BU_ARRAY_SIZE(program)];
	static const u64 expected[] = { 1, 1, 0, 0, 1, 0, 0, 1, 1, 1 };
	char log[4096] = "";
	struct bu_prog *prog;
	int error;

	prog = load(program, BU_ARRAY_SIZE(program), "exception_callback:handler", BTF_FUNC_GLOBAL,
		    log, &error);
	ASSERT_NOT_NULL(prog);
	asm_run(prog);
	bu_prog_counts(prog, executed, taken);
	for (u32 i = 0; i < BU_ARRAY_SIZE(program); i++)
		EXPECT_EQ(executed[i], expected[i]);
	bu_object_put(&prog->object);
}

static void expect_refused(const char *tag, enum btf_func_linkage linkage, const char *words)
{
	char log[4096] = "";
	int error = 0;

	EXPECT_NULL(load(program, BU_ARRAY_SIZE(program), tag, linkage, log, &error));
	EXPECT_EQ(error, another ? -EEXIST : -EINVAL);
	EXPECT_NOT_NULL(strstr(log, words));
}

BPF_TEST(exception, wrong_callbacks_are_refused)
{
	expect_refused("exception_callback:nobody", BTF_FUNC_GLOBAL, "could not be found in BTF");
	expect_refused("exception_callback:handler", BTF_FUNC_STATIC, "must have global linkage");
	another = "exception_callback:thrower";
	expect_refused("exception_callback:handler", BTF_FUNC_GLOBAL,
		       "multiple exception callback tags for main subprog");
	another = NULL;
}

BPF_TEST(exception, a_callback_must_not_throw)
{
	struct bpf_insn insns[BU_ARRAY_SIZE(program)];
	char log[4096] = "";
	struct bu_prog *prog;
	int error;

	memcpy(insns, program, sizeof(program));
	insns[8] = CALL(THROW);
	prog = load(insns, BU_ARRAY_SIZE(program), "exception_callback:handler", BTF_FUNC_GLOBAL,
		    log, &error);
	ASSERT_NOT_NULL(prog);
	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_BAD_INSTRUCTION);
	bu_object_put(&prog->object);
}

/* A program with a map of programs: main() calls a function that calls `target` as its tail; r0
 * + 8.
 */
static struct bu_prog *tail_caller(int target)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, NULL, 4, 4, 1, NULL), zero = 0;
	struct bpf_insn insns[] = {
		CALL_PC(2),     ALU64_K(BPF_ADD, 0, 8),
		EXIT,           LDDW_OF(BPF_PSEUDO_MAP_FD, 2, fd, 0),
		MOV64_K(3, 0),  CALL(BPF_FUNC_tail_call),
		MOV64_K(0, 10), EXIT,
	};
	struct bu_prog *prog;

	ASSERT_OK(bpf_map_update_elem(fd, &zero, &target, 0));
	prog = ASM_LOAD(insns);
	close(fd);
	return prog;
}

/* Linux 6.18 gives the same: the tail returns the cookie to the function's caller. */
BPF_TEST(exception, ends_the_tail_of_a_function)
{
	struct bpf_insn throwing[] = { MOV64_K(1, 16), CALL_PC(1),    EXIT,
				       CALL(THROW),    MOV64_K(0, 1), EXIT };
	struct bu_prog *target = ASM_LOAD(throwing), *prog;
	struct asm_result result;
	int fd;

	bu_object_get(&target->object); /* the descriptor's */
	fd = bu_fd_install(&target->object);
	bu_kernel()->helpers[THROW].mock = throws;
	prog = tail_caller(fd);
	result = asm_run(prog);
	EXPECT_EQ(result.fault.kind, BU_FAULT_NONE);
	EXPECT_EQ(result.r0, 24);
	EXPECT_EQ(asm_run(prog).r0, 24);
	close(fd);
}

BPF_TEST(exception, without_callback_the_cookie_is_returned_and_noted)
{
	struct bpf_insn insns[] = { MOV64_K(1, 7), CALL(THROW), MOV64_K(0, 1), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	bu_kernel()->helpers[THROW].mock = throws;
	EXPECT_EQ(asm_run(prog).r0, 7);
	ASSERT_NOT_NULL(bu_kernel()->notes);
	EXPECT_NOT_NULL(strstr(bu_kernel()->notes->text, "met no exception callback"));
}
