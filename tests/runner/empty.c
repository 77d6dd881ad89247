/* SPDX-License-Identifier: BSD-2-Clause */
/* A test file that has no test yet. */
#include <bpfunit/bpfunit.h>
