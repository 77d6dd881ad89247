/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths are cleaned as text: the sources need not be on this machine. */
#include "runner/coverage_path.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In place: drop "//", "/./", and "x/.." of an absolute path. */
static void clean(char *path)
{
	char *out = path, *in = path;

	while (*in) {
		size_t len;

		while (*in == '/')
			in++;
		len = strcspn(in, "/");
		if (len == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (len && !(len == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, len);
			out += len;
		}
		in += len;
	}
	if (out == path)
		*out++ = '/';
	*out = 0;
}

static char *join(const char *dir, const char *file)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, file) < 0 ? NULL : path;
}

static char *absolute(const char *file)
{
	char *cwd, *path;

	if (file[0] == '/')
		return strdup(file);
	cwd = getcwd(NULL, 0);
	path = join(cwd ? cwd : "", file);
	free(cwd);
	return path;
}

static char *found_below(const char *root, const char *file)
{
	for (const char *tail = file; tail; tail = strchr(tail, '/')) {
		char *path;

		tail += strspn(tail, "/");
		path = join(root, tail);
		if (!path || access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

char *bu_cov_source_path(const char *file, const char *source_root)
{
	char *path = absolute(file), *moved;

	if (!path)
		return NULL;
	clean(path);
	if (!source_root || access(path, F_OK) == 0)
		return path;
	moved = found_below(source_root, file[0] == '/' ? path : file);
	if (!moved)
		return path;
	free(path);
	path = absolute(moved);
	free(moved);
	if (path)
		clean(path);
	return path;
}
