// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes that left the group of their test, as daemons do, and outlived it. Meanwhile the runner
 * is who inherits orphans, and /proc tells it of its children; those that it has not always had are
 * such. Which test one belonged to is not known: they are ended when no test runs. Where /proc does
 * not tell (CONFIG_PROC_CHILDREN), they stay.
 */
#include "runner/orphans.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 1000 /* each kills one generation at least */

static FILE *open_children(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return fopen(path, "re");
}

static bool is_known(const struct bu_orphans *orphans, pid_t pid)
{
	for (size_t i = 0; i < orphans->nr_known; i++) {
		if (orphans->known[i] == pid)
			return true;
	}
	return false;
}

static void know(struct bu_orphans *orphans, pid_t pid)
{
	pid_t *known = realloc(orphans->known, (orphans->nr_known + 1) * sizeof(pid));

	if (!known)
		return;
	known[orphans->nr_known++] = pid;
	orphans->known = known;
}

void bu_orphans_begin(struct bu_orphans *orphans)
{
	FILE *children = open_children();
	int pid;

	*orphans = (struct bu_orphans){ 0 };
	if (!children || prctl(PR_GET_CHILD_SUBREAPER, &orphans->was_reaper))
		goto out;
	while (fscanf(children, "%d", &pid) == 1)
		know(orphans, pid);
	orphans->able = !prctl(PR_SET_CHILD_SUBREAPER, 1);
out:
	if (children)
		fclose(children);
}

/* Whether there was one. Its children are the runner's from then on. */
static bool kill_one(struct bu_orphans *orphans)
{
	FILE *children = open_children();
	bool found = false;
	int pid;

	while (children && !found && fscanf(children, "%d", &pid) == 1)
		found = !is_known(orphans, pid);
	if (children)
		fclose(children);
	if (!found)
		return false;
	if (kill(pid, SIGKILL))
		know(orphans, pid); /* another user's: it has to stay */
	else
		waitpid(pid, NULL, 0);
	return true;
}

void bu_orphans_kill(struct bu_orphans *orphans)
{
	for (int i = 0; orphans->able && i < ROUNDS && kill_one(orphans); i++)
		;
}

void bu_orphans_end(struct bu_orphans *orphans)
{
	bu_orphans_kill(orphans);
	if (orphans->able)
		prctl(PR_SET_CHILD_SUBREAPER, orphans->was_reaper);
	free(orphans->known);
}
