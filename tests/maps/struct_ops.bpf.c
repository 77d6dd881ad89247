// SPDX-License-Identifier: BSD-2-Clause
/* A struct of functions that no kernel has: the object itself says what it is. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct module;

struct demo_state {
	__u32 users;
};

struct demo_ops {
	int (*compute)(int a, int b);
	__u64 (*wide)(__u64 x);
	void (*note)(struct demo_state *state);
	__u8 (*narrow)(void);
	int (*unused)(void);
	char name[16];
	__u32 flags;
	struct module *owner;
};

__u64 seen;

SEC("struct_ops/compute")
int BPF_PROG(compute, int a, int b)
{
	return a - b;
}

SEC("struct_ops/compute2")
int BPF_PROG(compute_other, int a, int b)
{
	return a * b;
}

SEC("struct_ops/wide")
__u64 BPF_PROG(wide, __u64 x)
{
	return x << 32;
}

SEC("struct_ops/note")
void BPF_PROG(note, struct demo_state *state)
{
	seen = state->users;
}

SEC("struct_ops/narrow")
__u8 BPF_PROG(narrow)
{
	return 0xff;
}

SEC(".struct_ops")
struct demo_ops demo = {
	.compute = (void *)compute,
	.wide = (void *)wide,
	.note = (void *)note,
	.narrow = (void *)narrow,
	.name = "demo",
	.flags = 5,
};

SEC(".struct_ops")
struct demo_ops other = {
	.compute = (void *)compute_other,
};

SEC("raw_tp/plain")
int plain(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
