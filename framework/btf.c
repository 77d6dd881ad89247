/* SPDX-License-Identifier: BSD-2-Clause */
/* The choice of the kernel's BTF for the running test. A path is looked for where the paths of
 * seeds are: in the working directory, then beside the test's source. */
#include "framework/btf.h"

#include <bpfunit/btf.h>
#include <bpfunit/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/btf/btf_file.h"
#include "framework/kobj.h"

static bool is_path(const char *what)
{
	return what && *what && strcmp(what, "objects") && strcmp(what, "host") &&
	       strcmp(what, "none");
}

/* The path as it can be opened; `text` has room for it. */
static const char *find(struct bpfunit_where where, const char *path, char *text, size_t size)
{
	const char *slash = where.file ? strrchr(where.file, '/') : NULL;

	if (!is_path(path) || path[0] == '/' || !slash || !access(path, F_OK))
		return path;
	snprintf(text, size, "%.*s/%s", (int)(slash - where.file), where.file, path);
	return access(text, F_OK) ? path : text;
}

int bu_btf_use(struct bpfunit_where where, const char *what, char *error, size_t size)
{
	struct bu_kernel *kernel = bu_test_kernel();
	char text[4096];
	int err = bu_vmlinux_choose(kernel, find(where, what, text, sizeof(text)), error, size);

	if (!err)
		bu_task_forget();
	return err;
}

void bpfunit_btf_use(struct bpfunit_where where, const char *what)
{
	char error[512];

	bu_test_at(where);
	if (bu_btf_use(where, what, error, sizeof(error)))
		bu_test_die(where, "%s", error);
}

int bpfunit_btf_check(const char *what, char *message, size_t size)
{
	int error = 0;

	*message = '\0';
	if (!is_path(what) && strcmp(what, "host"))
		return 0;
	return bu_btf_file(what, &error, message, size) ? 0 : error;
}

void bpfunit_btf_preload(const struct bpfunit_test *test)
{
	const char *what = test ? test->opts.btf : getenv("BPFUNIT_BTF");
	char text[4096], message[512];
	int error;

	if (test)
		what = find(test->where, what, text, sizeof(text));
	if (is_path(what) || (what && !strcmp(what, "host")))
		bu_btf_file(what, &error, message, sizeof(message));
}
