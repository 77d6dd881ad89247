/* SPDX-License-Identifier: BSD-2-Clause */
/* What every public header needs. */
#ifndef BPFUNIT_BASE_H
#define BPFUNIT_BASE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BPFUNIT_API                 __attribute__((visibility("default")))
#define BPFUNIT_PRINTF(fmt_, args_) __attribute__((format(printf, fmt_, args_)))

#ifndef NSEC_PER_SEC
#define NSEC_PER_SEC 1000000000ULL
#endif
#ifndef NSEC_PER_MSEC
#define NSEC_PER_MSEC 1000000ULL
#endif
#ifndef NSEC_PER_USEC
#define NSEC_PER_USEC 1000ULL
#endif

/* Where in a test something was written; BPFUNIT_HERE fills it in. */
struct bpfunit_where {
	const char *file;
	int line;
};
#define BPFUNIT_HERE ((struct bpfunit_where){ __FILE__, __LINE__ })

#endif
