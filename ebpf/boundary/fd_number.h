/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which record belongs to a descriptor's number, remembered so that most calls need not ask the
 * host for the inode. A number is forgotten when the process closes it or puts another file under
 * it (interpose_fd.c). Only bpf(2) may use what is remembered: a close behind our back (fclose of
 * an adopted descriptor) goes unseen until the descriptor's hang-up is collected.
 */
#ifndef BU_FD_NUMBER_H
#define BU_FD_NUMBER_H

#include "ebpf/object.h"

#define BU_FD_NUMBERS 1024 /* numbers above are asked about each time */

struct bu_fd_numbers {
	struct bu_fd *of[BU_FD_NUMBERS];
};

/* The record, or NULL: not known. */
static inline struct bu_fd *bu_fd_number_get(const struct bu_fd_numbers *numbers, int number)
{
	if ((u32)number >= BU_FD_NUMBERS)
		return NULL;
	return __atomic_load_n(&numbers->of[number], __ATOMIC_RELAXED);
}

void bu_fd_number_set(struct bu_fd_numbers *numbers, int number, struct bu_fd *fd);
/* A record is about to be freed. */
void bu_fd_number_forget(struct bu_fd_numbers *numbers, struct bu_fd *fd);
/* Numbers first .. last of the process no longer are what they were. May be called by signal
 * handlers. */
void bu_fd_numbers_closed(unsigned int first, unsigned int last);
/* The same for a system call that is made by number. */
void bu_fd_numbers_syscall(long number, long a, long b);

#endif
