/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are attached to each kind of place, and note what they were run with. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 words[32]; /* which program, and its cookie */
__u32 nr;
__u64 func_ip;
int verdict;

static void note(void *ctx, __u64 who)
{
	if (nr < 31) {
		words[nr++ & 31] = who;
		words[nr++ & 31] = bpf_get_attach_cookie(ctx);
	}
}

SEC("raw_tp/sched_switch")
int raw_tp(void *ctx)
{
	if (nr < 32)
		words[nr++ & 31] = 1;
	return 0;
}

SEC("tp_btf/sched_switch")
int tp_btf(__u64 *ctx)
{
	note(ctx, 2);
	return 0;
}

SEC("fentry/do_unlinkat")
int fentry_one(__u64 *ctx)
{
	note(ctx, 3);
	func_ip = bpf_get_func_ip(ctx);
	return 0;
}

SEC("fentry/do_unlinkat")
int fentry_two(__u64 *ctx)
{
	note(ctx, 4);
	return 0;
}

SEC("fexit/do_unlinkat")
int fexit(__u64 *ctx)
{
	note(ctx, 5);
	return 0;
}

SEC("fmod_ret/do_unlinkat")
int fmod_one(__u64 *ctx)
{
	note(ctx, 6);
	return verdict;
}

SEC("fmod_ret/do_unlinkat")
int fmod_two(__u64 *ctx)
{
	note(ctx, 7);
	return 0;
}

SEC("lsm/file_open")
int lsm(__u64 *ctx)
{
	note(ctx, 8);
	return verdict;
}

SEC("kprobe.multi/vfs_*")
int multi(void *ctx)
{
	note(ctx, 9);
	func_ip = bpf_get_func_ip(ctx);
	return 0;
}

SEC("kprobe")
int session(void *ctx)
{
	note(ctx, 10);
	return verdict;
}

extern _Bool bpf_session_is_return(void) __ksym;
extern __u64 *bpf_session_cookie(void) __ksym;

/* The return finds what the entry left. */
SEC("kprobe")
int session_of_two(void *ctx)
{
	__u64 *cookie = bpf_session_cookie();

	note(ctx, bpf_session_is_return() ? 15 : 14);
	note(ctx, *cookie);
	*cookie += 100;
	return verdict;
}

SEC("kprobe/vfs_read")
int on_kprobe(void *ctx)
{
	note(ctx, 11);
	return 0;
}

SEC("tp/sched/sched_switch")
int tracepoint(void *ctx)
{
	note(ctx, 12);
	return 0;
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	note(ctx, 13);
	return 0;
}

SEC("fentry/do_unlinkat")
int faulty(__u64 *ctx)
{
	return ctx[100];
}

char LICENSE[] SEC("license") = "GPL";
