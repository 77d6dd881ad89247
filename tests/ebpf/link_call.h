/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the cases about links. Attributes are as long as the newest kernel's. */
#ifndef BU_TESTS_EBPF_LINK_CALL_H
#define BU_TESTS_EBPF_LINK_CALL_H

#include "ebpf/uapi.h"
#include "prog_call.h"

#include <linux/perf_event.h>

#define RAW_TP BPF_PROG_TYPE_RAW_TRACEPOINT

union link_attr {
	struct bu_link_create_attr create;
	struct {
		u64 name;
		u32 prog_fd, pad;
		u64 cookie;
	} raw_tp;
	struct {
		u32 link_fd, new_fd, flags, old_fd;
	} update;
	struct {
		u32 id, next_id, open_flags;
	} id;
	struct {
		u32 fd, info_len;
		u64 info;
	} info;
	struct {
		u32 pid, fd, flags, buf_len;
		u64 buf;
		u32 prog_id, fd_type;
		u64 probe_offset, probe_addr;
	} query;
	struct {
		u32 link_fd, flags;
	} iter;
	u8 bytes[152];
};

#define LINK(cmd, ...)                                                                             \
	__extension__({                                                                            \
		union link_attr attr_;                                                             \
		memset(&attr_, 0, sizeof(attr_));                                                  \
		attr_ = (union link_attr){ __VA_ARGS__ };                                          \
		bpf(cmd, &attr_, sizeof(attr_));                                                   \
	})

#define CREATE(...) LINK(BPF_LINK_CREATE, .create = { __VA_ARGS__ })
#define UPDATE(...) LINK(BPF_LINK_UPDATE, .update = { __VA_ARGS__ })
#define OPEN(...)   LINK(BPF_RAW_TRACEPOINT_OPEN, .raw_tp = { __VA_ARGS__ })
#define DETACH(fd)  LINK(BPF_LINK_DETACH, .update = { .link_fd = (u32)(fd) })

static inline long link_info(bpf_call bpf, int link, struct bu_link_info *info)
{
	return LINK(BPF_OBJ_GET_INFO_BY_FD,
		    .info = { .fd = link, .info_len = sizeof(*info), .info = (u64)info });
}

static inline int make_raw_tp(bpf_call bpf)
{
	return OPEN(.name = (u64) "sched_switch", .prog_fd = make_prog(bpf, RAW_TP, 0));
}

/* An event that never fires. */
static inline int make_event(bpf_call bpf)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
	};

	if (bpf == emulated_bpf)
		return syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);
	return bu_host_syscall(__NR_perf_event_open, (long)&attr, -1, 0, -1, 0, 0);
}

#endif
