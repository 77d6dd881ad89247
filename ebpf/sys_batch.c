/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_{LOOKUP,LOOKUP_AND_DELETE,UPDATE,DELETE}_BATCH as loops over the maps' single operations.
 * `count` is written back with what was done, also when an element failed.
 *
 * Where a lookup goes on is the last key, except for hash maps, whose callers provide four bytes:
 * there it is how many elements come before. Source: bpf_map_do_batch(), generic_map_*_batch(),
 * kernel/bpf/syscall.c; __htab_map_lookup_and_delete_batch(), kernel/bpf/hashtab.c (6.12). Differs:
 * the kernel counts buckets of a hash map, not elements.
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

struct batch {
	struct bu_map *map;
	const union bpf_attr *attr;
	u32 value_size;
	u8 *key, *previous, *value; /* one each, host memory */
	bool started;               /* `previous` holds a key */
	bool take;                  /* delete what was looked up */
	u32 skipped;                /* hash maps: elements before the first */
	u32 done;
};

static bool is_hash(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_HASH || map->type == BPF_MAP_TYPE_PERCPU_HASH ||
	       map->type == BPF_MAP_TYPE_LRU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Their elements cannot be deleted. */
static bool is_array(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS;
}

static int next(struct batch *batch)
{
	return batch->map->ops->next_key(batch->map, batch->started ? batch->previous : NULL,
					 batch->key);
}

static void advance(struct batch *batch)
{
	u8 *key = batch->key;

	batch->key = batch->previous;
	batch->previous = key;
	batch->started = true;
}

/* Stand behind the element where the last batch ended. */
static int resume(struct batch *batch)
{
	u64 from = batch->attr->batch.in_batch;
	u32 skip;
	int err;

	if (!from)
		return 0;
	if (!is_hash(batch->map)) {
		batch->started = true;
		return bu_copy_from_user(batch->previous, from, batch->map->key_size);
	}
	err = bu_copy_from_user(&skip, from, sizeof(skip));
	for (; !err && batch->skipped < skip; batch->skipped++) {
		err = next(batch);
		advance(batch);
	}
	return err;
}

static int take_out(struct batch *batch)
{
	const union bpf_attr *attr = batch->attr;
	u32 key_size = batch->map->key_size;
	int err = batch->map->ops->user_lookup(batch->map, batch->key, batch->value,
					       attr->batch.elem_flags);

	if (err)
		return err;
	err = bu_copy_to_user(attr->batch.keys + (u64)batch->done * key_size, batch->key, key_size);
	if (!err)
		err = bu_copy_to_user(attr->batch.values + (u64)batch->done * batch->value_size,
				      batch->value, batch->value_size);
	return err;
}

/* One element to the caller. Deleting it is put off until the next one is known: its key leads
 * there. */
static int look_up(struct batch *batch)
{
	int err = next(batch);

	if (!err)
		err = take_out(batch);
	if (err)
		return err;
	if (batch->take) {
		err = batch->map->ops->user_remove(batch->map, batch->key);
	} else {
		advance(batch);
	}
	batch->done += !err;
	return err;
}

static int save_position(struct batch *batch)
{
	u64 to = batch->attr->batch.out_batch;
	u32 position = batch->skipped + (batch->take ? 0 : batch->done);

	if (is_hash(batch->map))
		return bu_copy_to_user(to, &position, sizeof(position));
	if (!batch->done)
		return 0;
	return bu_copy_to_user(to, batch->previous, batch->map->key_size);
}

static int lookup_batch(struct batch *batch)
{
	int err = resume(batch), failed;

	while (!err && batch->done < batch->attr->batch.count)
		err = look_up(batch);
	if (!err && is_hash(batch->map))
		err = next(batch); /* the kernel says at once that nothing is left */
	if (err && err != -ENOENT)
		return err;
	failed = save_position(batch);
	return failed ? failed : err;
}

static int update_batch(struct batch *batch)
{
	const union bpf_attr *attr = batch->attr;
	u32 key_size = batch->map->key_size;
	int err = 0;

	for (; batch->done < attr->batch.count; batch->done++) {
		err = bu_copy_from_user(batch->key, attr->batch.keys + (u64)batch->done * key_size,
					key_size);
		if (!err)
			err = bu_copy_from_user(batch->value,
						attr->batch.values +
							(u64)batch->done * batch->value_size,
						batch->value_size);
		if (!err)
			err = batch->map->ops->user_update(batch->map, batch->key, batch->value,
							   attr->batch.elem_flags);
		if (err)
			break;
	}
	return err;
}

static int delete_batch(struct batch *batch)
{
	u32 key_size = batch->map->key_size;
	int err = 0;

	for (; batch->done < batch->attr->batch.count; batch->done++) {
		err = bu_copy_from_user(batch->key,
					batch->attr->batch.keys + (u64)batch->done * key_size,
					key_size);
		if (!err)
			err = batch->map->ops->user_remove(batch->map, batch->key);
		if (err)
			break;
	}
	return err;
}

static int run_batch(struct batch *batch, struct bu_call *call)
{
	u32 offset = offsetof(union bpf_attr, batch.count);
	int err = bu_call_put(call, offset, &batch->done, sizeof(batch->done));

	if (err)
		return err;
	if (call->cmd == BPF_MAP_UPDATE_BATCH)
		err = update_batch(batch);
	else if (call->cmd == BPF_MAP_DELETE_BATCH)
		err = delete_batch(batch);
	else
		err = lookup_batch(batch);
	if (err != -EFAULT)
		bu_call_put(call, offset, &batch->done, sizeof(batch->done));
	return err;
}

static int check(const struct bu_map *map, const struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;

	if (!map->ops->batch)
		return -BU_ENOTSUPP;
	if (call->cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH && !is_hash(map))
		return -BU_ENOTSUPP;
	if (call->cmd == BPF_MAP_DELETE_BATCH && is_array(map))
		return -BU_ENOTSUPP;
	if (attr->batch.elem_flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	if (attr->batch.elem_flags & BPF_F_LOCK && !map->has_spin_lock)
		return -EINVAL;
	if (call->cmd == BPF_MAP_UPDATE_BATCH || call->cmd == BPF_MAP_DELETE_BATCH)
		return 0;
	return is_hash(map) && attr->batch.flags ? -EINVAL : 0;
}

long bu_sys_map_batch(struct bu_kernel *kernel, struct bu_call *call)
{
	struct batch batch = { .attr = call->attr };
	u32 mode = call->cmd == BPF_MAP_LOOKUP_BATCH              ? BU_FD_READ
		   : call->cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH ? BU_FD_READ | BU_FD_WRITE
								  : BU_FD_WRITE;
	size_t key_size;
	u8 *memory;
	int err;

	batch.map = bu_map_of_fd(kernel, call->attr->batch.map_fd, mode, &err);
	if (!batch.map)
		return err;
	err = check(batch.map, call);
	if (err || !call->attr->batch.count)
		return err;
	key_size = BU_ROUND_UP((size_t)batch.map->key_size, 8);
	batch.value_size = bu_map_user_value_size(batch.map);
	batch.take = call->cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH;
	memory = malloc(2 * key_size + BU_ROUND_UP((size_t)batch.value_size, 8));
	if (!memory)
		return -ENOMEM;
	batch.value = memory;
	batch.key = memory + BU_ROUND_UP(batch.value_size, 8);
	batch.previous = batch.key + key_size;
	err = run_batch(&batch, call);
	free(memory);
	return err;
}
