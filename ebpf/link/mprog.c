/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of programs whose order their users choose. Each of the flags REPLACE, BEFORE and AFTER
 * names a position of its own; a change is made only when all that are given agree. Positions are
 * those of the kernel: -1 is in front of the first program, `count` behind the last.
 * Source: kernel/bpf/mprog.c (6.12).
 */
#include "ebpf/link/mprog.h"

#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"

#include <string.h>

#define NO_POSITION (-ERANGE)

/* Programs and links that a caller names: by descriptor, or by id. */

static struct bu_prog *prog_named(struct bu_kernel *kernel, u32 name, u32 flags, int *error)
{
	struct bu_object *object;

	if (!(flags & BU_F_ID))
		return bu_attach_prog(kernel, name, BPF_PROG_TYPE_UNSPEC, error);
	object = bu_object_by_id(kernel, BU_OBJECT_PROG, name);
	*error = object ? 0 : -ENOENT;
	return object ? bu_container_of(object, struct bu_prog, object) : NULL;
}

static struct bu_link *link_named(struct bu_kernel *kernel, u32 name, u32 flags, int *error)
{
	struct bu_link *link;

	if (!(flags & BU_F_ID) && !name) {
		*error = -EINVAL;
		return NULL;
	}
	if (!(flags & BU_F_ID))
		return bu_link_of_fd(kernel, name, error);
	link = bu_link_by_id(kernel, name);
	*error = link ? 0 : -ENOENT;
	return link;
}

/* The neighbour, both NULL when none was named. */
static int find_neighbour(struct bu_kernel *kernel, const struct bu_mprog_change *change,
			  struct bu_mprog_entry *neighbour)
{
	int err = 0;

	*neighbour = (struct bu_mprog_entry){ 0 };
	if (change->flags & BU_F_LINK) {
		neighbour->link = link_named(kernel, change->relative, change->flags, &err);
		neighbour->prog = neighbour->link ? neighbour->link->prog : NULL;
		if (!err && !neighbour->prog)
			return -EINVAL;
	} else if (change->flags & BU_F_ID || change->relative) {
		neighbour->prog = prog_named(kernel, change->relative, change->flags, &err);
	}
	if (!err && neighbour->prog && change->prog &&
	    neighbour->prog->prog_type != change->prog->prog_type)
		return -EINVAL;
	return err;
}

/* Positions */

static int exact_position(const struct bu_mprog *list, const struct bu_prog *prog,
			  const struct bu_link *link)
{
	for (u32 i = 0; i < list->count; i++) {
		if (list->entries[i].prog == prog)
			return list->entries[i].link == link ? (int)i : -EBUSY;
	}
	return -ENOENT;
}

static int neighbour_position(const struct bu_mprog *list, const struct bu_mprog_entry *neighbour)
{
	for (u32 i = 0; i < list->count; i++) {
		if (list->entries[i].prog == neighbour->prog &&
		    (!neighbour->link || neighbour->link == list->entries[i].link))
			return i;
	}
	return -ENOENT;
}

static int position_before(const struct bu_mprog *list, const struct bu_mprog_entry *neighbour)
{
	int at;

	if (!neighbour->prog)
		return -1;
	at = neighbour_position(list, neighbour);
	return at < 0 ? at : at - 1;
}

static int position_after(const struct bu_mprog *list, const struct bu_mprog_entry *neighbour)
{
	int at;

	if (!neighbour->prog)
		return list->count;
	at = neighbour_position(list, neighbour);
	return at < 0 ? at : at + 1;
}

/* A further rule says `at`, the others said *position: 0 when they agree. */
static int agree(int *position, int at)
{
	if (at < -1)
		return at;
	if (*position >= -1 && at != *position)
		return -ERANGE;
	*position = at;
	return 0;
}

/* Apply the rules BEFORE and AFTER; without any, the end. */
static int choose(const struct bu_mprog *list, const struct bu_mprog_entry *neighbour, u32 *flags,
		  int *position)
{
	int err = 0;

	if (*flags & BU_F_BEFORE)
		err = agree(position, position_before(list, neighbour));
	if (!err && *flags & BU_F_AFTER)
		err = agree(position, position_after(list, neighbour));
	if (err || *position >= -1)
		return err;
	if (neighbour->prog || *flags)
		return -EINVAL;
	*position = list->count;
	*flags = BU_F_AFTER;
	return 0;
}

/* Attach */

static void replace(struct bu_mprog *list, const struct bu_mprog_change *change, int position)
{
	struct bu_mprog_entry *entry = &list->entries[position];
	struct bu_prog *old = entry->prog;

	*entry = (struct bu_mprog_entry){ change->prog, change->link };
	if (change->link)
		return;
	bu_object_get(&change->prog->object);
	bu_object_put(&old->object);
}

