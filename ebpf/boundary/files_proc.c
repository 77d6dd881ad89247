/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual files of procfs: /proc/kallsyms, and what /proc/<pid>/fdinfo says of our descriptors.
 * Source: bpf_map_show_fdinfo(), bpf_prog_show_fdinfo(), bpf_link_show_fdinfo(),
 * kernel/bpf/syscall.c (6.18). Differs: memlock is an estimate; nothing is jitted.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/link/link.h"
#include "ebpf/link/symbols.h"
#include "ebpf/map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long long ull;

void bu_file_print(struct bu_bytes *out, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	if (!out)
		return;
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		bu_bytes_add(out, text, len);
	else
		out->failed = true;
	if (len >= 0)
		free(text);
}

static int print_symbol(const struct bu_symbol *symbol, void *out)
{
	bu_file_print(out, symbol->module ? "%016llx %c %s\t[%s]\n" : "%016llx %c %s\n",
		      (ull)symbol->address, symbol->type, symbol->name, symbol->module);
	return 0;
}

int bu_file_kallsyms(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	return out ? bu_symbol_for_each(kernel, print_symbol, out) : 0;
}

static void print_map(const struct bu_map *map, struct bu_bytes *out)
{
	u64 entry = BU_ROUND_UP((u64)map->key_size, 8) + BU_ROUND_UP((u64)map->value_size, 8);

	bu_file_print(out,
		      "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n"
		      "map_flags:\t0x%x\nmap_extra:\t0x%llx\nmemlock:\t%llu\nmap_id:\t%u\n"
		      "frozen:\t%u\n",
		      map->type, map->key_size, map->value_size, map->max_entries, map->flags,
		      (ull)map->map_extra, (ull)(320 + entry * map->max_entries), map->object.id,
		      map->frozen);
}

static void print_tag(const struct bu_prog *prog, struct bu_bytes *out)
{
	bu_file_print(out, "prog_tag:\t");
	for (size_t i = 0; i < sizeof(prog->tag); i++)
		bu_file_print(out, "%02x", prog->tag[i]);
	bu_file_print(out, "\n");
}

static void print_prog(const struct bu_prog *prog, struct bu_bytes *out)
{
	bu_file_print(out, "prog_type:\t%u\nprog_jited:\t0\n", prog->prog_type);
	print_tag(prog, out);
	bu_file_print(out,
		      "memlock:\t%llu\nprog_id:\t%u\nrun_time_ns:\t0\nrun_cnt:\t%llu\n"
		      "recursion_misses:\t%llu\nverified_insns:\t%u\n",
		      (ull)BU_ROUND_UP((u64)prog->nr_insns * sizeof(struct bpf_insn), 4096),
		      prog->object.id, (ull)prog->run_cnt, (ull)prog->misses, prog->nr_insns);
}

static void print_perf(const struct bu_link_info *info, const char *name, struct bu_bytes *out)
{
	u32 type = info->perf_event.type;

	switch (type) {
	case BU_PERF_INFO_TRACEPOINT:
		bu_file_print(out, "tp_name:\t%s\nevent_type:\ttracepoint\ncookie:\t%llu\n", name,
			      (ull)info->perf_event.tracepoint.cookie);
		break;
	case BU_PERF_INFO_KPROBE:
	case BU_PERF_INFO_KRETPROBE:
		bu_file_print(out,
			      "name:\t%s\noffset:\t0x%x\nmissed:\t%llu\naddr:\t0x%llx\n"
			      "event_type:\t%s\ncookie:\t%llu\n",
			      name, info->perf_event.kprobe.offset,
			      (ull)info->perf_event.kprobe.missed,
			      (ull)info->perf_event.kprobe.addr,
			      type == BU_PERF_INFO_KPROBE ? "kprobe" : "kretprobe",
			      (ull)info->perf_event.kprobe.cookie);
		break;
	case BU_PERF_INFO_UPROBE:
	case BU_PERF_INFO_URETPROBE:
		bu_file_print(out,
			      "name:\t%s\noffset:\t0x%x\nref_ctr_offset:\t0x%llx\nevent_type:\t%s\n"
			      "cookie:\t%llu\n",
			      name, info->perf_event.uprobe.offset,
			      (ull)info->perf_event.uprobe.ref_ctr_offset,
			      type == BU_PERF_INFO_UPROBE ? "uprobe" : "uretprobe",
			      (ull)info->perf_event.uprobe.cookie);
		break;
	default:
		bu_file_print(out, "type:\t%u\nconfig:\t%llu\nevent_type:\tevent\ncookie:\t%llu\n",
			      info->perf_event.event.type, (ull)info->perf_event.event.config,
			      (ull)info->perf_event.event.cookie);
	}
}

