/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1, for the tags that the kernel gives programs. */
#ifndef BU_SHA1_H
#define BU_SHA1_H

#include "ebpf/base.h"

void bu_sha1(const void *data, size_t size, u8 digest[20]);

#endif
