// SPDX-License-Identifier: BSD-2-Clause
/* Addresses in words: what memory is there, whose it is, how far into it or past it. */
#include "ebpf/vm/fault_text.h"

#include "ebpf/kernel.h"
#include "ebpf/vm/ring_record.h"
#include "ebpf/vm/view.h"

#include <stdio.h>
#include <string.h>

static int frame_of(const struct bu_run *run, const struct bu_region *region)
{
	u32 i;

	for (i = 0; i < run->nr_frames; i++)
		if (run->frames[i].stack == region->start)
			return i;
	return -1;
}

bool bu_frame_is_live(const struct bu_run *run, const struct bu_region *region)
{
	const struct bu_run *r;

	for (r = run; r; r = r->outer) {
		int frame = frame_of(r, region);

		if (frame >= 0)
			return (u32)frame <= r->depth;
	}
	return false;
}

const char *bu_frame_func(const struct bu_run *run, u32 depth)
{
	const struct bu_prog *prog = run->prog;
	u32 insn = run->fault.kind != BU_FAULT_NONE ? run->fault.insn : run->insn;
	const struct bu_func *func;

	if (depth < run->depth) {
		prog = run->frames[depth + 1].prog;
		insn = run->frames[depth + 1].return_insn - 1;
	}
	func = bu_prog_func(prog, insn);
	return func && func->name && func->name[0] ? func->name : prog->name;
}

static const char *map_name(const struct bu_region *region)
{
	const struct bu_map *map = region->info.owner;

	return map ? map->name : "";
}

static void name_stack(const struct bu_run *run, const struct bu_region *region, char *text,
		       size_t size)
{
	int frame = frame_of(run, region);

	if (frame >= 0 && (u32)frame <= run->depth)
		snprintf(text, size, "stack frame of '%s' (%d bytes)", bu_frame_func(run, frame),
			 BU_STACK_SIZE);
	else
		snprintf(text, size, "stack frame (%d bytes)", BU_STACK_SIZE);
}

static void name_owned(const struct bu_region *region, const char *what, u64 bytes, char *text,
		       size_t size)
{
	if (region->info.owner)
		snprintf(text, size, "%s '%s' (%llu bytes)", what, map_name(region),
			 (unsigned long long)bytes);
	else
		snprintf(text, size, "%s (%llu bytes)", what, (unsigned long long)bytes);
}

/* Where the element of a slab starts that is at, or nearest to, an address. */
static u64 element_start(const struct bu_region *region, u64 address)
{
	u64 count = region->size / region->info.stride, at, i;

	if (address < (u64)region->start || !count)
		return (u64)region->start;
	at = address - (u64)region->start;
	i = at / region->info.stride;
	if (at % region->info.stride > (region->info.elem_size + region->info.stride) / 2)
		i++; /* just before the next one */
	return (u64)region->start + BU_MIN(i, count - 1) * region->info.stride;
}

void bu_region_part(const struct bu_run *run, const struct bu_region *region, u64 address,
		    u64 *start, u64 *bytes)
{
	const struct bu_packet *packet = &run->packet;
	struct bu_ring_record record;

	*start = (u64)region->start;
	*bytes = region->size;
	if (region->info.kind == BU_REGION_RINGBUF && !region->freed &&
	    bu_ring_record_at(region, address, &record) && record.open) {
		*start = record.start;
		*bytes = record.bytes;
	} else if (region->info.kind == BU_REGION_VIEW) {
		const struct bu_view *view = region->info.owner;

		*start = view->start;
		*bytes = view->size;
	} else if (region->info.stride) {
		*start = element_start(region, address);
		*bytes = region->info.elem_size;
	} else if (region->info.kind == BU_REGION_PACKET && region->start == packet->head) {
		*start = (u64)packet->meta;
		*bytes = packet->end - packet->meta;
	}
}

void bu_region_name(const struct bu_run *run, const struct bu_region *region, u64 bytes, char *text,
		    size_t size)
{
	unsigned long long n = bytes;
	const char *label = region->info.label;
	char what[32];

	switch (region->info.kind) {
	case BU_REGION_STACK:
		name_stack(run, region, text, size);
		break;
	case BU_REGION_CTX:
		snprintf(text, size, "%s%scontext (%llu bytes)", label ? label : "",
			 label ? " " : "", n);
		break;
	case BU_REGION_PACKET:
		snprintf(text, size, "%s (%llu bytes)",
			 region->start == run->packet.head ? "packet"
							   : "buffer that the packet has left",
			 n);
		break;
	case BU_REGION_MAP_VALUE:
		snprintf(what, sizeof(what), "%s of map", label ? label : "value");
		name_owned(region, region->info.owner ? what : "map value", n, text, size);
		break;
	case BU_REGION_RINGBUF:
		name_owned(region,
			   bytes == region->size ? "memory of ring buffer"
						 : "record of ring buffer",
			   n, text, size);
		break;
	case BU_REGION_MAP_HANDLE:
		snprintf(text, size, "map '%s' itself", map_name(region));
		break;
	case BU_REGION_VIEW:
		snprintf(text, size, "%s of dynptr (%llu bytes)", label, n);
		break;
	case BU_REGION_CODE:
		snprintf(text, size, "the program's code");
		break;
	case BU_REGION_KOBJ:
		snprintf(text, size, "kernel object%s%s (%llu bytes)", label ? " " : "",
			 label ? label : "", n);
		break;
	case BU_REGION_USER:
		snprintf(text, size, "user space memory (%llu bytes)", n);
		break;
	default:
		snprintf(text, size, "memory (%llu bytes)", n);
	}
}

