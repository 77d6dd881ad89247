// SPDX-License-Identifier: BSD-2-Clause
/* What a program's type keeps from loading, as libbpf's users see it: errno and log, of kernel
 * functions and of helpers that depend on what a program is attached to. */
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <string.h>

#include "refused.skel.h"

static char text[16384];

/* Load one program alone. */
static int load(struct refused_bpf *skel, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(skel->obj, name);

	ASSERT_NOT_NULL(prog);
	bpf_program__set_autoload(prog, true);
	text[0] = '\0';
	bpf_program__set_log_buf(prog, text, sizeof(text));
	bpf_program__set_log_level(prog, 1);
	return refused_bpf__load(skel);
}

static const struct {
	const char *name;
	int err;
	const char *why;
} cases[] = {
	{ "throw_in_raw_tp", -EACCES, "calling kernel function bpf_throw is not allowed\n" },
	{ "throw_in_tp", 0, "" },
	{ "skb_in_xdp", -EACCES, "calling kernel function bpf_dynptr_from_skb is not allowed\n" },
	{ "skb_in_tc", 0, "" },
	{ "pages_in_xdp", -EACCES,
	  "program must be sleepable to call sleepable kfunc bpf_arena_alloc_pages\n" },
	{ "pages_in_syscall", 0, "" },
	{ "session_in_kprobe", -EACCES,
	  "calling kernel function bpf_session_cookie is not allowed\n" },
	{ "seq_in_fentry", -EINVAL, "program of this type cannot use helper bpf_seq_write#127\n" },
	{ "seq_in_iter", 0, "" },
	{ "argument_in_tp_btf", -EINVAL,
	  "program of this type cannot use helper bpf_get_func_arg_cnt#185\n" },
	{ "argument_in_fexit", 0, "" },
	{ "retval_in_lsm", -EINVAL, "program of this type cannot use helper bpf_get_retval#186\n" },
	{ "retval_in_lsm_cgroup", 0, "" },
	{ "options_in_iter_task", -EINVAL,
	  "program of this type cannot use helper bpf_setsockopt#49\n" },
	{ "options_in_iter_tcp", 0, "" },
	{ "options_in_iter_unix", 0, "" },
	{ "mask_in_raw_tp", -EACCES,
	  "calling kernel function bpf_cpumask_create is not allowed\n" },
	{ "mask_in_tp_btf", 0, "" },
	{ "string_in_tp_btf", -EACCES,
	  "program must be sleepable to call sleepable kfunc bpf_copy_from_user_str\n" },
	{ "if_enabled", 0, "" },
	{ "if_absent", 0, "" },
	{ "if_present", -EACCES, "calling kernel function bpf_cpumask_empty is not allowed\n" },
};

BPF_TEST(refused, by_type_and_attachment)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct refused_bpf *skel = refused_bpf__open();

		ASSERT_NOT_NULL(skel);
		EXPECT_EQ(load(skel, cases[i].name), cases[i].err);
		if (!strstr(text, cases[i].why))
			EXPECT_STREQ(text, cases[i].why);
		refused_bpf__destroy(skel);
	}
}

BPF_TEST(refused, where_a_constant_allows_it)
{
	struct refused_bpf *skel = refused_bpf__open();

	ASSERT_NOT_NULL(skel);
	skel->rodata->enabled = true;
	EXPECT_EQ(load(skel, "if_enabled"), -EACCES);
	EXPECT_NOT_NULL(strstr(text, "; bpf_throw(1); @ refused.bpf.c:"));
	EXPECT_NOT_NULL(strstr(text, "calling kernel function bpf_throw is not allowed\n"));
	refused_bpf__destroy(skel);
}

/* The kernel would refuse it whatever the test does instead. */
BPF_TEST(refused, mocks_do_not_matter)
{
	struct refused_bpf *skel = refused_bpf__open();

	ASSERT_NOT_NULL(skel);
	BPFUNIT_MOCK(BPF_FUNC_get_retval, .returns = 1);
	EXPECT_EQ(load(skel, "retval_in_lsm"), -EINVAL);
	refused_bpf__destroy(skel);
	skel = refused_bpf__open();
	ASSERT_NOT_NULL(skel);
	BPFUNIT_MOCK_KFUNC("bpf_throw", .returns = 1);
	EXPECT_EQ(load(skel, "throw_in_raw_tp"), -EACCES);
	refused_bpf__destroy(skel);
}
