/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers, as the machine sees them: one row each, found in the table that helpers/ provides.
 *
 * A helper never validates memory: its row's argument kinds do, before the call. A helper may raise
 * a fault (ebpf/vm/fault.h); what it returns is then ignored.
 */
#ifndef BU_HELPER_H
#define BU_HELPER_H

#include "ebpf/base.h"

struct bu_run;
struct bu_kernel;
struct bu_prog;

/* Kernel names (enum bpf_arg_type) without the prefix. */
enum bu_arg_kind {
	BU_ARG_NONE, /* the helper has fewer arguments */
	BU_ARG_ANYTHING,
	BU_ARG_CONST_MAP_PTR,
	BU_ARG_MAP_KEY,   /* key_size readable bytes of the map in the CONST_MAP_PTR argument */
	BU_ARG_MAP_VALUE, /* value_size readable bytes */
	BU_ARG_MEM,       /* readable; the next argument is its size */
	BU_ARG_MEM_OR_NULL,
	BU_ARG_UNINIT_MEM, /* writable; the next argument is its size; marked initialised */
	BU_ARG_SIZE,       /* > 0, for the argument before it */
	BU_ARG_SIZE_OR_ZERO,
	BU_ARG_CTX,         /* the program's own context pointer */
	BU_ARG_RINGBUF_MEM, /* start of a reserved, not yet submitted record */
	BU_ARG_FUNC,        /* a subprogram's address */
	BU_ARG_CONST_STR,   /* NUL-terminated readable string */
	BU_ARG_LONG_PTR,    /* 8 aligned writable bytes, marked initialised */
	BU_ARG_INT_PTR,     /* 4 aligned writable bytes, marked initialised */
	BU_ARG_UNINIT_MEM_OR_NULL,
	BU_ARG_UNINIT_MAP_VALUE, /* value_size writable bytes, marked initialised */
};

typedef u64 (*bu_helper_fn)(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

struct bu_helper {
	bu_helper_fn fn;  /* NULL: no model */
	const char *name; /* "map_lookup_elem"; NULL: no such helper */
	u8 args[5];       /* enum bu_arg_kind */
	bool returns_void;
};

#define BU_HELPER_MAX 256 /* ids of helpers are below; the kernel has 211 (frozen) */
#define BU_CALLEE_MAX 512 /* and those of kernel functions (ebpf/prog/kfunc.h) below this */

/* The row of a helper or kernel function, never NULL: unknown ids have no name. Provided by
 * helpers/. */
const struct bu_helper *bu_helper_of(u32 id);
/* Whether only programs under a GPL compatible licence may call a helper. Provided by helpers/. */
bool bu_helper_is_gpl_only(u32 id);
/* Whether programs of its type, attach type and target may call a helper; whether only sleepable
 * ones may. Provided by helpers/. */
bool bu_helper_is_for(u32 id, const struct bu_prog *prog);
bool bu_helper_might_sleep(u32 id, const struct bu_prog *prog);

/* What the VM calls for `call id`: counts, mocks, checks arguments, runs the helper. */
u64 bu_helper_call(struct bu_run *run, u32 id, const u64 args[5]);
/* The same without mock and count: what a mock's callback reaches the model by. */
u64 bu_helper_call_real(struct bu_run *run, u32 id, const u64 args[5]);

/* A replacement of a helper. Returns true and *result, or false: the model runs. */
typedef bool (*bu_mock_fn)(void *mock, struct bu_run *run, u32 id, const u64 args[5], u64 *result);
struct bu_helper_slot {
	bu_mock_fn mock; /* NULL: none */
	void *mock_arg;
	u64 calls; /* by programs since the kernel began */
};

/* A helper's definition: BU_HELPER_2(get_current_comm, void *, buf, u32, size) { ... } defines
 * bu_helper_get_current_comm; `run` is in scope. */
#define BU_HELPER_0(name)                                                                          \
	u64 bu_helper_##name(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);          \
	static inline u64 name##_model(struct bu_run *run);                                        \
	u64 bu_helper_##name(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)           \
	{                                                                                          \
		(void)a1, (void)a2, (void)a3, (void)a4, (void)a5;                                  \
		return name##_model(run);                                                          \
	}                                                                                          \
	static inline u64 name##_model(struct bu_run *run __attribute__((unused)))
#define BU_HELPER_N_(name, params, ...)                                                            \
	u64 bu_helper_##name(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);          \
	static inline u64 name##_model params;                                                     \
	u64 bu_helper_##name(struct bu_run *run, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)           \
	{                                                                                          \
		(void)a1, (void)a2, (void)a3, (void)a4, (void)a5;                                  \
		return name##_model(run, __VA_ARGS__);                                             \
	}                                                                                          \
	static inline u64 name##_model params
#define BU_RUN_                   struct bu_run *run __attribute__((unused))
#define BU_HELPER_1(name, t1, p1) BU_HELPER_N_(name, (BU_RUN_, t1 p1), (t1)a1)
#define BU_HELPER_2(name, t1, p1, t2, p2)                                                          \
	BU_HELPER_N_(name, (BU_RUN_, t1 p1, t2 p2), (t1)a1, (t2)a2)
#define BU_HELPER_3(name, t1, p1, t2, p2, t3, p3)                                                  \
	BU_HELPER_N_(name, (BU_RUN_, t1 p1, t2 p2, t3 p3), (t1)a1, (t2)a2, (t3)a3)
#define BU_HELPER_4(name, t1, p1, t2, p2, t3, p3, t4, p4)                                          \
	BU_HELPER_N_(name, (BU_RUN_, t1 p1, t2 p2, t3 p3, t4 p4), (t1)a1, (t2)a2, (t3)a3, (t4)a4)
#define BU_HELPER_5(name, t1, p1, t2, p2, t3, p3, t4, p4, t5, p5)                                  \
	BU_HELPER_N_(name, (BU_RUN_, t1 p1, t2 p2, t3 p3, t4 p4, t5 p5), (t1)a1, (t2)a2, (t3)a3,   \
		     (t4)a4, (t5)a5)

#endif
