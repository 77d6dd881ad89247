/* SPDX-License-Identifier: BSD-2-Clause */
/* `bpfunit coverage`, and what a run with --coverage ends with. Files are written whole or not at
 * all. */
#include "runner/coverage.h"
#include "runner/coverage_data.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_USAGE 2

typedef int (*put_fn)(const struct bu_cov *cov, FILE *out);

/* ---- files ---- */

static int complain(const char *path, int error)
{
	fprintf(stderr, "bpfunit: %s: %s\n", path, strerror(-error));
	return error;
}

static int write_temp(const struct bu_cov *cov, put_fn put, const char *path)
{
	FILE *out = fopen(path, "we");
	int error;

	if (!out)
		return -errno;
	error = put(cov, out);
	if (fclose(out) && !error)
		error = -errno;
	return error;
}

static int write_output(const struct bu_cov *cov, put_fn put, const char *path)
{
	char *temp;
	int error;

	if (strcmp(path, "-") == 0)
		return put(cov, stdout);
	if (asprintf(&temp, "%s.%d.tmp", path, (int)getpid()) < 0)
		return complain(path, -ENOMEM);
	error = write_temp(cov, put, temp);
	if (!error && rename(temp, path))
		error = -errno;
	if (error)
		unlink(temp);
	free(temp);
	return error ? complain(path, error) : 0;
}

