/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saving what is pinned, and all that it refers to. Maps come before programs, contents after both:
 * a program names maps, and a PROG_ARRAY holds programs. But the contents of jump tables are part
 * of the program that uses them. A file is replaced whole, or not at all.
 * Differs from a kernel that goes on running: records in ring buffers, timers, and links to
 * what only a descriptor names (control groups, perf events, other programs) are not kept.
 */
#include "ebpf/boundary/state.h"

#include "ebpf/boundary/bpffs.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/link/link.h"
#include "ebpf/syscall.h"
#include "ebpf/uapi.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct saver {
	struct bu_kernel *kernel;
	FILE *out;
	bool *marked[BU_OBJECT_MAX]; /* by id: is reached */
	int error;
};

static void put_record(struct saver *saver, u32 kind, u32 id, u64 size)
{
	struct bu_state_record record = { .kind = kind, .id = id, .size = size };

	fwrite(&record, sizeof(record), 1, saver->out);
}

static void put_bytes(struct saver *saver, const void *bytes, size_t size)
{
	if (size)
		fwrite(bytes, size, 1, saver->out);
}

static bool is_table(const struct bu_map *map)
{
	return map->type == (enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY;
}

static bool holds_maps(const struct bu_map *map)
{
	return map->inner;
}

/* Key after key. False at the end. */
static bool next_key(struct bu_map *map, void *key, bool first)
{
	void *next = malloc(map->key_size);
	bool more = next && !map->ops->next_key(map, first ? NULL : key, next);

	if (more)
		memcpy(key, next, map->key_size);
	free(next);
	return more;
}

static bool has_elements(const struct bu_map *map)
{
	return map->key_size && map->type != BPF_MAP_TYPE_STRUCT_OPS &&
	       map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
	       map->type != (enum bpf_map_type)BU_MAP_TYPE_ARENA;
}

/* Call `visit` for each element. */
static void for_each(struct saver *saver, struct bu_map *map,
		     void (*visit)(struct saver *saver, struct bu_map *map, const void *key,
				   const void *value))
{
	void *key = malloc(map->key_size + 1), *value = malloc(bu_map_user_value_size(map) + 1);

	if (!key || !value)
		saver->error = -ENOMEM;
	for (bool first = true; !saver->error && next_key(map, key, first); first = false) {
		if (!map->ops->user_lookup(map, key, value, 0))
			visit(saver, map, key, value);
	}
	free(key);
	free(value);
}

static void mark(struct saver *saver, struct bu_object *object);

static void mark_element(struct saver *saver, struct bu_map *map, const void *key,
			 const void *value)
{
	mark(saver, bu_object_by_id(saver->kernel, holds_maps(map) ? BU_OBJECT_MAP : BU_OBJECT_PROG,
				    *(const u32 *)value));
}

static void mark_map(struct saver *saver, struct bu_map *map)
{
	if (map->btf)
		mark(saver, &map->btf->object);
	if (map->ops->fd_values && has_elements(map))
		for_each(saver, map, mark_element);
}

static void mark_prog(struct saver *saver, const struct bu_prog *prog)
{
	if (prog->btf)
		mark(saver, &prog->btf->object);
	for (u32 i = 0; i < prog->nr_maps; i++)
		mark(saver, &prog->maps[i]->object);
}

static void mark(struct saver *saver, struct bu_object *object)
{
	if (!object || saver->marked[object->kind][object->id])
		return;
	saver->marked[object->kind][object->id] = true;
	if (object->kind == BU_OBJECT_MAP)
		mark_map(saver, bu_container_of(object, struct bu_map, object));
	else if (object->kind == BU_OBJECT_PROG)
		mark_prog(saver, bu_container_of(object, struct bu_prog, object));
	else if (object->kind == BU_OBJECT_LINK)
		mark(saver, &bu_container_of(object, struct bu_link, object)->prog->object);
}

/* Whether it can be made again from numbers alone. */
static bool is_lasting(const struct bu_link *link)
{
	if (!link->prog || !link->attached)
		return false;
	switch (link->type->type) {
	case BU_LINK_RAW_TRACEPOINT:
	case BU_LINK_XDP:
	case BU_LINK_TCX:
	case BU_LINK_NETKIT:
	case BU_LINK_NETFILTER:
		return true;
	case BU_LINK_TRACING:
		return !link->made.target; /* no other program's function */
	case BU_LINK_ITER:
		return !link->made.iter.info;
	default:
		return false;
	}
}

static void mark_pin(struct bu_object *object, void *arg)
{
	struct saver *saver = arg;

	if (object->kind != BU_OBJECT_LINK ||
	    is_lasting(bu_container_of(object, struct bu_link, object)))
		mark(saver, object);
	else
		bu_note(saver->kernel, "a pinned link (id %u) is not kept in the state directory",
			object->id);
}

static void save_btf(struct saver *saver, struct bu_object *object)
{
	const struct bu_btf *btf = bu_container_of(object, struct bu_btf, object);

	if (btf->kernel_btf)
		return;
	put_record(saver, BU_STATE_BTF, object->id, btf->size);
	put_bytes(saver, btf->data, btf->size);
}

static void describe_inner(const struct bu_map *map, struct bu_state_map *record)
{
	union bpf_attr attr;

	if (!bu_map_inner_attr(map, &attr))
		return;
	record->inner.type = attr.map_type;
	record->inner.key_size = attr.key_size;
	record->inner.value_size = attr.value_size;
	record->inner.max_entries = attr.max_entries;
	record->inner.flags = attr.map_flags;
}

static void save_map(struct saver *saver, struct bu_object *object)
{
	struct bu_map *map = bu_container_of(object, struct bu_map, object);
	struct bu_state_map record = {
		.type = map->type,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.flags = is_table(map) ? 0 : map->flags, /* its flag is the kernel's own */
		.map_extra = map->map_extra,
		.btf_id = map->btf ? map->btf->object.id : 0,
		.btf_key_type_id = map->btf_key_type_id,
		.btf_value_type_id = map->btf_value_type_id,
	};

	describe_inner(map, &record);
	memcpy(record.name, map->name, sizeof(record.name));
	put_record(saver, BU_STATE_MAP, object->id, sizeof(record));
	put_bytes(saver, &record, sizeof(record));
}

/* A type of the kernel's that a program attaches to by id, which another kernel may number
 * otherwise; NULL: none. */
static const struct btf_type *target_of(const struct saver *saver, const struct bu_prog *prog)
{
	const struct bu_btf *btf = bu_vmlinux_btf(saver->kernel);

	return btf && prog->target.name && !prog->target.of_prog
		       ? bu_btf_type(btf, prog->attach_btf_id)
		       : NULL;
}

static void save_target(struct saver *saver, const struct bu_prog *prog)
{
	const struct btf_type *type = target_of(saver, prog);
	const char *name =
		type ? bu_btf_string(bu_vmlinux_btf(saver->kernel), type->name_off) : NULL;

	if (!name)
		return;
	put_record(saver, BU_STATE_TARGET, BTF_INFO_KIND(type->info), strlen(name) + 1);
	put_bytes(saver, name, strlen(name) + 1);
}

/* What programs that attach by id see of the kernel is laid out by its types. */
static void save_types(struct saver *saver)
{
	struct bu_kernel *kernel = saver->kernel;
	const struct bu_btf *btf = bu_vmlinux_btf(kernel);
	bool needed = false;

	for (u32 id = 1; id < kernel->next_id[BU_OBJECT_PROG]; id++) {
		struct bu_object *object = bu_object_by_id(kernel, BU_OBJECT_PROG, id);

		needed |= object && saver->marked[BU_OBJECT_PROG][id] &&
			  target_of(saver, bu_container_of(object, struct bu_prog, object));
	}
	if (!needed || kernel->btf_choice != BU_BTF_OBJECTS)
		return;
	put_record(saver, BU_STATE_TYPES, 0, btf->size);
	put_bytes(saver, btf->data, btf->size);
}

static void save_prog(struct saver *saver, struct bu_object *object)
{
	const struct bu_prog *prog = bu_container_of(object, struct bu_prog, object);
	struct bu_state_prog record = {
		.type = prog->prog_type,
		.expected_attach_type = prog->expected_attach_type,
		.attach_btf_id = prog->attach_btf_id,
		.flags = prog->flags,
		.btf_id = prog->btf ? prog->btf->object.id : 0,
		.nr_insns = prog->nr_insns,
		.nr_func_info = prog->nr_func_info,
		.nr_line_info = prog->line_info ? prog->nr_lines : 0,
		.load_time = prog->load_time,
		.run_cnt = prog->run_cnt,
		.run_time_ns = prog->run_time_ns,
	};
	size_t insns = record.nr_insns * sizeof(*prog->insns);
	size_t funcs = record.nr_func_info * sizeof(*prog->func_info);
	size_t lines = record.nr_line_info * sizeof(*prog->line_info);

	memcpy(record.name, prog->name, sizeof(record.name));
	memcpy(record.license, prog->license, sizeof(record.license));
	save_target(saver, prog);
	put_record(saver, BU_STATE_PROG, object->id, sizeof(record) + insns + funcs + lines);
	put_bytes(saver, &record, sizeof(record));
	put_bytes(saver, prog->insns, insns);
	put_bytes(saver, prog->func_info, funcs);
	put_bytes(saver, prog->line_info, lines);
}

/* Also those that no instruction names (BPF_PROG_BIND_MAP). */
static void save_binds(struct saver *saver, struct bu_object *object)
{
	const struct bu_prog *prog = bu_container_of(object, struct bu_prog, object);

	put_record(saver, BU_STATE_BIND, object->id, prog->nr_maps * sizeof(u32));
	for (u32 i = 0; i < prog->nr_maps; i++)
		put_bytes(saver, &prog->maps[i]->object.id, sizeof(u32));
}

/* Where several are at one place, they come in the order of their ids. */
static void save_link(struct saver *saver, struct bu_object *object)
{
	const struct bu_link *link = bu_container_of(object, struct bu_link, object);
	const char *name = link->name ? link->name : "";
	struct bu_state_link record = {
		.type = link->type->type,
		.prog_id = link->prog->object.id,
		.attr = link->made,
	};

	record.attr.prog_fd = 0;
	if (record.type == BU_LINK_TCX || record.type == BU_LINK_NETKIT) {
		record.attr.flags = 0;
		record.attr.mprog.relative = 0;
		record.attr.mprog.expected_revision = 0;
	}
	put_record(saver, BU_STATE_LINK, object->id, sizeof(record) + strlen(name) + 1);
	put_bytes(saver, &record, sizeof(record));
	put_bytes(saver, name, strlen(name) + 1);
}

/* What an array holds of itself needs no record. */
static bool is_zero(const u8 *bytes, size_t size)
{
	return !size || (!*bytes && !memcmp(bytes, bytes + 1, size - 1));
}

static void save_element(struct saver *saver, struct bu_map *map, const void *key,
			 const void *value)
{
	u32 size = bu_map_user_value_size(map);
	struct bu_insn_array_value entry;

	if (is_table(map)) { /* the program says the rest again */
		entry = (struct bu_insn_array_value){ .orig_off = *(const u32 *)value };
		value = &entry;
	}

	if ((map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY) &&
	    is_zero(value, size))
		return;
	put_bytes(saver, key, map->key_size);
	put_bytes(saver, value, size);
}

/* The record's size is known afterwards. */
static void save_contents(struct saver *saver, struct bu_object *object)
{
	struct bu_map *map = bu_container_of(object, struct bu_map, object);
	long begin = ftell(saver->out), end;

	if (has_elements(map)) {
		put_record(saver, BU_STATE_ELEMENTS, object->id, 0);
		for_each(saver, map, save_element);
		end = ftell(saver->out);
		fseek(saver->out, begin, SEEK_SET);
		put_record(saver, BU_STATE_ELEMENTS, object->id,
			   end - begin - sizeof(struct bu_state_record));
		fseek(saver->out, end, SEEK_SET);
	}
	if (map->frozen)
		put_record(saver, BU_STATE_FREEZE, object->id, 0);
}

static void save_table(struct saver *saver, struct bu_object *object)
{
	if (is_table(bu_container_of(object, struct bu_map, object)))
		save_contents(saver, object);
}

static void save_other_contents(struct saver *saver, struct bu_object *object)
{
	if (!is_table(bu_container_of(object, struct bu_map, object)))
		save_contents(saver, object);
}

static void save_marked(struct saver *saver, enum bu_object_kind kind,
			void (*save)(struct saver *saver, struct bu_object *object))
{
	for (u32 id = 1; id < saver->kernel->next_id[kind]; id++) {
		if (saver->marked[kind][id])
			save(saver, saver->kernel->objects[kind][id]);
	}
}

static void save_symlink(struct saver *saver, const char *host, const char *path)
{
	char target[PATH_MAX];
	long len = bu_host_syscall(SYS_readlinkat, AT_FDCWD, (long)host, (long)target,
				   sizeof(target) - 1, 0, 0);

	if (len < 0)
		return;
	target[len] = '\0';
	put_record(saver, BU_STATE_SYMLINK, 0, len + strlen(path) + 2);
	put_bytes(saver, target, len + 1);
	put_bytes(saver, path, strlen(path) + 1);
}

static void save_pin(struct saver *saver, const struct stat *st, const char *path)
{
	struct bu_object *object = bu_pinned(saver->kernel, st->st_dev, st->st_ino);
	struct bu_state_pin pin = { .mode = st->st_mode & 07777 };

	if (!object || !saver->marked[object->kind][object->id])
		return;
	pin.kind = object->kind;
	put_record(saver, BU_STATE_PIN, object->id, sizeof(pin) + strlen(path) + 1);
	put_bytes(saver, &pin, sizeof(pin));
	put_bytes(saver, path, strlen(path) + 1);
}

static void save_directory(struct saver *saver, const char *dir);

static void save_entry(struct saver *saver, const char *host)
{
	char path[PATH_MAX];
	struct stat st;

	if (strlen(host) >= PATH_MAX || bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)host,
							(long)&st, AT_SYMLINK_NOFOLLOW, 0, 0))
		return;
	strcpy(path, host);
	bu_redirect_back(saver->kernel, path);
	if (S_ISLNK(st.st_mode)) {
		save_symlink(saver, host, path);
	} else if (S_ISDIR(st.st_mode)) {
		put_record(saver, BU_STATE_DIRECTORY, st.st_mode & 07777, strlen(path) + 1);
		put_bytes(saver, path, strlen(path) + 1);
		save_directory(saver, host);
	} else {
		save_pin(saver, &st, path);
	}
}

