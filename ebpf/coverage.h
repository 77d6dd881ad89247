/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coverage data on disk: for each program NAME-HASH.prog (what it is: text, written once) and
 * NAME-HASH.count (executions so far: 64-bit words, added to under a lock). docs/coverage-format.md
 * describes both. HASH names the instructions, so processes that load the same program meet in one file.
 */
#ifndef BU_COVERAGE_H
#define BU_COVERAGE_H

#include "ebpf/base.h"

struct bu_kernel;

/* Begin: programs loaded from now on are described in `dir` (made when missing). 0, or -errno. */
int bu_coverage_open(struct bu_kernel *kernel, const char *dir);
/* Add the counts since the last flush to the files. Async-signal-safe. 0, or -errno. */
int bu_coverage_flush(struct bu_kernel *kernel);

#endif
