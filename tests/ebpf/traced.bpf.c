// SPDX-License-Identifier: BSD-2-Clause
/* Programs for everything that a perf event can be, for attach_perf_test.c. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* What ksyscall programs ask bpf_ksyscall's macros for; here only the section's name matters. */
#define TRACED(section, name)                                                                      \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return 0;                                                                          \
	}

extern const void init_task __ksym;
extern const void absent __ksym __weak;

const void *init_task_address;

TRACED("kprobe/do_unlinkat", entry)
TRACED("kretprobe/do_unlinkat", leave)
TRACED("kprobe/vfs_read+0x4", inside)
TRACED("ksyscall/unlinkat", call)
TRACED("kretsyscall/unlinkat", call_leave)
TRACED("tp/sched/sched_switch", switching)
TRACED("tracepoint/syscalls/sys_enter_openat", opening)
TRACED("kprobe", any_function)
TRACED("tp", any_tracepoint)
TRACED("uprobe", any_user)
TRACED("uretprobe", any_user_leave)
TRACED("uprobe//proc/self/exe:bpfunit_probed", spelt_user)
TRACED("perf_event", counted)

SEC("?raw_tp/sched_wakeup")
int waking(void *ctx)
{
	init_task_address = &init_task;
	bpf_printk("woken at %d", 7);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
