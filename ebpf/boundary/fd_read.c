/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read(2) of our descriptors. Iterators and perf events have something to read; of all others
 * there are no bytes in the host, and Linux says -EINVAL. Source: bpf_dummy_read(),
 * kernel/bpf/syscall.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/link/perf_event.h"

static bool there_were(const struct bu_kernel *kernel, enum bu_object_kind kind)
{
	return __atomic_load_n(&kernel->next_id[kind], __ATOMIC_RELAXED) > 1;
}

/* Nothing is asked while there never was anything to read. */
static struct bu_kernel *with_readers(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	return kernel && (there_were(kernel, BU_OBJECT_ITER) ||
			  there_were(kernel, BU_OBJECT_PERF_EVENT))
		       ? kernel
		       : NULL;
}

static struct bu_object *readable(struct bu_kernel *kernel, int fd)
{
	int err;
	struct bu_object *object = bu_fd_object(kernel, fd, BU_OBJECT_ITER, &err);

	return object ? object : bu_perf_event_of_fd(kernel, fd);
}

static long read_object(struct bu_object *object, u64 user, size_t size)
{
	if (object->kind == BU_OBJECT_PERF_EVENT)
		return bu_perf_read(object, user, size);
	return bu_iter_read(bu_container_of(object, struct bu_iter, object), user, size);
}

bool bu_fd_read(long *result, int fd, void *buffer, size_t size)
{
	struct bu_kernel *kernel = with_readers();
	struct bu_object *object;

	if (!kernel)
		return false;
	bu_kernel_lock(kernel);
	object = readable(kernel, fd);
	if (object) {
		bu_object_get(object);
		bu_fd_reap(kernel); /* an event's group ends with its leader */
		*result = read_object(object, (u64)buffer, size);
		bu_object_put(object);
	}
	bu_kernel_unlock(kernel);
	return object;
}

bool bu_fd_is_read(int fd)
{
	struct bu_kernel *kernel = with_readers();
	bool is;

	if (!kernel)
		return false;
	bu_kernel_lock(kernel);
	is = readable(kernel, fd);
	bu_kernel_unlock(kernel);
	return is;
}

bool bu_fd_cannot_be_read(int fd)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	bool ours;
	int err;

	if (!kernel)
		return false;
	bu_kernel_lock(kernel);
	ours = bu_fd_verify(kernel, fd, &err);
	bu_kernel_unlock(kernel);
	return ours;
}
