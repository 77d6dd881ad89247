// SPDX-License-Identifier: BSD-2-Clause
/* Calls and values in words: arguments by the kinds in the helper's row, flags by name. */
#include "ebpf/kernel.h"
#include "ebpf/log.h"
#include "ebpf/prog/kfunc.h"
#include "ebpf/vm/fault_text.h"
#include "ebpf/vm/trace.h"
#include "ebpf/vm/view.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 16

struct flag {
	u64 value;
	const char *name;
};

static const struct flag update_flags[] = {
	{ BPF_NOEXIST, "BPF_NOEXIST" }, { BPF_EXIST, "BPF_EXIST" }, { BPF_F_LOCK, "BPF_F_LOCK" }, {}
};
static const struct flag ring_flags[] = { { BPF_RB_NO_WAKEUP, "BPF_RB_NO_WAKEUP" },
					  { BPF_RB_FORCE_WAKEUP, "BPF_RB_FORCE_WAKEUP" },
					  {} };
static const struct flag store_flags[] = { { BPF_F_RECOMPUTE_CSUM, "BPF_F_RECOMPUTE_CSUM" },
					   { BPF_F_INVALIDATE_HASH, "BPF_F_INVALIDATE_HASH" },
					   {} };
static const struct flag cpu_flags[] = { { BPF_F_CURRENT_CPU, "BPF_F_CURRENT_CPU" }, {} };

/* Which argument of a helper is flags, and what they are called. */
static const struct {
	u16 id;
	u8 arg;
	const struct flag *flags;
} flag_args[] = {
	{ BPF_FUNC_map_update_elem, 3, update_flags }, { BPF_FUNC_map_push_elem, 2, update_flags },
	{ BPF_FUNC_ringbuf_output, 3, ring_flags },    { BPF_FUNC_ringbuf_submit, 1, ring_flags },
	{ BPF_FUNC_ringbuf_discard, 1, ring_flags },   { BPF_FUNC_skb_store_bytes, 4, store_flags },
	{ BPF_FUNC_perf_event_output, 2, cpu_flags },
};

void bu_trace_value(const struct bu_run *run, u64 value, char *text, size_t size)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, (void *)value);
	char place[256];

	if (region) {
		bu_region_place(run, region, value, place, sizeof(place));
		snprintf(text, size, "0x%llx, %s", (unsigned long long)value, place);
	} else if ((s64)value >= -4096 && value + 4096 < 4096 + 65536) {
		snprintf(text, size, "%lld", (long long)value);
	} else {
		snprintf(text, size, "0x%llx", (unsigned long long)value);
	}
}

static void add_value(struct bu_words *text, const struct bu_run *run, u64 value)
{
	char words[320];

	bu_trace_value(run, value, words, sizeof(words));
	bu_words_add(text, "%s", words);
}

/* Bytes where they can be read, else the pointer. */
static void add_bytes(struct bu_words *text, const struct bu_run *run, const char *what,
		      u64 address, u64 size)
{
	u64 shown = BU_MIN(size, (u64)SHOWN_BYTES);
	const u8 *bytes = bu_mem_readable(&run->kernel->arena, address, shown);

	if (!bytes) {
		add_value(text, run, address);
		return;
	}
	bu_words_add(text, "%s", what);
	for (u64 i = 0; i < shown; i++)
		bu_words_add(text, "%s%02x", i || what[0] ? " " : "", bytes[i]);
	if (shown < size)
		bu_words_add(text, " ...");
}

static void add_flags(struct bu_words *text, const struct flag *flag, u64 value)
{
	const char *bar = "";

	if (!value)
		bu_words_add(text, "0");
	for (; flag->name && value; flag++) {
		if ((value & flag->value) != flag->value)
			continue;
		bu_words_add(text, "%s%s", bar, flag->name);
		value &= ~flag->value;
		bar = "|";
	}
	if (value)
		bu_words_add(text, "%s0x%llx", bar, (unsigned long long)value);
}

static const struct flag *flags_of(u32 id, int arg)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(flag_args); i++)
		if (flag_args[i].id == id && flag_args[i].arg == arg)
			return flag_args[i].flags;
	return NULL;
}

static void add_func(struct bu_words *text, const struct bu_run *run, u64 address)
{
	u64 at = address - (u64)run->prog->code;
	const struct bu_func *func = NULL;

	if (at % 8 == 0 && at / 8 < run->prog->nr_insns)
		func = bu_prog_func(run->prog, (u32)(at / 8));
	if (func && func->name && func->name[0])
		bu_words_add(text, "%s()", func->name);
	else
		add_value(text, run, address);
}

static void add_string(struct bu_words *text, const struct bu_run *run, u64 address)
{
	const char *seen = (const char *)bu_mem_seen(&run->kernel->arena, address);
	u64 span = bu_arena_readable_span(&run->kernel->arena, seen, 64);

	if (span)
		bu_words_add(text, "\"%.*s\"", (int)strnlen(seen, span), seen);
	else
		add_value(text, run, address);
}

