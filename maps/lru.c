// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every element that exists is on exactly one circular list, or between bu_lru_pop() and its list.
 * Lists are of node numbers: first the lists' heads, then the elements. Free elements that were
 * never used are only counted ("fresh") and follow those on the free list.
 *
 * Shared variant: one active, inactive and free list, and for each CPU a local free and a pending
 * list. With BPF_F_NO_COMMON_LRU: an active, inactive and free list for each CPU.
 */
#include <stdlib.h>

#include "ebpf/kernel.h"
#include "maps/lru.h"

enum list_kind {
	ACTIVE,
	INACTIVE,
	FREE,
	LOCAL_FREE,
	LOCAL_PENDING,
};

struct node {
	u32 prev, next;
	u16 cpu;
	u8 list; /* enum list_kind */
	bool ref;
};

struct lists {
	u32 first_head; /* heads of ACTIVE, INACTIVE, FREE follow each other */
	u32 counts[2];  /* of ACTIVE, INACTIVE */
	u32 rotation;   /* where the next rotation of the inactive list starts */
	u32 fresh;      /* free elements that were never used */
	u16 cpu;
};

struct bu_lru {
	struct bu_htab *table;
	bool per_cpu;
	u32 cpus;
	u32 target_free, nr_scans;
	struct lists *lists;
	u32 *next_steal; /* of each CPU */
	struct node *nodes;
	u32 nr_heads, room;
	u32 made; /* elements that exist; index of the latest */
};

static u32 head_of(const struct lists *lists, enum list_kind kind)
{
	return lists->first_head + kind;
}

/* Heads of the CPUs' local lists follow the shared lists' three. */
static u32 local_head(u32 cpu, enum list_kind kind)
{
	return 3 + 2 * cpu + (kind == LOCAL_PENDING);
}

static bool empty(const struct bu_lru *lru, u32 head)
{
	return lru->nodes[head].next == head;
}

static void list_add(struct bu_lru *lru, u32 node, u32 head)
{
	struct node *nodes = lru->nodes;

	nodes[node].prev = head;
	nodes[node].next = nodes[head].next;
	nodes[nodes[head].next].prev = node;
	nodes[head].next = node;
}

static void list_remove(struct bu_lru *lru, u32 node)
{
	struct node *nodes = lru->nodes;

	nodes[nodes[node].prev].next = nodes[node].next;
	nodes[nodes[node].next].prev = nodes[node].prev;
}

static void count(struct lists *lists, u8 list, int change)
{
	if (list <= INACTIVE)
		lists->counts[list] += change;
}

/* Move a node of the lists to the front of a list; its mark is cleared. */
static void move(struct bu_lru *lru, struct lists *lists, u32 node, enum list_kind kind, u32 head)
{
	count(lists, lru->nodes[node].list, -1);
	count(lists, kind, 1);
	if (node == lists->rotation)
		lists->rotation = lru->nodes[node].prev;
	lru->nodes[node].list = kind;
	list_remove(lru, node);
	list_add(lru, node, head);
}

static void move_within(struct bu_lru *lru, struct lists *lists, u32 node, enum list_kind kind)
{
	lru->nodes[node].ref = false;
	move(lru, lists, node, kind, head_of(lists, kind));
}

static bool evict(struct bu_lru *lru, u32 node)
{
	u32 index = node - lru->nr_heads;

	if (!bu_elem(lru->table, index)->linked)
		return false;
	bu_htab_unlink(lru->table, index);
	return true;
}

/* Active nodes from the oldest on: marked ones stay, others become inactive. */
static void rotate_active(struct bu_lru *lru, struct lists *lists)
{
	u32 head = head_of(lists, ACTIVE), newest = lru->nodes[head].next;
	u32 node = lru->nodes[head].prev, before;

	for (u32 i = 0; i < lru->nr_scans && node != head; i++, node = before) {
		before = lru->nodes[node].prev;
		move_within(lru, lists, node, lru->nodes[node].ref ? ACTIVE : INACTIVE);
		if (node == newest)
			break;
	}
}

/* Inactive nodes from where the last rotation ended: marked ones become active. */
static void rotate_inactive(struct bu_lru *lru, struct lists *lists)
{
	u32 head = head_of(lists, INACTIVE);
	u32 at = lists->rotation, last, next = head;

	if (empty(lru, head))
		return;
	last = lru->nodes[at].next;
	if (last == head)
		last = lru->nodes[last].next;
	for (u32 i = 0; i < lru->nr_scans;) {
		if (at == head) {
			at = lru->nodes[at].prev;
			continue;
		}
		next = lru->nodes[at].prev;
		if (lru->nodes[at].ref)
			move_within(lru, lists, at, ACTIVE);
		if (at == last)
			break;
		at = next;
		i++;
	}
	lists->rotation = next;
}

