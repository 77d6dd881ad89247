/* SPDX-License-Identifier: BSD-2-Clause */
/* Where sources are. */
#ifndef RUNNER_COVERAGE_PATH_H
#define RUNNER_COVERAGE_PATH_H

/* The absolute path of a file that the compiler recorded, without "." and "..". When it is not
 * there, the longest tail of it that exists below source_root (NULL: none). malloc'ed; NULL: out of
 * memory. */
char *bu_cov_source_path(const char *file, const char *source_root);

#endif
