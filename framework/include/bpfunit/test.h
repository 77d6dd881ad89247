/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Defining tests.
 *
 *	BPF_TEST(suite, name) { ... }
 *	BPF_TEST(suite, name, .timeout_s = 5) { ... }
 *
 * With a fixture, `self` points to its zeroed struct, set up before and torn down after each test
 * (torn down also when the test or the set-up ended early):
 *
 *	BPF_FIXTURE(flows) { struct flows_bpf *skel; };
 *	BPF_FIXTURE_SETUP(flows) { self->skel = BPFUNIT_LOAD(flows_bpf); }
 *	BPF_FIXTURE_TEARDOWN(flows) { }
 *	BPF_TEST_F(flows, counts_packets) { ... self->skel ... }
 *
 * Each test runs in a process of its own, in an emulated kernel of its own.
 */
#ifndef BPFUNIT_TEST_H
#define BPFUNIT_TEST_H

#include <bpfunit/base.h>

struct bpfunit_test_opts {
	double timeout_s; /* seconds until it is stopped and fails; 0: --timeout (60) */
	const char *skip; /* a reason: the test is not run, and reported as skipped */
	/* CPUs of the emulated kernel; 0: 4. libbpf keeps the first number that it sees in a
	 * process: with --no-fork its own per-CPU sizes follow that one. */
	unsigned int cpus;
	/* The kernel's BTF: see BPFUNIT_BTF_USE() in bpfunit/btf.h; NULL: BPFUNIT_BTF in the
	 * environment, else made of the objects. */
	const char *btf;
	/* A reason why the test is for the VM alone: skipped on the kernel backend, and its runs
	 * are not compared by the diff backend. */
	const char *vm_only;
	char end_; /* used by the macros: an argument behind the last, which ISO C wants */
};

/* One test. Filled in by the macros below; runners read it. */
struct bpfunit_test {
	const char *suite, *name;
	struct bpfunit_where where;
	void (*body)(void *self);
	void (*setup)(void *self);    /* NULL: none */
	void (*teardown)(void *self); /* NULL: none */
	size_t fixture_size;
	struct bpfunit_test_opts opts;
	struct bpfunit_test *next;
};

/* Add a test to the list; called by the macros before main. `test` must stay. */
BPFUNIT_API void bpfunit_test_register(struct bpfunit_test *test);

#define BPF_TEST(suite_, ...) BPFUNIT_TEST_(suite_, __VA_ARGS__, .end_ = 0)
#define BPFUNIT_TEST_(suite_, name_, ...)                                                          \
	static void suite_##_##name_##_body(void *self);                                           \
	BPFUNIT_REGISTER_(suite_, name_, suite_##_##name_##_body, NULL, NULL, 0, __VA_ARGS__)      \
	static void suite_##_##name_##_body(void *self __attribute__((unused)))

#define BPF_FIXTURE(fixture) struct fixture##_fixture

#define BPF_FIXTURE_SETUP(fixture)                                                                 \
	static void fixture##_setup_body(struct fixture##_fixture *self);                          \
	static void fixture##_setup(void *self)                                                    \
	{                                                                                          \
		fixture##_setup_body((struct fixture##_fixture *)self);                            \
	}                                                                                          \
	static void fixture##_setup_body(struct fixture##_fixture *self __attribute__((unused)))

#define BPF_FIXTURE_TEARDOWN(fixture)                                                              \
	static void fixture##_teardown_body(struct fixture##_fixture *self);                       \
	static void fixture##_teardown(void *self)                                                 \
	{                                                                                          \
		fixture##_teardown_body((struct fixture##_fixture *)self);                         \
	}                                                                                          \
	static void fixture##_teardown_body(struct fixture##_fixture *self __attribute__((unused)))

/* A test of a fixture; its suite is the fixture's name. */
#define BPF_TEST_F(fixture, ...) BPFUNIT_TEST_F_(fixture, __VA_ARGS__, .end_ = 0)
#define BPFUNIT_TEST_F_(fixture, name_, ...)                                                       \
	static void fixture##_##name_##_body(struct fixture##_fixture *self);                      \
	static void fixture##_##name_##_call(void *self)                                           \
	{                                                                                          \
		fixture##_##name_##_body((struct fixture##_fixture *)self);                        \
	}                                                                                          \
	BPFUNIT_REGISTER_(fixture, name_, fixture##_##name_##_call, fixture##_setup,               \
			  fixture##_teardown, sizeof(struct fixture##_fixture), __VA_ARGS__)       \
	static void fixture##_##name_##_body(struct fixture##_fixture *self __attribute__((unused)))

#define BPFUNIT_REGISTER_(suite_, name_, body_, setup_, teardown_, size_, ...)                     \
	_Static_assert(sizeof(#name_) > 1, "a test has a suite and a name");                       \
	static struct bpfunit_test suite_##_##name_##_test = {                                     \
		.suite = #suite_,                                                                  \
		.name = #name_,                                                                    \
		.where = { __FILE__, __LINE__ },                                                   \
		.body = body_,                                                                     \
		.setup = setup_,                                                                   \
		.teardown = teardown_,                                                             \
		.fixture_size = size_,                                                             \
		.opts = { __VA_ARGS__ },                                                           \
	};                                                                                         \
	__attribute__((constructor)) static void suite_##_##name_##_register(void)                 \
	{                                                                                          \
		bpfunit_test_register(&suite_##_##name_##_test);                                   \
	}

/* End the running test as skipped. Does not return. */
#define BPFUNIT_SKIP(...) bpfunit_skip(BPFUNIT_HERE, __VA_ARGS__)
BPFUNIT_API void bpfunit_skip(struct bpfunit_where where, const char *reason, ...)
	BPFUNIT_PRINTF(2, 3) __attribute__((noreturn));

/* Call `fn(arg)` when the running test ends, latest first, after its teardown: what `arg` points to
 * must still be there, so no local variable.
 * Return: 0, or -ENOMEM (and errno). */
BPFUNIT_API int bpfunit_defer(void (*fn)(void *arg), void *arg);

#endif
