// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs whose outcome depends on their input alone, run alike in the emulated kernel and in a
 * real one. `args` says what to do; results go to `ret` and `out`.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "cases_shared.h"

char LICENSE[] SEC("license") = "GPL";

__u64 args[8];
char text[64];
__s64 ret[16];
char out[OUT_BYTES];

/* Where the packet's parts are, seen from the context. */
static void describe_xdp(struct xdp_md *ctx)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;
	char *meta = (char *)(long)ctx->data_meta;

	ret[1] = end - data;
	ret[2] = data - meta;
}

SEC("xdp")
int xdp_adjust(struct xdp_md *ctx)
{
	char *data = (char *)(long)ctx->data, *meta = (char *)(long)ctx->data_meta;

	if (meta + 4 <= data)
		*(__u32 *)meta = 0x11223344;
	switch (args[0]) {
	case ADJUST_HEAD:
		ret[0] = bpf_xdp_adjust_head(ctx, (int)args[1]);
		break;
	case ADJUST_TAIL:
		ret[0] = bpf_xdp_adjust_tail(ctx, (int)args[1]);
		break;
	case ADJUST_META:
		ret[0] = bpf_xdp_adjust_meta(ctx, (int)args[1]);
		break;
	case ADJUST_META_HEAD:
		ret[0] = bpf_xdp_adjust_meta(ctx, -8);
		ret[3] = bpf_xdp_adjust_head(ctx, (int)args[1]);
		break;
	}
	describe_xdp(ctx);
	ret[4] = bpf_xdp_get_buff_len(ctx);
	ret[5] = ctx->ingress_ifindex;
	ret[6] = ctx->rx_queue_index;
	return (int)args[2];
}

SEC("xdp")
int xdp_bytes(struct xdp_md *ctx)
{
	__u32 len = args[2] & 63;

	if (!len)
		len = 64;
	ret[0] = bpf_xdp_load_bytes(ctx, (__u32)args[1], out, len);
	ret[1] = bpf_xdp_store_bytes(ctx, (__u32)args[3], text, len);
	describe_xdp(ctx);
	return XDP_PASS;
}

SEC("xdp")
int xdp_redirect(struct xdp_md *ctx)
{
	return bpf_redirect((__u32)args[0], args[1]);
}

SEC("tc")
int tc_redirect(struct __sk_buff *ctx)
{
	ret[0] = bpf_redirect_peer((__u32)args[0], args[1]);
	ret[1] = bpf_redirect((__u32)args[0], args[1]);
	return TC_ACT_OK;
}

static void describe_skb(struct __sk_buff *ctx)
{
	ret[8] = ctx->len;
	ret[9] = ctx->pkt_type;
	ret[10] = ctx->protocol;
	ret[11] = ctx->mark;
	ret[12] = ctx->priority;
	ret[13] = ctx->ingress_ifindex;
	ret[14] = ctx->ifindex;
	ret[15] = ctx->cb[4];
}

SEC("tc")
int tc_bytes(struct __sk_buff *ctx)
{
	__u32 len = args[2] & 63;

	if (!len)
		len = 64;
	switch (args[0]) {
	case SKB_LOAD:
		ret[0] = bpf_skb_load_bytes(ctx, (__u32)args[1], out, len);
		break;
	case SKB_STORE:
		ret[0] = bpf_skb_store_bytes(ctx, (__u32)args[1], text, len, args[3]);
		break;
	case SKB_LOAD_RELATIVE:
		ret[0] = bpf_skb_load_bytes_relative(ctx, (__u32)args[1], out, len, (__u32)args[3]);
		break;
	case SKB_PULL:
		ret[0] = bpf_skb_pull_data(ctx, (__u32)args[1]);
		break;
	case SKB_CHANGE_TAIL:
		ret[0] = bpf_skb_change_tail(ctx, (__u32)args[1], args[3]);
		break;
	case SKB_CHANGE_HEAD:
		ret[0] = bpf_skb_change_head(ctx, (__u32)args[1], args[3]);
		break;
	case SKB_L3_CSUM:
		ret[0] = bpf_l3_csum_replace(ctx, (__u32)args[1], args[2], args[3], args[4]);
		break;
	case SKB_L4_CSUM:
		ret[0] = bpf_l4_csum_replace(ctx, (__u32)args[1], args[2], args[3], args[4]);
		break;
	case SKB_CSUM_UPDATE:
		ret[0] = bpf_csum_update(ctx, (__u32)args[1]);
		break;
	case SKB_HASH:
		bpf_set_hash(ctx, (__u32)args[1]);
		ret[0] = bpf_get_hash_recalc(ctx);
		ret[1] = ctx->hash;
		bpf_set_hash_invalid(ctx);
		ret[2] = ctx->hash;
		break;
	}
	ret[3] = (char *)(long)ctx->data_end - (char *)(long)ctx->data;
	ret[4] = (char *)(long)ctx->data - (char *)(long)ctx->data_meta;
	ret[5] = ctx->wire_len;
	ret[6] = ctx->gso_segs;
	ret[7] = ctx->gso_size;
	describe_skb(ctx);
	return TC_ACT_OK;
}

