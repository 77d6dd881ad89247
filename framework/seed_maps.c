/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The section `maps:`: for each map a list of elements, each with key, value (or values, one a CPU)
 * and flags. Elements are written through bpf(2), in the order of the file.
 */
#include "framework/nearest.h"
#include "framework/seed_internal.h"

#include <bpf/bpf.h>
#include <bpfunit/env.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct element {
	struct bpf_map *map;
	yaml_node_t *key, *value, *values;
	u64 flags;
};

struct elements { /* of one map */
	struct bpf_map *map;
	u8 *keys; /* of the elements so far */
	size_t nr_keys;
	u8 *value;        /* all CPUs' */
	u32 value_stride; /* from one CPU's to the next */
	u32 cpus;         /* 1 for maps that are not per-CPU */
};

static bool is_per_cpu(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return true;
	default:
		return false;
	}
}

/* Maps whose values are descriptors in user space. */
static bool holds_programs(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY;
}

static bool holds_maps(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       bpf_map__type(map) == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int flags_of(struct bu_seed *seed, yaml_node_t *node, u64 *flags)
{
	static const char *const names[] = { "any", "noexist", "exist" };
	const char *text = bu_seed_text(node);

	for (size_t i = 0; text && i < BU_ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			*flags = i; /* BPF_ANY, BPF_NOEXIST, BPF_EXIST */
			return 0;
		}
	}
	if (text && bu_parse_number(text, &(struct bu_number){ 0 }) == BU_NUMBER_NOT_ONE)
		return bu_seed_error(seed, node,
				     "flags are any, noexist, exist or a number, not '%s'", text);
	return bu_seed_number(seed, node, UINT64_MAX, flags);
}

static int element_part(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value, void *arg)
{
	static const char *const parts[] = { "key", "value", "values", "flags" };
	struct element *element = arg;
	const char *name = bu_seed_text(key);
	struct bu_nearest nearest;
	char hint[128];

	if (!strcmp(name, "key"))
		element->key = value;
	else if (!strcmp(name, "value"))
		element->value = value;
	else if (!strcmp(name, "values"))
		element->values = value;
	else if (!strcmp(name, "flags"))
		return flags_of(seed, value, &element->flags);
	else {
		bu_nearest_begin(&nearest, name, strlen(name));
		for (size_t i = 0; i < BU_ARRAY_SIZE(parts); i++)
			bu_nearest_offer(&nearest, parts[i]);
		return bu_seed_error(seed, key,
				     "an element has key, value (or values) and flags, not '%s'%s",
				     name, bu_nearest_hint(&nearest, hint, sizeof(hint)));
	}
	return 0;
}

static int check_element(struct bu_seed *seed, const yaml_node_t *node,
			 const struct element *element)
{
	bool keyed = bpf_map__key_size(element->map);
	const char *name = bpf_map__name(element->map);

	if (keyed && !element->key)
		return bu_seed_error(seed, node, "this element of '%s' has no key", name);
	if (!keyed && element->key)
		return bu_seed_error(seed, element->key, "elements of '%s' have no keys", name);
	if (element->value && element->values)
		return bu_seed_error(seed, element->values,
				     "this element has a value and values: one of them is enough");
	if (!element->value && !element->values)
		return bu_seed_error(seed, node, "this element of '%s' has no value", name);
	if (element->values && !is_per_cpu(element->map))
		return bu_seed_error(seed, element->values,
				     "'%s' is no per-CPU map: it has one value for each key", name);
	return 0;
}

/* A key or value by its BTF type, or without one. */
static int store_typed(struct bu_seed *seed, yaml_node_t *node, u32 type_id, u8 *data, u32 size)
{
	struct bu_field field;
	char name[128];

	if (!type_id || !bu_field_root(&field, seed->btf, type_id))
		return bu_seed_store_raw(seed, node, data, size);
	if (field.size == size)
		return bu_seed_store(seed, node, &field, data);
	return bu_seed_error(seed, node, "%s has %u bytes, but the map's size is %u",
			     bu_type_name(seed->btf, type_id, name, sizeof(name)), field.size,
			     size);
}

