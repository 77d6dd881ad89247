// SPDX-License-Identifier: BSD-2-Clause
/* See dynptr_cases.h. Each run has a kernel's objects of its own, so that no run depends on others.
 */
#include "dynptr_cases.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "dynptr.skel.h"

struct run {
	const char *program;
	__u32 len, offset;
	__u64 flags;
};

static const struct run runs[] = {
	{ "memory", 0, 0, 0 },
	{ "no_memory", 0, 0, 0 },
	{ "limits", 0, 0, 0 },
	{ "record", 8, 0, 0 },
	{ "record", 8, 1, 0 },
	{ "record", 16, 8, 0 },
	{ "record", 16, 9, 0 },
	{ "record", 7, 0, 0 },
	{ "record", 0, 0, 0 },
	{ "record", 8, -1U, 0 },
	{ "record", 8, 0, 1 },
	{ "record", 4080, 4072, 0 },
	{ "record", 4081, 0, 0 },
	{ "record", 4096, 0, 0 },
	{ "record", (1 << 24) - 1, 0, 0 },
	{ "record", 1 << 24, 0, 0 },
	{ "record", 1 << 24, 0, 1 },
	{ "record", -1U, 0, 0 },
	{ "discarded", 8, 0, 0 },
	{ "discarded", 4096, 0, 0 },
	{ "discarded", 1 << 24, 0, 0 },
	{ "discarded", 8, 0, 2 },
	{ "adjusted", 0, 0, 0 },
	{ "sliced", 0, 0, 0 },
	{ "cloned_record", 0, 0, 0 },
	{ "packet_xdp", 0, 0, 0 },
	{ "packet_xdp", 0, 8, 0 },
	{ "packet_xdp", 0, 16, 0 },
	{ "packet_xdp", 0, 56, 0 },
	{ "packet_xdp", 0, 57, 0 },
	{ "packet_xdp", 0, 64, 0 },
	{ "packet_xdp", 0, -1U, 0 },
	{ "packet_xdp", 0, 0, 1 },
	{ "packet_tc", 0, 0, 0 },
	{ "packet_tc", 0, 8, 0 },
	{ "packet_tc", 0, 16, 0 },
	{ "packet_tc", 0, 56, 0 },
	{ "packet_tc", 0, 57, 0 },
	{ "packet_tc", 0, 64, 0 },
	{ "packet_tc", 0, -1U, 0 },
	{ "packet_tc", 0, 0, 1 },
	{ "packet_socket", 0, 0, 0 },
	{ "packet_socket", 0, 8, 0 },
	{ "packet_socket", 0, 16, 0 },
	{ "packet_socket", 0, 56, 0 },
	{ "packet_socket", 0, 57, 0 },
	{ "packet_socket", 0, 64, 0 },
	{ "packet_socket", 0, -1U, 0 },
	{ "packet_socket", 0, 0, 1 },
	{ "packet_cgroup", 0, 0, 0 },
	{ "packet_cgroup", 0, 8, 0 },
	{ "packet_cgroup", 0, 16, 0 },
	{ "packet_cgroup", 0, 56, 0 },
	{ "packet_cgroup", 0, 57, 0 },
	{ "packet_cgroup", 0, 64, 0 },
	{ "packet_cgroup", 0, -1U, 0 },
	{ "packet_cgroup", 0, 0, 1 },
	{ "shrunk_xdp", 0, 0, 0 },
	{ "shrunk_xdp", 0, 24, 0 },
	{ "shrunk_xdp", 0, 25, 0 },
	{ "shrunk_xdp", 0, 56, 0 },
	{ "shrunk_xdp", 0, 57, 0 },
	{ "shrunk_tc", 0, 0, 0 },
	{ "shrunk_tc", 0, 24, 0 },
	{ "shrunk_tc", 0, 25, 0 },
	{ "shrunk_tc", 0, 56, 0 },
	{ "shrunk_tc", 0, 57, 0 },
	{ "copied", 8, 0, 0 },
	{ "copied", 8, 40, 0 },
	{ "copied", 8, 41, 0 },
	{ "copied", 40, 0, 0 },
	{ "copied", 48, 0, 0 },
	{ "copied", 49, 0, 0 },
	{ "copied", 0, 0, 0 },
	{ "copied", 0, 48, 0 },
	{ "copied", -1U, 8, 0 },
	{ "copied_rdonly", 8, 0, 0 },
	{ "copied_rdonly", 8, 56, 0 },
	{ "copied_rdonly", 8, 57, 0 },
	{ "copied_rdonly", 48, 0, 0 },
	{ "copied_rdonly", 49, 0, 0 },
	{ "copied_rdonly", 0, 0, 0 },
};

/* The program alone, and large memory for the one that uses it. */
static struct dynptr_bpf *load(const struct run *run)
{
	struct dynptr_bpf *skel = dynptr_bpf__open();
	struct bpf_program *prog;

	if (!skel)
		return NULL;
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), run->program));
	bpf_map__set_autocreate(skel->maps.large, !strcmp(run->program, "limits"));
	if (!dynptr_bpf__load(skel))
		return skel;
	dynptr_bpf__destroy(skel);
	return NULL;
}

static int execute(struct dynptr_bpf *skel, const struct run *run)
{
	const struct bpf_program *prog;
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	skel->bss->in_len = run->len;
	skel->bss->in_offset = run->offset;
	skel->bss->in_flags = run->flags;
	prog = bpf_object__find_program_by_name(skel->obj, run->program);
	if (!prog || bpf_prog_test_run_opts(bpf_program__fd(prog), &opts))
		return -EINVAL;
	return opts.retval ? -EIO : 0;
}

static void describe(const struct dynptr_bpf *skel, const struct run *run, char *text, size_t size)
{
	size_t nr = sizeof(skel->bss->out) / sizeof(*skel->bss->out);
	int at = snprintf(text, size, "%s %u %u %llu:", run->program, run->len, run->offset,
			  (unsigned long long)run->flags);

	for (size_t i = 0; i < nr; i++)
		at += snprintf(text + at, size - at, " %lld", (long long)skel->bss->out[i]);
}

int dynptr_cases(void (*line)(void *arg, const char *text), void *arg)
{
	struct dynptr_bpf *skel;
	char text[512];
	int err = 0;

	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs) && !err; i++) {
		skel = load(&runs[i]);
		if (!skel)
			return -errno;
		err = execute(skel, &runs[i]);
		describe(skel, &runs[i], text, sizeof(text));
		dynptr_bpf__destroy(skel);
		if (!err)
			line(arg, text);
	}
	return err;
}
