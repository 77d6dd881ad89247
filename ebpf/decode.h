/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From loaded instructions to operations. The loader (prog.c) goes through these steps:
 *
 *	1. fill in prog->object.kernel, insns, nr_insns, type, name, ...
 *	2. bu_prog_validate(): structure only; fills in prog->funcs (start, end; name "")
 *	3. prog->resolved = calloc(nr_insns, 8), and for each instruction that names something outside the program:
 *	     lddw of a map (src_reg BPF_PSEUDO_MAP_FD, _IDX)               map->handle
 *	     lddw of a map's value (BPF_PSEUDO_MAP_VALUE, _IDX_VALUE)      ops->direct_value(map, offset)
 *	     lddw of a kernel symbol (BPF_PSEUDO_BTF_ID)                   the object's address, or 0
 *	     call of a kfunc (BPF_PSEUDO_KFUNC_CALL)                       id of the helper that models it, or 0
 *	   at the index of the (first) instruction. Plain constants, subprograms' addresses (BPF_PSEUDO_FUNC),
 *	   helper and subprogram calls need no entry. prog->insns stay as loaded.
 *	4. bu_prog_decode(): makes prog->code, prog->ops, prog->counters
 *	5. names of prog->funcs and prog->lines from BTF, any time after 2
 *
 * There is one operation for each instruction, at the same index, so jumps need no table; the second half
 * of an lddw is an operation that is never reached.
 */
#ifndef BU_DECODE_H
#define BU_DECODE_H

#include "ebpf/log.h"
#include "ebpf/prog.h"

/* Whether the instructions are well formed; the first fault is explained in `log` in the verifier's words.
 * 0, -EINVAL, -E2BIG (too many), or -ENOMEM. On success prog->funcs is allocated (owned by prog). */
int bu_prog_validate(struct bu_prog *prog, struct bu_log *log);

/* Make a validated program runnable. 0, or -ENOMEM. */
int bu_prog_decode(struct bu_prog *prog);

/* Release what the two made, and prog->resolved; on a zeroed or half-made program too. */
void bu_prog_decode_free(struct bu_prog *prog);

#endif
