/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_ENABLE_STATS: programs' runs are counted and timed while a descriptor of it is open.
 * Source: bpf_enable_stats(), kernel/bpf/syscall.c; update_prog_stats() in include/linux/filter.h
 * (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <time.h>

static void destroy(struct bu_object *object)
{
	object->kernel->stats--;
	free(object);
}

static const struct bu_object_class stats_class = {
	.kind = BU_OBJECT_STATS,
	.destroy = destroy,
};

long bu_sys_enable_stats(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_object *object;
	int err;

	if (call->attr->enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	object = calloc(1, sizeof(*object));
	if (!object)
		return -ENOMEM;
	err = bu_object_init(object, kernel, &stats_class);
	if (err) {
		free(object);
		return err;
	}
	kernel->stats++;
	return bu_fd_install(object);
}

static u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

u64 bu_stats_begin(const struct bu_kernel *kernel)
{
	return kernel->stats ? now() : 0;
}

void bu_stats_end(struct bu_prog *prog, u64 begin)
{
	if (!begin)
		return;
	prog->run_cnt++;
	prog->run_time_ns += now() - begin;
}