static void print_type(const struct bu_link_info *info, const char *name, struct bu_bytes *out)
{
	switch (info->type) {
	case BU_LINK_RAW_TRACEPOINT:
		bu_file_print(out, "tp_name:\t%s\ncookie:\t%llu\n", name,
			      (ull)info->raw_tracepoint.cookie);
		break;
	case BU_LINK_TRACING:
		bu_file_print(out,
			      "attach_type:\t%u\ntarget_obj_id:\t%u\ntarget_btf_id:\t%u\n"
			      "cookie:\t%llu\n",
			      info->tracing.attach_type, info->tracing.target_obj_id,
			      info->tracing.target_btf_id, (ull)info->tracing.cookie);
		break;
	case BU_LINK_ITER:
		bu_file_print(out, "target_name:\t%s\n", name);
		break;
	case BU_LINK_CGROUP:
		bu_file_print(out, "cgroup_id:\t%llu\nattach_type:\t%u\n",
			      (ull)info->cgroup.cgroup_id, info->cgroup.attach_type);
		break;
	case BU_LINK_NETNS:
		bu_file_print(out, "netns_ino:\t%u\nattach_type:\t%u\n", info->netns.netns_ino,
			      info->netns.attach_type);
		break;
	case BU_LINK_XDP:
		bu_file_print(out, "ifindex:\t%u\n", info->xdp.ifindex);
		break;
	case BU_LINK_STRUCT_OPS:
		bu_file_print(out, "map_id:\t%u\n", info->struct_ops.map_id);
		break;
	case BU_LINK_PERF_EVENT:
		print_perf(info, name, out);
		break;
	}
}

/* Where a type's info has a name, ask for it. The union's members begin with it. */
static void ask_name(struct bu_link_info *info, char *name, u32 size)
{
	switch (info->type) {
	case BU_LINK_RAW_TRACEPOINT:
		info->raw_tracepoint.tp_name = (u64)name;
		info->raw_tracepoint.tp_name_len = size;
		break;
	case BU_LINK_ITER:
		info->iter.target_name = (u64)name;
		info->iter.target_name_len = size;
		break;
	case BU_LINK_PERF_EVENT:
		info->perf_event.tracepoint.tp_name = (u64)name;
		info->perf_event.tracepoint.name_len = size;
		break;
	}
}

static void print_link(struct bu_link *link, struct bu_bytes *out)
{
	struct bu_link_info info = { .type = link->type->type };
	char name[256] = "";
	bool perf = link->type->type == BU_LINK_PERF_EVENT;

	bu_file_print(out, "link_type:\t%s\nlink_id:\t%u\n", perf ? "perf" : link->type->name,
		      link->object.id);
	if (link->prog) {
		print_tag(link->prog, out);
		bu_file_print(out, "prog_id:\t%u\n", link->prog->object.id);
	}
	ask_name(&info, name, sizeof(name));
	if (link->type->info && !link->type->info(link, &info))
		print_type(&info, name, out);
	if (info.type == BU_LINK_ITER)
		bu_iter_fdinfo(link, out);
}

/* What all descriptors have; of anonymous inodes there is one. */
static void print_common(const struct bu_object *object, struct bu_bytes *out)
{
	bu_file_print(out, "pos:\t0\nflags:\t%s\nmnt_id:\t17\nino:\t1039\n",
		      object->kind == BU_OBJECT_LINK ? "02000000" : "02000002");
}

int bu_fdinfo(struct bu_kernel *kernel, int fd, struct bu_bytes *out)
{
	int err;
	struct bu_fd *record = bu_fd_verify(kernel, fd, &err);
	struct bu_object *object = record ? record->object : NULL;

	if (!object)
		return BU_FILE_HOSTS;
	print_common(object, out);
	if (object->kind == BU_OBJECT_MAP)
		print_map(bu_container_of(object, struct bu_map, object), out);
	else if (object->kind == BU_OBJECT_PROG)
		print_prog(bu_container_of(object, struct bu_prog, object), out);
	else if (object->kind == BU_OBJECT_LINK)
		print_link(bu_container_of(object, struct bu_link, object), out);
	else if (object->kind == BU_OBJECT_BTF)
		bu_file_print(out, "btf_id:\t%u\n", object->id);
	return 0;
}

/* "self/fdinfo/3", or with this process's number. */
int bu_file_proc(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	size_t len = strcspn(rest, "/");
	bool own = len == 4 && !memcmp(rest, "self", 4);
	char *end;
	long fd;

	if (!own && strtol(rest, &end, 10) == getpid() && end == rest + len)
		own = true;
	rest += len;
	if (!own || strncmp(rest, "/fdinfo/", 8))
		return BU_FILE_HOSTS;
	rest += 8;
	fd = strtol(rest, &end, 10);
	if (end == rest || *end || fd < 0 || fd > INT32_MAX)
		return BU_FILE_HOSTS;
	return bu_fdinfo(kernel, fd, out);
}
