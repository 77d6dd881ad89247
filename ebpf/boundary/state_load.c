/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a state file: each record is checked against what is left of the file and made by the
 * functions that bpf(2) uses. The loader holds a reference of all that it made until the end; then
 * only what is pinned, or reached from a pin, stays.
 */
#include "ebpf/boundary/state.h"

#include "ebpf/boundary/bpffs.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/link/link.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct loader {
	struct bu_kernel *kernel;
	u8 *bytes, *at, *end;
	u8 *payload;
	struct bu_state_record record;
	struct bu_object **made;
	size_t nr_made;
	u32 next[BU_OBJECT_MAX];
	char target[256]; /* of the next program; "": none by BTF id */
	u32 target_kind;
};

static int keep(struct loader *loader, struct bu_object *object)
{
	struct bu_object **made =
		reallocarray(loader->made, loader->nr_made + 1, sizeof(*loader->made));

	if (!made) {
		bu_object_put(object);
		return -ENOMEM;
	}
	loader->made = made;
	made[loader->nr_made++] = object;
	return 0;
}

/* A descriptor of an object, for the attributes of a call; -1: there is none. */
static int open_id(struct loader *loader, enum bu_object_kind kind, u32 id)
{
	struct bu_object *object = bu_object_by_id(loader->kernel, kind, id);

	if (!object)
		return -1;
	bu_object_get(object);
	return bu_fd_install(object);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int load_btf(struct loader *loader)
{
	struct bu_btf *btf;
	int err = bu_object_continue(loader->kernel, BU_OBJECT_BTF, loader->record.id);

	if (err)
		return err;
	btf = bu_btf_create(loader->kernel, loader->payload, loader->record.size, &err);
	return btf ? keep(loader, &btf->object) : err;
}

/* A map for the outer one's creation to look at: a descriptor, 0 when none is needed, or -errno. It
 * has an id that is not taken again. */
static int open_inner(struct loader *loader, const struct bu_state_map *record)
{
	union bpf_attr attr = {
		.map_type = record->inner.type,
		.key_size = record->inner.key_size,
		.value_size = record->inner.value_size,
		.max_entries = record->inner.max_entries,
		.map_flags = record->inner.flags,
	};
	const struct bu_map_ops *ops = bu_map_ops_of(attr.map_type);
	struct bu_map *map;
	int err;

	if (!attr.map_type)
		return 0;
	err = ops ? ops->check(&attr) : -EINVAL;
	if (!err)
		err = bu_object_continue(loader->kernel, BU_OBJECT_MAP,
					 loader->next[BU_OBJECT_MAP]++);
	map = err ? NULL : bu_map_create(loader->kernel, &attr, NULL, &err);
	return map ? bu_fd_install(&map->object) : err;
}

static struct bu_map *make_map(struct loader *loader, const struct bu_state_map *record, int inner,
			       int *err)
{
	union bpf_attr attr = {
		.map_type = record->type,
		.key_size = record->key_size,
		.value_size = record->value_size,
		.max_entries = record->max_entries,
		.map_flags = record->flags,
		.btf_key_type_id = record->btf_key_type_id,
		.btf_value_type_id = record->btf_value_type_id,
		.map_extra = record->map_extra,
		.inner_map_fd = inner,
	};
	struct bu_object *btf = bu_object_by_id(loader->kernel, BU_OBJECT_BTF, record->btf_id);
	const struct bu_map_ops *ops = bu_map_ops_of(record->type);

	memcpy(attr.map_name, record->name, sizeof(attr.map_name) - 1);
	*err = ops ? ops->check(&attr) : -EINVAL;
	if (!*err)
		*err = bu_object_continue(loader->kernel, BU_OBJECT_MAP, loader->record.id);
	if (*err)
		return NULL;
	return bu_map_create(loader->kernel, &attr,
			     btf ? bu_container_of(btf, struct bu_btf, object) : NULL, err);
}

static int load_map(struct loader *loader)
{
	const struct bu_state_map *record = (void *)loader->payload;
	int err = 0, inner = open_inner(loader, record);
	struct bu_map *map = inner < 0 ? NULL : make_map(loader, record, inner, &err);

	if (inner > 0)
		close(inner);
	if (map)
		return keep(loader, &map->object);
	bu_note(loader->kernel, "map '%.15s' (id %u) cannot be made from the state: %s",
		record->name, loader->record.id, strerror(inner < 0 ? -inner : -err));
	return 0;
}

static bool names_map(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

/* Ids become descriptors (to == true), which are closed again afterwards. */
static void open_maps(struct loader *loader, struct bpf_insn *insns, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (names_map(&insns[i]))
			insns[i].imm = open_id(loader, BU_OBJECT_MAP, insns[i].imm);
	}
}

static void close_maps(const struct bpf_insn *insns, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (names_map(&insns[i]))
			close_fd(insns[i].imm);
	}
}

