// SPDX-License-Identifier: BSD-2-Clause
/* Making twins. A twin is made as user space made the original, so the host's kernel judges it as
 * it would have judged that. */
#include "framework/mirror.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"
#include "maps/map_in_map.h"

#define LOG_SIZE         (1 << 20)
#define F_TOKEN          (1U << 16)
#define PSEUDO_IDX       5
#define PSEUDO_IDX_VALUE 6

struct bu_twin_btf {
	struct bu_twin_btf *next;
	u32 id;
	int fd;
};

long bu_host_bpf(int cmd, union bpf_attr *attr)
{
	return bu_host_syscall(SYS_bpf, cmd, (long)attr, sizeof(*attr), 0, 0, 0);
}

void bu_mirror_why(struct bu_mirror *mirror, const char *format, ...)
{
	va_list args;

	if (mirror->why[0])
		return;
	va_start(args, format);
	vsnprintf(mirror->why, sizeof(mirror->why), format, args);
	va_end(args);
}

struct bu_mirror *bu_mirror_new(struct bu_kernel *kernel)
{
	struct bu_mirror *mirror = calloc(1, sizeof(*mirror));

	if (mirror) {
		mirror->kernel = kernel;
		mirror->cpus = (u32)sysconf(_SC_NPROCESSORS_CONF);
	}
	return mirror;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void bu_mirror_free(struct bu_mirror *mirror)
{
	while (mirror->maps) {
		struct bu_twin_map *twin = mirror->maps;

		mirror->maps = twin->next;
		bu_mirror_close_rings(twin);
		close_fd(twin->fd);
		free(twin);
	}
	while (mirror->progs) {
		struct bu_twin_prog *twin = mirror->progs;

		mirror->progs = twin->next;
		close_fd(twin->fd);
		free(twin->log);
		free(twin);
	}
	while (mirror->btfs) {
		struct bu_twin_btf *twin = mirror->btfs;

		mirror->btfs = twin->next;
		close_fd(twin->fd);
		free(twin);
	}
	if (mirror->env_fd > 0)
		close(mirror->env_fd);
	free(mirror);
}

int bu_mirror_btf(struct bu_mirror *mirror, struct bu_btf *btf)
{
	struct bu_twin_btf *twin = mirror->btfs;
	union bpf_attr attr = { 0 };

	while (twin && twin->id != btf->object.id)
		twin = twin->next;
	if (twin)
		return twin->fd;
	twin = calloc(1, sizeof(*twin));
	if (!twin)
		return -ENOMEM;
	attr.btf = (u64)(uintptr_t)btf->data;
	attr.btf_size = btf->size;
	twin->id = btf->object.id;
	twin->fd = bu_host_bpf(BPF_BTF_LOAD, &attr);
	twin->next = mirror->btfs;
	mirror->btfs = twin;
	return twin->fd;
}

/* Maps */

/* What BPF_MAP_CREATE was given, as far as it changes what programs see. */
static void attr_of(const struct bu_map *map, union bpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->map_type = map->type;
	attr->key_size = map->key_size;
	attr->value_size = map->value_size;
	attr->max_entries = map->max_entries;
	attr->map_flags = map->flags & ~(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_NUMA_NODE | F_TOKEN);
	attr->map_extra = map->map_extra;
	memcpy(attr->map_name, map->name, sizeof(attr->map_name) - 1);
}

static void set_types(struct bu_mirror *mirror, const struct bu_map *map, union bpf_attr *attr)
{
	int fd = map->btf && map->btf_value_type_id ? bu_mirror_btf(mirror, map->btf) : -1;

	if (fd < 0)
		return;
	attr->btf_fd = fd;
	attr->btf_key_type_id = map->btf_key_type_id;
	attr->btf_value_type_id = map->btf_value_type_id;
}

/* A map for inner_map_fd, to be closed after the outer one was made; -1: none. */
static int make_template(const struct bu_map *outer)
{
	union bpf_attr attr = { 0 };

	if (!bu_map_template_attr(outer, &attr))
		return -1;
	return bu_host_bpf(BPF_MAP_CREATE, &attr);
}

/* A twin whose contents can be made equal and be read again. */
static bool can_copy(const struct bu_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return !map->special || map->has_spin_lock || map->timer;
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return true;
	default:
		return false;
	}
}

static u32 id_of(int fd)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (u64)(uintptr_t)&info;
	return bu_host_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : info.id;
}

static void make_map(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	const struct bu_map *map = twin->map;
	union bpf_attr attr;
	int template, error;

	if (!can_copy(map)) {
		snprintf(twin->why, sizeof(twin->why), "a %s map%s cannot be read back",
			 map->ops->name, map->special ? " with such fields" : "");
		return;
	}
	attr_of(map, &attr);
	set_types(mirror, map, &attr);
	template = bu_map_is_outer(map) ? make_template(map) : -1;
	if (template >= 0)
		attr.inner_map_fd = template;
	twin->fd = bu_host_bpf(BPF_MAP_CREATE, &attr);
	close_fd(template);
	error = twin->fd < 0 ? twin->fd : bu_mirror_open_rings(mirror, twin);
	if (error)
		snprintf(twin->why, sizeof(twin->why), "the kernel makes no %s map like this: %s",
			 map->ops->name, strerror(-error));
	else
		twin->host_id = id_of(twin->fd);
}

struct bu_twin_map *bu_mirror_map(struct bu_mirror *mirror, struct bu_map *map)
{
	struct bu_twin_map *twin = mirror->maps;

