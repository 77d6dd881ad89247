// SPDX-License-Identifier: BSD-2-Clause
/*
 * Faults: which kind a bad access is, and what to say about it.
 *
 * Invariant: the first fault of a run stays; later ones are ignored, for they follow from it.
 * The shadow has said no already; here the regions and the instruction's base register say why.
 */
#include "ebpf/vm/fault.h"

#include "ebpf/btf/core_relo.h"
#include "ebpf/kernel.h"
#include "ebpf/prog/kfunc.h"
#include "ebpf/prog/prog_patch.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/fault_text.h"
#include "ebpf/vm/ring_record.h"
#include "ebpf/vm/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_PAGE 4096
#define NEAR       4096

struct access {
	struct bu_run *run;
	struct bu_fault *fault;
	u64 bad; /* first byte that must not be accessed */
	bool write;
};

const char *bu_fault_kind_name(enum bu_fault_kind kind)
{
	static const char *const names[] = {
#define BU_FAULT(name, text) [BU_FAULT_##name] = text,
#include "ebpf/vm/faults.def"
#undef BU_FAULT
	};

	return kind < BU_FAULT_MAX ? names[kind] : "unknown fault";
}

/* The run's fault, filled in with what every fault has; NULL when there is one already. */
static struct bu_fault *new_fault(struct bu_run *run, enum bu_fault_kind kind)
{
	struct bu_fault *fault = &run->fault;

	if (fault->kind != BU_FAULT_NONE)
		return NULL;
	fault->kind = kind;
	fault->write = false;
	fault->insn = run->insn;
	fault->size = 0;
	fault->address = 0;
	fault->prog = run->prog;
	fault->where[0] = '\0';
	fault->hint[0] = '\0';
	return fault;
}

#define HINT(fault, ...)  snprintf((fault)->hint, sizeof((fault)->hint), __VA_ARGS__)
#define WHERE(fault, ...) snprintf((fault)->where, sizeof((fault)->where), __VA_ARGS__)

void bu_fault_raise(struct bu_run *run, enum bu_fault_kind kind, const char *hint, ...)
{
	struct bu_fault *fault = new_fault(run, kind);
	va_list args;

	if (!fault || !hint)
		return;
	va_start(args, hint);
	vsnprintf(fault->hint, sizeof(fault->hint), hint, args);
	va_end(args);
}

/* The first byte of an access that must not be accessed. */
static u64 first_bad(const struct bu_arena *arena, u64 address, u32 size, bool write)
{
	const struct bu_view *view = bu_view_at(arena, address);

	if (view)
		return bu_view_first_bad(view, address, size, write);
	return address + (write ? bu_arena_writable_span(arena, (void *)address, size)
				: bu_arena_readable_span(arena, (void *)address, size));
}

/* The pointer that the faulting instruction adds its offset to; 0: a helper's access. */
static u64 base_pointer(const struct bu_run *run)
{
	const struct bpf_insn *insn = &run->prog->insns[run->insn];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		return run->regs[insn->src_reg];
	case BPF_ST:
	case BPF_STX:
		return run->regs[insn->dst_reg];
	}
	return 0;
}

static bool holds(const struct bu_region *region, u64 address)
{
	return region && address - (u64)region->start < region->size;
}

/* Whether `address` points into a region, or just behind it as r10 does. */
static bool belongs(const struct bu_region *region, u64 address)
{
	return region && address - (u64)region->start <= region->size;
}

/* Distance of an address from a region that does not hold it. */
static u64 distance(const struct bu_region *region, u64 address)
{
	if (!region)
		return UINT64_MAX;
	if (address < (u64)region->start)
		return (u64)region->start - address;
	return address - (u64)region->start - region->size;
}

/* The region that a bad address should be measured against; NULL: none is near. */
static const struct bu_region *region_for(const struct access *access)
{
	const struct bu_arena *arena = &access->run->kernel->arena;
	const struct bu_region *before, *after, *base_region, *unused;
	u64 base = base_pointer(access->run);

	bu_arena_around(arena, (void *)access->bad, &before, &after);
	if (holds(before, access->bad))
		return before;
	bu_arena_around(arena, (void *)base, &base_region, &unused);
	if (base && belongs(base_region, base) && !base_region->freed)
		return base_region;
	if (distance(before, access->bad) > distance(after, access->bad))
		before = after;
	return distance(before, access->bad) < NEAR ? before : NULL;
}