static bool has_size(const struct loader *loader, const struct bu_state_prog *record)
{
	return loader->record.size ==
	       sizeof(*record) + (u64)record->nr_insns * sizeof(struct bpf_insn) +
		       (u64)record->nr_func_info * sizeof(struct bpf_func_info) +
		       (u64)record->nr_line_info * sizeof(struct bpf_line_info);
}

static union bpf_attr prog_attr(const struct bu_state_prog *record, struct bpf_insn *insns)
{
	union bpf_attr attr = {
		.prog_type = record->type,
		.expected_attach_type = record->expected_attach_type,
		.attach_btf_id = record->attach_btf_id,
		.prog_flags = record->flags,
		.insn_cnt = record->nr_insns,
		.insns = (u64)insns,
		.license = (u64)record->license,
	};
	u8 *funcs = (u8 *)(insns + record->nr_insns);

	memcpy(attr.prog_name, record->name, sizeof(attr.prog_name) - 1);
	attr.func_info_cnt = record->nr_func_info;
	attr.func_info_rec_size = record->nr_func_info ? sizeof(struct bpf_func_info) : 0;
	attr.func_info = record->nr_func_info ? (u64)funcs : 0;
	attr.line_info_cnt = record->nr_line_info;
	attr.line_info_rec_size = record->nr_line_info ? sizeof(struct bpf_line_info) : 0;
	if (record->nr_line_info)
		attr.line_info = (u64)(funcs + record->nr_func_info * sizeof(struct bpf_func_info));
	return attr;
}

static int load_types(struct loader *loader)
{
	bu_vmlinux_note_types(loader->payload, (u32)loader->record.size, NULL);
	return 0;
}

static int load_target(struct loader *loader)
{
	const char *name = (const char *)loader->payload;

	if (name[loader->record.size - 1])
		return -EINVAL;
	bu_vmlinux_note_target(name, loader->record.id);
	snprintf(loader->target, sizeof(loader->target), "%s", name);
	loader->target_kind = loader->record.id;
	return 0;
}

/* By name, where this kernel has it; else as it was. */
static u32 take_target(struct loader *loader, u32 id)
{
	struct bu_btf *btf = *loader->target ? bu_vmlinux_btf(loader->kernel) : NULL;
	u32 found = btf ? bu_btf_find(btf, loader->target, loader->target_kind) : 0;

	*loader->target = '\0';
	return found ? found : id;
}

static int load_prog(struct loader *loader)
{
	const struct bu_state_prog *record = (void *)loader->payload;
	struct bpf_insn *insns = (void *)(record + 1);
	struct bu_prog *prog;
	union bpf_attr attr;
	int btf, err = has_size(loader, record) ? 0 : -EINVAL;

	if (!err)
		err = bu_object_continue(loader->kernel, BU_OBJECT_PROG, loader->record.id);
	if (err)
		return err;
	attr = prog_attr(record, insns);
	attr.attach_btf_id = take_target(loader, record->attach_btf_id);
	btf = open_id(loader, BU_OBJECT_BTF, record->btf_id);
	attr.prog_btf_fd = btf < 0 ? 0 : btf;
	open_maps(loader, insns, record->nr_insns);
	prog = bu_prog_load(loader->kernel, &attr, &err);
	close_maps(insns, record->nr_insns);
	close_fd(btf);
	if (!prog) {
		bu_note(loader->kernel,
			"program '%.15s' (id %u) cannot be loaded from the state: %s", record->name,
			loader->record.id, strerror(-err));
		return 0;
	}
	prog->load_time = record->load_time;
	prog->run_cnt = record->run_cnt;
	prog->run_time_ns = record->run_time_ns;
	return keep(loader, &prog->object);
}

static int load_bind(struct loader *loader)
{
	struct bu_object *prog = bu_object_by_id(loader->kernel, BU_OBJECT_PROG, loader->record.id);
	const u32 *ids = (void *)loader->payload;
	int err = 0;

	for (u64 i = 0; prog && !err && i < loader->record.size / sizeof(*ids); i++) {
		struct bu_object *map = bu_object_by_id(loader->kernel, BU_OBJECT_MAP, ids[i]);

		if (map)
			err = bu_prog_bind_map(bu_container_of(prog, struct bu_prog, object),
					       bu_container_of(map, struct bu_map, object));
	}
	return err;
}

