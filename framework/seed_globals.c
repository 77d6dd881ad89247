/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The section `globals:`. Before load a variable lives in libbpf's initial image of its section;
 * afterwards in the section's map, which is changed by lookup and update, so that it works whether
 * or not user space has the map mmaped.
 */
#include "framework/nearest.h"
#include "framework/seed_internal.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct variable {
	struct bpf_map *map;   /* of its section */
	const char *section;   /* ".rodata" */
	struct bu_field field; /* offset counts from the section's start */
};

/* Maps of sections are named "object.rodata", or by the section alone (".data.cfg"). */
static const char *section_of(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return name[0] == '.' ? name : strrchr(name, '.');
}

static bool find_in_section(const struct bu_seed *seed, struct variable *variable, const char *name,
			    size_t len, struct bu_nearest *nearest)
{
	s32 id = btf__find_by_name_kind(seed->btf, variable->section, BTF_KIND_DATASEC);
	const struct btf_type *section = id > 0 ? btf__type_by_id(seed->btf, id) : NULL;
	struct bu_field root;

	if (!section)
		return false;
	bu_field_root(&root, seed->btf, id);
	for (u32 i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *var =
			btf__type_by_id(seed->btf, btf_var_secinfos(section)[i].type);
		const char *candidate = btf__name_by_offset(seed->btf, var->name_off);

		if (strlen(candidate) == len && !memcmp(candidate, name, len)) {
			variable->field = bu_field_nth(&root, i);
			return true;
		}
		bu_nearest_offer(nearest, candidate);
	}
	return false;
}

static int find_variable(struct bu_seed *seed, const yaml_node_t *key, struct variable *variable,
			 size_t len)
{
	const char *name = bu_seed_text(key);
	struct bu_nearest nearest;
	struct bpf_map *map;
	char hint[128];

	bu_nearest_begin(&nearest, name, len);
	bpf_object__for_each_map(map, seed->object)
	{
		variable->map = map;
		variable->section = bpf_map__is_internal(map) ? section_of(map) : NULL;
		if (variable->section && find_in_section(seed, variable, name, len, &nearest))
			return 0;
	}
	return bu_seed_error(seed, key, "no global variable '%.*s' in %s%s", (int)len, name,
			     bpf_object__name(seed->object),
			     bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

/* "config.limits[1]" names a part of a variable. */
static int walk_inside(struct bu_seed *seed, const yaml_node_t *key, struct variable *variable,
		       const char *path)
{
	char error[512];

	if (*path && bu_field_walk(&variable->field, path, error, sizeof(error)))
		return bu_seed_error(seed, key, "%s", error);
	return 0;
}

static int check_fits(struct bu_seed *seed, const yaml_node_t *key, const struct variable *variable,
		      size_t size)
{
	if (variable->field.offset + variable->field.size <= size)
		return 0;
	return bu_seed_error(seed, key, "'%s' lies beyond the %zu bytes of %s", bu_seed_text(key),
			     size, variable->section);
}

static int seed_before_load(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value,
			    const struct variable *variable)
{
	size_t size = 0;
	u8 *image = (u8 *)bpf_map__initial_value(variable->map, &size);
	int err;

	if (!image)
		return bu_seed_error(seed, key, "'%s' is in %s, which has no initial value to set",
				     bu_seed_text(key), variable->section);
	err = check_fits(seed, key, variable, size);
	return err ? err : bu_seed_store(seed, value, &variable->field, image);
}

/* `after` is what the section should become, `before` what it is. */
static int write_section(struct bu_seed *seed, const yaml_node_t *key,
			 const struct variable *variable, const u8 *before, const u8 *after,
			 size_t size)
{
	u32 zero = 0;

	if (!memcmp(before, after, size))
		return 0;
	if (!strncmp(variable->section, ".rodata", 7))
		return bu_seed_error(seed, key,
				     "'%s' is constant (%s) once the object is loaded: seed it "
				     "between open and load",
				     bu_seed_text(key), variable->section);
	if (bpf_map_update_elem(bpf_map__fd(variable->map), &zero, after, 0))
		return bu_seed_error(seed, key, "cannot write %s: %s", variable->section,
				     strerror(errno));
	return 0;
}

static int seed_after_load(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value,
			   const struct variable *variable)
{
	size_t size = bpf_map__value_size(variable->map);
	u8 *before = malloc(size), *after = malloc(size);
	u32 zero = 0;
	int err = check_fits(seed, key, variable, size);

	if (!err && (!before || !after))
		err = bu_seed_error(seed, key, "out of memory");
	if (!err && bpf_map_lookup_elem(bpf_map__fd(variable->map), &zero, before))
		err = bu_seed_error(seed, key, "cannot read %s: %s", variable->section,
				    strerror(errno));
	if (!err) {
		memcpy(after, before, size);
		err = bu_seed_store(seed, value, &variable->field, after);
	}
	if (!err)
		err = write_section(seed, key, variable, before, after, size);
	free(before);
	free(after);
	return err;
}

static int apply_variable(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value,
			  void *arg)
{
	const char *name = bu_seed_text(key);
	size_t len = strcspn(name, ".[");
	struct variable variable;
	int err = find_variable(seed, key, &variable, len);

	if (!err)
		err = walk_inside(seed, key, &variable, name + len);
	if (err)
		return err;
	if (!strcmp(variable.section, ".kconfig"))
		return bu_seed_error(seed, key,
				     "'%s' is filled in by libbpf (.kconfig): give it to "
				     "bpf_object__open_file() in opts.kconfig",
				     name);
	return bpf_map__fd(variable.map) >= 0 ? seed_after_load(seed, key, value, &variable)
					      : seed_before_load(seed, key, value, &variable);
}

int bu_seed_globals(struct bu_seed *seed, yaml_node_t *node)
{
	if (!seed->btf)
		return bu_seed_error(seed, node,
				     "%s has no BTF, so its variables have no names: compile it "
				     "with -g",
				     bpf_object__name(seed->object));
	return bu_seed_each_pair(seed, node, "globals", apply_variable, NULL);
}
