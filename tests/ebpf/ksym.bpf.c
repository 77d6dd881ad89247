// SPDX-License-Identifier: BSD-2-Clause
/* Variables of the kernel, used well and badly. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct counters {
	__u64 in, out;
};

extern const struct counters ksym_counters __ksym;
extern const int ksym_number __ksym;
extern const int ksym_weak __ksym __weak;

__u64 local;

SEC("raw_tp/read")
int read_both(void *ctx)
{
	return (int)ksym_counters.out * 100 + ksym_number;
}

SEC("raw_tp/this_cpu")
int this_cpu(void *ctx)
{
	const struct counters *mine = bpf_this_cpu_ptr(&ksym_counters);

	return (int)mine->in;
}

SEC("raw_tp/weak")
int weak(void *ctx)
{
	return &ksym_weak ? ksym_weak + 1 : 0;
}

SEC("raw_tp/write")
int write_variable(void *ctx)
{
	*(volatile int *)&ksym_number = 1;
	return 0;
}

SEC("raw_tp/beyond")
int read_beyond(void *ctx)
{
	volatile const int *at = &ksym_number;

	return at[1];
}

SEC("raw_tp/not_one")
int not_one(void *ctx)
{
	return bpf_per_cpu_ptr(&local, 0) != 0;
}

char LICENSE[] SEC("license") = "GPL";
