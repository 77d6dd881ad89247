// SPDX-License-Identifier: BSD-2-Clause
/*
 * Objects that a program allocates. One that it neither drops nor gives away is a leak; after the
 * drop its memory is freed. Source: bpf_obj_new_impl(), bpf_obj_drop_impl() in kernel/bpf/helpers.c
 * (6.12).
 */
#include "ebpf/kernel.h"

BU_HELPER_2(obj_new_impl, u64, type_id, void *, meta)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ,
						    .label = "made by bpf_obj_new()" };
	s64 size = run->prog->btf ? bu_btf_size_of(run->prog->btf, (u32)type_id) : -EINVAL;
	void *object;

	(void)meta;
	if (size <= 0) {
		bu_fault_raise(
			run, BU_FAULT_BAD_ARGUMENT,
			"argument 1 of bpf_obj_new_impl: %llu is no type of the program's BTF",
			(unsigned long long)type_id);
		return 0;
	}
	object = bu_arena_alloc(&run->kernel->arena, size, BU_RW, &info);
	if (object)
		bu_run_acquire(run, object);
	return (u64)object;
}

BU_HELPER_2(obj_drop_impl, u8 *, object, void *, meta)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, object);

	(void)meta;
	if (!region || region->start != object || region->info.kind != BU_REGION_KOBJ) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "argument 1 of bpf_obj_drop_impl: 0x%llx is no allocated object",
			       (unsigned long long)(u64)object);
		return 0;
	}
	if (region->freed) {
		bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE, "the object has been dropped already");
		return 0;
	}
	bu_run_release(run, object);
	bu_arena_free(&run->kernel->arena, object);
	return 0;
}
