// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kernel functions for dynptrs of memory and ring buffer records. Source: kernel/bpf/helpers.c
 * (6.12).
 *
 * Differs: a slice is writable where its memory is; what the verifier knows as read-only is not
 * told apart. The clone of a null dynptr is none of a ring buffer's: the original is to be
 * released.
 */
#include "helpers/dynptr.h"

BU_HELPER_1(dynptr_size, const struct bu_dynptr *, ptr)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	return value.data ? value.size : (u32)-EINVAL;
}

BU_HELPER_1(dynptr_is_null, const struct bu_dynptr *, ptr)
{
	struct bu_dynptr value;

	return bu_dynptr_get(run, ptr, &value) && !value.data;
}

BU_HELPER_1(dynptr_is_rdonly, const struct bu_dynptr *, ptr)
{
	struct bu_dynptr value;

	return bu_dynptr_get(run, ptr, &value) && value.data && value.rdonly;
}

BU_HELPER_3(dynptr_adjust, struct bu_dynptr *, ptr, u32, start, u32, end)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	if (!value.data || start > end)
		return -EINVAL;
	if (end > value.size)
		return -ERANGE;
	value.offset += start;
	value.size = end - start;
	bu_dynptr_set(run, ptr, value);
	return 0;
}

BU_HELPER_2(dynptr_clone, const struct bu_dynptr *, ptr, struct bu_dynptr *, clone)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value) || !bu_dynptr_place(run, clone))
		return 0;
	if (!value.data)
		value = (struct bu_dynptr){ .type = BU_DYNPTR_LOCAL };
	bu_dynptr_set(run, clone, value);
	return value.data ? 0 : -EINVAL;
}

/* The buffer is for bytes that lie apart: those of memory never do. */
static u64 slice(struct bu_run *run, const struct bu_dynptr *ptr, u32 offset, u64 buffer, u32 len,
		 bool write)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	if (buffer && !bu_arena_writable(&run->kernel->arena, (void *)buffer, len)) {
		bu_fault_access(run, buffer, len, true);
		return 0;
	}
	if (!value.data || (write && value.rdonly) || bu_dynptr_check(&value, offset, len))
		return 0;
	return (u64)value.data + value.offset + offset;
}

BU_HELPER_4(dynptr_slice, const struct bu_dynptr *, ptr, u32, offset, u64, buffer, u32, len)
{
	return slice(run, ptr, offset, buffer, len, false);
}

BU_HELPER_4(dynptr_slice_rdwr, const struct bu_dynptr *, ptr, u32, offset, u64, buffer, u32, len)
{
	return slice(run, ptr, offset, buffer, len, true);
}
