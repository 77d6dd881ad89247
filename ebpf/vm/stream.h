/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams of a program: BPF_STDOUT (1) and BPF_STDERR (2). */
#ifndef BU_STREAM_H
#define BU_STREAM_H

#include "ebpf/prog/prog.h"

/* Append to a stream: 0; -ENOENT: no such stream; -ENOSPC: 100,000 bytes wait unread; -ENOMEM. */
int bu_stream_write(struct bu_prog *prog, u32 id, const char *text, u32 size);

#endif
