// SPDX-License-Identifier: BSD-2-Clause
/* The cases against the host's kernel, as root: "# group" and its lines for each group. */
#include <stdio.h>
#include <sys/prctl.h>

#include "cases.h"

static void print_line(void *arg, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", stdout);
		else
			putchar(*text);
	putchar('\n');
}

int main(void)
{
	int err = 0;

	prctl(PR_SET_NAME, "bpfunit", 0, 0, 0);
	for (int i = 0; cases_groups[i] && !err; i++) {
		printf("# %s\n", cases_groups[i]);
		err = cases_run(cases_groups[i], print_line, NULL);
	}
	return err ? 1 : 0;
}