static void rotate(struct bu_lru *lru, struct lists *lists)
{
	if (lists->counts[INACTIVE] < lists->counts[ACTIVE])
		rotate_active(lru, lists);
	rotate_inactive(lru, lists);
}

/* Evict up to `wanted` unmarked inactive nodes, oldest first, to a free list; how many. */
static u32 shrink_inactive(struct bu_lru *lru, struct lists *lists, u32 wanted, enum list_kind kind,
			   u32 to)
{
	u32 head = head_of(lists, INACTIVE), got = 0;
	u32 node = lru->nodes[head].prev, before;

	for (u32 i = 0; i < lru->nr_scans && node != head; i++, node = before) {
		before = lru->nodes[node].prev;
		if (lru->nodes[node].ref) {
			move_within(lru, lists, node, ACTIVE);
		} else if (evict(lru, node)) {
			move(lru, lists, node, kind, to);
			if (++got == wanted)
				break;
		}
	}
	return got;
}

/* As above; when no node is unmarked, evict the oldest one all the same. */
static void shrink(struct bu_lru *lru, struct lists *lists, u32 wanted, enum list_kind kind, u32 to)
{
	u32 head = head_of(lists, INACTIVE), node;

	if (shrink_inactive(lru, lists, wanted, kind, to))
		return;
	if (empty(lru, head))
		head = head_of(lists, ACTIVE);
	for (node = lru->nodes[head].prev; node != head; node = lru->nodes[node].prev) {
		if (evict(lru, node)) {
			move(lru, lists, node, kind, to);
			return;
		}
	}
}

static bool make_room(struct bu_lru *lru)
{
	u32 needed = lru->nr_heads + lru->made + 2, room = lru->room;
	struct node *nodes;

	if (needed <= room)
		return true;
	room = BU_MAX(2 * room, needed);
	nodes = realloc(lru->nodes, room * sizeof(*nodes));
	if (!nodes)
		return false;
	lru->nodes = nodes;
	lru->room = room;
	return true;
}

/* The first node of the free list, which gets a fresh one when it is empty; 0: none. */
static u32 first_free(struct bu_lru *lru, struct lists *lists)
{
	u32 head = head_of(lists, FREE), node;

	if (!empty(lru, head))
		return lru->nodes[head].next;
	if (!lists->fresh || !make_room(lru))
		return 0;
	node = lru->nr_heads + ++lru->made;
	lists->fresh--;
	lru->nodes[node] = (struct node){ .cpu = lists->cpu, .list = FREE };
	list_add(lru, node, head);
	return node;
}

static u32 pop_per_cpu(struct bu_lru *lru, u32 cpu)
{
	struct lists *lists = &lru->lists[cpu];
	u32 node;

	rotate(lru, lists);
	node = first_free(lru, lists);
	if (!node) {
		shrink(lru, lists, lru->target_free, FREE, head_of(lists, FREE));
		node = first_free(lru, lists);
	}
	if (node)
		move_within(lru, lists, node, INACTIVE);
	return node;
}

/* Nodes that a CPU handed out lately join the shared lists. */
static void flush_pending(struct bu_lru *lru, struct lists *lists, u32 cpu)
{
	u32 head = local_head(cpu, LOCAL_PENDING), node;

	while ((node = lru->nodes[head].prev) != head)
		move_within(lru, lists, node, lru->nodes[node].ref ? ACTIVE : INACTIVE);
}

static void refill_local(struct bu_lru *lru, u32 cpu)
{
	struct lists *lists = lru->lists;
	u32 to = local_head(cpu, LOCAL_FREE), node, got = 0;

	flush_pending(lru, lists, cpu);
	rotate(lru, lists);
	while (got < lru->target_free && (node = first_free(lru, lists))) {
		move(lru, lists, node, LOCAL_FREE, to);
		got++;
	}
	if (got < lru->target_free)
		shrink(lru, lists, lru->target_free - got, LOCAL_FREE, to);
}

static u32 pop_local_free(struct bu_lru *lru, u32 cpu)
{
	u32 head = local_head(cpu, LOCAL_FREE), node = lru->nodes[head].next;

	if (node == head)
		return 0;
	list_remove(lru, node);
	return node;
}

