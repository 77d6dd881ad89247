/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libbpf's calls cost: the same source is linked with bpfunit (boundary_bench_vm) and without
 * (boundary_bench_kernel, which needs root); boundary_bench.sh runs both in turn and divides.
 * Prints a line for each figure: name, tab, nanoseconds (the median of several rounds).
 */
#include "counter.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS  15
#define LOOKUPS 20000
#define CYCLES  20
#define MAPS    200
#define FDS     1000

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Open, load, run, look up, destroy. */
static void cycle(void)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	struct counter_bpf *skel = counter_bpf__open_and_load();
	__u32 key = sizeof(packet);
	__u64 value;

	if (!skel)
		die("load");
	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.count), &run))
		die("run");
	if (bpf_map__lookup_elem(skel->maps.flows, &key, sizeof(key), &value, sizeof(value), 0) ||
	    value != 1)
		die("lookup");
	counter_bpf__destroy(skel);
}

static void cycles(void *arg)
{
	(void)arg;
	for (int i = 0; i < CYCLES; i++)
		cycle();
}

struct lookup {
	const struct bpf_map *map;
	__u32 *key; /* on the stack or on the heap */
	__u64 *value;
};

static void lookups(void *arg)
{
	struct lookup *lookup = arg;

	for (int i = 0; i < LOOKUPS; i++) {
		*lookup->key = i % 512;
		if (bpf_map__lookup_elem(lookup->map, lookup->key, sizeof(__u32), lookup->value,
					 sizeof(__u64), 0))
			die("lookup");
	}
}

static void updates(void *arg)
{
	struct lookup *lookup = arg;

	for (int i = 0; i < LOOKUPS; i++) {
		*lookup->key = i % 512;
		if (bpf_map__update_elem(lookup->map, lookup->key, sizeof(__u32), lookup->value,
					 sizeof(__u64), 0))
			die("update");
	}
}

static void measure(const char *name, void (*work)(void *arg), void *arg, double count)
{
	double rounds[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ns();

		work(arg);
		rounds[i] = (now_ns() - start) / count;
	}
	qsort(rounds, ROUNDS, sizeof(*rounds), ascending);
	printf("%s\t%.0f\n", name, rounds[ROUNDS / 2]);
}

static void crowd(void)
{
	for (int i = 0; i < MAPS; i++) {
		if (bpf_map_create(BPF_MAP_TYPE_HASH, "many", 4, 8, 16, NULL) < 0)
			die("map");
	}
	for (int i = MAPS; i < FDS; i++) {
		if (dup(3 + i % MAPS) < 0)
			die("dup");
	}
}

static void measure_lookups(const char *suffix, const struct bpf_map *map)
{
	struct lookup heap = { map, malloc(sizeof(__u32)), calloc(1, sizeof(__u64)) }, stack;
	__u32 key = 0;
	__u64 value = 1;
	char name[64];

	stack = (struct lookup){ map, &key, &value };
	snprintf(name, sizeof(name), "update%s", suffix);
	measure(name, updates, &stack, LOOKUPS);
	snprintf(name, sizeof(name), "lookup%s", suffix);
	measure(name, lookups, &stack, LOOKUPS);
	snprintf(name, sizeof(name), "lookup, heap%s", suffix);
	measure(name, lookups, &heap, LOOKUPS);
	free(heap.key);
	free(heap.value);
}

int main(void)
{
	struct rlimit limit = { 4096, 4096 };
	struct counter_bpf *skel;
	double start = now_ns();

	libbpf_set_print(NULL);
	cycle();
	printf("first load in the process\t%.0f\n", now_ns() - start);
	measure("open, load, run, look up, destroy", cycles, NULL, CYCLES);
	skel = counter_bpf__open_and_load();
	if (!skel)
		die("load");
	measure_lookups("", skel->maps.flows);
	setrlimit(RLIMIT_NOFILE, &limit);
	crowd();
	measure_lookups(", 200 maps and 1,000 descriptors", skel->maps.flows);
	measure("the cycle, 200 maps and 1,000 descriptors", cycles, NULL, CYCLES);
	counter_bpf__destroy(skel);
	return 0;
}
