/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs: what PROG_LOAD made, and what each program type means for running it. */
#ifndef BU_PROG_H
#define BU_PROG_H

#include "ebpf/map.h"
#include "ebpf/vm/fault.h"

struct bu_op; /* a predecoded instruction: ebpf/vm/decode.h */
struct bu_btf;
struct bu_prog_type;
struct bu_patch;
struct bu_run;

struct bu_func {          /* subprogram; [0] is the main program */
	u32 start, end;   /* instructions [start, end) */
	const char *name; /* from BTF func_info; "" without */
};

struct bu_line {  /* where a run of instructions comes from */
	u32 insn; /* first instruction */
	u32 line, column;
	const char *file; /* strings owned by prog->btf */
	const char *text; /* source text, may be "" */
};

struct bu_prog_target {       /* what a program attaches to, from its attach_btf_id */
	char *name;           /* "do_unlinkat", "bpf_lsm_file_open", "sched_switch"; NULL: none */
	struct bu_prog *prog; /* attach_prog_fd: referenced until the first attachment; or NULL */
	bool of_prog;         /* it was a function of a program of these types */
	u32 prog_type, attach_type;
	bool used; /* was attached */
};

struct bu_stream { /* what the program printed and nobody read yet: ebpf/vm/stream.h */
	char *bytes;
	u32 size;
};

struct bu_prog {
	struct bu_object object;
	const struct bu_prog_type *type; /* of bu_prog_kind(): what its context is */
	u32 prog_type, expected_attach_type, attach_btf_id;
	struct bu_prog_target target;
	char name[BU_OBJ_NAME_LEN];
	u8 digest[32]; /* as the kernel's: SHA-256 of the instructions without map identities */
	u8 tag[8];     /* its first bytes */
	u32 nr_insns;
	struct bpf_insn *insns; /* as loaded, but maps by id; for listings and info */
	u64 *resolved;     /* what instructions refer to outside the program: ebpf/vm/decode.h */
	struct bu_op *ops; /* one for each instruction, same index */
	struct bu_patch *patches; /* functions that links redirect: ebpf/prog/prog_patch.h */
	u8 *code; /* address of instruction 0 as programs see it (BU_REGION_CODE), 8 bytes each */
	struct bu_func *funcs;
	u32 nr_funcs;
	struct bu_table *tables; /* jump tables: ebpf/prog/prog_tables.h */
	u32 nr_tables;
	u8 *targets; /* of each instruction, whether a jump table names it; NULL: there is none */
	struct bu_map *arena;  /* the one that its address space casts refer to; NULL: none */
	u32 exception_insn;    /* where the exception callback begins; 0: the default one */
	struct bu_line *lines; /* ascending; empty without BTF */
	u32 nr_lines;
	struct bpf_func_info *func_info; /* as given; empty without BTF */
	u32 nr_func_info;
	struct bpf_line_info *line_info; /* as given: nr_lines */
	u64 *counters; /* edges (ebpf/vm/counters.c); bu_prog_counts() derives instruction counts */
	u32 nr_counters;
	struct bu_map **maps; /* referenced: of lddw and PROG_BIND_MAP */
	u32 nr_maps;
	struct bu_btf *btf;       /* referenced; NULL without */
	u64 run_cnt, run_time_ns; /* while BPF_ENABLE_STATS is on: ebpf/vm/stats.c */
	u32 tail_slots;           /* of arrays of programs that hold it */
	u64 misses;               /* runs that a guard prevented */
	u64 load_time;            /* CLOCK_BOOTTIME in ns */
	struct bu_stream streams[2];
	char license[16];
	u32 flags;         /* prog_flags */
	bool gpl;          /* the licence is compatible with the GPL */
	bool beyond_linux; /* loaded with bu_prog_load_rfc() */
};

/* The type whose context and helpers a program has: for an extension, that of the program it
 * extends.
 */
