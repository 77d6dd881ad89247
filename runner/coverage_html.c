/* SPDX-License-Identifier: BSD-2-Clause */
/* HTML is genhtml's work (lcov); it is used when it is installed. */
#include "runner/coverage_data.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Its progress is of no interest; what it complains about goes to standard error. */
static int spawn_genhtml(const char *tracefile, const char *dir, pid_t *pid)
{
	const char *argv[] = { "genhtml",
			       "--quiet",
			       "--branch-coverage",
			       "--legend",
			       "--title",
			       "BPF coverage",
			       "--ignore-errors",
			       "source",
			       "--output-directory",
			       dir,
			       tracefile,
			       NULL };
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

int bu_cov_make_html(const char *tracefile, const char *dir)
{
	int status = 0, error;
	pid_t pid;

	error = spawn_genhtml(tracefile, dir, &pid);
	if (error == -ENOENT) {
		fputs("bpfunit: --html needs genhtml, which is not installed (it is part of "
		      "lcov)\n",
		      stderr);
		return error;
	}
	if (error) {
		fprintf(stderr, "bpfunit: genhtml cannot be started: %s\n", strerror(-error));
		return error;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return 0;
	fprintf(stderr, "bpfunit: genhtml failed on %s\n", tracefile);
	return -EIO;
}