static void save_directory(struct saver *saver, const char *host)
{
	DIR *dir = opendir(host);
	struct dirent *entry;
	char *inner;

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (asprintf(&inner, "%s/%s", host, entry->d_name) < 0)
			break;
		save_entry(saver, inner);
		free(inner);
	}
	if (dir)
		closedir(dir);
}

static void save_tree(struct saver *saver, const struct bu_tree *tree)
{
	const char *type = tree->type->name;

	if (tree->type != &bu_bpffs)
		return;
	put_record(saver, BU_STATE_TREE, 0, strlen(type) + strlen(tree->prefix) + 2);
	put_bytes(saver, type, strlen(type) + 1);
	put_bytes(saver, tree->prefix, strlen(tree->prefix) + 1);
	if (tree->dir)
		save_directory(saver, tree->dir);
}

static void save_all(struct saver *saver)
{
	struct bu_kernel *kernel = saver->kernel;

	fputs(BU_STATE_FORMAT, saver->out);
	put_record(saver, BU_STATE_NEXT, 0, sizeof(kernel->next_id));
	put_bytes(saver, kernel->next_id, sizeof(kernel->next_id));
	save_types(saver);
	save_marked(saver, BU_OBJECT_BTF, save_btf);
	save_marked(saver, BU_OBJECT_MAP, save_map);
	save_marked(saver, BU_OBJECT_MAP, save_table);
	save_marked(saver, BU_OBJECT_PROG, save_prog);
	save_marked(saver, BU_OBJECT_PROG, save_binds);
	save_marked(saver, BU_OBJECT_MAP, save_other_contents);
	save_marked(saver, BU_OBJECT_LINK, save_link);
	for (struct bu_tree *tree = bu_trees(kernel); tree; tree = tree->next)
		save_tree(saver, tree);
}

