/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects inside the framework: making and filling them with errors as values. */
#ifndef BU_KOBJ_H
#define BU_KOBJ_H

#include "framework/btf_path.h"

#include <bpfunit/kobj.h>

/* Before each run: when the kernel's BTF has task_struct, make the current task once, and write the
 * environment into it when that has changed. Cheap otherwise. */
void bu_task_refresh(void);

/* The kernel's types are others now: the current task is made anew. */
void bu_task_forget(void);

/* A zeroed object of a kernel type, or NULL with `error`. `type`: a struct, union or typedef. */
void *bu_kobj_new(const char *type, char *error, size_t size);

/* The size of a kernel object, which is known however it is pointed to; 0: `ctx` is none. */
size_t bu_kobj_size(const void *ctx);

/* A place in a kernel object: the walk follows pointers. */
struct bu_kobj_place {
	struct bu_field field; /* offset counts from `object` */
	u8 *object;
};

/* Resolve a path. `make`: NULL pointers on the way get a new object of their type.
 * 0, -ENOENT (no such field), or -EINVAL, -EFAULT, -ENOMEM; with `error`. */
int bu_kobj_walk(void *kobj, const char *path, bool make, struct bu_kobj_place *place, char *error,
		 size_t size);
/* Resolve and store an integer. The errors of the walk, or -EINVAL when the field is none, -ERANGE.
 */
int bu_kobj_store(void *kobj, const char *path, u64 value, char *error, size_t size);
int bu_kobj_store_str(void *kobj, const char *path, const char *text, char *error, size_t size);

#endif
