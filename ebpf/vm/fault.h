/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault of the program under test: data that describes it, and its text. */
#ifndef BU_FAULT_H
#define BU_FAULT_H

#include "ebpf/base.h"

enum bu_fault_kind {
#define BU_FAULT(name, text) BU_FAULT_##name,
#include "ebpf/vm/faults.def"
#undef BU_FAULT
	BU_FAULT_MAX,
	BU_FAULT_THROWN, /* none: bpf_throw() unwinds the run by the same way; never leaves it */
};

struct bu_prog;
struct bu_run;

struct bu_fault {
	enum bu_fault_kind kind; /* BU_FAULT_NONE: the program ended well */
	bool write;              /* of an access: it was a store */
	u32 insn;                /* index of the instruction in prog */
	u32 size;                /* bytes of the access, where there was one */
	u64 address;
	const struct bu_prog *prog;
	char where[256]; /* about the address: "12 bytes past the end of value of map 'flows' (64
			    bytes)" */
	char hint[256];  /* what to do; may be empty */
};

/* "out of bounds", ... */
const char *bu_fault_kind_name(enum bu_fault_kind kind);

/* Raise a fault in `run` unless one is pending: the VM stops when the helper returns.
 * `hint` may be NULL. The instruction is filled in from the run. */
void bu_fault_raise(struct bu_run *run, enum bu_fault_kind kind, const char *hint, ...)
	BU_PRINTF(3, 4);

/* Raise a bad access to [address, address + size): the kind and `where` come from the arena. */
void bu_fault_access(struct bu_run *run, u64 address, u32 size, bool write);

/* An atomic operation on an address that is not a multiple of its size. */
void bu_fault_misaligned(struct bu_run *run, u64 address, u32 size, bool write);
/* The budget is spent: names the loop that run->insn closes. */
void bu_fault_budget(struct bu_run *run);
/* run->insn calls one function too many. */
void bu_fault_depth(struct bu_run *run);
/* run->insn must not be executed: says what it stands for. */
void bu_fault_poison(struct bu_run *run);

/* The whole report as text for people, several lines, no trailing newline; malloc'ed, or NULL. */
char *bu_fault_report(const struct bu_fault *fault, const struct bu_run *run);

#endif
