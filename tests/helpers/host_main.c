// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the host's kernel answers, as root: `cases_host` prints "# group" and its lines for each
 * group of cases, `cases_host access` what programs may access of their contexts.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "access.h"
#include "cases.h"

static void print_line(void *arg, const char *text)
{
	puts(text);
}

static bool verifier_allows(const struct access_try *try)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = try->attach);
	int fd;

	if (try->type == BPF_PROG_TYPE_SYSCALL)
		opts.prog_flags = BPF_F_SLEEPABLE;
	fd = bpf_prog_load(try->type, "access", "GPL", try->insns,
			   sizeof(try->insns) / sizeof(*try->insns), &opts);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	int err = 0;

	prctl(PR_SET_NAME, "bpfunit", 0, 0, 0);
	if (argc > 1 && !strcmp(argv[1], "access")) {
		access_lines(verifier_allows, print_line, NULL);
		return 0;
	}
	for (int i = 0; cases_groups[i] && !err; i++) {
		printf("# %s\n", cases_groups[i]);
		err = cases_run(cases_groups[i], print_line, NULL);
	}
	return err ? 1 : 0;
}
