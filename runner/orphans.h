/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that tests started and that outlived them outside of their process groups. */
#ifndef RUNNER_ORPHANS_H
#define RUNNER_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bu_orphans {
	pid_t *known; /* children that the process had before: none of ours */
	size_t nr_known;
	bool able;
	int was_reaper;
};

/* From here on this process inherits orphans. */
void bu_orphans_begin(struct bu_orphans *orphans);
/* End those that there are; call it while no test runs. */
void bu_orphans_kill(struct bu_orphans *orphans);
/* The last ones; then all is as it was before. */
void bu_orphans_end(struct bu_orphans *orphans);

#endif