static struct bu_map *map_of_record(struct loader *loader)
{
	struct bu_object *object =
		bu_object_by_id(loader->kernel, BU_OBJECT_MAP, loader->record.id);

	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

static int put_element(struct loader *loader, struct bu_map *map, u8 *key, u8 *value)
{
	enum bu_object_kind kind = map->inner ? BU_OBJECT_MAP : BU_OBJECT_PROG;
	int err, fd = -1;
	u32 id;

	if (!map->ops->fd_values)
		return map->ops->user_update(map, key, value, 0);
	memcpy(&id, value, sizeof(id));
	fd = open_id(loader, kind, id);
	err = map->ops->user_update(map, key, &fd, 0);
	close_fd(fd);
	return err;
}

static int load_elements(struct loader *loader)
{
	struct bu_map *map = map_of_record(loader);
	u32 size = map ? map->key_size + bu_map_user_value_size(map) : 0;
	u8 *end = loader->payload + loader->record.size;

	if (!map)
		return 0; /* it could not be made, which was noted */
	if (!size || loader->record.size % size)
		return -EINVAL;
	for (u8 *at = loader->payload; at < end; at += size) {
		if (put_element(loader, map, at, at + map->key_size))
			bu_note(loader->kernel,
				"an element of map '%s' (id %u) of the state is lost", map->name,
				map->object.id);
	}
	return 0;
}

static int load_freeze(struct loader *loader)
{
	struct bu_map *map = map_of_record(loader);

	if (map)
		map->frozen = true;
	return 0;
}

/* Two strings, or one when `second` is NULL, that fill the bytes. */
static bool strings(const char *bytes, u64 size, const char **first, const char **second)
{
	const char *nul = memchr(bytes, 0, size);

	*first = bytes;
	if (!nul || !second)
		return nul && (u64)(nul + 1 - bytes) == size;
	return strings(nul + 1, size - (nul + 1 - bytes), second, NULL);
}

static int attach_link(struct loader *loader, const struct bu_state_link *record, const char *name)
{
	struct bu_object *prog = bu_object_by_id(loader->kernel, BU_OBJECT_PROG, record->prog_id);
	const struct bu_link_type *type = bu_link_type_of(record->type);
	struct bu_link_request request = {
		.kernel = loader->kernel,
		.attr = &record->attr,
		.name = *name ? name : NULL,
	};
	int err;

	if (!prog || !type)
		return -ENOENT;
	request.prog = bu_container_of(prog, struct bu_prog, object);
	err = bu_object_continue(loader->kernel, BU_OBJECT_LINK, loader->record.id);
	return err ? err : bu_link_create(type, &request);
}

static int load_link(struct loader *loader)
{
	const struct bu_state_link *record = (void *)loader->payload;
	struct bu_object *link;
	const char *name;
	int fd;

	if (!strings((char *)(record + 1), loader->record.size - sizeof(*record), &name, NULL))
		return -EINVAL;
	fd = attach_link(loader, record, name);
	link = fd < 0 ? NULL : bu_object_by_id(loader->kernel, BU_OBJECT_LINK, loader->record.id);
	if (!link) {
		bu_note(loader->kernel, "link %u cannot be attached again from the state: %s",
			loader->record.id, strerror(-fd));
		return 0;
	}
	bu_object_get(link);
	close(fd);
	return keep(loader, link);
}

static int load_tree(struct loader *loader)
{
	const char *type, *path;

	if (!strings((char *)loader->payload, loader->record.size, &type, &path))
		return -EINVAL;
	return bu_tree_mount(loader->kernel, type, path);
}

static int load_directory(struct loader *loader)
{
	char host[PATH_MAX];
	const char *path;
	int err;

	if (!strings((char *)loader->payload, loader->record.size, &path, NULL))
		return -EINVAL;
	err = bu_redirect_in(loader->kernel, path, host);
	if (!err)
		err = bu_host_syscall(SYS_mkdirat, AT_FDCWD, (long)host, loader->record.id, 0, 0,
				      0);
	return err;
}

static int load_symlink(struct loader *loader)
{
	const char *target, *path;
	char host[PATH_MAX];
	int err;

	if (!strings((char *)loader->payload, loader->record.size, &target, &path))
		return -EINVAL;
	err = bu_redirect_in(loader->kernel, path, host);
	return err ? err
		   : bu_host_syscall(SYS_symlinkat, (long)target, AT_FDCWD, (long)host, 0, 0, 0);
}

static int load_pin(struct loader *loader)
{
	const struct bu_state_pin *pin = (void *)loader->payload;
	struct bu_object *object;
	char host[PATH_MAX];
	const char *path;
	int err;

	if (pin->kind >= BU_OBJECT_MAX ||
	    !strings((char *)(pin + 1), loader->record.size - sizeof(*pin), &path, NULL))
		return -EINVAL;
	object = bu_object_by_id(loader->kernel, pin->kind, loader->record.id);
	if (!object)
		return 0; /* it could not be made, which was noted */
	err = bu_redirect_in(loader->kernel, path, host);
	return err ? err : bu_pin(object, host, pin->mode);
}

static int load_next(struct loader *loader)
{
	memcpy(loader->next, loader->payload, sizeof(loader->next));
	return 0;
}

/* Ids go on where they ended. */
static int continue_ids(struct loader *loader)
{
	int err = 0;

	for (int kind = 0; !err && kind < BU_OBJECT_MAX; kind++)
		err = bu_object_continue(loader->kernel, kind, loader->next[kind]);
	return err;
}

static const struct {
	u64 size; /* at least */
	int (*load)(struct loader *loader);
} records[] = {
	[BU_STATE_TREE] = { 2, load_tree },
	[BU_STATE_DIRECTORY] = { 1, load_directory },
	[BU_STATE_SYMLINK] = { 2, load_symlink },
	[BU_STATE_BTF] = { 1, load_btf },
	[BU_STATE_MAP] = { sizeof(struct bu_state_map), load_map },
	[BU_STATE_PROG] = { sizeof(struct bu_state_prog), load_prog },
	[BU_STATE_ELEMENTS] = { 0, load_elements },
	[BU_STATE_FREEZE] = { 0, load_freeze },
	[BU_STATE_PIN] = { sizeof(struct bu_state_pin) + 1, load_pin },
	[BU_STATE_BIND] = { 0, load_bind },
	[BU_STATE_LINK] = { sizeof(struct bu_state_link) + 1, load_link },
	[BU_STATE_TYPES] = { 1, load_types },
	[BU_STATE_TARGET] = { 1, load_target },
	[BU_STATE_NEXT] = { sizeof(u32) * BU_OBJECT_MAX, load_next },
};

/* The payload is copied to where every struct is aligned. */
static int load_record(struct loader *loader)
{
	struct bu_state_record *record = &loader->record;
	int err;

	if ((size_t)(loader->end - loader->at) < sizeof(*record))
		return -EINVAL;
	memcpy(record, loader->at, sizeof(*record));
	loader->at += sizeof(*record);
	if (record->size > (size_t)(loader->end - loader->at) || !record->kind ||
	    record->kind >= BU_ARRAY_SIZE(records) || record->size < records[record->kind].size)
		return -EINVAL;
	loader->payload = malloc(record->size + 1);
	if (!loader->payload)
		return -ENOMEM;
	memcpy(loader->payload, loader->at, record->size);
	loader->at += record->size;
	err = records[record->kind].load(loader);
	free(loader->payload);
	return err;
}

static int read_file(struct loader *loader, const char *path)
{
	FILE *in = fopen(path, "r");
	long size;
	int err = 0;

	if (!in)
		return -errno;
	if (fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0) {
		fclose(in);
		return -EIO;
	}
	rewind(in);
	loader->bytes = malloc(size + 1);
	if (!loader->bytes)
		err = -ENOMEM;
	else if (fread(loader->bytes, 1, size, in) != (size_t)size)
		err = -EIO;
	fclose(in);
	loader->at = loader->bytes;
	loader->end = loader->bytes + size;
	return err;
}

static int check_format(struct loader *loader)
{
	size_t len = strlen(BU_STATE_FORMAT);

	if ((size_t)(loader->end - loader->at) < len || memcmp(loader->at, BU_STATE_FORMAT, len))
		return -EINVAL;
	loader->at += len;
	return 0;
}

int bu_state_load(struct bu_kernel *kernel, const char *path)
{
	struct loader loader = { .kernel = kernel };
	int err = read_file(&loader, path);

	if (err == -ENOENT)
		return 0;
	if (!err)
		err = check_format(&loader);
	while (!err && loader.at < loader.end)
		err = load_record(&loader);
	if (!err)
		err = continue_ids(&loader);
	while (loader.nr_made)
		bu_object_put(loader.made[--loader.nr_made]);
	free(loader.made);
	free(loader.bytes);
	return err;
}