static inline u32 bu_prog_kind(const struct bu_prog *prog)
{
	bool extends = prog->prog_type == BPF_PROG_TYPE_EXT && prog->target.of_prog;

	return extends ? prog->target.prog_type : prog->prog_type;
}

/* One row a program type in ebpf/prog/prog_types.def. */
struct bu_prog_type {
	const char *name; /* as bpftool prints it: "xdp" */
	u32 ctx_size;     /* of the uapi context; 0: any */
	/* Narrow the access to a context that bu_run_set_ctx() made (all bytes readable and
	 * writable): read-only fields, holes, and fields that ctx_load serves. NULL: nothing to
	 * narrow. */
	void (*guard_ctx)(struct bu_run *run);
	/* A load from a context field that is not plain memory (xdp_md.data, ...), tried when the
	 * bytes are not readable; false: not such a field. NULL: no such fields. */
	bool (*ctx_load)(struct bu_run *run, u32 offset, u32 size, u64 *value);
	/* BPF_PROG_TEST_RUN; -ENOTSUPP where the kernel has none. */
	int (*test_run)(struct bu_prog *prog, union bpf_attr *attr);
};

const struct bu_prog_type *bu_prog_type_of(u32 type); /* NULL: unknown */

/* What keeps an attached program from running again while it does. Source:
 * __bpf_prog_enter_recur(), kernel/bpf/trampoline.c; trace_call_bpf(), __bpf_trace_run(),
 * kernel/trace/bpf_trace.c; bpf_overflow_handler(), kernel/events/core.c (6.12). */
enum bu_guard {
	BU_GUARD_NONE,
	BU_GUARD_PROG,    /* the program itself: trampolines, raw tracepoints */
	BU_GUARD_EVENTS,  /* any program of an event: kprobes, tracepoints */
	BU_GUARD_SAMPLES, /* the same, but a miss is not counted: perf events */
};

/* One run, free of what BPF_PROG_TEST_RUN refuses: any program type, any size of input. Both
 * test_run and the framework's runs are made of it. */
struct bu_test_io {
	const void *data; /* packet, or NULL for programs without */
	u32 data_size;
	u32 meta_size;  /* XDP: so many of the first bytes of data are metadata */
	u32 frags_size; /* XDP: so many of the last are in fragments, which data_end excludes */
	void *ctx;      /* uapi context, read and written back; NULL: zeroes of type->ctx_size */
	u32 ctx_size;
	s32 cpu;                        /* -1: the environment's */
	u64 func_ip;                    /* what bpf_get_func_ip() tells */
	u64 attach_cookie;              /* what bpf_get_attach_cookie() tells */
	struct bu_run_session *session; /* read and written back; NULL: none */
	enum bu_guard guard;
	/* Once context and packet are there, and after the run: for what the context points to.
	 * NULL: nothing. 0 or -errno, which ends the run. */
	int (*before)(struct bu_run *run, struct bu_test_io *io);
	void (*after)(struct bu_run *run, struct bu_test_io *io);
	void *arg; /* theirs */
	/* Results */
	u8 *data_out; /* malloc'ed: metadata and packet after the run; NULL without packet */
	u32 data_out_size, meta_out_size, frags_out_size;
	u64 retval;               /* r0 */
	enum bu_fault_kind fault; /* BU_FAULT_NONE: retval counts */
	bool missed;              /* the guard kept it from running; retval is 0 */
};
/* 0 (also when the program faulted), or -ENOMEM. */
int bu_prog_test(struct bu_prog *prog, struct bu_test_io *io);

/* Load: copy, resolve, validate, decode. One reference, or NULL with *error; explanations go to the
 * log buffer of `attr`. */
struct bu_prog *bu_prog_load(struct bu_kernel *kernel, const union bpf_attr *attr, int *error);
/* The same for users of the bare machine: what RFC 9669 defines and Linux refuses (division by a
 * constant zero, constant shifts out of range, callx) loads too. */
