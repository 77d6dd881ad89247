// SPDX-License-Identifier: BSD-2-Clause
/*
 * One check for each kind of argument, in a table; a check sees the whole call, since a size
 * belongs to the pointer before it and a key to the map. Models rely on these checks and repeat
 * none.
 *
 * Source: check_func_arg(), kernel/bpf/verifier.c (6.12). Differs: the verifier decides from what
 * is known at load time, these from the values of the call.
 */
#include "helpers/args.h"

#include "ebpf/vm/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct call {
	struct bu_run *run;
	const struct bu_helper *helper;
	u32 id;
	const u64 *args;
	u64 *out;
	const struct bu_map *map; /* of the CONST_MAP_PTR argument */
};

static bool __attribute__((format(printf, 3, 4), noinline, cold))
bad(const struct call *call, int i, const char *format, ...)
{
	char why[160];
	va_list va;

	va_start(va, format);
	vsnprintf(why, sizeof(why), format, va);
	va_end(va);
	bu_fault_raise(call->run, BU_FAULT_BAD_ARGUMENT, "argument %d of bpf_%s (#%u): %s", i + 1,
		       call->helper->name, call->id, why);
	return false;
}

static bool __attribute__((noinline, cold))
bad_access(const struct call *call, u64 address, u64 size, bool write)
{
	bu_fault_access(call->run, address, (u32)size, write);
	return false;
}

static inline bool check_read(const struct call *call, int i, u64 size)
{
	if (bu_likely(bu_arena_readable(&call->run->kernel->arena, (void *)call->args[i], size)))
		return true;
	call->out[i] = (u64)bu_mem_readable(&call->run->kernel->arena, call->args[i], size);
	return call->out[i] || bad_access(call, call->args[i], size, false);
}

static inline bool check_write(const struct call *call, int i, u64 size)
{
	if (bu_likely(
		    bu_arena_make_written(&call->run->kernel->arena, (void *)call->args[i], size)))
		return true;
	call->out[i] = (u64)bu_mem_written(&call->run->kernel->arena, call->args[i], size);
	return call->out[i] || bad_access(call, call->args[i], size, true);
}

/* The helper writes it as one number. */
static bool check_number(const struct call *call, int i, u64 size)
{
	if (bu_unlikely(call->args[i] % size))
		return bad(call, i, "0x%llx is not a multiple of %u",
			   (unsigned long long)call->args[i], (u32)size);
	return check_write(call, i, size);
}

/* The map behind a handle; those of the program itself are the likely ones. */
static struct bu_map *map_of(struct bu_run *run, u64 handle)
{
	const struct bu_prog *prog = run->prog;

	for (u32 i = 0; i < prog->nr_maps && i < 8; i++)
		if ((u64)prog->maps[i]->handle == handle)
			return prog->maps[i];
	return bu_map_of_handle(run->kernel, handle);
}

static bool check_map(struct call *call, int i)
{
	struct bu_map *map = map_of(call->run, call->args[i]);

	if (bu_unlikely(!map))
		return bad(call, i, "0x%llx is not a map", (unsigned long long)call->args[i]);
	call->map = map;
	call->out[i] = (u64)map;
	return true;
}

static bool check_size(const struct call *call, int i, bool zero)
{
	u64 size = call->args[i];

	if (bu_unlikely((s64)size < 0))
		return bad(call, i, "the size is negative (%lld)", (long long)size);
	if (bu_unlikely(size >= BU_MAX_ARG_SIZE))
		return bad(call, i, "the size is too large (%llu)", (unsigned long long)size);
	if (bu_unlikely(!size && !zero))
		return bad(call, i, "the size is zero");
	return true;
}

/* A pointer to memory, and the size behind it: args[i + 1]. */
static bool check_mem(const struct call *call, int i, bool write, bool null)
{
	bool zero = call->helper->args[i + 1] == BU_ARG_SIZE_OR_ZERO;
	u64 size = call->args[i + 1];

	if (bu_unlikely(!check_size(call, i + 1, zero)))
		return false;
	if (bu_unlikely(!size))
		return true;
	if (bu_unlikely(!call->args[i] && null))
		return bad(call, i, "NULL with a size of %llu", (unsigned long long)size);
	return write ? check_write(call, i, size) : check_read(call, i, size);
}

static bool check_ctx(const struct call *call, int i)
{
	if (bu_likely(call->args[i] == (u64)call->run->ctx))
		return true;
	return bad(call, i, "not the program's context");
}

