// SPDX-License-Identifier: BSD-2-Clause
/* Another idea of task_struct than core.bpf.c's. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	long padding[4];
	int pid;
} __attribute__((preserve_access_index));

int offset = -1;

SEC("raw_tp/x")
int ask(void *ctx)
{
	offset = bpf_core_field_offset(((struct task_struct *)0)->pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