const struct bu_region *bu_fault_region(const struct bu_run *run)
{
	const struct bu_arena *arena = &run->kernel->arena;
	const struct bu_fault *fault = &run->fault;
	struct access access = { .run = (struct bu_run *)run, .write = fault->write };

	if (fault->address < FIRST_PAGE)
		return NULL;
	access.bad = first_bad(arena, fault->address, fault->size, fault->write);
	return region_for(&access);
}

/* Program types whose contexts hold pointers to kernel objects that may be followed directly.
 * Source: the loads that become BPF_PROBE_MEM, kernel/bpf/verifier.c (6.12). Differs: the machine
 * does not know which pointers have such a type, so a load through NULL is a fault, not 0. */
static bool reads_kernel_objects(const struct bu_prog *prog)
{
	switch (bu_prog_kind(prog)) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS:
		return true;
	}
	return false;
}

static void classify_null(struct access *access)
{
	struct bu_fault *fault = access->fault;

	fault->kind = BU_FAULT_NULL_POINTER;
	if ((s64)fault->address < 0)
		WHERE(fault, "%lld bytes before a NULL pointer", -(long long)fault->address);
	else if (fault->address)
		WHERE(fault, "offset %llu from a NULL pointer", (unsigned long long)fault->address);
	else
		WHERE(fault, "a NULL pointer");
	if (reads_kernel_objects(access->run->prog) && !access->write)
		HINT(fault,
		     "check the pointer first; a kernel reads 0 through a NULL pointer to one "
		     "of its objects, as BPF_CORE_READ() does: give the object that field, or "
		     "test the pointer");
	else
		HINT(fault, "check the pointer first: lookups and reservations return NULL when "
			    "they fail");
}

/* The pointer of the access, as the program has it. */
static u64 pointer_of(const struct access *access)
{
	u8 class = BPF_CLASS(access->run->prog->insns[access->run->insn].code);
	bool memory = class == BPF_LDX || class == BPF_ST || class == BPF_STX;

	return memory ? base_pointer(access->run) : access->fault->address;
}

/* Source: IS_ERR_VALUE(), include/linux/err.h */
static bool is_error_number(u64 pointer)
{
	return pointer >= (u64)-4095;
}

/* An offset from NULL, also a negative one. */
static bool is_null(const struct access *access)
{
	if (is_error_number(pointer_of(access)))
		return false;
	return access->fault->address < FIRST_PAGE || !pointer_of(access);
}

static void classify_wild(struct access *access)
{
	const struct bu_arena *arena = &access->run->kernel->arena;
	const struct bu_region *old = bu_arena_released(arena, (void *)access->bad);
	u64 whole = ((u64)arena->base & ~0xffffffffULL) | (u32)access->bad;
	struct bu_fault *fault = access->fault;
	char name[160];

	if (old) {
		fault->kind = BU_FAULT_USE_AFTER_FREE;
		bu_region_name(access->run, old, old->size, name, sizeof(name));
		WHERE(fault, "%s of a run that has ended", name);
		HINT(fault, "a pointer to it was kept, perhaps in a map");
		return;
	}
	fault->kind = BU_FAULT_WILD_POINTER;
	WHERE(fault, "no memory that the program was given is there");
	if (is_error_number(pointer_of(access)))
		HINT(fault,
		     "the pointer is %lld: a negative number that was returned for an error?",
		     (long long)pointer_of(access));
	if (access->bad >> 32 == 0 && (bu_arena_region(arena, (void *)whole) ||
				       bu_arena_region(arena, (void *)(whole + (1ULL << 32)))))
		HINT(fault, "this looks like a pointer that was cut to 32 bits");
}

static void refine_stack(struct access *access, const struct bu_region *region)
{
	if (bu_frame_is_live(access->run, region))
		return;
	access->fault->kind = BU_FAULT_USE_AFTER_FREE;
	WHERE(access->fault, "stack frame of a function that has returned");
}

static void refine_packet(struct access *access, const struct bu_region *region)
{
	if (region->start == access->run->packet.head)
		return;
	access->fault->kind = BU_FAULT_USE_AFTER_FREE;
	WHERE(access->fault, "where the packet was before it moved");
	HINT(access->fault,
	     "the packet has been moved since: load data and data_end from the context again");
}

