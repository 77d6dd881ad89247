/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256, for the tags that the kernel gives programs. */
#ifndef BU_SHA256_H
#define BU_SHA256_H

#include "ebpf/base.h"

void bu_sha256(const void *data, size_t size, u8 digest[32]);

#endif
