/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs of each type may do with each four bytes of their context, as a line of text a
 * type:
 * '.' nothing, 'r' read, 'w' write, 'b' both.
 */
#ifndef BU_TESTS_HELPERS_ACCESS_H
#define BU_TESTS_HELPERS_ACCESS_H

#include <bpf/bpf.h>
#include <stdbool.h>

struct access_try {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	unsigned int size;        /* of the context */
	struct bpf_insn insns[4]; /* a program with one access */
};

/* Call `line` for each program type; `may` says whether a program's access is allowed. */
void access_lines(bool (*may)(const struct access_try *try),
		  void (*line)(void *arg, const char *text), void *arg);

#endif
