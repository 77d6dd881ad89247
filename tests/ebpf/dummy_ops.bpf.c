// SPDX-License-Identifier: BSD-2-Clause
/* Functions for the struct that a kernel has for test runs alone. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct bpf_dummy_ops_state {
	int val;
};

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *state);
	int (*test_2)(struct bpf_dummy_ops_state *state, int a, unsigned short b, char c,
		      unsigned long d);
	int (*test_sleepable)(struct bpf_dummy_ops_state *state);
};

__u64 seen;

SEC("struct_ops/test_1")
int BPF_PROG(one, struct bpf_dummy_ops_state *state)
{
	if (!state)
		return -7;
	state->val += 5;
	return state->val;
}

SEC("struct_ops/test_2")
int BPF_PROG(two, struct bpf_dummy_ops_state *state, int a, unsigned short b, char c,
	     unsigned long d)
{
	seen = d;
	return a + b + c + state->val;
}

SEC(".struct_ops")
struct bpf_dummy_ops dummy = {
	.test_1 = (void *)one,
	.test_2 = (void *)two,
};

char LICENSE[] SEC("license") = "GPL";
