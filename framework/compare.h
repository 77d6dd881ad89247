/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The diff backend: each run of the VM is made on the host's kernel too, from the same map contents
 * and input, and a difference fails the test. Runs that cannot be compared are counted by reason.
 */
#ifndef BU_COMPARE_H
#define BU_COMPARE_H

#include "ebpf/prog/prog.h"
#include "framework/mirror.h"
#include "framework/state.h"

/* Begin and end a test that is not nested: without effect on other backends. The end tells the
 * counts to the test's sink. */
void bu_compare_begin(struct bu_test *test);
void bu_compare_end(struct bu_test *test);

/* bu_prog_test(), compared where it can be. */
int bu_compare_run(struct bu_prog *prog, struct bu_test_io *io);

/* Note why a run of this program cannot be compared; framework/compare_why.c. */
void bu_compare_why(struct bu_mirror *mirror, const struct bu_prog *prog);

#endif
