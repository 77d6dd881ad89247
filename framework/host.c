// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a test on the host's kernel has, and what it cannot have. Everything here belongs to the
 * test: descriptions of maps are made once for each map, by its id.
 */
#include "framework/host.h"

#include <bpf/btf.h>
#include <bpfunit/test.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ebpf/boundary/backend.h"
#include "framework/event_queue.h"

struct bu_host_map {
	struct bu_host_map *next;
	struct bu_map map;
	int fd; /* ours */
};

void bu_needs_vm(const char *what)
{
	if (bu_on_host() && bu_test())
		bpfunit_skip(bu_test_where(), "needs %s; the kernel backend has none", what);
}

void bu_needs_cpu(u32 cpu)
{
	u32 cpus = bu_test_kernel()->nr_cpus;

	if (bu_on_host() && bu_test() && cpu >= cpus)
		bpfunit_skip(bu_test_where(), "needs CPU %u; this machine has %u", cpu, cpus);
}

static int skip(struct bu_test *test, const char *reason)
{
	bu_test_skip(test->where, reason);
	return -EPERM;
}

int bu_host_begin(struct bu_test *test)
{
	const struct bpfunit_test_opts *opts = &test->test->opts;
	const char *reason = bu_backend_enter();
	char text[96];
	int cpus;

	if (reason)
		return skip(test, reason);
	if (!bu_on_host())
		return 0;
	if (opts->vm_only)
		return skip(test, opts->vm_only);
	cpus = libbpf_num_possible_cpus();
	snprintf(text, sizeof(text), "needs %u CPUs; this machine has %d", opts->cpus, cpus);
	if (cpus <= 0 || (opts->cpus && opts->cpus != (u32)cpus))
		return skip(test, text);
	bu_test_kernel()->nr_cpus = cpus;
	bu_test_kernel()->host_call = bu_refused_skips() ? bu_refused_call : NULL;
	prctl(PR_SET_NAME, bu_test_kernel()->env.comm);
	bu_host_set_cpu(0);
	return 0;
}

/* BTF under the emulated kernel, where whoever looks for a type finds it; NULL: it is malformed. */
static struct bu_btf *add_btf(const void *data, u32 size)
{
	int error;

	return data ? bu_btf_create(bu_test_kernel(), data, size, &error) : NULL;
}

static void forget_object(void *arg)
{
	const struct bu_host_object *noted = arg;
	struct bu_host_object **link = &bu_test()->host_objects;

	while (*link && *link != noted)
		link = &(*link)->next;
	if (*link)
		*link = noted->next;
}

void bu_host_note_object(const struct bpf_object *object)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bu_host_object *noted;
	const void *data;
	u32 size;

	if (!bu_on_host())
		return;
	data = btf ? btf__raw_data(btf, &size) : NULL;
	add_btf(data, data ? size : 0);
	noted = bu_test_alloc(sizeof(*noted));
	noted->object = object;
	noted->next = bu_test()->host_objects;
	bu_test()->host_objects = noted;
	bpfunit_defer(forget_object, noted);
	if (bu_refused_skips())
		bu_refused_targets(object);
}

void bu_host_capture(void)
{
	struct bu_host_object *noted = bu_test() ? bu_test()->host_objects : NULL;
	struct bpf_map *map;
	int error;

	for (; noted; noted = noted->next) {
		bpf_object__for_each_map(map, noted->object)
		{
			struct bu_map *described;

			if (bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
			    bpf_map__fd(map) < 0)
				continue;
			described = bu_host_map(bpf_map__fd(map), &error);
			if (described)
				bu_event_queue(described, &error);
		}
	}
}

/* The BTF that a map was made with, from the host. */
static struct bu_btf *btf_by_id(u32 id)
{
	struct btf *btf = btf__load_from_kernel_by_id(id);
	struct bu_btf *copy;
	const void *data;
	u32 size;

	if (!btf)
		return NULL;
	data = btf__raw_data(btf, &size);
	copy = add_btf(data, size);
	btf__free(btf);
	return copy;
}

static const struct bu_map_ops plain_ops = { .name = "map" };

static void describe(struct bu_map *map, const struct bpf_map_info *info)
{
	const struct bu_map_ops *ops = bu_map_ops_of(info->type);

	map->object.id = info->id;
	map->object.kind = BU_OBJECT_MAP;
	map->object.kernel = bu_test_kernel();
	map->ops = ops ? ops : &plain_ops;
	map->type = info->type;
	map->key_size = info->key_size;
	map->value_size = info->value_size;
	map->max_entries = info->max_entries;
	map->flags = info->map_flags;
	map->map_extra = info->map_extra;
	memcpy(map->name, info->name, sizeof(map->name) - 1);
	map->btf = info->btf_id ? btf_by_id(info->btf_id) : NULL;
	map->btf_key_type_id = map->btf ? info->btf_key_type_id : 0;
	map->btf_value_type_id = map->btf ? info->btf_value_type_id : 0;
}

static void close_map(void *arg)
{
	struct bu_host_map **link = &bu_test()->host_maps, *host = arg;

	while (*link && *link != host)
		link = &(*link)->next;
	if (*link)
		*link = host->next;
	close(host->fd);
}

static struct bu_map *add_map(int fd, const struct bpf_map_info *info, int *error)
{
	struct bu_host_map *host = bu_test_alloc(sizeof(*host));

	host->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (host->fd < 0) {
		*error = -errno;
		return NULL;
	}
	describe(&host->map, info);
	host->next = bu_test()->host_maps;
	bu_test()->host_maps = host;
	if (bpfunit_defer(close_map, host))
		bu_test_die(bu_test_where(), "out of memory");
	return &host->map;
}

struct bu_map *bu_host_map(int fd, int *error)
{
	struct bpf_map_info info = { 0 };
	u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size)) {
		*error = -errno;
		return NULL;
	}
	for (struct bu_test *test = bu_test(); test; test = test->outer) {
		for (struct bu_host_map *host = test->host_maps; host; host = host->next) {
			if (host->map.object.id == info.id)
				return &host->map;
		}
	}
	return add_map(fd, &info, error);
}

int bu_host_map_open(const struct bu_map *map)
{
	int fd = fcntl(bu_container_of(map, struct bu_host_map, map)->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int bu_host_set_cpu(u32 cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -EINVAL : 0;
}
