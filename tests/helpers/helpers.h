/* SPDX-License-Identifier: BSD-2-Clause */
/* A loaded helpers.bpf.c and what its programs share. */
#ifndef BU_TESTS_HELPERS_HELPERS_H
#define BU_TESTS_HELPERS_HELPERS_H

#include <bpfunit/bpfunit.h>
#include <string.h>

#include "helpers.skel.h"

BPF_FIXTURE(helpers)
{
	struct helpers_bpf *skel;
	struct helpers_bpf__bss *bss;
};

BPF_FIXTURE_SETUP(helpers)
{
	self->skel = BPFUNIT_LOAD(helpers_bpf);
	self->bss = self->skel->bss;
	memset(self->bss->out, 0x5a, sizeof(self->bss->out));
}

BPF_FIXTURE_TEARDOWN(helpers)
{
}

/* Run a program on no context with these `args`. */
#define RUN(prog, ...)                                                                             \
	__extension__({                                                                            \
		uint64_t args_[5] = { __VA_ARGS__ };                                               \
		memcpy(self->bss->args, args_, sizeof(args_));                                     \
		BPFUNIT_RUN(self->skel->progs.prog, NULL);                                         \
	})
/* The same; it must end with a fault whose report contains `text`. */
#define EXPECT_BAD(kind, text, prog, ...)                                                          \
	__extension__({                                                                            \
		EXPECT_FAULT(kind, RUN(prog, __VA_ARGS__));                                        \
		if (!strstr(bpfunit_fault_report(), text))                                         \
			EXPECT_STREQ(bpfunit_fault_report(), text);                                \
	})

#endif
