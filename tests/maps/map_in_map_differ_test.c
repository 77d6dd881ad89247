// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps of maps against a real kernel: seeded random calls on outer and inner maps of many kinds,
 * whose results and ids (as indices of the maps that have them) are compared. What Linux 6.18 did
 * is recorded as a digest; BPFUNIT_HOST_BPF=1 asks this machine.
 */
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "differ.h"

#define INNERS   9
#define OUTERS   8
#define MAPS     (INNERS + OUTERS)
#define STEPS    2000
#define FNV      0xcbf29ce484222325u
#define RECORDED 0xfd1cebf868fbed4bu

struct side {
	bpf_call bpf;
	long fds[MAPS]; /* or why they could not be made */
	uint32_t ids[MAPS];
};

struct step {
	int cmd, map, value; /* value: of fds */
	uint32_t key;
	uint64_t flags;
};

static const struct {
	uint32_t type, key, value, entries, flags;
} inners[INNERS] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 2, BPF_F_INNER_MAP },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 3, BPF_F_INNER_MAP },
	{ BPF_MAP_TYPE_HASH, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 5, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
};

static void note_id(struct side *side, int map)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr;

	if (side->fds[map] < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = side->fds[map];
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	EXPECT_EQ(side->bpf(BPF_OBJ_GET_INFO_BY_FD, &attr), 0);
	side->ids[map] = info.id;
}

static void open_side(struct side *side, bpf_call bpf)
{
	static const int templates[OUTERS / 2] = { 0, 2, 4, 8 };
	union bpf_attr attr;

	*side = (struct side){ .bpf = bpf };
	for (int i = 0; i < MAPS; i++) {
		int outer = i - INNERS;

		memset(&attr, 0, sizeof(attr));
		if (outer < 0) {
			attr.map_type = inners[i].type;
			attr.key_size = inners[i].key;
			attr.value_size = inners[i].value;
			attr.max_entries = inners[i].entries;
			attr.map_flags = inners[i].flags;
		} else {
			attr.map_type =
				outer % 2 ? BPF_MAP_TYPE_HASH_OF_MAPS : BPF_MAP_TYPE_ARRAY_OF_MAPS;
			attr.key_size = attr.value_size = 4;
			attr.max_entries = 3;
			attr.inner_map_fd = side->fds[templates[outer / 2]];
		}
		side->fds[i] = bpf(BPF_MAP_CREATE, &attr);
		note_id(side, i);
	}
}

static void close_side(struct side *side)
{
	for (int i = 0; i < MAPS; i++)
		host_close(side->fds[i]);
}

static uint32_t draw_number(uint64_t *random, uint32_t below)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (*random >> 33) % below;
}

static void draw(uint64_t *random, struct step *step)
{
	static const int cmds[] = { BPF_MAP_CREATE,       BPF_MAP_UPDATE_ELEM,
				    BPF_MAP_UPDATE_ELEM,  BPF_MAP_UPDATE_ELEM,
				    BPF_MAP_LOOKUP_ELEM,  BPF_MAP_DELETE_ELEM,
				    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM };

	step->cmd = cmds[draw_number(random, 8)];
	step->map = INNERS + draw_number(random, OUTERS);
	step->value = draw_number(random, MAPS + 1);
	step->key = draw_number(random, 5);
	step->flags = draw_number(random, 4) ? 0 : draw_number(random, 6);
}

/* Makes and drops a map of maps. */
static long create(struct side *side, const struct step *step)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = step->map % 2 ? BPF_MAP_TYPE_HASH_OF_MAPS : BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr.key_size = 4;
	attr.value_size = step->flags == 1 ? 8 : 4;
	attr.max_entries = step->key;
	attr.map_flags = step->flags == 2 ? BPF_F_RDONLY_PROG : 0;
	attr.inner_map_fd = step->value < MAPS ? side->fds[step->value] : 9999;
	fd = side->bpf(BPF_MAP_CREATE, &attr);
	host_close(fd);
	return fd < 0 ? fd : 0;
}

/* The call's result, and which map's id was read. */
static uint64_t act(struct side *side, const struct step *step)
{
	uint32_t value = step->value < MAPS ? side->fds[step->value] : 9999, read = 0;
	union bpf_attr attr;
	uint64_t result;

	if (step->cmd == BPF_MAP_CREATE)
		return create(side, step);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = side->fds[step->map];
	attr.key = (uintptr_t)&step->key;
	if (step->cmd == BPF_MAP_UPDATE_ELEM)
		attr.value = (uintptr_t)&value;
	else if (step->cmd != BPF_MAP_DELETE_ELEM)
		attr.value = (uintptr_t)&read;
	if (step->cmd == BPF_MAP_UPDATE_ELEM || step->cmd == BPF_MAP_LOOKUP_ELEM)
		attr.flags = step->flags;
	result = side->bpf(step->cmd, &attr);
	if (step->cmd == BPF_MAP_GET_NEXT_KEY && step->map % 2 == 0)
		return 0; /* hashes: any order */
	for (int i = 0; step->cmd == BPF_MAP_LOOKUP_ELEM && i < MAPS; i++)
		if (read && side->ids[i] == read)
			read = 1000 + i;
	return result << 32 | read;
}

static void play(bpf_call bpf, uint64_t *outcomes)
{
	uint64_t random = 11;
	struct side side;
	struct step step;

	open_side(&side, bpf);
	for (int i = 0; i < STEPS; i++) {
		draw(&random, &step);
		outcomes[i] = act(&side, &step);
	}
	close_side(&side);
}

BPF_TEST(map_in_map_outcomes, recorded)
{
	static uint64_t ours[STEPS];

	play(emulated_bpf, ours);
	EXPECT_EQ(differ_digest(FNV, ours, sizeof(ours)), RECORDED);
}

BPF_TEST(map_in_map_outcomes_host, recorded)
{
	static uint64_t ours[STEPS], theirs[STEPS];
	const char *reason = host_unavailable();
	uint64_t random = 11;
	struct step step;

	if (reason)
		BPFUNIT_SKIP("%s", reason);
	play(host_bpf, theirs);
	play(emulated_bpf, ours);
	for (int i = 0; i < STEPS; i++) {
		draw(&random, &step);
		if (ours[i] != theirs[i])
			FAIL("step %d, command %d of map %d, key %u, value %d, flags %d: %#lx, the "
			     "host: %#lx",
			     i, step.cmd, step.map, step.key, step.value, (int)step.flags, ours[i],
			     theirs[i]);
	}
	EXPECT_EQ(differ_digest(FNV, theirs, sizeof(theirs)), RECORDED);
}
