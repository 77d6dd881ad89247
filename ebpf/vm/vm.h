/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the interpreter (vm.c) and the run that it works for (run.c). */
#ifndef BU_VM_H
#define BU_VM_H

#include "ebpf/vm/run.h"

/* Interpret run->prog from an instruction on until the frame at depth `base_depth` returns: r0, or
 * anything with run->fault set; run->depth and the registers are then those of the fault. */
u64 bu_vm_run(struct bu_run *run, u32 insn, u32 base_depth);
/* The same, calling the kernel's hook (ebpf/vm/hook.h) around each instruction. */
u64 bu_vm_run_hooked(struct bu_run *run, u32 insn, u32 base_depth);
/* What it calls. False: the run has a fault now and ends. */
bool bu_hook_before(struct bu_run *run, const struct bu_op *op);
void bu_hook_after(struct bu_run *run, const struct bu_op *op);

/* Enter a function that returns to `return_insn` of run->prog: a fresh frame, r10. False: too deep.
 */
bool bu_vm_push_frame(struct bu_run *run, u32 return_insn);
/* Leave it: poison the frame; restore r6 - r10 and run->prog. */
void bu_vm_pop_frame(struct bu_run *run);
/* The operation that an indirect jump leads to, counted and charged; NULL: the run has a fault now
 * (ebpf/vm/gotox.c). */
const struct bu_op *bu_vm_gotox(struct bu_run *run, const struct bu_op *op);
/* LD_ABS and LD_IND. False: the bytes are not in the packet, and the function returns 0. */
bool bu_vm_load_packet(struct bu_run *run, const struct bu_op *op);
/* Casts of arena pointers between what user space and what the machine calls them. NULL stays NULL.
 */
u64 bu_cast_kern(const struct bu_prog *prog, u64 address);
u64 bu_cast_user(const struct bu_prog *prog, u64 address);
/* Make the present frame's contents uninitialised (a tail call reuses it). */
void bu_vm_reset_frame(struct bu_run *run);

#endif
