// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dynptrs: memory whose bounds are known when the program runs. One is intact when its 16 bytes are
 * initialised and sealed: the seal depends on them and on where they lie, so that a copy, an
 * overwritten one and what an earlier call left on the stack are found. Records of ring buffers are
 * looked up at each use. Source: kernel/bpf/helpers.c, kernel/bpf/ringbuf.c (6.12).
 *
 * Differs: the verifier decides at load time what is a fault here. Reading a byte of a record that
 * was not written is a fault.
 */
#include "helpers/dynptr.h"

#include <string.h>

#include "helpers/packet.h"
#include "maps/ringbuf.h"

#define MIX 0x9e3779b97f4a7c15ULL /* odd, bits spread evenly */

static u16 seal_of(const struct bu_dynptr *ptr, const struct bu_dynptr *value)
{
	u64 sizes = (u64)value->rdonly << 31 | value->type << 24 | value->size;
	u64 mixed = (u64)ptr * MIX;

	mixed = (mixed ^ mixed >> 29 ^ value->data) * MIX;
	mixed = (mixed ^ mixed >> 29 ^ (sizes << 32 | value->offset)) * MIX;
	return (u16)(mixed >> 48);
}

static bool is_intact(struct bu_run *run, const struct bu_dynptr *ptr)
{
	return !((u64)ptr % 8) && bu_arena_readable(&run->kernel->arena, ptr, sizeof(*ptr)) &&
	       ptr->seal == seal_of(ptr, ptr);
}

static struct bu_map *ring_of(struct bu_run *run, const struct bu_dynptr *value)
{
	return bu_ringbuf_of_record(run->kernel, (void *)(u64)value->data);
}

static bool __attribute__((noinline, cold)) bad(struct bu_run *run, const char *why)
{
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "%s", why);
	return false;
}

bool bu_dynptr_place(struct bu_run *run, struct bu_dynptr *ptr)
{
	struct bu_arena *arena = &run->kernel->arena;
	const struct bu_region *region = NULL;

	if (!bu_arena_writable(arena, ptr, sizeof(*ptr))) {
		bu_fault_access(run, (u64)ptr, sizeof(*ptr), true);
		return false;
	}
	region = bu_arena_region(arena, ptr);
	if (!region || region->info.kind != BU_REGION_STACK || (u64)ptr % 8)
		return bad(run, "a dynptr has to be an aligned variable on the stack");
	if (is_intact(run, ptr) && ptr->type == BU_DYNPTR_RINGBUF &&
	    (!ptr->data || ring_of(run, ptr)))
		return bad(run, "the dynptr's reservation is neither submitted nor discarded yet: "
				"it must not be overwritten");
	return true;
}

void bu_dynptr_set(struct bu_run *run, struct bu_dynptr *ptr, struct bu_dynptr value)
{
	value.seal = seal_of(ptr, &value);
	bu_arena_make_written(&run->kernel->arena, ptr, sizeof(*ptr));
	*ptr = value;
}

bool bu_dynptr_get(struct bu_run *run, const struct bu_dynptr *ptr, struct bu_dynptr *value)
{
	if (!is_intact(run, ptr))
		return bad(run, "not a dynptr that a helper has initialised, or it was overwritten "
				"or copied since");
	*value = *ptr;
	if (bu_dynptr_is_packet(value) && value->data != (u64)run->ctx)
		return bad(run, "the dynptr is one of another run's packet");
	if (value->type == BU_DYNPTR_RELEASED ||
	    (value->type == BU_DYNPTR_RINGBUF && value->data && !ring_of(run, value)))
		return bad(run, "the dynptr's reservation has been submitted or discarded already");
	return true;
}

int bu_dynptr_check(const struct bu_dynptr *value, u32 offset, u32 len)
{
	return len > value->size || offset > value->size - len ? -E2BIG : 0;
}

/* The verifier lets values of maps through. */
static bool is_map_value(struct bu_run *run, const void *data)
{
	const struct bu_arena *arena = &run->kernel->arena;
	const struct bu_region *region;

	region = bu_arena_contains(arena, data) ? bu_arena_region(arena, data) : NULL;
	if (region && region->info.kind == BU_REGION_MAP_VALUE)
		return true;
	return bad(run, "bpf_dynptr_from_mem() takes memory of a map's value or a global variable");
}

BU_HELPER_4(dynptr_from_mem, void *, data, u32, size, u64, flags, struct bu_dynptr *, ptr)
{
	struct bu_dynptr value = { .type = BU_DYNPTR_LOCAL };

	if (!bu_dynptr_place(run, ptr) || !is_map_value(run, data))
		return 0;
	if (size <= BU_DYNPTR_MAX_SIZE && !flags) {
		value.data = (u64)data;
		value.size = size;
	}
	bu_dynptr_set(run, ptr, value);
	if (size > BU_DYNPTR_MAX_SIZE)
		return -E2BIG;
	return flags ? -EINVAL : 0;
}

void *bu_dynptr_bytes(struct bu_run *run, const struct bu_dynptr *value, u32 offset, u32 len,
		      bool write)
{
	u64 from = (u64)value->offset + offset;

	if (!value->data || (write && value->rdonly) || bu_dynptr_check(value, offset, len))
		return NULL;
	if (!bu_dynptr_is_packet(value))
		return (u8 *)(u64)value->data + from;
	if (value->type == BU_DYNPTR_XDP && (from > BU_XDP_REACH || len > BU_XDP_REACH))
		return NULL;
	return bu_packet_piece(run, from, len);
}

u64 bu_dynptr_view(struct bu_run *run, const void *bytes, u32 len, bool rdonly, const char *what)
{
	u64 view = bytes ? bu_view_make(run, bytes, len, rdonly, what) : 0;

	if (bytes && !view)
		bad(run, "out of memory: too many slices in one run");
	return view;
}

