/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Twins, in the host's kernel, of the emulated kernel's maps, BTF and programs: what the diff
 * backend (framework/compare.h) runs beside the VM. All of it is made by system calls of our own
 * when a run first needs it, and closed at the end of the test. Twins know objects by id, and keep
 * none alive.
 */
#ifndef BU_MIRROR_H
#define BU_MIRROR_H

#include "ebpf/map.h"
#include "ebpf/prog/prog.h"
#include "ebpf/vm/hook.h"
#include "framework/text.h"

#define BU_WHY_LEN      160
#define BU_SCOPE_MAX    128       /* maps, and programs, that one run can reach */
#define BU_ANSWERS_MAX  256       /* of the environment, in one run; a power of 2 */
#define BU_MIRROR_BYTES (8 << 20) /* what a map may hold to be copied for each run */

struct bu_twin_map {
	struct bu_twin_map *next;
	struct bu_map *map; /* valid while it is in scope */
	u32 id, host_id;
	int fd;               /* -1: `why` */
	char why[BU_WHY_LEN]; /* "": it has a twin */
	bool frozen;
	struct bu_twin_ring *rings; /* of RINGBUF one, of PERF_EVENT_ARRAY one a CPU; else NULL */
	u32 nr_rings;
};

struct bu_twin_prog {
	struct bu_twin_prog *next;
	struct bu_prog *prog;
	u32 id;
	int fd;        /* -1: `why` or `log` */
	bool loaded;   /* tried */
	bool told;     /* that the kernel refuses it */
	bool replaced; /* some of its calls: framework/mirror_env.c */
	int error;     /* of loading; 0: none */
	char *log;     /* the verifier's, of a refusal; NULL: none */
	char why[BU_WHY_LEN];
};

struct bu_mirror {
	struct bu_kernel *kernel;
	struct bu_twin_map *maps;
	struct bu_twin_prog *progs;
	struct bu_twin_btf *btfs;
	u32 cpus;   /* of the host */
	int env_fd; /* framework/mirror_env.c, as the next; 0: not made yet */
	bool watching;
	struct bu_hook watch;
	u64 answers[BU_ANSWERS_MAX];
	u32 nr_answers; /* of the present run; may be more than are noted */
	/* What the present run can reach. */
	struct bu_twin_map *scope[BU_SCOPE_MAX];
	struct bu_twin_prog *scope_progs[BU_SCOPE_MAX];
	u32 nr_scope, nr_scope_progs;
	char why[BU_WHY_LEN]; /* why it cannot be compared; "": it can */
};

/* bpf(2) of the host. */
long bu_host_bpf(int cmd, union bpf_attr *attr);

struct bu_mirror *bu_mirror_new(struct bu_kernel *kernel);
void bu_mirror_free(struct bu_mirror *mirror);

/* Note why the run cannot be compared; the first reason stays. */
void bu_mirror_why(struct bu_mirror *mirror, const char *format, ...) BU_PRINTF(2, 3);

/* A map's or program's twin, made (a program: not yet loaded) when there is none; NULL: out of
 * memory. */
struct bu_twin_map *bu_mirror_map(struct bu_mirror *mirror, struct bu_map *map);
struct bu_twin_prog *bu_mirror_prog(struct bu_mirror *mirror, struct bu_prog *prog);
/* Load it, unless that was tried: its maps must have twins. */
void bu_mirror_load(struct bu_mirror *mirror, struct bu_twin_prog *twin);
/* The twin's descriptor of a BTF object, or -errno. */
int bu_mirror_btf(struct bu_mirror *mirror, struct bu_btf *btf);

/* Contents (framework/mirror_map.c): make the twin's equal to the map's; false after
 * bu_mirror_why(). */
bool bu_mirror_copy(struct bu_mirror *mirror, struct bu_twin_map *twin);
/* Those that name other objects, after all twins were made. */
bool bu_mirror_copy_refs(struct bu_mirror *mirror, struct bu_twin_map *twin);
/* Call `visit` for each map in an outer map, while it returns true; whether all did. */
bool bu_mirror_each_inner(struct bu_mirror *mirror, struct bu_twin_map *twin,
			  bool (*visit)(struct bu_mirror *mirror, struct bu_map *inner));
/* Add what differs to `text`; how many elements. */
u32 bu_mirror_compare(struct bu_mirror *mirror, struct bu_twin_map *twin, struct bu_text *text);

/* The environment's answers (framework/mirror_env.c): whether the twin gives the VM's for a helper;
 * put calls of a subprogram in the place of such calls: 0, or -errno; note the VM's answers from
 * the beginning of its run to its end (which may be told again), and give them to the twin. */
bool bu_mirror_env_has(u32 helper);
int bu_mirror_env_replace(struct bu_mirror *mirror, struct bpf_insn **insns, u32 *nr);
void bu_mirror_env_begin(struct bu_mirror *mirror);
void bu_mirror_env_end(struct bu_mirror *mirror);

/* Events (framework/mirror_ring.c). */
int bu_mirror_open_rings(struct bu_mirror *mirror, struct bu_twin_map *twin);
void bu_mirror_close_rings(struct bu_twin_map *twin);
bool bu_mirror_mark_rings(struct bu_mirror *mirror, struct bu_twin_map *twin);
u32 bu_mirror_compare_rings(struct bu_mirror *mirror, struct bu_twin_map *twin,
			    struct bu_text *text);

static inline bool bu_map_is_outer(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

#endif