SEC("tc")
int tc_write_ctx(struct __sk_buff *ctx)
{
	ctx->mark = ctx->mark + 1;
	ctx->priority += 2;
	ctx->cb[0] = 3;
	ctx->cb[4] += 4;
	ctx->tstamp += 5;
	ctx->tc_classid = 6;
	ctx->tc_index = 7;
	ret[0] = ctx->tc_classid;
	ret[1] = ctx->tc_index;
	ret[2] = ctx->tstamp;
	describe_skb(ctx);
	return TC_ACT_SHOT;
}

static void describe_vlan(struct __sk_buff *ctx, int i)
{
	ret[i] = (ctx->vlan_present & 1) * 10000 + ctx->vlan_tci;
	ret[i + 1] = ctx->vlan_proto;
	ret[i + 2] = ctx->protocol;
	ret[i + 3] = ctx->len;
}

/* Each digit of args[0], from the last on: 1 push, 2 push 802.1ad, 3 pop. */
SEC("tc")
int vlan(struct __sk_buff *ctx)
{
	__u64 steps = args[0];

	for (int i = 0; i < 4 && steps; i++, steps /= 10) {
		if (steps % 10 == 3)
			ret[i * 4] = bpf_skb_vlan_pop(ctx);
		else
			ret[i * 4] =
				bpf_skb_vlan_push(ctx, steps % 10 == 2 ? 0xa888 : 0x1234, 100 + i);
	}
	describe_vlan(ctx, 1);
	ret[5] = bpf_skb_load_bytes_relative(ctx, 0, out, 16, BPF_HDR_START_NET);
	ret[6] = bpf_skb_change_tail(ctx, 14, 0);
	ret[7] = bpf_skb_change_tail(ctx, 13, 0);
	return 0;
}

static void load_as_l3(struct __sk_buff *ctx)
{
	ret[0] = bpf_skb_load_bytes(ctx, 0, out, 8);
	ret[1] = bpf_skb_load_bytes_relative(ctx, 0, out + 8, 8, BPF_HDR_START_NET);
	ret[2] = bpf_skb_load_bytes_relative(ctx, 0, out + 16, 20, BPF_HDR_START_MAC);
	describe_skb(ctx);
}

SEC("socket")
int socket_fields(struct __sk_buff *ctx)
{
	load_as_l3(ctx);
	ctx->cb[1] = 9;
	return 77;
}

SEC("cgroup_skb/ingress")
int cgroup_fields(struct __sk_buff *ctx)
{
	load_as_l3(ctx);
	ret[3] = (char *)(long)ctx->data_end - (char *)(long)ctx->data;
	ret[4] = ctx->family;
	ret[5] = ctx->remote_ip4;
	ret[6] = ctx->local_ip4;
	ctx->mark = 5;
	return 1;
}

SEC("lwt_in")
int lwt_fields(struct __sk_buff *ctx)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;

	ret[0] = bpf_skb_load_bytes(ctx, 0, out, 8);
	describe_skb(ctx);
	ret[3] = end - data;
	if (data + 1 <= end)
		ret[4] = *data;
	return BPF_OK;
}

SEC("tc")
int checksums(struct __sk_buff *ctx)
{
	__u32 from = args[0] & 63, to = args[1] & 63;

	if (args[2] == 1)
		ret[0] = bpf_csum_diff(NULL, 0, (__be32 *)text, to, (__u32)args[3]);
	else if (args[2] == 2)
		ret[0] = bpf_csum_diff((__be32 *)text, from, NULL, 0, (__u32)args[3]);
	else
		ret[0] = bpf_csum_diff((__be32 *)text, from, (__be32 *)(text + 4), to & 31,
				       (__u32)args[3]);
	return 0;
}

/* Not known to the compiler, which would otherwise build tables that need relocation. */
static __always_inline __u64 address(const void *p)
{
	asm volatile("" : "+r"(p));
	return (__u64)p;
}

#define PRINT(n_, fmt_, ...)                                                                       \
	case n_: {                                                                                 \
		static const char fmt[] = fmt_;                                                    \
		__u64 values[] = { __VA_ARGS__ };                                                  \
		ret[0] = bpf_snprintf(out, size, fmt, values, sizeof(values));                     \
	} break