static int load_packet(struct bu_run *run, const struct bu_dynptr *value, u32 offset, void *to,
		       u32 len)
{
	return value->type == BU_DYNPTR_SKB
		       ? bu_packet_load_skb(run, value->offset + offset, to, len)
		       : bu_packet_load_xdp(run, value->offset + offset, to, len);
}

int bu_dynptr_load(struct bu_run *run, const struct bu_dynptr *value, u32 offset, void *to, u32 len)
{
	const u8 *from;

	if (!value->data)
		return -EINVAL;
	if (bu_dynptr_check(value, offset, len))
		return -E2BIG;
	if (bu_dynptr_is_packet(value))
		return load_packet(run, value, offset, to, len);
	from = bu_dynptr_bytes(run, value, offset, len, false);
	if (!bu_arena_readable(&run->kernel->arena, from, len))
		bu_fault_access(run, (u64)from, len, false);
	else if (len)
		memmove(to, from, len);
	return 0;
}

int bu_dynptr_store(struct bu_run *run, const struct bu_dynptr *value, u32 offset, const void *from,
		    u32 len, u64 flags)
{
	u8 *to;

	if (!value->data || value->rdonly)
		return -EINVAL;
	if (bu_dynptr_check(value, offset, len))
		return -E2BIG;
	if (bu_dynptr_is_packet(value) && value->type == BU_DYNPTR_SKB)
		return bu_packet_store_skb(run, value->offset + offset, from, len, flags);
	if (flags)
		return -EINVAL;
	if (bu_dynptr_is_packet(value))
		return bu_packet_store_xdp(run, value->offset + offset, from, len);
	to = bu_dynptr_bytes(run, value, offset, len, true);
	if (!bu_arena_make_written(&run->kernel->arena, to, len))
		bu_fault_access(run, (u64)to, len, true);
	else if (len)
		memmove(to, from, len);
	return 0;
}

BU_HELPER_5(dynptr_read, void *, dst, u32, len, const struct bu_dynptr *, src, u32, offset, u64,
	    flags)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, src, &value))
		return 0;
	return (s64)(flags ? -EINVAL : bu_dynptr_load(run, &value, offset, dst, len));
}

BU_HELPER_5(dynptr_write, const struct bu_dynptr *, dst, u32, offset, const void *, src, u32, len,
	    u64, flags)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, dst, &value))
		return 0;
	return (s64)bu_dynptr_store(run, &value, offset, src, len, flags);
}

/* Those of packets have slices (bpf_dynptr_slice()) instead. */
BU_HELPER_3(dynptr_data, const struct bu_dynptr *, ptr, u32, offset, u32, len)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value) || bu_dynptr_is_packet(&value))
		return 0;
	return bu_dynptr_view(run, bu_dynptr_bytes(run, &value, offset, len, true), len, false,
			      "data");
}

/* A dynptr that could not be reserved has to be submitted or discarded, too. */
static long reserve(struct bu_run *run, struct bu_map *map, u32 size, u64 flags, u64 *data)
{
	*data = 0;
	if (!flags && size <= BU_DYNPTR_MAX_SIZE)
		*data = (u64)bu_ringbuf_reserve(map, run, size, 0);
	if (*data)
		return 0;
	return !flags && size > BU_DYNPTR_MAX_SIZE ? -E2BIG : -EINVAL;
}

BU_HELPER_4(ringbuf_reserve_dynptr, struct bu_map *, map, u32, size, u64, flags, struct bu_dynptr *,
	    ptr)
{
	struct bu_dynptr value = { .type = BU_DYNPTR_RINGBUF };
	u64 data;
	long err;

	if (map->type != BPF_MAP_TYPE_RINGBUF) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no ring buffer", map->name);
		return 0;
	}
	if (!bu_dynptr_place(run, ptr))
		return 0;
	err = reserve(run, map, size, flags, &data);
	if (err)
		bu_run_acquire(run, ptr);
	else
		value.size = size;
	value.data = data;
	bu_dynptr_set(run, ptr, value);
	return err;
}

/* The reservation of a dynptr, which is then marked as released. `*map`: NULL when there is no
 * record. False: a fault has been raised. */
static bool release(struct bu_run *run, struct bu_dynptr *ptr, struct bu_map **map, void **sample)
{
	struct bu_dynptr value;

	*map = NULL;
	if (is_intact(run, ptr) && ptr->type == BU_DYNPTR_RELEASED) {
		bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE,
			       "the dynptr's reservation has been submitted or discarded already");
		return false;
	}
	if (!bu_dynptr_get(run, ptr, &value))
		return false;
	if (value.type != BU_DYNPTR_RINGBUF)
		return bad(run, "the dynptr is not one of bpf_ringbuf_reserve_dynptr()");
	*sample = (void *)(u64)value.data;
	if (value.data)
		*map = ring_of(run, &value);
	else
		bu_run_release(run, ptr);
	bu_dynptr_set(run, ptr, (struct bu_dynptr){ .type = BU_DYNPTR_RELEASED });
	return true;
}

BU_HELPER_2(ringbuf_submit_dynptr, struct bu_dynptr *, ptr, u64, flags)
{
	struct bu_map *map;
	void *sample;

	if (release(run, ptr, &map, &sample) && map)
		bu_ringbuf_submit(map, run, sample, flags);
	return 0;
}

BU_HELPER_2(ringbuf_discard_dynptr, struct bu_dynptr *, ptr, u64, flags)
{
	struct bu_map *map;
	void *sample;

	if (release(run, ptr, &map, &sample) && map)
		bu_ringbuf_discard(map, run, sample, flags);
	return 0;
}
