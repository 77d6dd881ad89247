/* SPDX-License-Identifier: BSD-2-Clause */
/* Coverage from the user's side: the directory, the summary after a run, the command. */
#ifndef RUNNER_COVERAGE_H
#define RUNNER_COVERAGE_H

#include <stdbool.h>

/* Make the directory when it is missing. 0 and its absolute path (malloc'ed), or -errno. */
int bu_coverage_make_dir(const char *dir, char **absolute);
/* After a run: write the listing and the tracefile into `dir`; print totals and where they are, as
 * TAP comments when `comments`. 0, or -errno after a message. */
int bu_coverage_conclude(const char *dir, bool comments);
/* `bpfunit coverage ...`; argv[0] is "coverage". Exit status. */
int bu_coverage_command(int argc, char **argv);

#endif
