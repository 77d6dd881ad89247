/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mocks: a list for each helper, newest first, that hangs on the helper's slot in the kernel. A
 * mock's memory is the test's, so one that is removed while its callback runs stays valid.
 */
#include <bpfunit/mock.h>
#include <bpfunit/test.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/prog/kfunc.h"
#include "framework/host.h"

struct bpfunit_mock {
	struct bpfunit_mock *next; /* older */
	u32 helper;
	struct bpfunit_mock_opts opts;
	u64 map; /* handle that one of the arguments must be; 0: any */
	u64 skipped, calls;
};

static bool has_map(const struct bpfunit_mock *mock, const u64 args[5])
{
	for (int i = 0; i < 5; i++) {
		if (args[i] == mock->map)
			return true;
	}
	return !mock->map;
}

static bool applies(struct bpfunit_mock *mock, const u64 args[5])
{
	const struct bpfunit_mock_opts *opts = &mock->opts;

	if (!has_map(mock, args))
		return false;
	if (opts->times && mock->calls >= opts->times)
		return false;
	if (!opts->callback && opts->sequence.values && mock->calls >= opts->sequence.count)
		return false;
	if (mock->skipped >= opts->skip)
		return true;
	mock->skipped++;
	return false;
}

/* A check in the callback may end the test: the program is stopped first, then the jump goes on. */
static void call_back(bpfunit_mock_fn callback, struct bpfunit_call *call, u64 *result)
{
	struct bu_test *test = bu_test();
	sigjmp_buf here, *outer = test->jump;

	test->jump = &here;
	if (!sigsetjmp(here, 0)) {
		*result = callback(call);
	} else {
		test->ending = true;
		bu_fault_raise(call->run, BU_FAULT_BAD_ARGUMENT,
			       "a check in a mock ended the test");
	}
	test->jump = outer;
}

static void answer(struct bpfunit_mock *mock, struct bu_run *run, u32 id, const u64 args[5],
		   u64 *result)
{
	struct bpfunit_call call = {
		.helper = id, .arg = mock->opts.arg, .nth = mock->calls, .run = run
	};

	mock->calls++;
	if (mock->opts.callback) {
		memcpy(call.args, args, sizeof(call.args));
		call_back(mock->opts.callback, &call, result);
	} else if (mock->opts.sequence.values) {
		*result = mock->opts.sequence.values[call.nth];
	} else {
		*result = mock->opts.returns;
	}
}

static bool dispatch(void *newest, struct bu_run *run, u32 id, const u64 args[5], u64 *result)
{
	for (struct bpfunit_mock *mock = newest; mock; mock = mock->next) {
		if (!applies(mock, args))
			continue;
		answer(mock, run, id, args, result);
		return true;
	}
	return false;
}

static struct bu_helper_slot *slot_of(u32 helper)
{
	return &bu_test_kernel()->helpers[helper];
}

static void set_newest(u32 helper, struct bpfunit_mock *mock)
{
	struct bu_helper_slot *slot = slot_of(helper);

	slot->mock_arg = mock;
	slot->mock = mock ? dispatch : NULL;
}

static void copy_sequence(struct bpfunit_values *sequence)
{
	size_t size = sequence->count * sizeof(*sequence->values);
	int64_t *copy;

	if (!sequence->values)
		return;
	copy = bu_test_alloc(size);
	memcpy(copy, sequence->values, size);
	sequence->values = copy;
}

static void unmock(void *mock)
{
	bpfunit_unmock(mock);
}

static struct bpfunit_mock *new_mock(struct bpfunit_where where, u32 helper,
				     const struct bpfunit_mock_opts *opts)
{
	struct bpfunit_mock *mock;

	bu_needs_vm("a mock");
	mock = bu_test_alloc(sizeof(*mock));
	mock->helper = helper;
	mock->opts = *opts;
	mock->map = opts->map ? (u64)(uintptr_t)bu_map_of(where, opts->map)->handle : 0;
	copy_sequence(&mock->opts.sequence);
	if (bpfunit_defer(unmock, mock))
		bu_test_die(where, "out of memory");
	mock->next = slot_of(helper)->mock_arg;
	set_newest(helper, mock);
	return mock;
}

struct bpfunit_mock *bpfunit_mock(struct bpfunit_where where, uint32_t helper,
				  const struct bpfunit_mock_opts *opts)
{
	bu_test_at(where);
	if (helper >= BU_HELPER_MAX || !bu_helper_of(helper)->name)
		bu_test_die(where, "cannot mock helper #%u: there is none of this number", helper);
	return new_mock(where, helper, opts);
}

struct bpfunit_mock *bpfunit_mock_kfunc(struct bpfunit_where where, const char *name,
					const struct bpfunit_mock_opts *opts)
{
	u32 id;

	bu_test_at(where);
	id = bu_kfunc_id(bu_test_kernel(), name);
	if (!id)
		bu_test_die(where, "cannot mock %s: too many kernel functions", name);
	return new_mock(where, id, opts);
}

uint64_t bpfunit_kfunc_calls(const char *name)
{
	u32 id = bu_kfunc_id(bu_test_kernel(), name);

	bu_needs_vm("counts of calls");
	return id ? slot_of(id)->calls : 0;
}

uint64_t bpfunit_mock_calls(const struct bpfunit_mock *mock)
{
	return mock->calls;
}

void bpfunit_unmock(struct bpfunit_mock *mock)
{
	struct bpfunit_mock *at = mock ? slot_of(mock->helper)->mock_arg : NULL;

	if (at && at == mock)
		set_newest(mock->helper, mock->next);
	for (; at; at = at->next) {
		if (at->next == mock)
			at->next = mock->next;
	}
}

void bpfunit_unmock_helper(uint32_t helper)
{
	if (helper < BU_HELPER_MAX)
		set_newest(helper, NULL);
}

int64_t bpfunit_call_real(struct bpfunit_call *call)
{
	return bu_helper_call_real(call->run, call->helper, call->args);
}

uint64_t bpfunit_calls(uint32_t helper)
{
	bu_needs_vm("counts of calls");
	return helper < BU_HELPER_MAX ? slot_of(helper)->calls : 0;
}