static void insert(struct bu_mprog *list, const struct bu_mprog_change *change, u32 flags,
		   int position)
{
	u32 at = position;

	if (position != (int)list->count && flags & BU_F_BEFORE)
		at = position + 1;
	memmove(&list->entries[at + 1], &list->entries[at],
		(list->count - at) * sizeof(*list->entries));
	list->entries[at] = (struct bu_mprog_entry){ change->prog, change->link };
	list->count++;
	if (!change->link)
		bu_object_get(&change->prog->object);
}

static bool is_attached(const struct bu_mprog *list, const struct bu_prog *prog)
{
	return exact_position(list, prog, NULL) != -ENOENT;
}

/* What the kernel asks before it looks for a neighbour. */
static int may_change(const struct bu_mprog *list, const struct bu_mprog_change *change)
{
	return change->expected_revision && change->expected_revision != list->changes + 1 ? -ESTALE
											   : 0;
}

int bu_mprog_attach(struct bu_kernel *kernel, struct bu_mprog *list,
		    const struct bu_mprog_change *change)
{
	struct bu_mprog_entry neighbour;
	u32 flags = change->flags;
	int position = NO_POSITION, err = may_change(list, change);

	if (!err && is_attached(list, change->prog))
		err = -EEXIST;
	if (!err)
		err = find_neighbour(kernel, change, &neighbour);
	if (err)
		return err;
	if (flags & BU_F_REPLACE) {
		position = exact_position(list, change->old, change->link);
		if (position < 0)
			return position;
	} else if (list->count == BU_MPROG_MAX) {
		return -ERANGE;
	}
	err = choose(list, &neighbour, &flags, &position);
	if (err)
		return err;
	if (flags & BU_F_REPLACE)
		replace(list, change, position);
	else
		insert(list, change, flags, position);
	list->changes++;
	return 0;
}

/* Detach */

static void take_out(struct bu_mprog *list, u32 at)
{
	struct bu_mprog_entry entry = list->entries[at];

	list->count--;
	memmove(&list->entries[at], &list->entries[at + 1],
		(list->count - at) * sizeof(*list->entries));
	list->changes++;
	if (!entry.link)
		bu_object_put(&entry.prog->object);
}

int bu_mprog_detach(struct bu_kernel *kernel, struct bu_mprog *list,
		    const struct bu_mprog_change *change)
{
	struct bu_mprog_entry neighbour;
	u32 flags = change->flags;
	int position = NO_POSITION, err;

	if (flags & BU_F_REPLACE)
		return -EINVAL;
	err = may_change(list, change);
	if (!err && !list->count)
		err = -ENOENT;
	if (!err)
		err = find_neighbour(kernel, change, &neighbour);
	if (err)
		return err;
	if (change->prog) {
		position = exact_position(list, change->prog, change->link);
		if (position < 0)
			return position;
	}
	err = choose(list, &neighbour, &flags, &position);
	if (err)
		return err;
	position = BU_MIN(BU_MAX(position, 0), (int)list->count - 1);
	if (list->entries[position].link && !change->link)
		return -EBUSY;
	take_out(list, position);
	return 0;
}

void bu_mprog_clear(struct bu_mprog *list)
{
	while (list->count) {
		struct bu_mprog_entry *last = &list->entries[list->count - 1];

		if (last->link)
			bu_link_detach(last->link);
		else
			take_out(list, list->count - 1);
	}
}

/* Query */

static int put_ids(const struct bu_mprog *list, const struct bu_prog_query_attr *query, u32 count)
{
	int err = 0;

	for (u32 i = 0; !err && i < count; i++) {
		const struct bu_mprog_entry *entry = &list->entries[i];
		u32 none = 0, link = entry->link ? entry->link->object.id : 0;
		u64 at = i * sizeof(u32);

		err = bu_copy_to_user(query->prog_ids + at, &entry->prog->object.id, sizeof(u32));
		if (!err && query->prog_attach_flags)
			err = bu_copy_to_user(query->prog_attach_flags + at, &none, sizeof(u32));
		if (!err && query->link_ids)
			err = bu_copy_to_user(query->link_ids + at, &link, sizeof(u32));
		if (!err && query->link_attach_flags)
			err = bu_copy_to_user(query->link_attach_flags + at, &none, sizeof(u32));
	}
	return err;
}

int bu_mprog_query(const struct bu_mprog *list, struct bu_call *call)
{
	const struct bu_prog_query_attr *query = bu_query_attr(call);
	u64 revision = list->changes + 1;
	int err;

	if (query->query_flags || query->attach_flags)
		return -EINVAL;
	err = bu_query_put(call, 0, list->count, &revision);
	if (err || !query->count || !query->prog_ids || !list->count)
		return err;
	err = put_ids(list, query, BU_MIN(query->count, list->count));
	return err ? err : query->count < list->count ? -ENOSPC : 0;
}
