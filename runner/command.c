/* SPDX-License-Identifier: BSD-2-Clause */
/* The command `bpfunit`: one row a verb. */
#include "runner/coverage.h"
#include "runner/exec.h"
#include <bpfunit/runner.h>
#include <stdio.h>
#include <string.h>

#define EXIT_USAGE 2

static int show_help(int argc, char **argv);
static int show_version(int argc, char **argv);

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "coverage", bu_coverage_command, "show coverage that tests collected (coverage --help)" },
	{ "exec", bu_exec_command, "run a program on an emulated kernel (exec --help)" },
	{ "version", show_version, "show the version" },
	{ "help", show_help, "show this" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void put_help(FILE *out)
{
	fputs("Usage: bpfunit COMMAND [ARGUMENT]...\n\n", out);
	for (size_t i = 0; i < NR_VERBS; i++)
		fprintf(out, "  %-10s  %s\n", verbs[i].name, verbs[i].help);
	fputs("\nTests are run by their own binaries: try BINARY --help.\n", out);
}

static int show_help(int argc, char **argv)
{
	put_help(stdout);
	return 0;
}

static int show_version(int argc, char **argv)
{
	puts("bpfunit " BPFUNIT_VERSION);
	return 0;
}

static int run_verb(int argc, char **argv)
{
	const char *word = argv[1];

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	if (strcmp(word, "--version") == 0)
		word = "version";
	for (size_t i = 0; i < NR_VERBS; i++) {
		if (strcmp(verbs[i].name, word) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "bpfunit: '%s' is no command\n", word);
	put_help(stderr);
	return EXIT_USAGE;
}

int bpfunit_command(int argc, char **argv)
{
	int status;

	if (argc < 2) {
		put_help(stderr);
		return EXIT_USAGE;
	}
	status = run_verb(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("bpfunit: the output cannot be written\n", stderr);
	return EXIT_USAGE;
}