static void add_arg(struct bu_words *text, const struct bu_run *run, u32 id, const u64 args[5],
		    int i, const struct bu_map **map)
{
	const struct flag *flags = flags_of(id, i);

	switch ((enum bu_arg_kind)bu_helper_of(id)->args[i]) {
	case BU_ARG_CONST_MAP_PTR:
		*map = bu_map_of_handle(run->kernel, args[i]);
		if (*map)
			bu_words_add(text, "map '%s'", (*map)->name);
		else
			add_value(text, run, args[i]);
		break;
	case BU_ARG_MAP_KEY:
		add_bytes(text, run, "key", args[i], *map ? (*map)->key_size : 0);
		break;
	case BU_ARG_MAP_VALUE:
		add_bytes(text, run, "value", args[i], *map ? (*map)->value_size : 0);
		break;
	case BU_ARG_MEM:
	case BU_ARG_MEM_OR_NULL:
		add_bytes(text, run, "", args[i], i < 4 ? args[i + 1] : 0);
		break;
	case BU_ARG_CTX:
		bu_words_add(text, args[i] == (u64)run->ctx ? "ctx" : "not ctx");
		break;
	case BU_ARG_FUNC:
		add_func(text, run, args[i]);
		break;
	case BU_ARG_CONST_STR:
		add_string(text, run, args[i]);
		break;
	default:
		if (flags)
			add_flags(text, flags, args[i]);
		else
			add_value(text, run, args[i]);
	}
}

const char *bu_trace_callee(const struct bu_run *run, u32 id, char *text, size_t size)
{
	const struct bu_helper *helper = bu_helper_of(id);

	if (id >= BU_HELPER_MAX)
		return bu_kfunc_name(run->kernel, id, text, size) ?: "kfunc";
	snprintf(text, size, "bpf_%s", helper->name ? helper->name : "unknown");
	return text;
}

void bu_trace_bytes(const struct bu_run *run, u64 address, u64 bytes, char *text, size_t size)
{
	struct bu_words out = { text, size };

	add_bytes(&out, run, "", address, bytes);
}

/* The map that belongs to an argument: the one of the call. */
static const struct bu_map *map_of_call(const struct bu_run *run, const struct bu_helper *helper,
					const u64 args[5])
{
	for (int i = 0; i < 5; i++) {
		if (helper->args[i] == BU_ARG_CONST_MAP_PTR)
			return bu_map_of_handle(run->kernel, args[i]);
	}
	return NULL;
}

bool bu_trace_arg_access(const struct bu_run *run, u32 id, const u64 args[5], int i,
			 struct bu_trace_access *access)
{
	const struct bu_helper *helper = bu_helper_of(id);
	const struct bu_map *map = map_of_call(run, helper, args);
	enum bu_arg_kind kind = helper->args[i];
	const char *string;
	u64 size = 0;

	switch (kind) {
	case BU_ARG_MAP_KEY:
		size = map ? map->key_size : 0;
		break;
	case BU_ARG_MAP_VALUE:
	case BU_ARG_UNINIT_MAP_VALUE:
		size = map ? map->value_size : 0;
		break;
	case BU_ARG_MEM:
	case BU_ARG_MEM_OR_NULL:
	case BU_ARG_UNINIT_MEM:
	case BU_ARG_UNINIT_MEM_OR_NULL:
		size = i < 4 ? args[i + 1] : 0;
		break;
	case BU_ARG_CONST_STR:
		string = (const char *)bu_mem_seen(&run->kernel->arena, args[i]);
		size = bu_arena_readable_span(&run->kernel->arena, string, 4096);
		size = size ? BU_MIN(strnlen(string, size) + 1, size) : 0;
		break;
	case BU_ARG_LONG_PTR:
	case BU_ARG_INT_PTR:
		size = kind == BU_ARG_LONG_PTR ? 8 : 4;
		break;
	default:
		break;
	}
	*access = (struct bu_trace_access){ .address = args[i], .size = (u32)size };
	access->store = kind == BU_ARG_UNINIT_MAP_VALUE || kind == BU_ARG_UNINIT_MEM ||
			kind == BU_ARG_UNINIT_MEM_OR_NULL || kind == BU_ARG_LONG_PTR ||
			kind == BU_ARG_INT_PTR;
	access->load = !access->store;
	return size && size <= (u32)-1;
}

void bu_trace_call(const struct bu_run *run, u32 id, const u64 args[5], char *buffer, size_t size)
{
	const struct bu_helper *helper = bu_helper_of(id);
	struct bu_words text = { buffer, size };
	const struct bu_map *map = NULL;
	char name[128];

	bu_words_add(&text, "%s(", bu_trace_callee(run, id, name, sizeof(name)));
	for (int i = 0; i < 5 && helper->args[i] != BU_ARG_NONE; i++) {
		bu_words_add(&text, i ? ", " : "");
		add_arg(&text, run, id, args, i, &map);
	}
	bu_words_add(&text, ")");
}
