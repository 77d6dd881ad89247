// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs of each type may read and write of their contexts: exactly what the verifier of
 * Linux 6.18 lets them (kernel_access.txt, written by `cases_host access` as root).
 */
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "ebpf/kernel.h"

static bool runs(int fd, const struct access_try *try)
{
	static const uint8_t frame[60] = { [12] = 8 };
	struct bu_object *object;
	struct bu_test_io io = { .ctx = calloc(1, try->size), .ctx_size = try->size, .cpu = -1 };
	bool skb_or_xdp = try->type == BPF_PROG_TYPE_XDP || try->size == sizeof(struct __sk_buff);
	int err;

	if (skb_or_xdp) {
		io.data = frame;
		io.data_size = sizeof(frame);
	}
	object = bu_fd_object(bu_kernel(), fd, BU_OBJECT_PROG, &err);
	ASSERT_NOT_NULL(object);
	ASSERT_OK(bu_prog_test(bu_container_of(object, struct bu_prog, object), &io));
	free(io.data_out);
	free(io.ctx);
	return io.fault == BU_FAULT_NONE;
}

static bool machine_allows(const struct access_try *try)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = try->attach);
	bool allowed;
	int fd;

	if (try->type == BPF_PROG_TYPE_SYSCALL)
		opts.prog_flags = BPF_F_SLEEPABLE;
	fd = bpf_prog_load(try->type, "access", "GPL", try->insns,
			   sizeof(try->insns) / sizeof(*try->insns), &opts);
	ASSERT_OK(fd);
	allowed = runs(fd, try);
	close(fd);
	return allowed;
}

static void compare(void *arg, const char *text)
{
	char line[256] = "";

	ASSERT_NOT_NULL(fgets(line, sizeof(line), arg));
	line[strcspn(line, "\n")] = 0;
	EXPECT_STREQ(text, line);
}

BPF_TEST(contexts, are_guarded_as_by_the_verifier)
{
	FILE *file = fopen(ACCESS, "re");

	ASSERT_NOT_NULL(file);
	bu_kernel()->on_fault = NULL; /* faults are answers here */
	access_lines(machine_allows, compare, file);
	EXPECT_EQ(fgetc(file), EOF);
	fclose(file);
}
