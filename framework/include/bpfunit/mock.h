/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mocks of helpers. Until removed, calls by programs go to the newest mock that applies to them:
 *
 *	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .returns = -ENOMEM, .map = skel->maps.buckets);
 *	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .sequence = BPFUNIT_VALUES(1, 2, 3));
 *	BPFUNIT_MOCK(BPF_FUNC_ktime_get_ns, .callback = my_clock, .arg = &state);
 *
 * Helpers without a model can be mocked too; every mock ends with the test, which owns it.
 * ASSERT_* in a callback stops the program and ends the test (bpfunit/check.h).
 */
#ifndef BPFUNIT_MOCK_H
#define BPFUNIT_MOCK_H

#include <bpfunit/base.h>

/* One call of a helper, as a callback sees it. Pointers among the arguments can be dereferenced. */
struct bpfunit_call {
	uint32_t helper; /* BPF_FUNC_...; of kernel functions a number of bpfunit's own */
	uint64_t args[5];
	void *arg;    /* of the mock */
	uint64_t nth; /* which call of this mock it is, from 0 */
	void *run;    /* bpfunit's own */
};
typedef int64_t (*bpfunit_mock_fn)(struct bpfunit_call *call);

struct bpfunit_values {
	const int64_t *values;
	size_t count;
};
#define BPFUNIT_VALUES(...)                                                                        \
	((struct bpfunit_values){ (const int64_t[]){ __VA_ARGS__ },                                \
				  sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t) })

struct bpfunit_mock_opts {
	int64_t returns; /* fixed value, when neither of the next two is given */
	/* One value a call (copied); after the last, the model answers again. */
	struct bpfunit_values sequence;
	bpfunit_mock_fn callback;
	void *arg;
	const struct bpf_map *map; /* only calls with this map as an argument; NULL: any call */
	uint64_t skip;             /* leave the first so many calls alone */
	uint64_t times;            /* then answer so many; 0: all */
};

struct bpfunit_mock;

/* Mock a helper (BPF_FUNC_...). Return: never NULL: an id that no helper has, or a map that is not
 * created yet, ends the test. */
#define BPFUNIT_MOCK(helper, ...)                                                                  \
	bpfunit_mock(BPFUNIT_HERE, helper, &(struct bpfunit_mock_opts){ __VA_ARGS__ })
BPFUNIT_API struct bpfunit_mock *bpfunit_mock(struct bpfunit_where where, uint32_t helper,
					      const struct bpfunit_mock_opts *opts);
/*
 * The same for a kernel function (kfunc), by name, with or without a model; before or after the program is loaded:
 *
 *	BPFUNIT_MOCK_KFUNC("bpf_task_from_pid", .returns = 0);
 */
#define BPFUNIT_MOCK_KFUNC(name, ...)                                                              \
	bpfunit_mock_kfunc(BPFUNIT_HERE, name, &(struct bpfunit_mock_opts){ __VA_ARGS__ })
BPFUNIT_API struct bpfunit_mock *bpfunit_mock_kfunc(struct bpfunit_where where, const char *name,
						    const struct bpfunit_mock_opts *opts);
/* How often programs of this test have called a kernel function, mocked or not. */
BPFUNIT_API uint64_t bpfunit_kfunc_calls(const char *name);
/* How many calls this mock has answered. */
BPFUNIT_API uint64_t bpfunit_mock_calls(const struct bpfunit_mock *mock);
/* Remove one mock (NULL is ignored); or all of a helper. A mock's count can still be read. */
BPFUNIT_API void bpfunit_unmock(struct bpfunit_mock *mock);
BPFUNIT_API void bpfunit_unmock_helper(uint32_t helper);

/* From a callback, with what it was given: what the helper would do with these arguments (change
 * call->args to change them). A helper without a model ends the program with a fault. */
BPFUNIT_API int64_t bpfunit_call_real(struct bpfunit_call *call);

/* How often programs of this test have called a helper, mocked or not. */
BPFUNIT_API uint64_t bpfunit_calls(uint32_t helper);
#define EXPECT_CALLS(helper, count) EXPECT_EQ(bpfunit_calls(helper), count)
#define ASSERT_CALLS(helper, count) ASSERT_EQ(bpfunit_calls(helper), count)

#endif