static void refine_ctx(struct access *access)
{
	if (access->fault->kind == BU_FAULT_USE_AFTER_FREE)
		access->fault->kind = access->write ? BU_FAULT_READ_ONLY : BU_FAULT_OUT_OF_BOUNDS;
	HINT(access->fault, "programs of this type may not %s this part of their context",
	     access->write ? "write" : "read");
}

/* A ring buffer is one region. Between its records, and where none has been, nothing was released.
 */
static void refine_record(struct access *access, const struct bu_region *region)
{
	struct bu_ring_record record;

	if (!bu_ring_record_at(region, access->bad, &record) &&
	    bu_ring_is_unused(region, access->bad))
		access->fault->kind = BU_FAULT_OUT_OF_BOUNDS;
	else
		HINT(access->fault, "the record has been submitted or discarded");
}

static void refine_opaque(struct access *access, const char *hint)
{
	access->fault->kind = BU_FAULT_WILD_POINTER;
	HINT(access->fault, "%s", hint);
}

static void refine_view(struct access *access, bool inside)
{
	if (inside)
		HINT(access->fault, "bpf_dynptr_slice() gives bytes to read, "
				    "bpf_dynptr_slice_rdwr() those to write");
	else
		HINT(access->fault, "it is as long as was asked for, wherever its bytes are");
}

/* By the kind of memory; `inside`: the bad byte lies in memory that someone owns or owned. */
static void refine(struct access *access, const struct bu_region *region, bool inside)
{
	switch (region->info.kind) {
	case BU_REGION_STACK:
		if (inside)
			refine_stack(access, region);
		break;
	case BU_REGION_PACKET:
		refine_packet(access, region);
		break;
	case BU_REGION_CTX:
		if (inside)
			refine_ctx(access);
		break;
	case BU_REGION_MAP_HANDLE:
		refine_opaque(access, "look up a value with bpf_map_lookup_elem() instead");
		break;
	case BU_REGION_CODE:
		refine_opaque(access, "code can be called, not read or written");
		break;
	case BU_REGION_USER:
		refine_opaque(access, "use bpf_probe_read_user() for memory of user space");
		break;
	case BU_REGION_MAP_VALUE:
		if (inside && access->fault->kind == BU_FAULT_USE_AFTER_FREE && !region->info.label)
			HINT(access->fault,
			     "the element has been deleted, or replaced by an update");
		break;
	case BU_REGION_RINGBUF:
		if (access->fault->kind == BU_FAULT_USE_AFTER_FREE)
			refine_record(access, region);
		break;
	case BU_REGION_VIEW:
		refine_view(access, inside);
		break;
	default:
		break;
	}
}

/* What the shadow's bits say about a byte inside its part of a region. */
static enum bu_fault_kind kind_by_shadow(const struct access *access)
{
	const struct bu_arena *arena = &access->run->kernel->arena;
	bool readable = bu_arena_readable(arena, (void *)access->bad, 1);
	bool writable = bu_arena_writable(arena, (void *)access->bad, 1);

	if (access->write)
		return readable ? BU_FAULT_READ_ONLY : BU_FAULT_USE_AFTER_FREE;
	return writable ? BU_FAULT_UNINITIALISED : BU_FAULT_USE_AFTER_FREE;
}

/* Whether `address` is in an element of a slab. */
static bool in_element(const struct bu_region *region, u64 address)
{
	return region->info.stride && holds(region, address) &&
	       (address - (u64)region->start) % region->info.stride < region->info.elem_size;
}

/* What a bad access to a ring buffer is measured from: the open record that its pointer is in or
 * that it begins in; when it hits no other record, the open one that is nearest. */
static u64 anchor_in_ring(const struct access *access, const struct bu_region *ring)
{
	u64 base = base_pointer(access->run), begin = access->fault->address, bad = access->bad;
	struct bu_ring_record record;

	if (bu_ring_record_at(ring, base, &record) && record.open)
		return base;
	if (bu_ring_record_at(ring, begin, &record) && record.open)
		return begin;
	if (bu_ring_record_at(ring, bad, &record) || !bu_ring_record_near(ring, bad, &record))
		return bad;
	return bad + NEAR - record.start <= 2 * NEAR + record.bytes || bu_ring_is_unused(ring, bad)
		       ? record.start
		       : bad;
}

