/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map as text, which is what reading its pin's file gives where BTF describes its values. Source:
 * map_seq_show(), kernel/bpf/inode.c; array_map_seq_show_elem(), kernel/bpf/arraymap.c;
 * htab_map_seq_show_elem(), kernel/bpf/hashtab.c (6.12), as observed with 6.18. Differs: the text
 * is that of the moment of opening; a struct_ops map has none.
 */
#include "ebpf/boundary/bpffs.h"
#include "ebpf/boundary/files.h"
#include "ebpf/btf/btf_show.h"
#include "ebpf/map.h"

#include <stdlib.h>

static void show_value(const struct bu_map *map, const u8 *value, struct bu_bytes *out)
{
	bu_btf_show(map->btf, map->btf_value_type_id, value, BU_SHOW_MAP, out);
	bu_file_print(out, "\n");
}

/* With the colon. An array that is a section's has no type of key, and none is shown. */
static void show_key(const struct bu_map *map, const void *key, struct bu_bytes *out)
{
	switch (map->type) {
	case BPF_MAP_TYPE_ARRAY:
		if (!map->btf_key_type_id)
			break;
		/* fallthrough */
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
		bu_file_print(out, "%u: ", *(const u32 *)key);
		break;
	default:
		bu_btf_show(map->btf, map->btf_key_type_id, key, BU_SHOW_MAP, out);
		bu_file_print(out, ": ");
	}
}

static void show_element(struct bu_map *map, const void *key, u8 *value, struct bu_bytes *out)
{
	u32 size = bu_map_user_value_size(map), each = BU_ROUND_UP(map->value_size, 8);

	if (map->ops->user_lookup(map, key, value, 0))
		return;
	show_key(map, key, out);
	if (!map->ops->per_cpu) {
		show_value(map, value, out);
		return;
	}
	bu_file_print(out, "{\n");
	for (u32 cpu = 0; cpu < size / each; cpu++) {
		bu_file_print(out, "\tcpu%u: ", cpu);
		show_value(map, value + (u64)cpu * each, out);
	}
	bu_file_print(out, "}\n");
}

static bool can_be_shown(const struct bu_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return map->btf && map->btf_value_type_id;
	default:
		return false;
	}
}

int bu_map_text(struct bu_map *map, struct bu_bytes *out)
{
	size_t key_room = map->key_size + BU_SHOW_SLACK;
	u8 *key, *next, *value;
	bool more;

	if (!can_be_shown(map))
		return -EIO;
	key = calloc(2, key_room);
	value = calloc(1, (size_t)bu_map_user_value_size(map) + BU_SHOW_SLACK);
	if (!key || !value) {
		free(key);
		free(value);
		return -ENOMEM;
	}
	next = key + key_room;
	bu_file_print(out, "# WARNING!! The output is for debug purpose only\n"
			   "# WARNING!! The output format will change\n");
	for (more = !map->ops->next_key(map, NULL, next); more;) {
		u8 *swap = key;

		key = next;
		next = swap;
		show_element(map, key, value, out);
		more = !map->ops->next_key(map, key, next);
	}
	free(BU_MIN(key, next));
	free(value);
	return out->failed ? -ENOMEM : 0;
}
