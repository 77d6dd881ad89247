/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the bpf(2) ABI that are newer than the oldest uapi header that we build with (Linux
 * 6.1): numbers, and structs where a header's may be shorter. Source: include/uapi/linux/bpf.h
 * (6.12; 6.18 where a line says so).
 */
#ifndef BU_UAPI_H
#define BU_UAPI_H

#include "ebpf/base.h"

enum { /* program types */
       BU_PROG_TYPE_NETFILTER = 32,
};

/* A value of BPF_MAP_TYPE_INSN_ARRAY. Source: include/uapi/linux/bpf.h (6.19) */
struct bu_insn_array_value {
	u32 orig_off; /* the instruction as it is loaded: the only member that user space sets */
	u32 xlated_off;
	u32 jitted_off;
	u32 pad;
};

enum { /* attach types */
       BU_ATTACH_STRUCT_OPS = 44,
       BU_ATTACH_NETFILTER = 45,
       BU_ATTACH_TCX_INGRESS = 46,
       BU_ATTACH_TCX_EGRESS = 47,
       BU_ATTACH_UPROBE_MULTI = 48,
       BU_ATTACH_UNIX_CONNECT = 49,
       BU_ATTACH_UNIX_SENDMSG = 50,
       BU_ATTACH_UNIX_RECVMSG = 51,
       BU_ATTACH_UNIX_GETPEERNAME = 52,
       BU_ATTACH_UNIX_GETSOCKNAME = 53,
       BU_ATTACH_NETKIT_PRIMARY = 54,
       BU_ATTACH_NETKIT_PEER = 55,
       BU_ATTACH_KPROBE_SESSION = 56,
       BU_ATTACH_UPROBE_SESSION = 57,
       BU_ATTACH_MAX = 58,
};

enum { /* link types */
       BU_LINK_RAW_TRACEPOINT = 1,
       BU_LINK_TRACING = 2,
       BU_LINK_CGROUP = 3,
       BU_LINK_ITER = 4,
       BU_LINK_NETNS = 5,
       BU_LINK_XDP = 6,
       BU_LINK_PERF_EVENT = 7,
       BU_LINK_KPROBE_MULTI = 8,
       BU_LINK_STRUCT_OPS = 9,
       BU_LINK_NETFILTER = 10,
       BU_LINK_TCX = 11,
       BU_LINK_UPROBE_MULTI = 12,
       BU_LINK_NETKIT = 13,
       BU_LINK_SOCKMAP = 14,
       BU_LINK_MAX = 15,
};

enum { /* what the info of a perf event's link is about */
       BU_PERF_INFO_UPROBE = 1,
       BU_PERF_INFO_URETPROBE = 2,
       BU_PERF_INFO_KPROBE = 3,
       BU_PERF_INFO_KRETPROBE = 4,
       BU_PERF_INFO_TRACEPOINT = 5,
       BU_PERF_INFO_EVENT = 6,
};

enum { /* attach and link flags */
       BU_F_REPLACE = 1U << 2,
       BU_F_BEFORE = 1U << 3,
       BU_F_AFTER = 1U << 4,
       BU_F_ID = 1U << 5,
       BU_F_PREORDER = 1U << 6, /* 6.15 */
       BU_F_LINK = 1U << 13,
};

/* link_create of union bpf_attr as in 6.18. */
struct bu_link_create_attr {
	u32 prog_fd; /* or map_fd */
	u32 target;  /* descriptor or ifindex */
	u32 attach_type;
	u32 flags;
	union {
		u32 target_btf_id;
		struct {
			u64 info __attribute__((aligned(8)));
			u32 info_len;
		} iter;
		struct {
			u64 cookie;
		} perf_event;
		struct {
			u32 flags, cnt;
			u64 syms, addrs, cookies;
		} kprobe_multi;
		struct {
			u32 target_btf_id;
			u64 cookie;
		} tracing;
		struct {
			u32 pf, hooknum;
			s32 priority;
			u32 flags;
		} netfilter;
		struct {              /* tcx, netkit, cgroup */
			u32 relative; /* descriptor or id */
			u64 expected_revision;
		} mprog;
		struct {
			u64 path, offsets, ref_ctr_offsets, cookies;
			u32 cnt, flags, pid;
		} uprobe_multi;
	};
};

/* The attributes of PROG_ATTACH and PROG_DETACH as in 6.12. */
struct bu_prog_attach_attr {
	u32 target; /* descriptor or ifindex */
	u32 attach_bpf_fd;
	u32 attach_type;
	u32 attach_flags;
	u32 replace_bpf_fd;
	u32 relative; /* descriptor or id */
	u64 expected_revision;
};

/* The attributes of PROG_QUERY as in 6.12. */
struct bu_prog_query_attr {
	u32 target;
	u32 attach_type;
	u32 query_flags;
	u32 attach_flags;
	u64 prog_ids;
	u32 count;
	u64 prog_attach_flags __attribute__((aligned(8)));
	u64 link_ids;
	u64 link_attach_flags;
	u64 revision;
};

/* struct bpf_link_info as in 6.18. */
struct bu_link_info {
	u32 type, id, prog_id;
	union {
		struct {
			u64 tp_name __attribute__((aligned(8)));
			u32 tp_name_len;
			u64 cookie __attribute__((aligned(8)));
		} raw_tracepoint;
		struct {
			u32 attach_type, target_obj_id, target_btf_id;
			u64 cookie __attribute__((aligned(8)));
		} tracing;
		struct {
			u64 cgroup_id __attribute__((aligned(8)));
			u32 attach_type;
		} cgroup;
		struct {
			u64 target_name __attribute__((aligned(8)));
			u32 target_name_len;
			u32 map_id;
			union {
				struct {
					u64 cgroup_id;
					u32 order;
				} cgroup;
				struct {
					u32 tid, pid;
				} task;
			};
		} iter;
		struct {
			u32 netns_ino, attach_type;
		} netns;
		struct {
			u32 ifindex;
		} xdp;
		struct {
			u32 map_id;
		} struct_ops;
		struct {
			u32 pf, hooknum;
			s32 priority;
			u32 flags;
		} netfilter;
		struct {
			u64 addrs __attribute__((aligned(8)));
			u32 count, flags;
			u64 missed, cookies;
		} kprobe_multi;
		struct {
			u64 path __attribute__((aligned(8)));
			u64 offsets, ref_ctr_offsets, cookies;
			u32 path_size, count, flags, pid;
		} uprobe_multi;
		struct {
			u32 type __attribute__((aligned(8)));
			union {
				struct {
					u64 file_name __attribute__((aligned(8)));
					u32 name_len, offset;
					u64 cookie, ref_ctr_offset;
				} uprobe;
				struct {
					u64 func_name __attribute__((aligned(8)));
					u32 name_len, offset;
					u64 addr, missed, cookie;
				} kprobe;
				struct {
					u64 tp_name __attribute__((aligned(8)));
					u32 name_len;
					u64 cookie __attribute__((aligned(8)));
				} tracepoint;
				struct {
					u64 config __attribute__((aligned(8)));
					u32 type;
					u64 cookie __attribute__((aligned(8)));
				} event;
			};
		} perf_event;
		struct {
			u32 ifindex, attach_type;
		} tcx, netkit;
		struct {
			u32 map_id, attach_type;
		} sockmap;
	};
};

#endif
