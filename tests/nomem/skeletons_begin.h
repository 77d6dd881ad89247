/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the headers of skeletons: with newer libbpf their own allocations do not fail, for it looks
 * into the arrays that a skeleton could not make. Source: bpf_object__detach_skeleton() of 1.5. */
#include <bpf/libbpf.h>
#include <stdlib.h>

#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5
void *__real_calloc(size_t count, size_t size);
#define calloc __real_calloc
#endif
