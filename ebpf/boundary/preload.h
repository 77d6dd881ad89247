/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that `bpfunit exec` runs: its kernel says at the end what was asked for in vain, and
 * may begin and end with a state directory. The environment tells the library: BPFUNIT_EXEC_NOTES
 * (a file that notes are added to) and BPFUNIT_STATE (the directory).
 */
#ifndef BU_PRELOAD_H
#define BU_PRELOAD_H

#include "ebpf/base.h"

struct bu_kernel;
struct bu_log;
struct bu_prog;

/* A kernel begins: what the environment says of it. */
void bu_preload_begin(struct bu_kernel *kernel);
/* Why it answers no calls: 0, or -errno. */
int bu_preload_error(const struct bu_kernel *kernel);
/* `call HELPER; exit` is how libbpf and bpftool ask for a helper: 0, or -EINVAL when it has no
 * model. In a test it may be mocked, so any helper is there. */
int bu_preload_check(const struct bu_prog *prog, struct bu_log *log);
/* The process ends, or becomes another program: save and tell, once. Nothing happens in a forked
 * child whose parent the kernel belongs to. */
void bu_preload_end(struct bu_kernel *kernel);
void bu_preload_free(struct bu_kernel *kernel);

#endif
