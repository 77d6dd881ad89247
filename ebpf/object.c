/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects and their ids. A table per kind, indexed by id, says which objects exist; the entry is
 * cleared when the last reference goes, and the id is not used again.
 */
#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>

/* Room for `id` in its kind's table; tables grow by doubling. */
static int reserve(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id)
{
	struct bu_object **table;
	u32 room = kernel->room[kind], grown = room ? room : 64;

	if (id < room)
		return 0;
	while (grown <= id)
		grown *= 2;
	table = reallocarray(kernel->objects[kind], grown, sizeof(*table));
	if (!table)
		return -ENOMEM;
	memset(table + room, 0, (grown - room) * sizeof(*table));
	kernel->objects[kind] = table;
	kernel->room[kind] = grown;
	return 0;
}

int bu_object_continue(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id)
{
	int err = id > INT32_MAX ? -ENOMEM : reserve(kernel, kind, id);

	if (!err)
		kernel->next_id[kind] = id;
	return err;
}

int bu_object_init(struct bu_object *object, struct bu_kernel *kernel,
		   const struct bu_object_class *class)
{
	u32 id = kernel->next_id[class->kind];
	int err = reserve(kernel, class->kind, id);

	if (err)
		return err;
	object->class = class;
	object->kind = class->kind;
	object->id = id;
	object->refs = 1;
	object->pins = 0;
	object->kernel = kernel;
	object->fds = NULL;
	kernel->objects[class->kind][id] = object;
	__atomic_store_n(&kernel->next_id[class->kind], id + 1, __ATOMIC_RELAXED);
	return 0;
}

void bu_object_get(struct bu_object *object)
{
	object->refs++;
}

void bu_object_put(struct bu_object *object)
{
	if (--object->refs)
		return;
	object->kernel->objects[object->kind][object->id] = NULL;
	object->class->destroy(object);
}

void bu_object_put_later(struct bu_object *object)
{
	struct bu_kernel *kernel = object->kernel;
	struct bu_object **pending;

	if (object->refs == 1 && kernel->running) {
		pending = reallocarray(kernel->pending, kernel->nr_pending + 1, sizeof(*pending));
		if (!pending)
			return; /* out of memory: kept until the kernel ends */
		pending[kernel->nr_pending++] = object;
		kernel->pending = pending;
		return;
	}
	bu_object_put(object);
}

void bu_object_put_pending(struct bu_kernel *kernel)
{
	while (kernel->nr_pending)
		bu_object_put(kernel->pending[--kernel->nr_pending]);
	free(kernel->pending);
	kernel->pending = NULL;
}

struct bu_object *bu_object_by_id(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id)
{
	return id && id < kernel->next_id[kind] ? kernel->objects[kind][id] : NULL;
}

u32 bu_object_next_id(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id)
{
	while (++id && id < kernel->next_id[kind]) {
		if (kernel->objects[kind][id])
			return id;
	}
	return 0;
}
