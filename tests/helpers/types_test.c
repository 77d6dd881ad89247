// SPDX-License-Identifier: BSD-2-Clause
/* Program types: their names, and BPF_PROG_TEST_RUN where the kernel has none or refuses. */
#include "helpers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/socket.h>

#include "ebpf/prog/prog.h"

#define ENOTSUPP 524 /* the kernel's own */

static int test_run(const struct bpf_program *prog, struct bpf_test_run_opts *opts)
{
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), opts);

	return err ? -errno : 0;
}

BPF_TEST(program_types, have_the_names_that_libbpf_prints)
{
	const char *name;
	uint32_t type;

	for (type = 1; (name = libbpf_bpf_prog_type_str((enum bpf_prog_type)type)); type++) {
		ASSERT_NOT_NULL(bu_prog_type_of(type));
		EXPECT_STREQ(bu_prog_type_of(type)->name, name);
	}
	EXPECT_GT(type, 31U);
	EXPECT_NULL(bu_prog_type_of(0));
	EXPECT_NULL(bu_prog_type_of(33));
	EXPECT_NULL(bu_prog_type_of(UINT32_MAX));
}

BPF_TEST_F(helpers, types_without_test_run_say_so)
{
	const struct bpf_program *const progs[] = {
		self->skel->progs.on_kprobe,
		self->skel->progs.on_tracepoint,
		self->skel->progs.on_device,
		self->skel->progs.on_lsm,
	};

	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		EXPECT_EQ(test_run(progs[i], &opts), -ENOTSUPP);
	}
}

BPF_TEST_F(helpers, sizes_and_pointers_go_together)
{
	char ctx[8];
	LIBBPF_OPTS(bpf_test_run_opts, size_alone, .ctx_size_in = 8);
	LIBBPF_OPTS(bpf_test_run_opts, pointer_alone, .ctx_in = ctx);
	LIBBPF_OPTS(bpf_test_run_opts, size_out_alone, .ctx_size_out = 8);

	EXPECT_EQ(test_run(self->skel->progs.who, &size_alone), -EINVAL);
	EXPECT_EQ(test_run(self->skel->progs.who, &pointer_alone), -EINVAL);
	EXPECT_EQ(test_run(self->skel->progs.bad_access, &size_out_alone), -EINVAL);
}

BPF_TEST_F(helpers, socket_lookups_take_a_context_alone)
{
	struct bpf_sk_lookup ctx = { .family = AF_INET, .protocol = 6, .local_port = 80 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	LIBBPF_OPTS(bpf_test_run_opts, none);
	struct bpf_program *prog = self->skel->progs.lookup;

	self->bss->args[0] = SK_PASS;
	EXPECT_OK(test_run(prog, &opts));
	EXPECT_EQ(opts.retval, (uint32_t)SK_PASS);
	EXPECT_EQ(self->bss->ret[0], 80);
	EXPECT_EQ(self->bss->ret[2], 6);
	self->bss->args[0] = SK_DROP;
	EXPECT_OK(test_run(prog, &opts));
	EXPECT_EQ(opts.retval, (uint32_t)SK_DROP);
	EXPECT_EQ(test_run(prog, &none), -EINVAL);
	ctx.local_port = 65536;
	EXPECT_EQ(test_run(prog, &opts), -ERANGE);
	ctx.local_port = 1;
	ctx.family = AF_UNIX;
	EXPECT_EQ(test_run(prog, &opts), -EAFNOSUPPORT);
	ctx.family = AF_INET6;
	ctx.cookie = 1;
	EXPECT_EQ(test_run(prog, &opts), -EINVAL);
}

BPF_TEST_F(helpers, test_run_of_a_faulting_program_fails)
{
	uint8_t frame[60] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));

	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER,
		     EXPECT_EQ(test_run(self->skel->progs.bad_access, &opts), -EFAULT));
}
