/* SPDX-License-Identifier: BSD-2-Clause */
/* The printf of programs: what bpf_snprintf, bpf_trace_printk and bpf_trace_vprintk have in common.
 */
#ifndef BU_HELPERS_FORMAT_H
#define BU_HELPERS_FORMAT_H

#include "ebpf/kernel.h"

#define BU_FORMAT_MAX_ARGS 12 /* Source: MAX_BPRINTF_VARARGS */

/* Format into out (NUL-terminated, cut to out_size; untouched on an error). `fmt`: at most fmt_size
 * bytes, with a NUL among them. The length of the whole text without NUL; -EINVAL: no NUL, a
 * character or directive that is not allowed, or more directives than arguments; -ENOSPC: more than
 * 512 bytes of arguments. */
int bu_format(struct bu_kernel *kernel, char *out, u32 out_size, const char *fmt, u32 fmt_size,
	      const u64 *args, u32 nr_args);

#endif