static int make_dirs(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

int bu_coverage_make_dir(const char *dir, char **absolute)
{
	char *path = strdup(dir);
	struct stat st;
	int error = path ? make_dirs(path) : -ENOMEM;

	free(path);
	if (error)
		return error;
	if (stat(dir, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (access(dir, R_OK | W_OK | X_OK))
		return -errno;
	*absolute = realpath(dir, NULL);
	return *absolute ? 0 : -errno;
}

/* ---- after a run ---- */

static int conclude(const struct bu_cov *cov, const char *dir, const char *prefix)
{
	char *listing = NULL, *lcov = NULL;
	int error = -ENOMEM;

	if (asprintf(&listing, "%s/coverage.txt", dir) < 0)
		listing = NULL;
	if (asprintf(&lcov, "%s/coverage.info", dir) < 0)
		lcov = NULL;
	if (listing && lcov) {
		error = write_output(cov, bu_cov_put_listing, listing);
		if (!error)
			error = write_output(cov, bu_cov_put_lcov, lcov);
	}
	if (!error) {
		bu_cov_put_summary(cov, stdout, prefix);
		printf("%slisting: %s\n%slcov:    %s\n", prefix, listing, prefix, lcov);
	}
	free(listing);
	free(lcov);
	return error;
}

/* Tests of C code load no program; that is no error of the run. */
static bool has_programs(const char *dir)
{
	struct dirent *entry;
	bool found = false;
	DIR *stream = opendir(dir);

	while (stream && !found && (entry = readdir(stream)))
		found = strstr(entry->d_name, ".prog") != NULL;
	if (stream)
		closedir(stream);
	return found;
}

int bu_coverage_conclude(const char *dir, bool comments)
{
	const char *prefix = comments ? "# " : "  ";
	struct bu_cov cov;
	int error;

	if (!has_programs(dir)) {
		printf("%sno program was loaded: no coverage\n", prefix);
		return 0;
	}
	error = bu_cov_read(&cov, dir, NULL);
	if (error)
		return error;
	error = conclude(&cov, dir, prefix);
	bu_cov_free(&cov);
	return error;
}

/* ---- the command ---- */

struct request {
	const char *dir, *listing, *lcov, *html, *source_root;
	bool summary, help;
};

static const struct {
	const char *name;
	size_t field; /* offset in struct request of its value */
} valued[] = {
	{ "--listing", offsetof(struct request, listing) },
	{ "--lcov", offsetof(struct request, lcov) },
	{ "--html", offsetof(struct request, html) },
	{ "--source-root", offsetof(struct request, source_root) },
};

static void put_usage(FILE *out)
{
	fputs("Usage: bpfunit coverage DIR [OPTION]...\n\n"
	      "Shows the coverage that tests collected in DIR; without an option: --summary.\n\n"
	      "  --summary            a table of all programs\n"
	      "  --listing FILE       source lines, instructions and counts (-: standard output)\n"
	      "  --lcov FILE          an lcov tracefile (-: standard output)\n"
	      "  --html DIR           HTML, made by genhtml\n"
	      "  --source-root DIR    where sources are that are not where the compiler saw them\n"
	      "  --help               show this\n\n"
	      "Exit status: 0, or 2 when something is missing or malformed.\n",
	      out);
}

static int bad_usage(const char *format, const char *arg)
{
	fputs("bpfunit: ", stderr);
	fprintf(stderr, format, arg);
	fputs("\nTry: bpfunit coverage --help\n", stderr);
	return -EINVAL;
}

/* How many arguments the option took, or -EINVAL. */
static int parse_valued(struct request *request, char **argv, int left)
{
	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
		const char **value = (const char **)((char *)request + valued[i].field);
		size_t len = strlen(valued[i].name);

		if (strncmp(argv[0], valued[i].name, len))
			continue;
		if (argv[0][len] == '=') {
			*value = argv[0] + len + 1;
			return 1;
		}
		if (argv[0][len])
			continue;
		if (left < 2)
			return bad_usage("%s needs a value", argv[0]);
		*value = argv[1];
		return 2;
	}
	return bad_usage("unknown option '%s'", argv[0]);
}

static int parse_request(struct request *request, int argc, char **argv)
{
	for (int i = 1; i < argc;) {
		int took = 1;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			request->help = true;
		else if (strcmp(argv[i], "--summary") == 0)
			request->summary = true;
		else if (argv[i][0] == '-')
			took = parse_valued(request, argv + i, argc - i);
		else if (request->dir)
			return bad_usage("'%s': one directory is enough", argv[i]);
		else
			request->dir = argv[i];
		if (took < 0)
			return took;
		i += took;
	}
	if (!request->dir && !request->help)
		return bad_usage("%s: which directory?", "coverage");
	return 0;
}

static int write_html(const struct bu_cov *cov, const char *dir)
{
	char *absolute, *tracefile = NULL;
	int error = bu_coverage_make_dir(dir, &absolute);

	if (error)
		return complain(dir, error);
	if (asprintf(&tracefile, "%s/coverage.info", absolute) < 0) {
		free(absolute);
		return complain(dir, -ENOMEM);
	}
	error = write_output(cov, bu_cov_put_lcov, tracefile);
	if (!error)
		error = bu_cov_make_html(tracefile, absolute);
	if (!error)
		printf("html: %s/index.html\n", absolute);
	free(tracefile);
	free(absolute);
	return error;
}

static int answer(const struct request *request, const struct bu_cov *cov)
{
	int error = 0;

	if (request->listing)
		error = write_output(cov, bu_cov_put_listing, request->listing);
	if (!error && request->lcov)
		error = write_output(cov, bu_cov_put_lcov, request->lcov);
	if (!error && request->html)
		error = write_html(cov, request->html);
	if (!error && (request->summary || !(request->listing || request->lcov || request->html)))
		error = bu_cov_put_summary(cov, stdout, "");
	return error;
}

int bu_coverage_command(int argc, char **argv)
{
	struct request request = { 0 };
	struct bu_cov cov;
	int error;

	if (parse_request(&request, argc, argv))
		return EXIT_USAGE;
	if (request.help) {
		put_usage(stdout);
		return 0;
	}
	if (bu_cov_read(&cov, request.dir, request.source_root))
		return EXIT_USAGE;
	error = answer(&request, &cov);
	bu_cov_free(&cov);
	return error ? EXIT_USAGE : 0;
}
