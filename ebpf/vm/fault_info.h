/* SPDX-License-Identifier: BSD-2-Clause */
/* All that is said about a fault, copied out of the run: it outlives it. Text and JSON are made of
 * this. */
#ifndef BU_FAULT_INFO_H
#define BU_FAULT_INFO_H

#include "ebpf/log.h"
#include "ebpf/vm/trail.h"

struct bu_fault_place { /* an instruction and where it comes from */
	char prog[BU_OBJ_NAME_LEN];
	char func[128]; /* the program's name when there is no BTF */
	char file[256]; /* "" : not known */
	char text[192]; /* source line without indentation; "": not known */
	char disasm[128];
	u32 insn, line, column;
};

struct bu_fault_info {
	enum bu_fault_kind kind;
	bool write;
	u32 size;
	u64 address;
	char where[256], hint[256];
	char origin[2][256]; /* "inserted by user space", "deleted at flow.bpf.c:57 ..."; or "" */
	u32 nr_frames;       /* 0: the fault is of no program */
	struct bu_fault_place frames[BU_MAX_FRAMES]; /* innermost first: where it happened */
	u64 regs[11];
	char points_to[11][256]; /* "at offset 8 of value of map 'flows' ...", or "" */
	u32 nr_steps;
	struct bu_fault_place steps[BU_TRAIL]; /* the last instructions, latest first */
};

/* malloc'ed; NULL: out of memory. */
struct bu_fault_info *bu_fault_info(const struct bu_fault *fault, const struct bu_run *run);
/* Several lines, no trailing newline; malloc'ed, or NULL. */
char *bu_fault_text(const struct bu_fault_info *info);
/* One JSON object, described in docs/faults.md; malloc'ed, or NULL. */
char *bu_fault_json(const struct bu_fault_info *info);

#endif
