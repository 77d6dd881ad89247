// SPDX-License-Identifier: BSD-2-Clause
/* Calls of struct_ops members: the program gets the arguments as its context, as from the kernel's
 * trampoline. */
#include <bpfunit/struct_ops.h>
#include <stdlib.h>
#include <string.h>

#include "framework/kobj.h"
#include "framework/state.h"
#include "framework/struct_ops.h"
#include "maps/struct_ops.h"

/* The index of a member that can be called; -1 after telling why not. */
static int callable(struct bpfunit_where where, const struct bu_map *map, const char *member,
		    size_t nr_args)
{
	const struct bu_struct_ops *ops = bu_struct_ops(map);
	int nth = bu_struct_ops_find(map, member);
	const struct btf_type *proto;

	if (nth < 0) {
		bu_test_fail(where, "cannot call '%s' of map '%s': struct %s has no such member",
			     member, map->name, bu_btf_string(ops->btf, ops->type.type->name_off));
		return -1;
	}
	proto = bu_struct_ops_proto(ops->btf, bu_struct_ops_member(&ops->type, nth));
	if (!proto)
		bu_test_fail(where, "cannot call '%s' of map '%s': it is no function", member,
			     map->name);
	else if (!bu_struct_ops_registered(map))
		bu_test_fail(where,
			     "cannot call '%s' of map '%s': it is not registered; call "
			     "bpf_map__attach_struct_ops() first",
			     member, map->name);
	else if (!ops->progs[nth])
		bu_test_fail(where, "cannot call '%s' of map '%s': it is NULL", member, map->name);
	else if (nr_args != BTF_INFO_VLEN(proto->info))
		bu_test_fail(where, "cannot call '%s' of map '%s' with %zu arguments: it takes %u",
			     member, map->name, nr_args, BTF_INFO_VLEN(proto->info));
	else
		return nth;
	return -1;
}

struct result { /* what the function's type makes of r0 */
	u32 bits;
	bool is_signed;
};

static struct result result_of(const struct bu_struct_ops *ops, int nth)
{
	const struct btf_type *proto =
		bu_struct_ops_proto(ops->btf, bu_struct_ops_member(&ops->type, nth));
	const struct btf_type *type = bu_btf_skip_modifiers(ops->btf, proto->type);
	s64 size = type ? bu_btf_size_of(ops->btf, proto->type) : 0;

	return (struct result){
		.bits = size > 0 && size <= 8 ? 8 * size : 0,
		.is_signed = type && BTF_INFO_KIND(type->info) == BTF_KIND_INT &&
			     BTF_INT_ENCODING(*(const u32 *)(type + 1)) & BTF_INT_SIGNED,
	};
}

static int64_t narrow(struct result result, u64 value)
{
	u32 shift = 64 - result.bits;

	if (!result.bits)
		return 0;
	return result.is_signed ? (s64)(value << shift) >> shift : (s64)(value << shift >> shift);
}

static bool run(struct bu_prog *prog, struct bu_test_io *io)
{
	int error;

	bu_events_capture_new();
	bu_task_refresh();
	error = bu_prog_test(prog, io);
	if (error)
		bu_test_fail(bu_test_where(), "cannot run '%s': %s", prog->name, strerror(-error));
	free(io->data_out);
	bu_events_drain();
	bu_test_warn();
	bu_test_end_if_asked();
	return !error && io->fault == BU_FAULT_NONE;
}

int64_t bpfunit_struct_ops_call(struct bpfunit_where where, const struct bpf_map *map,
				const char *member, const uint64_t *args, size_t nr_args)
{
	const struct bu_map *found;
	const struct bu_struct_ops *ops;
	struct bu_test_io io = { .cpu = -1 };
	struct bu_unlocked unlocked;
	struct result result;
	bool ended;
	int nth;

	bu_test_at(where);
	found = bu_map_of(where, map);
	if (found->type != BPF_MAP_TYPE_STRUCT_OPS) {
		bu_test_fail(where, "cannot call '%s': map '%s' is of type %s", member, found->name,
			     found->ops->name);
		return BPFUNIT_FAULTED;
	}
	nth = callable(where, found, member, nr_args);
	if (nth < 0)
		return BPFUNIT_FAULTED;
	io.ctx = (void *)args;
	io.ctx_size = nr_args * sizeof(*args);
	ops = bu_struct_ops(found);
	result = result_of(ops, nth); /* before a run makes the types anew */
	bu_struct_ops_unlock(&unlocked, bu_btf_string(ops->btf, ops->type.type->name_off), args,
			     nr_args);
	ended = run(ops->progs[nth], &io);
	bu_struct_ops_lock(&unlocked);
	return ended ? narrow(result, io.retval) : BPFUNIT_FAULTED;
}
