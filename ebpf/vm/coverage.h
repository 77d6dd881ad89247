/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coverage data on disk: for each program NAME-HASH.prog (what it is: text, written once) and
 * NAME-HASH.count (executions so far: 64-bit words, added to under a lock). docs/coverage-format.md
 * describes both. HASH names the instructions, so processes that load the same program meet in one
 * file.
 */
#ifndef BU_COVERAGE_H
#define BU_COVERAGE_H

#include "ebpf/base.h"

struct bu_kernel;
struct bu_prog;

/* Begin: programs loaded from now on are described in `dir` (made when missing). 0, or -errno. */
int bu_coverage_open(struct bu_kernel *kernel, const char *dir);
/* Add the counts since the last flush to the files. Async-signal-safe. 0, or -errno. */
int bu_coverage_flush(struct bu_kernel *kernel);
/* Flush, and forget what bu_coverage_open() made. 0, or the flush's -errno. For bu_kernel_free().
 */
int bu_coverage_close(struct bu_kernel *kernel);

/* A program was loaded / is about to be destroyed (its counts are saved). For bu_prog_load() and
 * the program's destruction; both do nothing when coverage is off. */
void bu_coverage_describe(struct bu_prog *prog);
void bu_coverage_release(struct bu_prog *prog);

#endif