static const char *plural(u64 n)
{
	return n == 1 ? "" : "s";
}

const struct bu_elem_tag *bu_region_tag(const struct bu_region *region, u64 address)
{
	const struct bu_elem_tag *end;

	if (!region->info.tagged || region->freed)
		return NULL;
	end = (const struct bu_elem_tag *)(element_start(region, address) + region->info.stride);
	return end[-1].used ? end - 1 : NULL;
}

/* ", key 01 00 00 00" */
static void name_key(const struct bu_elem_tag *tag, char *text, size_t size)
{
	u32 shown = BU_MIN((u32)tag->key_size, (u32)sizeof(tag->key));
	int len = snprintf(text, size, ", key");

	for (u32 i = 0; i < shown && (size_t)len < size; i++)
		len += snprintf(text + len, size - len, " %02x", tag->key[i]);
	if (shown < tag->key_size && (size_t)len < size)
		snprintf(text + len, size - len, " ...");
}

/* ", element 3" of an array, the key of an element of a hash; nothing for other memory. */
static void name_element(const struct bu_region *region, u64 address, char *text, size_t size)
{
	const struct bu_map *map = region->info.owner;

	text[0] = '\0';
	if (region->info.kind != BU_REGION_MAP_VALUE || !map || !region->info.stride)
		return;
	if (bu_region_tag(region, address)) {
		name_key(bu_region_tag(region, address), text, size);
		return;
	}
	if (map->type != BPF_MAP_TYPE_ARRAY && map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return;
	address = BU_MAX(address, (u64)region->start) - (u64)region->start;
	address = BU_MIN(address, region->size - 1);
	if (map->max_entries > 1)
		snprintf(text, size, ", element %llu",
			 (unsigned long long)(address / region->info.stride));
}

/* " at offset 8 of record of ring buffer 'events' (16 bytes)": what a view is onto. */
static void name_seen(const struct bu_run *run, const struct bu_view *view, char *text, size_t size)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, (void *)view->target);

	if (!region || size < 2)
		return;
	text[0] = ' ';
	bu_region_place(run, region, view->target, text + 1, size - 1);
}

/* "12 bytes past the end of NAME", "8 bytes before the start of NAME", "at offset 4 of NAME",
 * "at fp-8 in NAME". */
void bu_region_place(const struct bu_run *run, const struct bu_region *region, u64 address,
		     char *text, size_t size)
{
	bu_region_place_from(run, region, address, address, text, size);
}

void bu_region_place_from(const struct bu_run *run, const struct bu_region *region, u64 anchor,
			  u64 address, char *text, size_t size)
{
	u64 start, bytes, distance;
	char name[256];

	bu_region_part(run, region, anchor, &start, &bytes);
	bu_region_name(run, region, bytes, name, sizeof(name));
	name_element(region, start, name + strlen(name), sizeof(name) - strlen(name));
	if (region->info.kind == BU_REGION_VIEW)
		name_seen(run, region->info.owner, name + strlen(name),
			  sizeof(name) - strlen(name));
	if (address < start) {
		distance = start - address;
		snprintf(text, size, "%llu byte%s before the start of %s",
			 (unsigned long long)distance, plural(distance), name);
	} else if (address >= start + bytes) {
		distance = address - start - bytes;
		if (distance)
			snprintf(text, size, "%llu byte%s past the end of %s",
				 (unsigned long long)distance, plural(distance), name);
		else
			snprintf(text, size, "at the end of %s", name);
	} else if (region->info.kind == BU_REGION_STACK) {
		snprintf(text, size, "at fp-%llu in %s",
			 (unsigned long long)(start + bytes - address), name);
	} else if (region->info.kind == BU_REGION_CODE && (address - start) % 8 == 0) {
		snprintf(text, size, "instruction %llu of %s",
			 (unsigned long long)(address - start) / 8, name);
	} else {
		snprintf(text, size, "at offset %llu of %s", (unsigned long long)(address - start),
			 name);
	}
}
