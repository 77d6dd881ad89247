/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors' numbers; see ebpf/boundary/fd_number.h. */
#include "ebpf/boundary/fd_number.h"

#include "ebpf/kernel.h"

void bu_fd_number_set(struct bu_fd_numbers *numbers, int number, struct bu_fd *fd)
{
	if ((u32)number >= BU_FD_NUMBERS)
		return;
	__atomic_store_n(&numbers->of[number], fd, __ATOMIC_RELAXED);
	fd->highest = BU_MAX(fd->highest, number);
}

void bu_fd_number_forget(struct bu_fd_numbers *numbers, struct bu_fd *fd)
{
	for (int number = 0; number <= fd->highest; number++) {
		if (numbers->of[number] == fd)
			__atomic_store_n(&numbers->of[number], NULL, __ATOMIC_RELAXED);
	}
}

void bu_fd_numbers_closed(unsigned int first, unsigned int last)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (!kernel)
		return;
	for (unsigned int number = first; number <= last && number < BU_FD_NUMBERS; number++)
		__atomic_store_n(&kernel->fd_numbers.of[number], NULL, __ATOMIC_RELAXED);
}