/* Evict a CPU's oldest pending node, an unmarked one if there is any. */
static u32 pop_pending(struct bu_lru *lru, u32 cpu)
{
	u32 head = local_head(cpu, LOCAL_PENDING), node;

	for (int force = 0; force < 2; force++) {
		for (node = lru->nodes[head].prev; node != head; node = lru->nodes[node].prev) {
			if ((force || !lru->nodes[node].ref) && evict(lru, node)) {
				list_remove(lru, node);
				return node;
			}
		}
	}
	return 0;
}

/* From the free and pending lists of any CPU, in turn. */
static u32 steal(struct bu_lru *lru, u32 cpu)
{
	u32 first = lru->next_steal[cpu], from = first, node;

	do {
		node = pop_local_free(lru, from);
		if (!node)
			node = pop_pending(lru, from);
		from = (from + 1) % lru->cpus;
	} while (!node && from != first);
	lru->next_steal[cpu] = from;
	return node;
}

static u32 pop_common(struct bu_lru *lru, u32 cpu)
{
	u32 node = pop_local_free(lru, cpu);

	if (!node) {
		refill_local(lru, cpu);
		node = pop_local_free(lru, cpu);
	}
	if (!node)
		node = steal(lru, cpu);
	if (!node)
		return 0;
	lru->nodes[node].cpu = cpu;
	lru->nodes[node].list = LOCAL_PENDING;
	lru->nodes[node].ref = false;
	list_add(lru, node, local_head(cpu, LOCAL_PENDING));
	return node;
}

u32 bu_lru_pop(struct bu_lru *lru, u32 cpu)
{
	u32 node = lru->per_cpu ? pop_per_cpu(lru, cpu) : pop_common(lru, cpu);

	return node ? node - lru->nr_heads : 0;
}

void bu_lru_push(struct bu_lru *lru, u32 index)
{
	u32 id = lru->nr_heads + index;
	struct node *node = &lru->nodes[id];

	if (node->list != LOCAL_PENDING) {
		move_within(lru, &lru->lists[lru->per_cpu ? node->cpu : 0], id, FREE);
		return;
	}
	node->list = LOCAL_FREE;
	node->ref = false;
	list_remove(lru, id);
	list_add(lru, id, local_head(node->cpu, LOCAL_FREE));
}

void bu_lru_touch(struct bu_lru *lru, u32 index)
{
	lru->nodes[lru->nr_heads + index].ref = true;
}

static void init_lists(struct bu_lru *lru, u32 nr_lists)
{
	u32 max = lru->table->map->max_entries;

	for (u32 i = 0; i < lru->nr_heads; i++)
		lru->nodes[i] = (struct node){ .prev = i, .next = i };
	for (u32 i = 0; i < nr_lists; i++)
		lru->lists[i] = (struct lists){ .first_head = 3 * i,
						.rotation = 3 * i + INACTIVE,
						.fresh = max / nr_lists,
						.cpu = i };
	for (u32 i = 0; i < lru->cpus; i++)
		lru->next_steal[i] = i;
}

struct bu_lru *bu_lru_new(struct bu_htab *table)
{
	u32 cpus = table->map->object.kernel->nr_cpus, max = table->map->max_entries;
	bool per_cpu = table->map->flags & BPF_F_NO_COMMON_LRU;
	struct bu_lru *lru = calloc(1, sizeof(*lru));

	if (!lru)
		return NULL;
	lru->table = table;
	lru->cpus = cpus;
	lru->per_cpu = per_cpu;
	lru->nr_heads = per_cpu ? 3 * cpus : 3 + 2 * cpus;
	lru->nr_scans = per_cpu ? 4 : 128;
	lru->target_free = per_cpu ? 4 : BU_MAX(1u, BU_MIN(max / cpus / 2, 128u));
	lru->room = lru->nr_heads + 16;
	lru->nodes = calloc(lru->room, sizeof(*lru->nodes));
	lru->lists = calloc(cpus, sizeof(*lru->lists));
	lru->next_steal = calloc(cpus, sizeof(*lru->next_steal));
	if (!lru->nodes || !lru->lists || !lru->next_steal) {
		bu_lru_free(lru);
		return NULL;
	}
	init_lists(lru, per_cpu ? cpus : 1);
	return lru;
}

void bu_lru_free(struct bu_lru *lru)
{
	if (!lru)
		return;
	free(lru->nodes);
	free(lru->lists);
	free(lru->next_steal);
	free(lru);
}