static int descriptor_of_program(struct bu_seed *seed, const yaml_node_t *node, const char *name,
				 int *fd)
{
	struct bpf_program *prog;
	struct bu_nearest nearest;
	char hint[128];

	bu_nearest_begin(&nearest, name, strlen(name));
	bpf_object__for_each_program(prog, seed->object)
	{
		bu_nearest_offer(&nearest, bpf_program__name(prog));
		if (strcmp(bpf_program__name(prog), name))
			continue;
		*fd = bpf_program__fd(prog);
		if (*fd >= 0)
			return 0;
		return bu_seed_error(seed, node, "program '%s' is not loaded", name);
	}
	return bu_seed_error(seed, node, "no program '%s' in %s%s", name,
			     bpf_object__name(seed->object),
			     bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

static int no_map(struct bu_seed *seed, const yaml_node_t *node, const char *name)
{
	struct bu_nearest nearest;
	struct bpf_map *map;
	char hint[128];

	bu_nearest_begin(&nearest, name, strlen(name));
	bpf_object__for_each_map(map, seed->object)
	{
		if (!bpf_map__is_internal(map))
			bu_nearest_offer(&nearest, bpf_map__name(map));
	}
	return bu_seed_error(seed, node, "no map '%s' in %s%s", name,
			     bpf_object__name(seed->object),
			     bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

static struct bpf_map *find_map(const struct bu_seed *seed, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(seed->object, name);

	return map && !bpf_map__is_internal(map) ? map : NULL;
}

static int descriptor_of_map(struct bu_seed *seed, const yaml_node_t *node, const char *name,
			     int *fd)
{
	struct bpf_map *map = find_map(seed, name);

	if (!map)
		return no_map(seed, node, name);
	*fd = bpf_map__fd(map);
	return *fd >= 0 ? 0 : bu_seed_error(seed, node, "map '%s' was not created", name);
}

/* Programs and inner maps are values by their names. */
static int store_descriptor(struct bu_seed *seed, yaml_node_t *node, bool is_prog, u8 *data)
{
	const char *name = bu_seed_text(node);
	int fd = -1, err;

	if (!name || bu_seed_is_null(node))
		return bu_seed_error(seed, node, "the name of a %s is expected here",
				     is_prog ? "program" : "map");
	err = is_prog ? descriptor_of_program(seed, node, name, &fd)
		      : descriptor_of_map(seed, node, name, &fd);
	if (!err)
		memcpy(data, &fd, sizeof(fd));
	return err;
}

static int store_value(struct bu_seed *seed, const struct bpf_map *map, yaml_node_t *node, u8 *data)
{
	if (holds_programs(map) || holds_maps(map))
		return store_descriptor(seed, node, holds_programs(map), data);
	return store_typed(seed, node, bpf_map__btf_value_type_id(map), data,
			   bpf_map__value_size(map));
}

static int store_values(struct bu_seed *seed, const struct elements *elements,
			const struct element *element)
{
	yaml_node_t *values = element->values;
	yaml_node_item_t *item;
	char kind[128];
	u32 cpu = 0;
	int err = 0;

	if (values->type != YAML_SEQUENCE_NODE)
		return bu_seed_error(seed, values, "values should be a sequence, but is %s",
				     bu_seed_kind(values, kind, sizeof(kind)));
	for (item = values->data.sequence.items.start;
	     !err && item < values->data.sequence.items.top; item++, cpu++) {
		yaml_node_t *node = bu_seed_node(seed, *item);

		if (cpu == elements->cpus)
			return bu_seed_error(seed, node, "more values than CPUs: the test has %u",
					     elements->cpus);
		err = store_value(seed, element->map, node,
				  elements->value + cpu * elements->value_stride);
	}
	return err;
}

static int store_same_value(struct bu_seed *seed, const struct elements *elements,
			    const struct element *element)
{
	int err = store_value(seed, element->map, element->value, elements->value);

	for (u32 cpu = 1; !err && cpu < elements->cpus; cpu++)
		memcpy(elements->value + cpu * elements->value_stride, elements->value,
		       elements->value_stride);
	return err;
}

/* The element's key behind those of earlier elements, none of which it may repeat. */
static int store_key(struct bu_seed *seed, struct elements *elements, const struct element *element,
		     u8 **key)
{
	u32 size = bpf_map__key_size(element->map);
	u8 *keys = realloc(elements->keys, (elements->nr_keys + 1) * size + 1);
	int err;

	if (!keys)
		return bu_seed_error(seed, element->key, "out of memory");
	elements->keys = keys;
	*key = keys + elements->nr_keys * size;
	memset(*key, 0, size);
	err = store_typed(seed, element->key, bpf_map__btf_key_type_id(element->map), *key, size);
	for (size_t i = 0; !err && i < elements->nr_keys; i++) {
		if (!memcmp(keys + i * size, *key, size))
			err = bu_seed_error(
				seed, element->key,
				"this key of '%s' is given twice: element %zu has it too",
				bpf_map__name(element->map), i + 1);
	}
	elements->nr_keys++;
	return err;
}

static int apply_element(struct bu_seed *seed, yaml_node_t *node, struct elements *elements)
{
	struct element element = { .map = elements->map };
	const char *name = bpf_map__name(elements->map);
	u8 *key = NULL;
	int err;

	err = bu_seed_each_pair(seed, node, "an element", element_part, &element);
	if (!err)
		err = check_element(seed, node, &element);
	if (!err && element.key)
		err = store_key(seed, elements, &element, &key);
	if (err)
		return err;
	memset(elements->value, 0, (size_t)elements->value_stride * elements->cpus);
	err = element.values ? store_values(seed, elements, &element)
			     : store_same_value(seed, elements, &element);
	if (err)
		return err;
	if (bpf_map_update_elem(bpf_map__fd(elements->map), key, elements->value, element.flags))
		return bu_seed_error(seed, node, "map '%s' refuses this element: %s", name,
				     strerror(errno));
	return 0;
}

static int apply_elements(struct bu_seed *seed, yaml_node_t *node, struct elements *elements)
{
	yaml_node_item_t *item = node->data.sequence.items.start;
	int err = 0;

	elements->value = malloc((size_t)elements->value_stride * elements->cpus + 1);
	if (!elements->value)
		return bu_seed_error(seed, node, "out of memory");
	for (; !err && item < node->data.sequence.items.top; item++)
		err = apply_element(seed, bu_seed_node(seed, *item), elements);
	free(elements->keys);
	free(elements->value);
	return err;
}

static int apply_map(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value, void *arg)
{
	struct bpf_map *map = find_map(seed, bu_seed_text(key));
	struct elements elements = { .map = map, .cpus = 1 };
	char kind[128];

	if (!map)
		return no_map(seed, key, bu_seed_text(key));
	if (bpf_map__fd(map) < 0)
		return bu_seed_error(seed, key,
				     "map '%s' does not exist yet: seed maps after the object is "
				     "loaded (from a file of their own)",
				     bu_seed_text(key));
	if (value->type != YAML_SEQUENCE_NODE)
		return bu_seed_error(seed, value,
				     "a list of elements (- key: ...) is expected here, not %s",
				     bu_seed_kind(value, kind, sizeof(kind)));
	elements.value_stride = bpf_map__value_size(map);
	if (is_per_cpu(map)) {
		elements.value_stride = BU_ROUND_UP(elements.value_stride, 8);
		elements.cpus = bpfunit_nr_cpus();
	}
	return apply_elements(seed, value, &elements);
}

int bu_seed_maps(struct bu_seed *seed, yaml_node_t *node)
{
	return bu_seed_each_pair(seed, node, "maps", apply_map, NULL);
}