struct bu_prog *bu_prog_load_rfc(struct bu_kernel *kernel, const union bpf_attr *attr, int *error);
/* Attributes that the oldest header lacks. */
struct bu_prog_newer {
	u32 fd_array_cnt; /* so many of fd_array's maps are the program's, whether it names them or
			     not */
	u64 signature;
};
struct bu_prog *bu_prog_load_newer(struct bu_kernel *kernel, const union bpf_attr *attr,
				   const struct bu_prog_newer *newer, int *error);
int bu_prog_bind_map(struct bu_prog *prog, struct bu_map *map);

/* The subprogram / line that contains an instruction; line: NULL without line info. */
const struct bu_func *bu_prog_func(const struct bu_prog *prog, u32 insn);
const struct bu_line *bu_prog_line(const struct bu_prog *prog, u32 insn);
/* Instruction as the kernel's verifier prints it: "r0 = *(u32 *)(r1 +4)". */
void bu_prog_disasm(const struct bu_prog *prog, u32 insn, char *text, size_t size);
/* Exact executions (and, for conditional jumps, jumps taken) of each instruction: arrays of
 * nr_insns. */
void bu_prog_counts(const struct bu_prog *prog, u64 *executed, u64 *taken);

/* Steps of bu_prog_load(). Each returns 0 or -errno, and explains a refusal in `log`. */
struct bu_log;
/* Fill in prog->resolved and take references of the maps (ebpf/prog/prog_resolve.c). */
/* The first `count` descriptors of fd_array: its maps are the program's. */
int bu_prog_use_fds(struct bu_prog *prog, u64 fds, u32 count, struct bu_log *log);
/* The map's descriptor that an lddw names, itself or by its place in fd_array. */
int bu_prog_map_fd(const struct bpf_insn *insn, const union bpf_attr *attr, struct bu_log *log,
		   int *fd);
int bu_prog_resolve(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log);
/* prog->btf, names of prog->funcs, prog->lines (ebpf/prog/prog_info.c). */
int bu_prog_set_info(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log);
/* prog->exception_insn, by the main function's "exception_callback:" tag
 * (ebpf/prog/prog_exception.c).
 */
int bu_prog_find_exception(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log);
/* -EINVAL or -ENOTSUPP when it calls a helper that its licence or type does not allow
 * (ebpf/prog/prog_calls.c). */
int bu_prog_check_calls(const struct bu_prog *prog, struct bu_log *log);
/* -EINVAL when it may not use a map (ebpf/prog/prog_maps.c). */
int bu_prog_check_map(const struct bu_prog *prog, const struct bu_map *map, struct bu_log *log);
/* Whether control may come to an instruction, as far as constants tell: those of the program and of
 * frozen read-only maps (ebpf/prog/prog_reach.c). */
bool bu_prog_may_reach(const struct bu_prog *prog, u32 insn);
/* Whether the type may have this expected_attach_type and attach_btf_id (ebpf/prog/prog_attach.c).
 * Sets the defaults of older callers. */
int bu_prog_check_attach(struct bu_kernel *kernel, union bpf_attr *attr, struct bu_log *log);
/* -EINVAL when it is sleepable and may not be, or must be and is not. */
int bu_prog_check_sleepable(const struct bu_prog *prog, struct bu_log *log);
/* prog->target (ebpf/prog/prog_target.c). */
int bu_prog_set_target(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log);
void bu_prog_drop_target(struct bu_prog *prog);
/* 0, or -EINVAL: the program cannot attach to this function (a type id of the target's BTF) of
 * another program. `log` may be NULL. */
int bu_prog_check_target(const struct bu_prog *prog, const struct bu_prog *target, u32 btf_id,
			 struct bu_log *log);
/* An extension's main function against the function that it is to replace: 0, or -EINVAL
 * (ebpf/prog/prog_match.c). */
int bu_prog_match(const struct bu_prog *prog, const struct bu_prog *target, u32 btf_id,
		  struct bu_log *log);
/* -EINVAL unless an object name is letters, digits, '_', '.' and NUL-terminated. */
int bu_check_name(const char name[BU_OBJ_NAME_LEN]);

#endif
