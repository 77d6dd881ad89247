/* SPDX-License-Identifier: BSD-2-Clause */
/* A thousand tests that do nothing: what a test costs by itself. bench/runner_bench.sh times it. */
#include <bpfunit/bpfunit.h>

#define TEST(number)                                                                               \
	BPF_TEST(empty, number)                                                                    \
	{                                                                                          \
	}
#define TEN(prefix)                                                                                \
	TEST(prefix##0)                                                                            \
	TEST(prefix##1)                                                                            \
	TEST(prefix##2)                                                                            \
	TEST(prefix##3)                                                                            \
	TEST(prefix##4)                                                                            \
	TEST(prefix##5)                                                                            \
	TEST(prefix##6)                                                                            \
	TEST(prefix##7)                                                                            \
	TEST(prefix##8)                                                                            \
	TEST(prefix##9)
#define HUNDRED(prefix)                                                                            \
	TEN(prefix##0)                                                                             \
	TEN(prefix##1)                                                                             \
	TEN(prefix##2)                                                                             \
	TEN(prefix##3)                                                                             \
	TEN(prefix##4)                                                                             \
	TEN(prefix##5)                                                                             \
	TEN(prefix##6)                                                                             \
	TEN(prefix##7)                                                                             \
	TEN(prefix##8)                                                                             \
	TEN(prefix##9)

HUNDRED(t0)
HUNDRED(t1)
HUNDRED(t2)
HUNDRED(t3)
HUNDRED(t4)
HUNDRED(t5)
HUNDRED(t6)
HUNDRED(t7)
HUNDRED(t8)
HUNDRED(t9)
