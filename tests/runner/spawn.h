/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a program and looking at what it wrote. Ownership: texts belong to the running test. */
#ifndef TESTS_RUNNER_SPAWN_H
#define TESTS_RUNNER_SPAWN_H

#include <bpfunit/bpfunit.h>
#include <sys/types.h>

struct spawned {
	pid_t pid;
	int out_fd, err_fd;
	int status; /* exit status, or 128 + signal */
	const char *out, *err;
};

/* Run argv[0] to its end; the environment is the caller's without BPFUNIT_*, plus "NAME=value" of
 * `env` (NULL: none). Never NULL. */
struct spawned *spawn_env(char *const argv[], char *const env[]);
/* Start only, or wait for what was started. */
struct spawned *spawn_start(char *const argv[], char *const env[]);
void spawn_wait(struct spawned *spawned);

#define RUN(...)          spawn_env((char *[]){ __VA_ARGS__, NULL }, NULL)
#define RUN_ENV(env, ...) spawn_env((char *[]){ __VA_ARGS__, NULL }, (char *[]){ env, NULL })

/* Text of the test; printf-like. */
char *text_of(const char *format, ...) BPFUNIT_PRINTF(1, 2);
/* A new directory, removed with everything in it when the test ends. */
const char *temp_dir(void);
char *read_text(const char *path);
void write_text(const char *path, const char *text);

/* What changes from run to run made constant: durations, and `path` replaced by `name`. */
char *normalised(const char *text, const char *path, const char *name);

/* Compare with a file of tests/runner/golden; BPFUNIT_UPDATE_GOLDEN=1 writes it instead. */
#define EXPECT_GOLDEN(name, text) expect_golden(BPFUNIT_HERE, name, text)
void expect_golden(struct bpfunit_where where, const char *name, const char *text);

#define EXPECT_CONTAINS(text, part) expect_contains(BPFUNIT_HERE, text, part, true)
#define EXPECT_LACKS(text, part)    expect_contains(BPFUNIT_HERE, text, part, false)
void expect_contains(struct bpfunit_where where, const char *text, const char *part, bool wanted);

#endif
