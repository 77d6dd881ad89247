/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracing runs: a hook (ebpf/vm/hook.h) that describes what programs do, a line at a time.
 *
 *	insn  each instruction before it is executed
 *	call  each call of a helper or kernel function, its arguments decoded, and its result
 *	mem   each access to memory by an instruction; what a helper or kernel function reads and
 *writes by its arguments (keys, values, buffers), not what it does to memory that it finds itself
 */
#ifndef BU_TRACE_H
#define BU_TRACE_H

#include "ebpf/vm/hook.h"

enum {
	BU_TRACE_INSN = 1,
	BU_TRACE_CALL = 2,
	BU_TRACE_MEM = 4,
};

struct bu_trace_access { /* of the instruction under way */
	u64 address;
	u32 size; /* 0: it makes none */
	bool load, store;
};

#define BU_TRACE_OUTPUTS 4

struct bu_trace_call { /* what the helper under way is to write */
	const struct bu_run *run;
	u32 insn, id, nr;
	struct bu_trace_access outputs[BU_TRACE_OUTPUTS];
};

struct bu_tracer {
	struct bu_hook hook;
	u32 what;
	void (*print)(void *arg, const char *line); /* without newline; valid during the call */
	void *arg;
	struct bu_trace_access access;
	struct bu_trace_call helper;
	char call[512];      /* a call that has not been printed: its result is to follow */
	char last_file[128]; /* source line that was printed last */
	u32 last_line;
};

/* The words of a comma separated list: 0, or -EINVAL when there is another one. */
int bu_trace_parse(const char *words, u32 *what);
/* Trace all runs of a kernel until bu_trace_end(). print, arg, what are filled in already. */
void bu_trace_begin(struct bu_tracer *tracer, struct bu_kernel *kernel);
void bu_trace_end(struct bu_tracer *tracer, struct bu_kernel *kernel);

/* "bpf_map_lookup_elem(map 'flows', key 01 00 00 00)" of the call that run->insn makes. */
void bu_trace_call(const struct bu_run *run, u32 id, const u64 args[5], char *text, size_t size);
/* What argument i of a call points to, and what the helper does to it; false: nothing. */
bool bu_trace_arg_access(const struct bu_run *run, u32 id, const u64 args[5], int i,
			 struct bu_trace_access *access);
/* "bpf_map_lookup_elem" */
const char *bu_trace_callee(const struct bu_run *run, u32 id, char *text, size_t size);
/* The first bytes there: "07 00 00 00", or the pointer where they cannot be read. */
void bu_trace_bytes(const struct bu_run *run, u64 address, u64 bytes, char *text, size_t size);
/* A value: a pointer with what it points to, a number otherwise. */
void bu_trace_value(const struct bu_run *run, u64 value, char *text, size_t size);

#endif
