/* SPDX-License-Identifier: BSD-2-Clause */
/* What the families of program types (prog_xdp.c, prog_skb.c, prog_cgroup.c, prog_tracing.c) share.
 */
#ifndef BU_PROG_TYPES_H
#define BU_PROG_TYPES_H

#include "ebpf/vm/run.h"

struct bu_ctx_field {
	u16 offset, size;
	u8 access; /* enum bu_access */
};
#define BU_CTX_FIELD(type_, field_, access_)                                                       \
	{                                                                                          \
		offsetof(type_, field_), sizeof(((type_ *)0)->field_), access_                     \
	}
/* All of a context's bytes get the access `rest`, the fields their own. Fields beyond a shorter
 * context are ignored. */
void bu_ctx_guard(struct bu_run *run, u8 rest, const struct bu_ctx_field *fields, u32 nr);

void bu_ctx_read_only(struct bu_run *run);
void bu_xdp_guard(struct bu_run *run);
void bu_skb_guard(struct bu_run *run);
void bu_flow_guard(struct bu_run *run);
void bu_packet_ctx_guard(struct bu_run *run);
void bu_cgroup_sock_guard(struct bu_run *run);
void bu_sock_addr_guard(struct bu_run *run);
void bu_sock_ops_guard(struct bu_run *run);
void bu_sysctl_guard(struct bu_run *run);
void bu_sockopt_guard(struct bu_run *run);
void bu_sk_lookup_guard(struct bu_run *run);
void bu_reuseport_guard(struct bu_run *run);
void bu_tracepoint_guard(struct bu_run *run);

bool bu_xdp_load(struct bu_run *run, u32 offset, u32 size, u64 *value);
bool bu_skb_load(struct bu_run *run, u32 offset, u32 size, u64 *value);
bool bu_packet_ctx_load(struct bu_run *run, u32 offset, u32 size, u64 *value);

int bu_no_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_flow_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_netfilter_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_struct_ops_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_xdp_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_skb_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_raw_tp_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_tracing_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_sk_lookup_test_run(struct bu_prog *prog, union bpf_attr *attr);
int bu_syscall_test_run(struct bu_prog *prog, union bpf_attr *attr);

/* Warn of a value that programs of this type do not return. */
void bu_check_retval(const struct bu_run *run, u64 retval);
/* Whether a program's context is a struct __sk_buff (flow dissectors, which see another one,
 * apart). */
bool bu_prog_has_skb(const struct bu_prog *prog);
/* Whether such a program sees the packet from its link header on. */
bool bu_skb_is_l2(const struct bu_prog *prog);
/* The protocol in a link header, in network byte order. */
u16 bu_frame_protocol(const u8 *frame, u32 size);
/* The packet of a socket buffer program, and what its context says of it: fields that are zero. */
int bu_skb_set_packet(struct bu_run *run, const struct bu_test_io *io);
void bu_skb_describe(struct bu_run *run, const u8 *frame, u32 size);
/* Of metadata and packet, so many bytes are beyond the first page. */
u32 bu_xdp_frags(u32 size, u32 meta);
int bu_xdp_set_packet(struct bu_run *run, const struct bu_test_io *io);

#define BU_TEST_PAGE 4096
/* The largest packet of a socket buffer. */
#define BU_SKB_ROOM (BU_TEST_PAGE - 64 - BU_SHARED_INFO_BYTES) /* 64: NET_SKB_PAD */
#define BU_SHARED_INFO_BYTES                                                                       \
	320                 /* Source: SKB_DATA_ALIGN(sizeof(struct skb_shared_info)), x86-64 */
#define BU_XDP_HEADROOM 256 /* Source: XDP_PACKET_HEADROOM */
#define BU_ETH_BYTES    14

/* Parts of the test_run functions. Source: net/bpf/test_run.c (6.12). */
/* Of types that take a packet and no flags, cpu or batch_size: a copy of data_in, which has `min` to
 * `room` bytes, for the caller to free. 0, or -EINVAL, -EFAULT, -ENOMEM. */
int bu_test_data_in(const union bpf_attr *attr, u32 min, u32 room, u8 **data);
/* Whether bytes [from, to) are. */
bool bu_is_zero(const void *bytes, size_t from, size_t to);
/* A zero-filled copy of max_size bytes of ctx_in; *ctx NULL: neither ctx_in nor ctx_out. 0, or
 * -E2BIG, -EFAULT, -ENOMEM. (bpf_ctx_init) */
int bu_test_ctx_in(const union bpf_attr *attr, u32 max_size, void **ctx);
/* 0, -EFAULT, or -ENOSPC after copying what fits. (bpf_ctx_finish) */
int bu_test_ctx_out(union bpf_attr *attr, const void *ctx, u32 size);
/* As bu_test_ctx_out; also the return value and the duration in ns, and what is attached to the
 * tracepoint of it, which may change the result. (bpf_test_finish) */
int bu_test_finish(struct bu_kernel *kernel, union bpf_attr *attr, const void *data, u32 size,
		   u32 retval, u32 duration);
/* Run `repeat` times (0: once), each on what the one before left. *duration: mean in ns.
 * 0, -ENOMEM; -EFAULT: the program faulted. */
int bu_test_repeat(struct bu_prog *prog, struct bu_test_io *io, u32 repeat, u32 *duration);

#endif