SEC("syscall")
int print(void *ctx)
{
	static const char plain[] = "100%% plain";
	static const char string[] = "string";
	static const unsigned char ip[] = {
		192, 168, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255
	};
	__u32 size = args[1] & (OUT_BYTES / 2 - 1);

	switch (args[0]) {
	case 0:
		ret[0] = bpf_snprintf(out, size, plain, NULL, 0);
		break;
		PRINT(1, "%d %i %u %x %X", -1, -2, 0xffffffff, 0xabcdef, 0xabcdef);
		PRINT(2, "%ld %lld %lu %llx %lX", -1, 1ULL << 63, 1ULL << 63, -1, 0xabcdef0123);
		PRINT(3, "[%5d][%-5d][%05d][%+d][% d][%+5d]", 42, 42, -42, 42, 42, 42);
		PRINT(4, "[%5u][%-5u][%05x][%010llx]", 42, 42, 42, 42);
		PRINT(5, "[%s][%10s][%-10s]", address(string), address(string), address(string));
		PRINT(6, "[%c%c][%3c][%-3c]", 'a', 'b', 'c', 'd');
		PRINT(7, "%pi4 %pI4 %pi6 %pI6", address(ip), address(ip), address(ip), address(ip));
		PRINT(8, "%px %20px %-20px.", 0x1234, 0x1234, 0x1234);
		PRINT(9, "%pks|", address(string));
		PRINT(10, "%p", 0);
		PRINT(11, "%d%%%d", 1, 2);
		PRINT(12, "%s %d, %s.", address(string), 7, address(string));
		PRINT(13, "%pI4abc %pI6c!", address(ip), address(ip));
		PRINT(14, "%lu%c", 18446744073709551615ULL, '!');
		PRINT(15, "%x", 0xdeadbeef12345678);
		PRINT(16, "%d %d %d %d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
		      12);
		PRINT(17, "%0-6d|%-06d|%+x|% u", 5, 5, 5, 5);
		PRINT(18, "%pus", 16);
		PRINT(19, "[%3s][%12pI4]", address(string), address(ip));
		PRINT(20, "no directive", 1);
		PRINT(21, "[%s]", 0);
		PRINT(22, "[%20s][%-20s]", 8, 8);
	}
	return 0;
}

/* A format from user space; values: a number, an address of memory, an address of nothing. */
SEC("syscall")
int format(void *ctx)
{
	__u64 values[4] = { 0 };

	values[0] = args[2];
	values[1] = address(text + 32);
	values[2] = 16;
	ret[0] = bpf_trace_vprintk(text, (args[0] & 31) + 1, values, args[1] & 31);
	return 0;
}

SEC("syscall")
int numbers(void *ctx)
{
	__u32 len = args[1] & 63;
	long value = -77;
	unsigned long uvalue = 77;

	if (!len)
		len = 64;
	ret[0] = bpf_strtol(text, len, args[0], &value);
	ret[1] = value;
	ret[2] = bpf_strtoul(text, len, args[0], &uvalue);
	ret[3] = uvalue;
	return 0;
}

SEC("syscall")
int compare(void *ctx)
{
	static const char word[] = "kernel";
	__u32 len = args[1] & 63;

	if (!len)
		len = 64;
	ret[0] = bpf_strncmp(text, len, word);
	return 0;
}

SEC("syscall")
int comm(void *ctx)
{
	__u32 size = args[0] & 31;

	if (!size)
		size = 32;
	ret[0] = bpf_get_current_comm(out, size);
	return 0;
}

static long step(__u32 i, __u64 *stop)
{
	ret[1]++;
	return i == *stop;
}

SEC("syscall")
int loop(void *ctx)
{
	__u64 stop = args[1];

	ret[0] = bpf_loop((__u32)args[0], step, &stop, args[2]);
	return 0;
}

SEC("raw_tp")
int probe(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 size = args[1] & 31;
	const void *address = (void *)(args[2] ? (__u64)text + (args[3] & 31) : args[0]);

	ret[0] = bpf_probe_read_kernel(out, size, address);
	ret[1] = bpf_probe_read_user(out + 32, size, address);
	ret[2] = bpf_probe_read(out + 64, size, address);
	ret[3] = bpf_probe_read_kernel_str(out + 96, size, address);
	ret[4] = bpf_probe_read_user_str(out + 128, size, address);
	ret[5] = bpf_probe_read_str(out + 160, size, address);
	return 0;
}

SEC("raw_tp")
int raw_args(struct bpf_raw_tracepoint_args *ctx)
{
	ret[0] = ctx->args[0];
	ret[1] = ctx->args[1];
	return 1234;
}

struct syscall_ctx {
	__u64 a;
	__u32 b;
};

SEC("syscall")
int write_ctx(struct syscall_ctx *ctx)
{
	ctx->a += 1;
	ctx->b = 99;
	return -5;
}
