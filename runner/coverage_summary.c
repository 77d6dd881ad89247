/* SPDX-License-Identifier: BSD-2-Clause */
/* A table: what was reached of each program, and of all. */
#include "runner/coverage_data.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_NAME_COLUMNS 16
#define MAX_NAME_COLUMNS 40

static int name_columns(const struct bu_cov *cov)
{
	int columns = MIN_NAME_COLUMNS;

	for (size_t i = 0; i < cov->nr_progs; i++) {
		int len = strlen(cov->progs[i].name);

		if (len > columns)
			columns = len;
	}
	return columns < MAX_NAME_COLUMNS ? columns : MAX_NAME_COLUMNS;
}

static int type_columns(const struct bu_cov *cov)
{
	int columns = 4;

	for (size_t i = 0; i < cov->nr_progs; i++) {
		int len = strlen(cov->progs[i].type);

		if (len > columns)
			columns = len;
	}
	return columns;
}

/* Rounded down, so that only all of it is 100 %. */
static void put_share(FILE *out, size_t hit, size_t all)
{
	size_t permille = all ? hit * 1000 / all : 0;

	if (all)
		fprintf(out, "  %5zu/%-5zu %3zu.%zu %%", hit, all, permille / 10, permille % 10);
	else
		fprintf(out, "  %11s %7s", "-", "");
}

static void put_row(FILE *out, const struct bu_cov_total *total)
{
	put_share(out, total->lines_hit, total->lines);
	put_share(out, total->branches_hit, total->branches);
	put_share(out, total->insns_hit, total->insns);
	fputc('\n', out);
}

static void add_total(struct bu_cov_total *sum, const struct bu_cov_total *total)
{
	sum->insns += total->insns;
	sum->insns_hit += total->insns_hit;
	sum->branches += total->branches;
	sum->branches_hit += total->branches_hit;
}

/* Lines are counted once however many programs share them. */
static int count_lines(const struct bu_cov *cov, struct bu_cov_total *sum)
{
	struct bu_cov_hit *hits = bu_cov_hits(cov, &sum->lines);

	if (!hits)
		return -ENOMEM;
	for (size_t i = 0; i < sum->lines; i++)
		sum->lines_hit += hits[i].count > 0;
	free(hits);
	return 0;
}

int bu_cov_put_summary(const struct bu_cov *cov, FILE *out, const char *prefix)
{
	int name = name_columns(cov), type = type_columns(cov);
	struct bu_cov_total sum = { 0 };
	int error = count_lines(cov, &sum);

	if (error)
		return error;
	fprintf(out, "%s%-*s  %-*s  %19s  %19s  %19s\n", prefix, name, "program", type, "type",
		"lines       ", "branches      ", "instructions    ");
	for (size_t i = 0; i < cov->nr_progs; i++) {
		const struct bu_cov_prog *prog = &cov->progs[i];
		struct bu_cov_total total;

		bu_cov_measure(prog, &total);
		add_total(&sum, &total);
		fprintf(out, "%s%-*s  %-*s", prefix, name, prog->name, type, prog->type);
		put_row(out, &total);
	}
	fprintf(out, "%s%-*s  %-*s", prefix, name, "total", type, "");
	put_row(out, &sum);
	return ferror(out) ? -EIO : 0;
}