static int begin_marks(struct saver *saver)
{
	for (int kind = 0; kind < BU_OBJECT_MAX; kind++) {
		saver->marked[kind] = calloc(saver->kernel->next_id[kind] + 1, sizeof(bool));
		if (!saver->marked[kind])
			return -ENOMEM;
	}
	bu_pin_for_each(saver->kernel, mark_pin, saver);
	return saver->error;
}

static int write_file(struct saver *saver, const char *path)
{
	int err;

	saver->out = fopen(path, "w");
	if (!saver->out)
		return -errno;
	save_all(saver);
	err = ferror(saver->out) ? -EIO : saver->error;
	return fclose(saver->out) && !err ? -errno : err;
}

int bu_state_save(struct bu_kernel *kernel, const char *path)
{
	struct saver saver = { .kernel = kernel };
	char *fresh = NULL;
	int err = begin_marks(&saver);

	if (!err && asprintf(&fresh, "%s.new", path) < 0)
		err = -ENOMEM;
	if (!err)
		err = write_file(&saver, fresh);
	if (!err)
		err = bu_host_syscall(SYS_renameat, AT_FDCWD, (long)fresh, AT_FDCWD, (long)path, 0,
				      0);
	free(fresh);
	for (int kind = 0; kind < BU_OBJECT_MAX; kind++)
		free(saver.marked[kind]);
	return err;
}
