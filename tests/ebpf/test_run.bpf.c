// SPDX-License-Identifier: BSD-2-Clause
/* Programs at the functions that the kernel calls when tracing programs are test-run, and at the
 * tracepoint of the end of runs. Each notes what it sees. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "test_run.h"

#define MAX_NOTES 64

struct note notes[MAX_NOTES];
__u32 nr_notes;
int verdict, new_error, ask, faulty;
__u64 other_value;

static struct note *note(const char *who, __u64 value)
{
	__u32 at = nr_notes;
	struct note *to = &notes[at % MAX_NOTES];

	nr_notes = at + 1;
	__builtin_memcpy(to->who, who, sizeof(to->who));
	to->value = value;
	return to;
}
#define NOTE(who, value) note(who "\0\0\0\0\0\0\0", value)

static void note_place(void *ctx, struct note *of)
{
	of->func_ip = bpf_get_func_ip(ctx);
	of->cookie = bpf_get_attach_cookie(ctx);
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(enter, int a)
{
	note_place(ctx, NOTE("enter", a));
	if (ask)
		bpf_ktime_get_ns();
	if (faulty)
		*(volatile int *)8 = 1;
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(enter_too, int a)
{
	NOTE("too", a);
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int BPF_PROG(leave, int a, int ret)
{
	note_place(ctx, NOTE("leave", ret));
	return 0;
}

SEC("fmod_ret/bpf_fentry_test1")
int BPF_PROG(change_first, int a, int ret)
{
	NOTE("change", ret);
	return verdict;
}

SEC("kprobe/bpf_fentry_test1")
int probe(struct pt_regs *ctx)
{
	note_place(ctx, NOTE("probe", PT_REGS_PARM1(ctx)));
	if (ask)
		bpf_ktime_get_ns();
	return 0;
}

SEC("kretprobe/bpf_fentry_test1")
int probe_return(struct pt_regs *ctx)
{
	note_place(ctx, NOTE("return", PT_REGS_RC(ctx)));
	return 0;
}

SEC("kprobe.multi/bpf_fentry_test*")
int many(struct pt_regs *ctx)
{
	note_place(ctx, NOTE("many", PT_REGS_PARM1(ctx)));
	return 0;
}

SEC("fexit/bpf_fentry_test6")
int BPF_PROG(leave_six)
{
	__u64 sum = 0, value = 0;
	__u32 n = bpf_get_func_arg_cnt(ctx);

	for (__u32 i = 0; i < 8; i++) {
		if (!bpf_get_func_arg(ctx, i, &value))
			sum += value;
	}
	bpf_get_func_ret(ctx, &other_value);
	NOTE("six", sum * 10 + n);
	return 0;
}

SEC("kprobe/bpf_fentry_test6+0x8")
int inside(struct pt_regs *ctx)
{
	note_place(ctx, NOTE("inside", PT_REGS_PARM5(ctx)));
	return 0;
}

struct bpf_fentry_test_t {
	struct bpf_fentry_test_t *a;
};

SEC("fentry/bpf_fentry_test8")
int BPF_PROG(points, struct bpf_fentry_test_t *arg)
{
	NOTE("points", (__u64)arg->a);
	return 0;
}

SEC("fentry/bpf_modify_return_test")
int BPF_PROG(modified, int a, int *b)
{
	NOTE("before", a);
	return 0;
}

SEC("fmod_ret/bpf_modify_return_test")
int BPF_PROG(modify, int a, int *b, int ret)
{
	NOTE("modify", ret);
	return verdict;
}

SEC("fexit/bpf_modify_return_test")
int BPF_PROG(was_modified, int a, int *b, int ret)
{
	int value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), b);
	other_value = value;
	NOTE("after", ret);
	return 0;
}

SEC("kretprobe/bpf_modify_return_test")
int modified_return(struct pt_regs *ctx)
{
	NOTE("return", PT_REGS_RC(ctx));
	return 0;
}

SEC("kprobe/bpf_modify_return_test2")
int seventh(struct pt_regs *ctx)
{
	int value = 0;

#ifdef __TARGET_ARCH_x86
	bpf_probe_read_kernel(&value, sizeof(value), (void *)(PT_REGS_SP(ctx) + 8));
#else
	value = PT_REGS_PARM5(ctx) + 2;
#endif
	NOTE("seven", value);
	return 0;
}

SEC("raw_tp/bpf_test_finish")
int finish(struct bpf_raw_tracepoint_args *ctx)
{
	int error = 1;

	bpf_probe_read_kernel(&error, sizeof(error), (void *)ctx->args[0]);
	NOTE("finish", error);
	return 0;
}

SEC("raw_tp.w/bpf_test_finish")
int finish_otherwise(struct bpf_raw_tracepoint_args *ctx)
{
	*(int *)ctx->args[0] = new_error;
	return 0;
}

struct finish_record {
	__u64 common;
	int err;
};

SEC("tp/bpf_test_run/bpf_test_finish")
int finish_event(struct finish_record *ctx)
{
	NOTE("event", ctx->err);
	return 0;
}

SEC("raw_tp/bpf_trace_printk")
int printed(struct bpf_raw_tracepoint_args *ctx)
{
	char first = 0;

	bpf_probe_read_kernel(&first, sizeof(first), (void *)ctx->args[0]);
	NOTE("line", first);
	bpf_printk("again");
	return 0;
}

struct printk_record {
	__u64 common;
	__u32 location;
};

SEC("tp/bpf_trace/bpf_trace_printk")
int printed_event(struct printk_record *ctx)
{
	char text[8] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), (void *)ctx + (ctx->location & 0xffff));
	NOTE("text", text[0] + (ctx->location >> 16) * 1000);
	bpf_printk("more");
	return 0;
}

SEC("raw_tp/of_a_test")
int prints(void *ctx)
{
	bpf_printk("hello");
	return 0;
}

/* Each prints whenever another one does. */
__u32 lines, refused;

#define ECHO(name)                                                                                 \
	SEC("raw_tp/bpf_trace_printk") int name(void *ctx)                                         \
	{                                                                                          \
		int ret = bpf_printk("echo");                                                      \
                                                                                                   \
		lines += ret == 4;                                                                 \
		refused += ret == -16;                                                             \
		return 0;                                                                          \
	}
ECHO(echo_1)
ECHO(echo_2)
ECHO(echo_3)
ECHO(echo_4)

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
