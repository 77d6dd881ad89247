/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a program's jump tables. Source: __add_used_map(), kernel/bpf/verifier.c;
 * bpf_insn_array_init(), kernel/bpf/bpf_insn_array.c (6.19).
 */
#include "ebpf/prog/prog_tables.h"

#include "ebpf/kernel.h"
#include "ebpf/uapi.h"

#include <stdlib.h>

#define LDDW (BPF_LD | BPF_IMM | BPF_DW)

static bool is_known(const struct bu_prog *prog, const struct bu_map *map)
{
	for (u32 i = 0; i < prog->nr_tables; i++) {
		if (prog->tables[i].map == map)
			return true;
	}
	return false;
}

static bool begins_insn(const struct bu_prog *prog, u32 insn)
{
	return insn < prog->nr_insns && (!insn || prog->insns[insn - 1].code != LDDW);
}

/* The targets that user space gave; false: there is something else at one of them. */
static bool read_targets(struct bu_prog *prog, struct bu_map *map, struct bu_table *table)
{
	table->first = UINT32_MAX;
	for (table->nr = 0; table->nr < map->max_entries; table->nr++) {
		struct bu_insn_array_value value;

		if (map->ops->user_lookup(map, &table->nr, &value, 0) ||
		    !begins_insn(prog, value.orig_off))
			return false;
		table->targets[table->nr] = value.orig_off;
		table->first = BU_MIN(table->first, value.orig_off);
		prog->targets[value.orig_off] = 1;
	}
	return true;
}

static int fill(struct bu_prog *prog, struct bu_map *map, struct bu_table *table)
{
	if (!map->frozen)
		return -EINVAL;
	if (!prog->targets)
		prog->targets = calloc(prog->nr_insns, 1);
	table->map = map;
	table->targets = calloc(map->max_entries, sizeof(*table->targets));
	if (!prog->targets || !table->targets)
		return -ENOMEM;
	if (!read_targets(prog, map, table))
		return -EINVAL;
	if (map->claimed)
		return -EBUSY;
	map->claimed = table->claimed = true;
	return 0;
}

static int add_table(struct bu_prog *prog, struct bu_map *map, struct bu_log *log)
{
	struct bu_table *tables;
	int err;

	if (map->type != (enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY || is_known(prog, map))
		return 0;
	tables = reallocarray(prog->tables, prog->nr_tables + 1, sizeof(*tables));
	if (!tables)
		return -ENOMEM;
	prog->tables = tables;
	tables[prog->nr_tables] = (struct bu_table){ .map = NULL };
	err = fill(prog, map, &tables[prog->nr_tables++]);
	if (err && err != -ENOMEM)
		bu_log_add(log, "Failed to properly initialize insn array\n");
	return err;
}

/* The map that an instruction names; NULL: none. */
static struct bu_map *map_of(const struct bu_prog *prog, u32 i, const union bpf_attr *attr)
{
	const struct bpf_insn *insn = &prog->insns[i];
	struct bu_log no_log = { 0 };
	struct bu_object *object = NULL;
	int fd, err;

	if (insn->code == LDDW && insn->src_reg && insn->src_reg != BPF_PSEUDO_FUNC &&
	    insn->src_reg != BPF_PSEUDO_BTF_ID && !bu_prog_map_fd(insn, attr, &no_log, &fd))
		object = bu_fd_object(prog->object.kernel, fd, BU_OBJECT_MAP, &err);
	bu_log_free(&no_log);
	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

int bu_prog_find_tables(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	int err = 0;

	for (u32 i = 0; !err && i < prog->nr_maps; i++)
		err = add_table(prog, prog->maps[i], log);
	for (u32 i = 0; !err && i < prog->nr_insns; i++) {
		struct bu_map *map = map_of(prog, i, attr);

		if (map)
			err = add_table(prog, map, log);
		i += prog->insns[i].code == LDDW;
	}
	return err;
}

int bu_prog_check_tables(const struct bu_prog *prog, u32 insn, struct bu_log *log)
{
	const struct bu_func *func = bu_prog_func(prog, insn);
	u32 found = 0;

	for (u32 i = 0; i < prog->nr_tables; i++) {
		const struct bu_table *table = &prog->tables[i];

		if (!bu_table_of(table, func))
			continue;
		found++;
		for (u32 j = 0; j < table->nr; j++) {
			if (table->targets[j] < func->end)
				continue;
			bu_log_add(log,
				   "jump table for insn %u points outside of the subprog [%u,%u]\n",
				   insn, func->start, func->end);
			return -EINVAL;
		}
	}
	if (found)
		return 0;
	bu_log_add(log, "no jump tables found for subprog starting at %u\n", func->start);
	return -EINVAL;
}

void bu_prog_release_tables(struct bu_prog *prog)
{
	for (u32 i = 0; i < prog->nr_tables; i++) {
		if (prog->tables[i].claimed)
			prog->tables[i].map->claimed = false;
	}
}

void bu_prog_free_tables(struct bu_prog *prog)
{
	for (u32 i = 0; i < prog->nr_tables; i++)
		free(prog->tables[i].targets);
	free(prog->tables);
	free(prog->targets);
	prog->tables = NULL;
	prog->targets = NULL;
	prog->nr_tables = 0;
}
