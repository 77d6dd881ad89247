// SPDX-License-Identifier: BSD-2-Clause
/* What this kernel may lack, and a program asks for first. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

extern int perhaps_function(int number) __ksym __weak;
extern const int perhaps_typed __ksym __weak;
extern const void perhaps_symbol __ksym __weak;

struct task_struct {
	int pid;
	unsigned int state;
	struct task_struct *group_leader;
} CORE;

/* Of other kinds than the kernel has it. */
struct task_struct___other {
	struct task_struct *pid;
} CORE;

/* Older compilers know no such relocation. */
const volatile int has_matches = __clang_major__ >= 15;

int has_function, has_typed, has_symbol, matches, matches_other;

SEC("raw_tp")
int ask(void *ctx)
{
	has_function = !!perhaps_function;
	has_typed = !!&perhaps_typed;
	has_symbol = !!&perhaps_symbol;
	if (perhaps_function)
		return perhaps_function(3);
	return has_typed ? perhaps_typed : -1;
}

SEC("raw_tp")
int match(void *ctx)
{
#if __clang_major__ >= 15
	matches = bpf_core_type_matches(struct task_struct);
	matches_other = bpf_core_type_matches(struct task_struct___other);
#endif
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
