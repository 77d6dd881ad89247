// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps that a program may not use: by what their values hold, by its type, and because it may
 * sleep. Source: check_map_prog_compatibility(), is_tracing_prog_type(), kernel/bpf/verifier.c
 * (6.12).
 */
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"
#include "ebpf/uapi.h"

static bool is_tracing(const struct bu_prog *prog)
{
	switch (bu_prog_kind(prog)) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return true;
	}
	return false;
}

static bool may_be_used_asleep(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BU_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BU_MAP_TYPE_ARENA:
	case BU_MAP_TYPE_INSN_ARRAY: /* 6.19 */
		return true;
	}
	return false;
}

static const char *why_not(const struct bu_prog *prog, const struct bu_map *map)
{
	bool tracing = is_tracing(prog);

	if (map->has_collection && tracing)
		return "tracing progs cannot use bpf_{list_head,rb_root} yet";
	if (map->has_spin_lock && bu_prog_kind(prog) == BPF_PROG_TYPE_SOCKET_FILTER)
		return "socket filter progs cannot use bpf_spin_lock yet";
	if (map->has_spin_lock && tracing)
		return "tracing progs cannot use bpf_spin_lock yet";
	if (map->timer && tracing)
		return "tracing progs cannot use bpf_timer yet";
	if (map->has_work && tracing)
		return "tracing progs cannot use bpf_wq yet";
	if (map->type == BPF_MAP_TYPE_STRUCT_OPS)
		return "bpf_struct_ops map cannot be used in prog";
	if (prog->flags & BPF_F_SLEEPABLE && !may_be_used_asleep(map->type))
		return "Sleepable programs can only use array, hash, ringbuf and local storage "
		       "maps";
	return NULL;
}

int bu_prog_check_map(const struct bu_prog *prog, const struct bu_map *map, struct bu_log *log)
{
	const char *why = why_not(prog, map);

	if (why)
		bu_log_add(log, "%s\n", why);
	return why ? -EINVAL : 0;
}
