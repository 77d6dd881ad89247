/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Iterators: what a link of type ITER iterates over, and the descriptors of ITER_CREATE, whose
 * reading runs the program for each element. Source: kernel/bpf/bpf_iter.c (6.18).
 */
#ifndef BU_ITER_H
#define BU_ITER_H

#include "ebpf/link/link.h"
#include "ebpf/vm/run.h"

#define BU_ITER_WORDS 4 /* pointers in the largest context, the metadata's included */

/* union bpf_iter_link_info as in 6.18. */
union bu_iter_info {
	struct {
		u32 map_fd;
	} map;
	struct {
		u32 order, cgroup_fd;
		u64 cgroup_id;
	} cgroup;
	struct {
		u32 tid, pid, pid_fd;
	} task;
};

struct bu_iter_scope {      /* which elements: set when the link is made */
	struct bu_map *map; /* referenced; or NULL */
	u32 tid, pid;       /* 0: any */
	u32 order;          /* of cgroups: BU_CGROUP_ITER_... */
	u64 cgroup_id;      /* where they begin */
};

struct bu_bytes;
struct bu_iter;

struct bu_iter_target {   /* a row of the table in ebpf/link/link_iter.c */
	const char *name; /* "bpf_map" */
	u32 words;        /* pointers in its context, the metadata's included */
	bool sleepable;   /* sleepable programs may iterate over it */
	bool ends;        /* a program that returns other than 0 ends the walk */
	bool one_read;    /* what is left after the first read cannot be had: -EOPNOTSUPP */
	/* Check what the caller wants and note it. 0, or -errno. NULL: nothing to want. */
	int (*attach)(struct bu_kernel *kernel, const union bu_iter_info *info,
		      struct bu_iter_scope *scope);
	/* Whether there is an element at the iterator's place; moves on to where the next one is.
	 */
	bool (*seek)(struct bu_iter *iter);
	/* Leave that element. */
	void (*next)(struct bu_iter *iter);
	/* Fill in the pointers of its context behind the metadata's; `at_end`: those that the last
	 * call has, of no element. False: no memory. */
	bool (*fill)(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end);
	void (*info)(const struct bu_iter_scope *scope, struct bu_link_info *info);
	/* The same as text, in the link's fdinfo. NULL, both: nothing to say. */
	void (*show)(struct bu_kernel *kernel, const struct bu_iter_scope *scope,
		     struct bu_bytes *out);
};

struct bu_seq {     /* what the program writes to: struct seq_file */
	u8 *buffer; /* NULL until first read */
	u32 size;   /* of buffer; count == size: an overflow */
	u32 count;  /* bytes in it */
	u32 from;   /* of the first that has not been read yet */
};

struct bu_iter {
	struct bu_object object; /* BU_OBJECT_ITER; first */
	const struct bu_iter_target *target;
	struct bu_prog *prog; /* referenced */
	struct bu_iter_scope scope;
	struct bu_seq seq;
	u64 session_id, seq_num;
	bool done;    /* the last call was made */
	bool ended;   /* the program wants no more elements */
	bool cut_off; /* a read was made, and none may follow */
	u64 id;       /* the element's id or index */
	u32 part;     /* of a task: descriptor, or number of the mapping */
	u8 *keys;     /* of a map: of the element, and of the next one behind it */
	bool has_key, has_next, begun;
};

extern const struct bu_iter_target bu_iter_bpf_map, bu_iter_bpf_prog, bu_iter_bpf_link,
	bu_iter_cgroup, bu_iter_ksym, bu_iter_map_elem, bu_iter_task, bu_iter_task_file,
	bu_iter_task_vma;

/* What the fdinfo of an iterator's link says of its elements. */
void bu_iter_fdinfo(const struct bu_link *link, struct bu_bytes *out);
/* read(2) of the iterator: bytes, or -errno. */
long bu_iter_read(struct bu_iter *iter, u64 user, size_t size);
/* A descriptor that reads the link's iterator, or -errno; -EINVAL: another type of link. */
long bu_iter_open(struct bu_link *link);
/* From bpf_seq_write(): 0, or -EOVERFLOW. */
int bu_seq_write(struct bu_seq *seq, const void *bytes, u32 size);

/* A struct of the kernel's that programs may read, in the run's memory: laid out as the kernel's
 * BTF says, zeroes but for the fields that are set. Fields that BTF does not know are dropped. */
struct bu_kstruct {
	const struct bu_btf *btf;
	const struct btf_type *type; /* NULL: unknown, and `bytes` are a few zeroes */
	u8 *bytes;
};
bool bu_kstruct_make(struct bu_run *run, const char *name, struct bu_kstruct *made);
void bu_kstruct_set(struct bu_kstruct *to, const char *field, u64 value);
/* A field of a kernel struct that lies somewhere; `otherwise` when BTF does not know it. */
u64 bu_kstruct_get(struct bu_kernel *kernel, const char *name, const void *bytes, const char *field,
		   u64 otherwise);
/* A string in the run's memory; 0: NULL, or no memory. */
u64 bu_iter_string(struct bu_run *run, const char *text);
/* struct bpf_map of a map; 0: no memory. */
u64 bu_iter_map_struct(struct bu_run *run, const struct bu_map *map);
/* Load from the same of what a "map pointer" points to; false: it is none, or BTF does not know the
 * struct. */
bool bu_map_load_field(struct bu_run *run, u64 address, u32 size, u64 *value);
void bu_kstruct_copy(struct bu_kstruct *to, const char *field, const void *bytes, u32 size);

#endif
