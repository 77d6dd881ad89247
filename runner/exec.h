/* SPDX-License-Identifier: BSD-2-Clause */
/* `bpfunit exec`: any dynamically linked program with the emulated kernel in place of the host's.
 */
#ifndef BU_RUNNER_EXEC_H
#define BU_RUNNER_EXEC_H

#include <stddef.h>

/* The verb; argv[0] is "exec". The program's exit status, or 125 to 127 when it was not run. */
int bu_exec_command(int argc, char **argv);

/* Find `program` as a shell does: its path in `path`. 0; -ENOENT, -EACCES, -ENAMETOOLONG. */
int bu_exec_find(const char *program, char *path, size_t size);
/* Why a library cannot be loaded into this file, a sentence in `why`; 0: it can. A script is judged
 * by its interpreter. -ENOEXEC. */
int bu_exec_check(const char *path, char *why, size_t size);

#endif
