/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command line and environment. An option is one row of the table below, which also is its help
 * text; the environment gives defaults that the command line overrides.
 */
#include "runner/options.h"
#include "runner/report.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_TIMEOUT_S    60
#define DEFAULT_COVERAGE_DIR "bpfunit-coverage"

struct option_row {
	const char *name;
	const char *value; /* "=N", "[=SEED]": as in the help; NULL: takes none */
	const char *env;   /* variable that means the same; NULL: none */
	int (*apply)(struct bu_options *options, const char *value);
	const char *help;
};

static int bad_value(const char *what, const char *value, const char *wanted)
{
	fprintf(stderr, "bpfunit: %s: '%s' is not %s\n", what, value, wanted);
	return -EINVAL;
}

static int parse_count(const char *what, const char *value, unsigned int max, unsigned int *out)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || number == 0 || number > max)
		return bad_value(what, value, "a positive number");
	*out = number;
	return 0;
}

static int apply_list(struct bu_options *options, const char *value)
{
	if (value && strcmp(value, "json") && strcmp(value, "names"))
		return bad_value("--list", value, "'names' or 'json'");
	options->list = value && strcmp(value, "json") == 0 ? BU_LIST_JSON : BU_LIST_NAMES;
	return 0;
}

static int apply_filter(struct bu_options *options, const char *value)
{
	return bu_filter_add(&options->filter, value);
}

static int apply_timeout(struct bu_options *options, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || !(seconds > 0) || seconds > 1e6)
		return bad_value("--timeout", value, "a positive number of seconds");
	options->timeout_s = seconds;
	return 0;
}

static int apply_jobs(struct bu_options *options, const char *value)
{
	return parse_count("--jobs", value, 256, &options->jobs);
}

static int apply_repeat(struct bu_options *options, const char *value)
{
	return parse_count("--repeat", value, 1000000, &options->repeat);
}

static int apply_no_fork(struct bu_options *options, const char *value)
{
	options->no_fork = true;
	return 0;
}

static uint64_t seed_of_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec ^ (uint64_t)now.tv_nsec) % 1000000;
}

static int apply_shuffle(struct bu_options *options, const char *value)
{
	char *end = NULL;

	options->shuffle = true;
	options->seed = value ? strtoull(value, &end, 10) : seed_of_now();
	if (value && (*value < '0' || *value > '9' || *end))
		return bad_value("--shuffle", value, "a number");
	return 0;
}

static int apply_fail_fast(struct bu_options *options, const char *value)
{
	options->fail_fast = true;
	return 0;
}

static int apply_format(struct bu_options *options, const char *value)
{
	options->format = bu_report_ops_of(value);
	if (!options->format)
		return bad_value("--format", value, "one of " BU_REPORT_NAMES);
	return 0;
}

static int apply_verbose(struct bu_options *options, const char *value)
{
	options->verbose = true;
	return 0;
}

static int apply_no_capture(struct bu_options *options, const char *value)
{
	options->no_capture = true;
	return 0;
}

static int apply_coverage(struct bu_options *options, const char *value)
{
	options->coverage = value && *value ? value : DEFAULT_COVERAGE_DIR;
	return 0;
}

static int apply_backend(struct bu_options *options, const char *value)
{
	if (bpfunit_set_backend(value))
		return bad_value("--backend", value, "one of vm, kernel, diff");
	return 0;
}

/* As the environment says it, so that processes of tests know. */
static int apply_leaks(struct bu_options *options, const char *value)
{
	if (value && strcmp(value, "warn") && strcmp(value, "error"))
		return bad_value("--leaks", value, "'warn' or 'error'");
	return setenv("BPFUNIT_LEAKS", value ? value : "warn", 1) ? -errno : 0;
}

static int apply_refused(struct bu_options *options, const char *value)
{
	if (strcmp(value, "fail") && strcmp(value, "skip"))
		return bad_value("--refused", value, "'fail' or 'skip'");
	return setenv("BPFUNIT_REFUSED", value, 1) ? -errno : 0;
}

