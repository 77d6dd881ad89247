/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jump tables: the maps of BPF_MAP_TYPE_INSN_ARRAY that a program uses, as far as loading and
 * running it need them. They are found before the program's structure is validated, for that
 * depends on where `gotox` may go. The program claims the maps; once it is laid out they get its
 * addresses (used_by).
 */
#ifndef BU_PROG_TABLES_H
#define BU_PROG_TABLES_H

#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

struct bu_table {
	struct bu_map *map; /* only while the program is being loaded; not referenced */
	bool claimed;
	u32 *targets;  /* instructions, as user space gave them */
	u32 nr, first; /* first: the least of them */
};

/* Fill in prog->tables and prog->targets, and claim the maps. 0, -EINVAL (not frozen, or beside the
 * program's instructions), -EBUSY (another program has the map), -ENOMEM. Descriptors that are none
 * are left to bu_prog_resolve(). */
int bu_prog_find_tables(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log);
/* The jump tables for the `gotox` at an instruction stay inside its function, and there are some:
 * 0, or -EINVAL. Source: create_jt(), kernel/bpf/verifier.c (6.19) */
int bu_prog_check_tables(const struct bu_prog *prog, u32 insn, struct bu_log *log);
/* The program was refused: the maps are free for another one. */
void bu_prog_release_tables(struct bu_prog *prog);
void bu_prog_free_tables(struct bu_prog *prog);

/* Whether a table is one of the function's: the kernel looks at its least target. */
static inline bool bu_table_of(const struct bu_table *table, const struct bu_func *func)
{
	return table->first >= func->start && table->first < func->end;
}

#endif