/* What a bad access to a slab is measured from: the element that its pointer is in, or that it
 * begins in. */
static u64 anchor_of(const struct access *access, const struct bu_region *region)
{
	u64 base = base_pointer(access->run);

	if (region->info.kind == BU_REGION_RINGBUF && !region->freed)
		return anchor_in_ring(access, region);
	if (in_element(region, base))
		return base;
	return in_element(region, access->fault->address) ? access->fault->address : access->bad;
}

u64 bu_fault_record(const struct bu_run *run, const struct bu_region *ring)
{
	const struct bu_arena *arena = &run->kernel->arena;
	struct access access = { .run = (struct bu_run *)run,
				 .fault = (struct bu_fault *)&run->fault,
				 .write = run->fault.write };
	struct bu_ring_record record;
	u64 anchor;

	if (ring->freed)
		return 0;
	access.bad = first_bad(arena, run->fault.address, run->fault.size, run->fault.write);
	anchor = anchor_in_ring(&access, ring);
	return bu_ring_record_at(ring, anchor, &record) && record.open ? record.start : 0;
}

static void classify_in(struct access *access, const struct bu_region *region)
{
	u64 start, bytes, bad = access->bad, anchor = anchor_of(access, region);
	bool inside;

	bu_region_part(access->run, region, anchor, &start, &bytes);
	inside = bad - start < bytes;
	if (region->freed)
		access->fault->kind = BU_FAULT_USE_AFTER_FREE;
	else if (inside && region->info.kind == BU_REGION_VIEW)
		access->fault->kind = BU_FAULT_READ_ONLY;
	else if (inside)
		access->fault->kind = kind_by_shadow(access);
	else
		access->fault->kind = BU_FAULT_OUT_OF_BOUNDS;
	bu_region_place_from(access->run, region, anchor, bad, access->fault->where,
			     sizeof(access->fault->where));
	if (region->freed)
		HINT(access->fault, "it has been freed");
	else
		refine(access, region, inside);
}

void bu_fault_access(struct bu_run *run, u64 address, u32 size, bool write)
{
	const struct bu_arena *arena = &run->kernel->arena;
	struct access access = { .run = run, .write = write };
	const struct bu_region *region;

	address = bu_view_blame(arena, address, size, write);
	access.fault = new_fault(run, BU_FAULT_WILD_POINTER);
	if (!access.fault)
		return;
	access.fault->write = write;
	access.fault->address = address;
	access.fault->size = size;
	access.bad = first_bad(arena, address, size, write);
	if (is_null(&access)) {
		classify_null(&access);
		return;
	}
	region = region_for(&access);
	if (region)
		classify_in(&access, region);
	else
		classify_wild(&access);
}