	while (twin && twin->id != map->object.id)
		twin = twin->next;
	if (!twin) {
		twin = calloc(1, sizeof(*twin));
		if (!twin)
			return NULL;
		twin->id = map->object.id;
		twin->fd = -1;
		twin->map = map;
		twin->next = mirror->maps;
		mirror->maps = twin;
		make_map(mirror, twin);
	}
	twin->map = map;
	return twin;
}

/* Programs */

struct bu_twin_prog *bu_mirror_prog(struct bu_mirror *mirror, struct bu_prog *prog)
{
	struct bu_twin_prog *twin = mirror->progs;

	while (twin && twin->id != prog->object.id)
		twin = twin->next;
	if (!twin) {
		twin = calloc(1, sizeof(*twin));
		if (!twin)
			return NULL;
		twin->id = prog->object.id;
		twin->fd = -1;
		twin->next = mirror->progs;
		mirror->progs = twin;
	}
	twin->prog = prog;
	return twin;
}

/* The map that a wide load names, NULL: none of the program's. */
static struct bu_map *map_of(const struct bu_prog *prog, u32 i, bool value)
{
	u64 resolved = prog->resolved[i];

	for (u32 n = 0; n < prog->nr_maps; n++) {
		struct bu_map *map = prog->maps[n];

		if (!value && resolved == (u64)(uintptr_t)map->handle)
			return map;
		if (value && map->ops->direct_value &&
		    resolved == (u64)(uintptr_t)map->ops->direct_value(map, prog->insns[i + 1].imm))
			return map;
	}
	return NULL;
}

/* Put the twins' descriptors into the instructions; false: a map has none. */
static bool relocate(struct bu_mirror *mirror, const struct bu_prog *prog, struct bpf_insn *insns)
{
	for (u32 i = 0; i < prog->nr_insns; i++) {
		u8 kind = insns[i].src_reg;
		bool value = kind == BPF_PSEUDO_MAP_VALUE || kind == PSEUDO_IDX_VALUE;
		struct bu_twin_map *twin;
		struct bu_map *map;

		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (value || kind == BPF_PSEUDO_MAP_FD || kind == PSEUDO_IDX) {
			map = map_of(prog, i, value);
			twin = map ? bu_mirror_map(mirror, map) : NULL;
			if (!twin || twin->fd < 0)
				return false;
			insns[i].src_reg = value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
			insns[i].imm = twin->fd;
		}
		i++;
	}
	return true;
}

static void set_info(struct bu_mirror *mirror, const struct bu_prog *prog, union bpf_attr *attr)
{
	int fd = prog->btf ? bu_mirror_btf(mirror, prog->btf) : -1;

	if (fd < 0)
		return;
	attr->prog_btf_fd = fd;
	attr->func_info = (u64)(uintptr_t)prog->func_info;
	attr->func_info_cnt = prog->nr_func_info;
	attr->func_info_rec_size = sizeof(*prog->func_info);
	attr->line_info = (u64)(uintptr_t)prog->line_info;
	attr->line_info_cnt = prog->nr_lines;
	attr->line_info_rec_size = sizeof(*prog->line_info);
}

/* As it was loaded; with `log`, of LOG_SIZE bytes, for the verifier's words. Information about
 * functions would have to name those that were added. */
static int load(struct bu_mirror *mirror, const struct bu_twin_prog *twin,
		const struct bpf_insn *insns, u32 nr, char *log)
{
	const struct bu_prog *prog = twin->prog;
	union bpf_attr attr = { 0 };

	attr.prog_type = prog->prog_type;
	attr.expected_attach_type = prog->expected_attach_type;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = nr;
	attr.license = (u64)(uintptr_t)(prog->gpl ? "GPL" : prog->license);
	attr.prog_flags = prog->flags & ~F_TOKEN;
	memcpy(attr.prog_name, prog->name, sizeof(attr.prog_name) - 1);
	if (!twin->replaced)
		set_info(mirror, prog, &attr);
	if (log) {
		attr.log_level = 1;
		attr.log_buf = (u64)(uintptr_t)log;
		attr.log_size = LOG_SIZE;
	}
	return bu_host_bpf(BPF_PROG_LOAD, &attr);
}

/* Why it was refused: with the verifier's words a refusal of this program, else of its kind. */
static void explain(struct bu_mirror *mirror, struct bu_twin_prog *twin,
		    const struct bpf_insn *insns, u32 nr)
{
	char *log = calloc(1, LOG_SIZE);

	twin->error = twin->fd;
	if (log && !twin->replaced && load(mirror, twin, insns, nr, log) < 0 && log[0])
		twin->log = log;
	else
		free(log);
	if (!twin->log)
		snprintf(twin->why, sizeof(twin->why), "the kernel loads no such %s program: %s",
			 twin->prog->type->name, strerror(-twin->error));
	twin->fd = -1;
}

void bu_mirror_load(struct bu_mirror *mirror, struct bu_twin_prog *twin)
{
	u32 nr = twin->prog->nr_insns;
	struct bpf_insn *insns;

	if (twin->loaded)
		return;
	twin->loaded = true;
	insns = calloc(nr, sizeof(*insns));
	if (!insns)
		return;
	memcpy(insns, twin->prog->insns, nr * sizeof(*insns));
	if (relocate(mirror, twin->prog, insns) && !bu_mirror_env_replace(mirror, &insns, &nr)) {
		twin->replaced = nr != twin->prog->nr_insns;
		twin->fd = load(mirror, twin, insns, nr, NULL);
		if (twin->fd < 0)
			explain(mirror, twin, insns, nr);
	} else {
		snprintf(twin->why, sizeof(twin->why), "a map of the program has no twin");
	}
	free(insns);
}
