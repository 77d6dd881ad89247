/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The annotated listing: a program's instructions in their order, below the source lines that they
 * came from. The left column is how often; `!` marks what was never reached and branches of which
 * only one way was gone.
 */
#include "runner/coverage_data.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TAB_COLUMNS  4
#define TEXT_COLUMNS 40

/* Source text with tabs spread out and nothing after its end. */
static void put_source(FILE *out, const char *text)
{
	size_t len = strlen(text);

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len)
		fputc(' ', out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\t')
			fprintf(out, "%*s", TAB_COLUMNS, "");
		else
			fputc(text[i], out);
	}
}

/* The compiler usually keeps the text; when it did not, the file may still be there. */
static char *text_from_file(const struct bu_cov_line *line)
{
	FILE *in = fopen(line->path, "re");
	char *text = NULL;
	size_t room = 0;
	bool found = false;

	if (!in)
		return NULL;
	for (uint32_t i = 0; i < line->line; i++) {
		found = getline(&text, &room, in) >= 0;
		if (!found)
			break;
	}
	fclose(in);
	if (found)
		return text;
	free(text);
	return NULL;
}

static void put_line_text(FILE *out, const struct bu_cov_line *line)
{
	char *text = line->text[0] ? NULL : text_from_file(line);

	put_source(out, text ? text : line->text);
	free(text);
}

/* The compiler tells columns apart; a listing of lines does not. */
static bool same_line(const struct bu_cov_line *a, const struct bu_cov_line *b)
{
	return a == b || (a && b && a->line == b->line && strcmp(a->path, b->path) == 0);
}

static uint64_t max_of_line(const struct bu_cov_prog *prog, const struct bu_cov_line *line,
			    size_t from)
{
	uint64_t count = 0;

	for (size_t i = from; i < prog->nr_insns; i++) {
		if (!same_line(bu_cov_line_of(prog, prog->insns[i].index), line))
			break;
		if (prog->insns[i].executed > count)
			count = prog->insns[i].executed;
	}
	return count;
}

static void put_line(FILE *out, const struct bu_cov_prog *prog, const struct bu_cov_line *line,
		     size_t from)
{
	uint64_t count = max_of_line(prog, line, from);

	fprintf(out, "%10" PRIu64 " %c ", count, count ? ' ' : '!');
	if (!line->line) {
		fputs("    - | (the compiler's own)\n", out);
		return;
	}
	fprintf(out, "%5" PRIu32 " |", line->line);
	put_line_text(out, line);
	fputc('\n', out);
}

/* Where control went from an instruction, and whether it got there by an indirect jump. */
static void put_ways(FILE *out, const struct bu_cov_insn *insn,
		     const struct bu_cov_targets *targets)
{
	if (insn->branch && insn->executed)
		fprintf(out, "taken %" PRIu64 ", not taken %" PRIu64, insn->taken,
			insn->executed - insn->taken);
	else if (insn->indirect && insn->executed)
		fprintf(out, "%zu of %zu targets reached", targets->reached, targets->all);
	else if (insn->branch || insn->indirect)
		fputs("never reached", out);
	if (insn->target)
		fprintf(out, "%s%" PRIu64 " by gotox", insn->branch || insn->indirect ? "; " : "",
			insn->arrived);
}

static void put_insn(FILE *out, const struct bu_cov_prog *prog, const struct bu_cov_insn *insn)
{
	uint64_t fell = insn->executed - insn->taken;
	bool half = insn->branch && (!insn->taken || !fell);
	struct bu_cov_targets targets = { 0 };

	if (insn->indirect)
		targets = bu_cov_targets_of(prog, insn->index);
	half = half || targets.reached < targets.all || (insn->target && !insn->arrived);
	fprintf(out, "%10" PRIu64 " %c       |   %4" PRIu32 ": ", insn->executed,
		!insn->executed || half ? '!' : ' ', insn->index);
	if (insn->branch || insn->indirect || insn->target) {
		fprintf(out, "%-*s  ", TEXT_COLUMNS, insn->text);
		put_ways(out, insn, &targets);
		fputc('\n', out);
	} else {
		fprintf(out, "%s\n", insn->text);
	}
}

/* A heading where a function begins, and a rule where the code comes from another file from here
 * on. Whether there was one. */
static bool put_place(FILE *out, const struct bu_cov_func *func, uint32_t index, const char *path,
		      const char *path_before)
{
	if (func && func->start == index) {
		fprintf(out, "\n%18s | %s()", "", func->name[0] ? func->name : "unnamed");
		fprintf(out, "%s%s\n", path ? "  " : "", path ? path : "");
		return true;
	}
	if (!path || (path_before && strcmp(path, path_before) == 0))
		return false;
	fprintf(out, "%18s | -- %s\n", "", path);
	return true;
}

static void put_insns(FILE *out, const struct bu_cov_prog *prog)
{
	const struct bu_cov_line *shown = NULL;
	const char *path = NULL;

	for (size_t i = 0; i < prog->nr_insns; i++) {
		uint32_t index = prog->insns[i].index;
		const struct bu_cov_line *line = bu_cov_line_of(prog, index);
		const char *path_now = line && line->line ? line->path : path;

		if (put_place(out, bu_cov_func_of(prog, index), index, path_now, path))
			shown = NULL;
		if (line && !same_line(line, shown))
			put_line(out, prog, line, i);
		put_insn(out, prog, &prog->insns[i]);
		shown = line;
		path = path_now;
	}
}

static void put_heading(FILE *out, const struct bu_cov_prog *prog)
{
	struct bu_cov_total total;

	bu_cov_measure(prog, &total);
	fprintf(out, "%s (%s): ", prog->name, prog->type);
	fprintf(out, "%zu of %zu lines, %zu of %zu branches, %zu of %zu instructions\n",
		total.lines_hit, total.lines, total.branches_hit, total.branches, total.insns_hit,
		total.insns);
}

int bu_cov_put_listing(const struct bu_cov *cov, FILE *out)
{
	fputs("     count    line | source and instructions   (! never reached, or only one way of "
	      "a "
	      "branch)\n",
	      out);
	for (size_t i = 0; i < cov->nr_progs; i++) {
		fputc('\n', out);
		put_heading(out, &cov->progs[i]);
		put_insns(out, &cov->progs[i]);
	}
	return ferror(out) ? -EIO : 0;
}
