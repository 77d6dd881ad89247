// SPDX-License-Identifier: BSD-2-Clause
/*
 * Objects that a program acquires. Those it allocates have a count of references behind their
 * bytes, where no program gets to; with the last one they are freed. Others, tasks and cgroups,
 * are the kernel's: a program may release what it has acquired. What a run has not released at its
 * end is a leak. A released task or cgroup may still be read: others hold it, and the kernel does
 * not free it either (the verifier refuses the pointer nevertheless). Source: bpf_obj_new_impl(),
 * bpf_refcount_acquire_impl(), bpf_task_acquire(), ... in kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"

static u32 *count_of(const struct bu_region *region)
{
	return (u32 *)(region->start + region->info.stride - sizeof(u64));
}

BU_HELPER_2(obj_new_impl, u64, type_id, void *, meta)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "made by bpf_obj_new()" };
	s64 size = run->prog->btf ? bu_btf_size_of(run->prog->btf, (u32)type_id) : -EINVAL;
	u8 *object;

	(void)meta;
	if (size <= 0) {
		bu_fault_raise(
			run, BU_FAULT_BAD_ARGUMENT,
			"argument 1 of bpf_obj_new_impl: %llu is no type of the program's BTF",
			(unsigned long long)type_id);
		return 0;
	}
	info.elem_size = (u32)size;
	info.stride = (u32)BU_ROUND_UP(size, 8) + sizeof(u64);
	object = bu_arena_alloc(&run->kernel->arena, info.stride, BU_NONE, &info);
	if (!object)
		return 0;
	bu_arena_set_access(&run->kernel->arena, object, size, BU_RW);
	*count_of(bu_arena_region(&run->kernel->arena, object)) = 1;
	bu_run_acquire(run, object);
	return (u64)object;
}

/* The region of an object that is to be acquired or released; NULL: a fault has been raised. */
static const struct bu_region *object_of(struct bu_run *run, const void *object, const char *kfunc,
					 bool allocated)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, object);

	if (!region || region->start != object || region->info.kind != BU_REGION_KOBJ ||
	    (!region->freed && allocated != !!region->info.stride)) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "argument 1 of bpf_%s: 0x%llx is no %s object", kfunc,
			       (unsigned long long)(u64)object, allocated ? "allocated" : "kernel");
		return NULL;
	}
	if (!region->freed)
		return region;
	bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE, "the object has been dropped already");
	return NULL;
}

BU_HELPER_2(refcount_acquire_impl, void *, object, void *, meta)
{
	const struct bu_region *region = object_of(run, object, "refcount_acquire_impl", true);

	(void)meta;
	if (!region)
		return 0;
	++*count_of(region);
	bu_run_acquire(run, object);
	return (u64)object;
}

BU_HELPER_2(obj_drop_impl, void *, object, void *, meta)
{
	const struct bu_region *region = object_of(run, object, "obj_drop_impl", true);

	(void)meta;
	if (!region)
		return 0;
	bu_run_release(run, object);
	if (!--*count_of(region))
		bu_arena_free(&run->kernel->arena, object);
	return 0;
}

/* Whether the run has acquired it; beyond the first few references nobody knows. */
static bool holds(const struct bu_run *run, const void *object)
{
	for (u32 i = 0; run->references && i < BU_MAX_HELD; i++) {
		if (run->held[i].object == object)
			return true;
	}
	return run->references > BU_MAX_HELD;
}

static u64 acquire(struct bu_run *run, void *object, const char *kfunc)
{
	if (!object_of(run, object, kfunc, false))
		return 0;
	bu_run_acquire(run, object);
	return (u64)object;
}

static u64 release(struct bu_run *run, void *object, const char *kfunc)
{
	if (!object_of(run, object, kfunc, false))
		return 0;
	if (holds(run, object))
		bu_run_release(run, object);
	else
		bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE,
			       "bpf_%s: the program has not acquired it, or released it already",
			       kfunc);
	return 0;
}

BU_HELPER_1(task_acquire, void *, task)
{
	return acquire(run, task, "task_acquire");
}

BU_HELPER_1(task_release, void *, task)
{
	return release(run, task, "task_release");
}

BU_HELPER_1(cgroup_acquire, void *, cgroup)
{
	return acquire(run, cgroup, "cgroup_acquire");
}

BU_HELPER_1(cgroup_release, void *, cgroup)
{
	return release(run, cgroup, "cgroup_release");
}