static int apply_help(struct bu_options *options, const char *value)
{
	options->help = true;
	return 0;
}

static int apply_version(struct bu_options *options, const char *value)
{
	options->version = true;
	return 0;
}

static const struct option_row rows[] = {
	{ "--list", "[=json]", NULL, apply_list, "name the tests and stop" },
	{ "--filter", "=GLOB[:GLOB...][-GLOB...]", "BPFUNIT_FILTER", apply_filter,
	  "run tests whose suite.name matches; after '-': not these" },
	{ "--timeout", "=SECONDS", "BPFUNIT_TIMEOUT", apply_timeout,
	  "of tests that set none themselves (60)" },
	{ "--jobs", "=N", "BPFUNIT_JOBS", apply_jobs, "tests that run at the same time (1)" },
	{ "--no-fork", NULL, NULL, apply_no_fork,
	  "run in this process, for debuggers: no timeout, no capture" },
	{ "--repeat", "=N", NULL, apply_repeat, "run all chosen tests N times" },
	{ "--shuffle", "[=SEED]", NULL, apply_shuffle, "in random order" },
	{ "--fail-fast", NULL, NULL, apply_fail_fast, "stop after the first failure" },
	{ "--format", "=" BU_REPORT_FORMATS, "BPFUNIT_FORMAT", apply_format,
	  "of the report (pretty on a terminal, else plain)" },
	{ "--verbose", NULL, NULL, apply_verbose, "show the output of passing tests too" },
	{ "--no-capture", NULL, NULL, apply_no_capture, "let tests write to the terminal" },
	{ "--coverage", "[=DIR]", NULL, apply_coverage,
	  "collect coverage in DIR (" DEFAULT_COVERAGE_DIR ") and sum it up" },
	{ "--backend", "=vm|kernel|diff", "BPFUNIT_BACKEND", apply_backend,
	  "what answers bpf(2): the VM, this machine's kernel, or both, compared (vm)" },
	{ "--refused", "=fail|skip", "BPFUNIT_REFUSED", apply_refused,
	  "what running a program does that this machine's kernel refuses to load (fail)" },
	{ "--leaks", "[=warn|error]", "BPFUNIT_LEAKS", apply_leaks,
	  "tell what tests leave open: maps, programs, links (warn); error: they fail" },
	{ "--help", NULL, NULL, apply_help, "show this" },
	{ "--version", NULL, NULL, apply_version, "show the version" },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

void bu_options_help(const struct bu_options *options)
{
	printf("Usage: %s [OPTION]... [GLOB]...\n\n"
	       "Runs the tests of this binary: all, or those whose suite.name matches a GLOB.\n\n",
	       options->program);
	for (size_t i = 0; i < NR_ROWS; i++) {
		const struct option_row *row = &rows[i];
		char left[64];

		snprintf(left, sizeof(left), "%s%s", row->name, row->value ? row->value : "");
		if (strlen(left) > 26)
			printf("  %s\n  %-26s  %s\n", left, "", row->help);
		else
			printf("  %-26s  %s\n", left, row->help);
	}
	printf("\nEnvironment: BPFUNIT_FILTER, BPFUNIT_TIMEOUT, BPFUNIT_JOBS, BPFUNIT_FORMAT, "
	       "BPFUNIT_BACKEND, BPFUNIT_REFUSED, BPFUNIT_LEAKS set defaults;\n"
	       "BPFUNIT_COVERAGE=DIR collects coverage without a summary; NO_COLOR turns colour off.\n"
	       "What programs meet: BPFUNIT_BTF=FILE|host|none, BPFUNIT_KALLSYMS=FILE, "
	       "BPFUNIT_NETDEVS=NAME,...;\nwhat they do: BPFUNIT_TRACE=call,insn,mem, "
	       "BPFUNIT_NOTES=div,shift, BPFUNIT_CORE=1|changed.\n"
	       "Exit status: 0 all passed, 1 some failed, 2 usage or set-up error, 77 all skipped, "
	       "130 interrupted.\n");
}

static const struct option_row *row_of(const char *arg, size_t len)
{
	for (size_t i = 0; i < NR_ROWS; i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, arg, len) == 0)
			return &rows[i];
	}
	return NULL;
}

