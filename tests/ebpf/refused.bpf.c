// SPDX-License-Identifier: BSD-2-Clause
/* Programs that their type keeps from loading, and twins that load: "?", each is loaded alone. */
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

extern void bpf_throw(__u64 cookie) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *p) __ksym;
extern void *bpf_arena_alloc_pages(void *map, void *addr, __u32 pages, int node,
				   __u64 flags) __ksym;
extern __u64 *bpf_session_cookie(void) __ksym;

extern void *bpf_cpumask_create(void) __ksym;
extern int bpf_cpumask_empty(const void *mask) __ksym __weak;
extern int bpf_copy_from_user_str(void *to, __u32 size, const void *from, __u64 flags) __ksym;

const volatile _Bool enabled;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} map SEC(".maps");

SEC("?raw_tp")
int throw_in_raw_tp(void *ctx)
{
	bpf_throw(1);
	return 0;
}

SEC("?tp")
int throw_in_tp(void *ctx)
{
	bpf_throw(1);
	return 0;
}

SEC("?xdp")
int skb_in_xdp(void *ctx)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_from_skb(ctx, 0, &ptr);
}

SEC("?tc")
int skb_in_tc(void *ctx)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_from_skb(ctx, 0, &ptr);
}

SEC("?xdp")
int pages_in_xdp(void *ctx)
{
	return bpf_arena_alloc_pages(&map, NULL, 1, -1, 0) != NULL;
}

SEC("?syscall")
int pages_in_syscall(void *ctx)
{
	return bpf_arena_alloc_pages(&map, NULL, 1, -1, 0) != NULL;
}

SEC("?kprobe/f")
int session_in_kprobe(void *ctx)
{
	return bpf_session_cookie() != NULL;
}

SEC("?fentry/f")
int seq_in_fentry(void *ctx)
{
	return bpf_seq_write(ctx, "x", 1);
}

SEC("?iter/task")
int seq_in_iter(void *ctx)
{
	return bpf_seq_write(*(void **)ctx, "x", 1);
}

SEC("?tp_btf/f")
int argument_in_tp_btf(void *ctx)
{
	return bpf_get_func_arg_cnt(ctx);
}

SEC("?fexit/f")
int argument_in_fexit(void *ctx)
{
	return bpf_get_func_arg_cnt(ctx);
}

SEC("?lsm/file_open")
int retval_in_lsm(void *ctx)
{
	return bpf_get_retval();
}

SEC("?lsm_cgroup/file_open")
int retval_in_lsm_cgroup(void *ctx)
{
	return bpf_get_retval();
}

SEC("?iter/task")
int options_in_iter_task(void *ctx)
{
	return bpf_setsockopt(ctx, 1, 2, "1234", 4);
}

SEC("?iter/tcp")
int options_in_iter_tcp(void *ctx)
{
	return bpf_setsockopt(ctx, 1, 2, "1234", 4);
}

SEC("?iter/unix")
int options_in_iter_unix(void *ctx)
{
	return bpf_setsockopt(ctx, 1, 2, "1234", 4) + bpf_getsockopt(ctx, 1, 2, ctx, 4);
}

SEC("?raw_tp")
int mask_in_raw_tp(void *ctx)
{
	return bpf_cpumask_create() != NULL;
}

SEC("?tp_btf/f")
int mask_in_tp_btf(void *ctx)
{
	return bpf_cpumask_create() != NULL;
}

SEC("?tp_btf/f")
int string_in_tp_btf(void *ctx)
{
	char to[8];

	return bpf_copy_from_user_str(to, sizeof(to), NULL, 0);
}

SEC("?raw_tp")
int if_enabled(void *ctx)
{
	if (enabled)
		bpf_throw(1);
	return 0;
}

SEC("?raw_tp")
int if_absent(void *ctx)
{
	if (!bpf_cpumask_empty)
		bpf_cpumask_empty(ctx);
	return 0;
}

SEC("?raw_tp")
int if_present(void *ctx)
{
	if (bpf_cpumask_empty)
		bpf_cpumask_empty(ctx);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