void bu_fault_misaligned(struct bu_run *run, u64 address, u32 size, bool write)
{
	struct bu_fault *fault = new_fault(run, BU_FAULT_MISALIGNED);
	const struct bu_region *region;

	if (!fault)
		return;
	fault->write = write;
	fault->address = address;
	fault->size = size;
	HINT(fault, "atomic operations need an address that is a multiple of %u", size);
	region = bu_arena_region(&run->kernel->arena, (void *)address);
	if (region)
		bu_region_place(run, region, address, fault->where, sizeof(fault->where));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The source lines of the loop that jumps from `last` back to `first`; false: not known. */
static bool loop_lines(const struct bu_prog *prog, u32 first, u32 last, const struct bu_line **low,
		       const struct bu_line **high)
{
	u32 i;

	*low = *high = bu_prog_line(prog, last);
	for (i = first; *low && i < last; i++) {
		const struct bu_line *line = bu_prog_line(prog, i);

		if (!line || strcmp(line->file, (*low)->file) != 0)
			continue;
		*low = line->line < (*low)->line ? line : *low;
		*high = line->line > (*high)->line ? line : *high;
	}
	return *low;
}

static void name_loop(struct bu_fault *fault, const struct bu_prog *prog, u32 first, u32 last)
{
	const struct bu_line *low, *high;

	if (!loop_lines(prog, first, last, &low, &high))
		WHERE(fault, "in the loop of instructions %u to %u", first, last);
	else if (low->line == high->line)
		WHERE(fault, "in the loop at %s:%u (instructions %u to %u)", base_name(low->file),
		      low->line, first, last);
	else
		WHERE(fault, "in the loop at %s:%u to %u (instructions %u to %u)",
		      base_name(low->file), low->line, high->line, first, last);
}

void bu_fault_budget(struct bu_run *run)
{
	struct bu_fault *fault = new_fault(run, BU_FAULT_BUDGET);
	const struct bu_op *op = &run->prog->ops[run->insn];
	u16 code = bu_patch_code(run->prog, op);
	u32 first = run->insn + op->off;

	if (!fault)
		return;
	if (code == BU_OP_GOTOX)
		first = bu_prog_insn_at(run->prog, run->regs[op->dst]);
	HINT(fault, "a run may execute %lld instructions: an endless loop, or raise the budget",
	     (long long)run->kernel->budget);
	if (code == BU_OP_CALL_HELPER || code == BU_OP_CALL_LOCAL || code == BU_OP_CALL_REG)
		WHERE(fault, "in calls made by instruction %u", run->insn);
	else
		name_loop(fault, run->prog, first, run->insn);
}

void bu_fault_depth(struct bu_run *run)
{
	bu_fault_raise(run, BU_FAULT_STACK_OVERFLOW,
		       "at most %d functions can be active at a time; is this a recursion?",
		       BU_MAX_FRAMES);
}

/* What libbpf leaves in place of calls that cannot work. Source: tools/lib/bpf/relo_core.c,
 * libbpf.c (1.5). */
#define POISON_CORE       195896080
#define POISON_MAP_BASE   2001000000
#define POISON_KFUNC_BASE 2002000000
#define POISON_LAST       2002999999

static void explain_kfunc(struct bu_run *run, struct bu_fault *fault, const struct bpf_insn *insn)
{
	const char *name = bu_kfunc_of_btf(run->kernel, insn->imm);

	if (insn->imm == 0) {
		HINT(fault, "a weak kernel function (kfunc) that the kernel does not have: test it "
			    "with bpf_ksym_exists() first");
		return;
	}
	fault->kind = BU_FAULT_NO_MODEL;
	HINT(fault, "the kernel function (kfunc) %s has no model", name ? name : "called here");
}

/* What CO-RE looked for: the object's file says it. */
static bool explain_core(const struct bu_run *run, struct bu_fault *fault)
{
	char missing[sizeof(fault->hint)];

	if (!bu_core_missing(run->prog, run->insn, missing, sizeof(missing)))
		return false;
	HINT(fault, "CO-RE: %.200s; test for it first", missing);
	return true;
}

static void explain_number(struct bu_run *run, struct bu_fault *fault, s32 number)
{
	if (number == POISON_CORE && explain_core(run, fault))
		return;
	if (number == POISON_CORE)
		HINT(fault, "a CO-RE relocation failed here: the kernel's types lack this type, "
			    "field or enumerator; test it with bpf_core_field_exists() first");
	else if (number >= POISON_KFUNC_BASE && number <= POISON_LAST)
		HINT(fault,
		     "a weak kernel function (kfunc, extern number %d) that the kernel does "
		     "not have: test it with bpf_ksym_exists() first",
		     number - POISON_KFUNC_BASE);
	else if (number >= POISON_MAP_BASE && number < POISON_KFUNC_BASE)
		HINT(fault,
		     "a map (number %d of the object) that was not created, see "
		     "bpf_map__set_autocreate()",
		     number - POISON_MAP_BASE);
	else
		HINT(fault, "no helper has the number %d", number);
}

void bu_fault_poison(struct bu_run *run)
{
	struct bu_fault *fault = new_fault(run, BU_FAULT_BAD_INSTRUCTION);
	const struct bpf_insn *insn = &run->prog->insns[run->insn];

	if (!fault)
		return;
	if (insn->code == (BPF_JMP | BPF_CALL | BPF_X))
		HINT(fault,
		     "the register holds neither a function's address nor a helper's number");
	else if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		explain_kfunc(run, fault, insn);
	else
		explain_number(run, fault, insn->imm);
}