static int unknown_option(const char *arg, size_t len)
{
	const char *nearest = NULL;
	size_t best = len / 2; /* farther than this, or than three edits, is no help */
	char name[64];

	best = best > 4 ? 4 : best;
	snprintf(name, sizeof(name), "%.*s", (int)len, arg);
	for (size_t i = 0; i < NR_ROWS; i++) {
		size_t distance = bu_text_distance(name, rows[i].name);

		if (distance < best) {
			best = distance;
			nearest = rows[i].name;
		}
	}
	fprintf(stderr, "bpfunit: unknown option '%s'", arg);
	if (nearest)
		fprintf(stderr, "; did you mean '%s'?", nearest);
	fputs("\nTry --help.\n", stderr);
	return -EINVAL;
}

/* Optional values ("[=X]") are given with '=' only; others may also follow as the next argument. */
static int parse_option(struct bu_options *options, char **argv, int *i)
{
	const char *arg = strcmp(argv[*i], "-h") == 0 ? "--help" : argv[*i];
	size_t len = strcspn(arg, "=");
	const char *value = arg[len] ? arg + len + 1 : NULL;
	const struct option_row *row = row_of(arg, len);

	if (!row)
		return unknown_option(arg, len);
	if (value && !row->value) {
		fprintf(stderr, "bpfunit: %s takes no value\n", row->name);
		return -EINVAL;
	}
	if (!value && row->value && row->value[0] == '=') {
		value = argv[*i + 1];
		if (!value) {
			fprintf(stderr, "bpfunit: %s needs a value\n", row->name);
			return -EINVAL;
		}
		++*i;
	}
	return row->apply(options, value);
}

static int apply_environment(struct bu_options *options)
{
	for (size_t i = 0; i < NR_ROWS; i++) {
		const char *value = rows[i].env ? getenv(rows[i].env) : NULL;
		int error = value && *value ? rows[i].apply(options, value) : 0;

		if (error) {
			fprintf(stderr, "bpfunit: (from the environment: %s)\n", rows[i].env);
			return error;
		}
	}
	return 0;
}

/* A filter on the command line replaces the one of the environment. */
static int apply_arguments(struct bu_options *options, int argc, char **argv)
{
	struct bu_filter from_env = options->filter;
	bool only_globs = false;

	options->filter = (struct bu_filter){ 0 };
	for (int i = 1; i < argc; i++) {
		int error = 0;

		if (!only_globs && strcmp(argv[i], "--") == 0)
			only_globs = true;
		else if (!only_globs && argv[i][0] == '-' && argv[i][1])
			error = parse_option(options, argv, &i);
		else
			error = bu_filter_add(&options->filter, argv[i]);
		if (error) {
			bu_filter_free(&from_env);
			return error;
		}
	}
	if (options->filter.wanted.count || options->filter.unwanted.count)
		bu_filter_free(&from_env);
	else
		options->filter = from_env;
	return 0;
}

int bu_options_parse(struct bu_options *options, int argc, char **argv)
{
	int error;

	*options = (struct bu_options){
		.program = argc > 0 && argv[0] ? argv[0] : "test",
		.timeout_s = DEFAULT_TIMEOUT_S,
		.jobs = 1,
		.repeat = 1,
	};
	error = apply_environment(options);
	return error ? error : apply_arguments(options, argc, argv);
}

void bu_options_free(struct bu_options *options)
{
	bu_filter_free(&options->filter);
}