static bool check_record(const struct call *call, int i)
{
	const struct bu_arena *arena = &call->run->kernel->arena;
	const struct bu_region *region = bu_arena_region(arena, (void *)call->args[i]);

	if (region && region->info.kind == BU_REGION_RINGBUF)
		return true; /* the model checks that the record is open */
	return bad(call, i, "not a ring buffer record");
}

static bool check_func(const struct call *call, int i)
{
	const struct bu_prog *prog = call->run->prog;
	u64 offset = call->args[i] - (u64)prog->code;

	if (offset % 8 || offset / 8 >= prog->nr_insns ||
	    bu_prog_func(prog, (u32)(offset / 8))->start != offset / 8)
		return bad(call, i, "not a function of the program");
	return true;
}

static bool check_str(const struct call *call, int i)
{
	const struct bu_arena *arena = &call->run->kernel->arena;
	const struct bu_view *view = bu_view_at(arena, call->args[i]);
	const char *str = (const char *)bu_mem_seen(arena, call->args[i]);
	u64 room = view ? view->start + view->size - call->args[i] : 4096;
	u64 span = bu_arena_readable_span(arena, str, room);

	call->out[i] = (u64)str;
	if (!span)
		return bad_access(call, call->args[i], 1, false);
	if (!memchr(str, 0, span))
		return bad(call, i, "the string is not terminated");
	return true;
}

static inline bool check_arg(struct call *call, int i)
{
	switch ((enum bu_arg_kind)call->helper->args[i]) {
	case BU_ARG_NONE:
	case BU_ARG_ANYTHING:
	case BU_ARG_SIZE: /* with the pointer before it */
	case BU_ARG_SIZE_OR_ZERO:
		return true;
	case BU_ARG_CONST_MAP_PTR:
		return check_map(call, i);
	case BU_ARG_MAP_KEY:
		return check_read(call, i, call->map->key_size);
	case BU_ARG_MAP_VALUE:
		return check_read(call, i, call->map->value_size);
	case BU_ARG_UNINIT_MAP_VALUE:
		return check_write(call, i, call->map->value_size);
	case BU_ARG_MEM:
		return check_mem(call, i, false, false);
	case BU_ARG_MEM_OR_NULL:
		return check_mem(call, i, false, true);
	case BU_ARG_UNINIT_MEM:
		return check_mem(call, i, true, false);
	case BU_ARG_UNINIT_MEM_OR_NULL:
		return check_mem(call, i, true, true);
	case BU_ARG_CTX:
		return check_ctx(call, i);
	case BU_ARG_RINGBUF_MEM:
		return check_record(call, i);
	case BU_ARG_FUNC:
		return check_func(call, i);
	case BU_ARG_CONST_STR:
		return check_str(call, i);
	case BU_ARG_LONG_PTR:
		return check_number(call, i, 8);
	case BU_ARG_INT_PTR:
		return check_number(call, i, 4);
	}
	return true;
}

bool bu_args_check(struct bu_run *run, const struct bu_helper *helper, u32 id, const u64 args[5],
		   u64 out[5])
{
	struct call call = { run, helper, id, args, out, NULL };

	for (int i = 0; i < 5 && helper->args[i] != BU_ARG_NONE; i++) {
		out[i] = args[i];
		if (bu_unlikely(!check_arg(&call, i)))
			return false;
	}
	return true;
}

void bu_args_mark_written(struct bu_run *run, const struct bu_helper *helper, const u64 args[5])
{
	struct bu_arena *arena = &run->kernel->arena;
	const struct bu_map *map = NULL;

	for (int i = 0; i < 5; i++) {
		u64 size = 0;

		switch (helper->args[i]) {
		case BU_ARG_CONST_MAP_PTR:
			map = map_of(run, args[i]);
			break;
		case BU_ARG_UNINIT_MEM:
		case BU_ARG_UNINIT_MEM_OR_NULL:
			size = i < 4 ? args[i + 1] : 0;
			break;
		case BU_ARG_UNINIT_MAP_VALUE:
			size = map ? map->value_size : 0;
			break;
		case BU_ARG_LONG_PTR:
		case BU_ARG_INT_PTR:
			size = helper->args[i] == BU_ARG_LONG_PTR ? 8 : 4;
			break;
		}
		if (size && size < BU_MAX_ARG_SIZE)
			bu_mem_written(arena, args[i], size);
	}
}
