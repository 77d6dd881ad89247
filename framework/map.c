/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map elements as values: sizes are checked against the map in the emulated kernel, then the calls
 * go through bpf(2) as a user's would. Buffers are the test's, since most paths can end it.
 */
#include <bpf/bpf.h>
#include <bpfunit/map.h>
#include <inttypes.h>
#include <string.h>

#include "ebpf/boundary/backend.h"
#include "framework/btf_format.h"
#include "framework/btf_path.h"
#include "framework/host.h"
#include "framework/map_check.h"
#include "framework/padding.h"
#include "framework/state.h"

static struct bu_map *map_of_fd(int fd)
{
	struct bu_object *object;
	int error;

	if (fd < 0)
		return NULL;
	if (bu_on_host())
		return bu_host_map(fd, &error);
	object = bu_fd_object(bu_test_kernel(), fd, BU_OBJECT_MAP, &error);
	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

struct bu_map *bu_map_of(struct bpfunit_where where, const struct bpf_map *map)
{
	struct bu_map *found;

	if (!map)
		bu_test_die(where, "the map is NULL");
	found = map_of_fd(bpf_map__fd(map));
	if (!found)
		bu_test_die(where, "map '%s' does not exist yet: load its object first",
			    bpf_map__name(map));
	return found;
}

const struct btf *bu_map_btf(const struct bu_map *map)
{
	return map->btf ? bu_btf_parsed(map->btf) : NULL;
}

static void add_type(struct bu_text *text, const struct bu_map *map, u32 type_id)
{
	char name[128];

	if (bu_map_btf(map) && type_id)
		bu_text_add(text, " (%s)",
			    bu_type_name(bu_map_btf(map), type_id, name, sizeof(name)));
}

/* "MAP_PUT(skel->maps.drops, key): " */
static void headline(struct bu_text *text, const struct bpfunit_check *check)
{
	bu_text_add(text, "%s(%s%s%s): ", check->macro, check->left, check->right[0] ? ", " : "",
		    check->right);
}

static void die(const struct bpfunit_check *check, struct bu_text *text) __attribute__((noreturn));
static void die(const struct bpfunit_check *check, struct bu_text *text)
{
	char *words = bu_test_own(bu_text_take(text));

	bu_test_die(check->where, "%s", words);
}

struct wanted { /* what a key or a value must be */
	const char *what;
	u32 size, type_id;
};

static void wrong_size(const struct bu_element *e, const struct bpfunit_bytes *bytes,
		       const struct wanted *wanted) __attribute__((noreturn));
static void wrong_size(const struct bu_element *e, const struct bpfunit_bytes *bytes,
		       const struct wanted *wanted)
{
	const struct bu_map *map = e->map;
	struct bu_text text = { 0 };
	char name[128];

	headline(&text, e->check);
	bu_text_add(&text, "%s is %zu bytes, map '%s' has %u-byte %ss", wanted->what, bytes->size,
		    map->name, wanted->size, wanted->what);
	add_type(&text, map, wanted->type_id);
	if (map->ops->per_cpu && e->cpu < 0 && !strcmp(wanted->what, "value"))
		bu_text_add(&text, ": it is per-CPU; use the macros with CPU, or MAP_SUM");
	else if (bu_map_btf(map) && wanted->type_id)
		bu_text_add(&text, ": write (%s){...}",
			    bu_type_name(bu_map_btf(map), wanted->type_id, name, sizeof(name)));
	die(e->check, &text);
}

static const void *descriptor_of(const struct bu_element *e, const struct bpfunit_bytes *bytes)
{
	const void *pointer = *(const void *const *)bytes->storage;
	int *fd = bu_test_alloc(sizeof(*fd));

	if (!pointer)
		*fd = -1;
	else if (bytes->kind == BPFUNIT_BYTES_PROG)
		*fd = bpf_program__fd(pointer);
	else
		*fd = bpf_map__fd(pointer);
	if (*fd < 0)
		bu_test_die(e->check->where, "%s(%s, %s): the %s is not loaded", e->check->macro,
			    e->check->left, e->check->right,
			    bytes->kind == BPFUNIT_BYTES_PROG ? "program" : "inner map");
	return fd;
}

static size_t size_of(const struct bpfunit_bytes *bytes, const struct wanted *wanted)
{
	/* "nginx" in a char[5]: only the NUL does not fit. */
	if (bytes->kind == BPFUNIT_BYTES_TEXT && bytes->size == (size_t)wanted->size + 1 &&
	    !(*(const char *const *)bytes->storage)[wanted->size])
		return wanted->size;
	return bytes->size;
}

static void check_size(const struct bu_element *e, const struct bpfunit_bytes *bytes,
		       const struct wanted *wanted)
{
	size_t size = size_of(bytes, wanted);

	if (size == wanted->size || (bytes->kind == BPFUNIT_BYTES_TEXT && size < wanted->size))
		return;
	wrong_size(e, bytes, wanted);
}

/* The bytes that an expression stands for, `wanted->size` of them, padding cleared. Owned by the
 * test. */
static const void *bytes_of(const struct bu_element *e, const struct bpfunit_bytes *bytes,
			    const struct wanted *wanted)
{
	const void *from = bytes->storage;
	void *own;

	if (bytes->kind >= BPFUNIT_BYTES_PROG && wanted->size == sizeof(int))
		return descriptor_of(e, bytes);
	if (bytes->kind == BPFUNIT_BYTES_ARRAY || bytes->kind == BPFUNIT_BYTES_TEXT)
		from = *(const void *const *)bytes->storage;
	check_size(e, bytes, wanted);
	own = memcpy(bu_test_alloc(wanted->size), from, size_of(bytes, wanted));
	bu_clear_padding(bu_map_btf(e->map), wanted->type_id, own, wanted->size);
	return own;
}

static void check_cpu(const struct bu_element *e)
{
	u32 cpus = bu_test_kernel()->nr_cpus;

	if (e->cpu < 0)
		return;
	if (!e->map->ops->per_cpu)
		bu_test_die(e->check->where, "%s(%s, %s): map '%s' is not per-CPU", e->check->macro,
			    e->check->left, e->check->right, e->map->name);
	bu_needs_cpu((u32)e->cpu);
	if ((u32)e->cpu >= cpus)
		bu_test_die(e->check->where, "%s(%s, %s): no CPU %d, there are %u", e->check->macro,
			    e->check->left, e->check->right, e->cpu, cpus);
}

struct bu_element bu_element(const struct bpfunit_check *check, const struct bpf_map *map, int cpu,
			     const struct bpfunit_bytes *key)
{
	struct bu_element e = { .check = check, .cpu = cpu };
	struct wanted wanted;

	bu_test_at(check->where);
	e.map = bu_map_of(check->where, map);
	e.fd = bpf_map__fd(map);
	e.all_size = bu_map_user_value_size(e.map);
	e.size = cpu < 0 ? e.all_size : e.map->value_size;
	e.stride = BU_ROUND_UP(e.map->value_size, 8);
	check_cpu(&e);
	wanted = (struct wanted){ "key", e.map->key_size, e.map->btf_key_type_id };
	if (key)
		e.key = bytes_of(&e, key, &wanted);
	return e;
}

const void *bu_element_value(const struct bu_element *e, const struct bpfunit_bytes *value)
{
	struct wanted wanted = { "value", e->size, e->map->btf_value_type_id };

	return bytes_of(e, value, &wanted);
}

static void check_value_size(const struct bu_element *e, const struct bpfunit_bytes *value)
{
	struct wanted wanted = { "value", e->size, e->map->btf_value_type_id };

	check_size(e, value, &wanted);
}

u8 *bu_element_lookup(const struct bu_element *e, int *error)
{
	u8 *all = bu_test_alloc(e->all_size);

	*error = bpf_map_lookup_elem(e->fd, e->key, all) ? -errno : 0;
	return e->cpu < 0 ? all : all + (size_t)e->cpu * e->stride;
}

void bu_element_die(const struct bu_element *e, int error)
{
	struct bu_text text = { 0 };

	headline(&text, e->check);
	if (error == -ENOENT && e->key) {
		bu_text_add(&text, "map '%s' has no such key\n  key: ", e->map->name);
		bu_element_add_key(&text, e);
	} else {
		bu_text_add(&text, "map '%s': %s (%s)", e->map->name, strerrorname_np(-error),
			    strerror(-error));
	}
	die(e->check, &text);
}

static int done(const struct bu_element *e, int error)
{
	if (error && e->check->fatal)
		bu_element_die(e, error);
	if (error)
		errno = -error;
	return error;
}

int bpfunit_map_put(const struct bpfunit_check *check, const struct bpf_map *map, int cpu,
		    uint64_t flags, const struct bpfunit_bytes *key,
		    const struct bpfunit_bytes *value)
{
	struct bu_element e = bu_element(check, map, cpu, key);
	const void *bytes = bu_element_value(&e, value);
	int error;

	if (cpu >= 0) { /* user space writes all CPUs' values at once */
		u8 *one = bu_element_lookup(&e, &error);

		memcpy(one, bytes, e.size);
		bytes = one - (size_t)cpu * e.stride;
	}
	error = bpf_map_update_elem(e.fd, e.key, bytes, flags) ? -errno : 0;
	return done(&e, error);
}

int bpfunit_map_get(const struct bpfunit_check *check, const struct bpf_map *map, int cpu,
		    const struct bpfunit_bytes *key, void *value, size_t size)
{
	struct bu_element e = bu_element(check, map, cpu, key);
	struct bpfunit_bytes into = { &value, size, BPFUNIT_BYTES_ARRAY, "" };
	const u8 *bytes;
	int error;

	check_value_size(&e, &into);
	bytes = bu_element_lookup(&e, &error);
	if (!error)
		memcpy(value, bytes, size);
	return done(&e, error);
}

int bpfunit_map_delete(const struct bpfunit_check *check, const struct bpf_map *map,
		       const struct bpfunit_bytes *key)
{
	struct bu_element e = bu_element(check, map, -1, key);

	return done(&e, bpf_map_delete_elem(e.fd, e.key) ? -errno : 0);
}

bool bpfunit_map_has(const struct bpfunit_check *check, const struct bpf_map *map,
		     const struct bpfunit_bytes *key)
{
	struct bu_element e = bu_element(check, map, -1, key);
	int error;

	bu_element_lookup(&e, &error);
	if (error && error != -ENOENT)
		bu_element_die(&e, error);
	return !error;
}

size_t bpfunit_map_count(const struct bpfunit_check *check, const struct bpf_map *map)
{
	struct bu_element e = bu_element(check, map, -1, NULL);
	u8 *keys = bu_test_alloc(2 * (size_t)e.map->key_size);
	size_t count = 0;
	int error = bpf_map_get_next_key(e.fd, NULL, keys);

	while (!error) {
		u8 *at = keys + count % 2 * e.map->key_size;

		count++;
		error = bpf_map_get_next_key(e.fd, at, keys + count % 2 * e.map->key_size);
	}
	if (errno != ENOENT)
		bu_element_die(&e, -errno);
	return count;
}
