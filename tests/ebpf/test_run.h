/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs of test_run.bpf.c note. */
#ifndef TEST_RUN_H
#define TEST_RUN_H

struct note {
	char who[8];
	unsigned long long value, func_ip, cookie;
};

#endif
