/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/runner/spawn.h"
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

char *text_of(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	ASSERT_GE(len, 0);
	bpfunit_defer(free, text);
	return text;
}

static void *owned(size_t size)
{
	void *memory = calloc(1, size);

	ASSERT_NOT_NULL(memory);
	bpfunit_defer(free, memory);
	return memory;
}

static char **environment(char *const env[])
{
	size_t count = 1, used = 0;
	char **all;

	for (char **old = environ; *old; old++)
		count++;
	for (size_t i = 0; env && env[i]; i++)
		count++;
	all = owned(count * sizeof(*all));
	for (char **old = environ; *old; old++) {
		if (strncmp(*old, "BPFUNIT_", 8))
			all[used++] = *old;
	}
	for (size_t i = 0; env && env[i]; i++)
		all[used++] = env[i];
	return all;
}

struct spawned *spawn_start(char *const argv[], char *const env[])
{
	struct spawned *spawned = owned(sizeof(*spawned));
	posix_spawn_file_actions_t actions;

	spawned->out_fd = memfd_create("stdout", MFD_CLOEXEC);
	spawned->err_fd = memfd_create("stderr", MFD_CLOEXEC);
	ASSERT_OK(spawned->out_fd);
	ASSERT_OK(spawned->err_fd);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, spawned->out_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, spawned->err_fd, STDERR_FILENO);
	ASSERT_EQ(posix_spawnp(&spawned->pid, argv[0], &actions, NULL, argv, environment(env)), 0);
	posix_spawn_file_actions_destroy(&actions);
	return spawned;
}

static char *text_of_fd(int fd)
{
	struct stat st;
	char *text;

	ASSERT_OK(fstat(fd, &st));
	text = owned(st.st_size + 1);
	ASSERT_EQ(pread(fd, text, st.st_size, 0), st.st_size);
	close(fd);
	return text;
}

void spawn_wait(struct spawned *spawned)
{
	int status;

	ASSERT_EQ(waitpid(spawned->pid, &status, 0), spawned->pid);
	spawned->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	spawned->out = text_of_fd(spawned->out_fd);
	spawned->err = text_of_fd(spawned->err_fd);
}

struct spawned *spawn_env(char *const argv[], char *const env[])
{
	struct spawned *spawned = spawn_start(argv, env);

	spawn_wait(spawned);
	return spawned;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(void *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *temp_dir(void)
{
	char *path = text_of("/tmp/bpfunit-test-XXXXXX");

	ASSERT_NOT_NULL(mkdtemp(path));
	bpfunit_defer(remove_tree, path);
	return path;
}

char *read_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		FAIL("%s: %s", path, strerror(errno));
	return text_of_fd(fd);
}

void write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	if (!out)
		FAIL("%s: %s", path, strerror(errno));
	fputs(text, out);
	ASSERT_EQ(fclose(out), 0);
}

/* ---- normalising ---- */

/* The length of "12.3 ms" or "4.5 s" at text, or 0. */
static size_t duration_len(const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (!len || text[len] != '.' || !isdigit((unsigned char)text[len + 1]))
		return 0;
	len += 1 + strspn(text + len + 1, "0123456789");
	if (strncmp(text + len, " ms", 3) == 0)
		return len + 3;
	return strncmp(text + len, " s", 2) == 0 ? len + 2 : 0;
}

static size_t skip_blanks_before(char *out, size_t used)
{
	while (used && out[used - 1] == ' ')
		used--;
	return used;
}

char *normalised(const char *text, const char *path, const char *name)
{
	size_t path_len = strlen(path), used = 0;
	char *out = owned(strlen(text) * 2 + strlen(name) + 16);

	while (*text) {
		size_t len = duration_len(text);

		if (len) { /* right-aligned ones too */
			used = skip_blanks_before(out, used);
			used += sprintf(out + used, " T");
			text += len;
		} else if (strncmp(text, "duration_ms: ", 13) == 0) {
			used += sprintf(out + used, "duration_ms: T");
			text += 13 + strspn(text + 13, "0123456789.");
		} else if (path_len && strncmp(text, path, path_len) == 0) {
			used += sprintf(out + used, "%s", name);
			text += path_len;
		} else {
			out[used++] = *text++;
		}
	}
	return out;
}

/* ---- comparing ---- */

static const char *line_at(const char *text, size_t *len)
{
	*len = strcspn(text, "\n");
	return text;
}

/* Name the first line that differs: whole files are more than anyone reads. */
static void tell_difference(struct bpfunit_where where, const char *name, const char *want,
			    const char *have)
{
	for (int line = 1; *want || *have; line++) {
		size_t want_len, have_len;

		line_at(want, &want_len);
		line_at(have, &have_len);
		if (want_len != have_len || memcmp(want, have, want_len)) {
			bpfunit_fail(where, false,
				     "%s:%d differs\n  expected: %.*s\n  output:   %.*s", name,
				     line, (int)want_len, want, (int)have_len, have);
			return;
		}
		want += want_len + (want[want_len] == '\n');
		have += have_len + (have[have_len] == '\n');
	}
}

void expect_golden(struct bpfunit_where where, const char *name, const char *text)
{
	const char *path = text_of("%s/%s", GOLDEN_DIR, name);

	if (getenv("BPFUNIT_UPDATE_GOLDEN"))
		write_text(path, text);
	else
		tell_difference(where, name, read_text(path), text);
}

void expect_contains(struct bpfunit_where where, const char *text, const char *part, bool wanted)
{
	if (!strstr(text, part) == wanted)
		bpfunit_fail(where, false, "the output %s \"%s\":\n%.2000s",
			     wanted ? "lacks" : "contains", part, text);
}
