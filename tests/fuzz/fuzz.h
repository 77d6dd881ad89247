/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the harnesses share. Each defines libFuzzer's LLVMFuzzerTestOneInput() and is built twice:
 * with libFuzzer (option BPFUNIT_FUZZ), and with replay.c as a program that runs stored inputs.
 *
 * An input is consumed from its beginning; what it lacks is zero, so that every input means
 * something.
 */
#ifndef BU_FUZZ_H
#define BU_FUZZ_H

#include "ebpf/base.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct fuzz_input {
	const u8 *data;
	size_t size; /* bytes left */
};

/* The next `size` bytes. */
void fuzz_take(struct fuzz_input *input, void *to, size_t size);
u8 fuzz_byte(struct fuzz_input *input);
u16 fuzz_u16(struct fuzz_input *input);

/* From now on the host's bpf(2) and perf_event_open(2) end the process; so does a library that does
 * not answer for them. Call it first, any number of times. */
void fuzz_guard_host(void);
/* Zeroed memory that ends where 20 GiB begin which nobody may touch: no 32-bit size or index leads
 * from it to memory of the process. */
u8 *fuzz_guarded(size_t size);
/* End the process, as a finding, unless as few descriptors are open as after the first input. */
void fuzz_check_fds(void);

#define FUZZ_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fuzz_fail(__FILE__, __LINE__, #condition);                                 \
	} while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

#endif
