// SPDX-License-Identifier: BSD-2-Clause
/* A process tries the backend and ends: the runner stays in its own namespaces. */
#include "runner/backend.h"
#include <bpfunit/runner.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void try_here(int to)
{
	const char *reason = bpfunit_backend_enter();
	ssize_t written = reason ? write(to, reason, strlen(reason)) : 0;

	_exit(written < 0);
}

/* Why the backend cannot be used; "" when it can, or when that is for the tests to find out. */
static void find_reason(char *reason, size_t size)
{
	int fds[2];
	pid_t pid;
	ssize_t got;

	reason[0] = '\0';
	if (pipe(fds))
		return;
	pid = fork();
	if (pid == 0)
		try_here(fds[1]);
	close(fds[1]);
	got = pid > 0 ? read(fds[0], reason, size - 1) : 0;
	reason[got > 0 ? got : 0] = '\0';
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

void bu_backend_announce(const char *prefix)
{
	const char *name = bpfunit_backend();
	char reason[256];

	if (strcmp(name, "vm") == 0)
		return;
	find_reason(reason, sizeof(reason));
	if (reason[0])
		printf("%s%s: every test is skipped\n", prefix, reason);
	else
		printf("%sbackend %s: this machine's kernel%s\n", prefix, name,
		       strcmp(name, "diff") == 0 ? " beside the VM" : "");
	fflush(stdout);
}
