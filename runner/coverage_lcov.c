/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lcov tracefile (geninfo(1) describes it). Programs that share source lines are merged: lines
 * and functions by their place, branches by line, function and their position in it, so a
 * function that several programs contain counts once. All is sorted: the same data gives the same
 * bytes.
 */
#include "runner/coverage_data.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct func_hit {
	const char *path, *name;
	uint32_t line;
	uint64_t count;
};

struct branch_hit {
	const char *path, *func;
	uint32_t line;
	uint32_t position; /* in func */
	bool target;       /* of an indirect jump: taken and fell are of it, and it has one way */
	uint64_t taken, fell;
};

struct tracefile {
	FILE *out;
	struct bu_cov_hit *lines;
	struct func_hit *funcs;
	struct branch_hit *branches;
	size_t nr_lines, nr_funcs, nr_branches;
};

static int compare_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* ---- functions ---- */

/* One name in one file is one function: genhtml knows no other. */
static int compare_func_names(const void *a, const void *b)
{
	const struct func_hit *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	return order ? order : strcmp(left->name, right->name);
}

static int compare_func_lines(const void *a, const void *b)
{
	const struct func_hit *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	if (!order)
		order = compare_u32(left->line, right->line);
	return order ? order : strcmp(left->name, right->name);
}

static void collect_funcs(struct tracefile *trace, const struct bu_cov_prog *prog)
{
	for (size_t i = 0; i < prog->nr_funcs; i++) {
		const struct bu_cov_func *func = &prog->funcs[i];
		const struct bu_cov_line *line = bu_cov_line_of(prog, func->start);

		if (!line || !line->line || !func->name[0])
			continue;
		trace->funcs[trace->nr_funcs++] =
			(struct func_hit){ line->path, func->name, line->line,
					   bu_cov_executed(prog, func->start) };
	}
}

static void merge_funcs(struct tracefile *trace)
{
	size_t kept = 0;

	qsort(trace->funcs, trace->nr_funcs, sizeof(*trace->funcs), compare_func_names);
	for (size_t i = 0; i < trace->nr_funcs; i++) {
		struct func_hit *func = &trace->funcs[i];
		struct func_hit *last = kept ? &trace->funcs[kept - 1] : NULL;

		if (!last || compare_func_names(last, func)) {
			trace->funcs[kept++] = *func;
			continue;
		}
		last->count += func->count;
		if (func->line < last->line)
			last->line = func->line;
	}
	trace->nr_funcs = kept;
	qsort(trace->funcs, kept, sizeof(*trace->funcs), compare_func_lines);
}

/* ---- branches ---- */

static int compare_branches(const void *a, const void *b)
{
	const struct branch_hit *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	if (!order)
		order = compare_u32(left->line, right->line);
	if (!order)
		order = strcmp(left->func, right->func);
	if (!order)
		order = compare_u32(left->position, right->position);
	return order ? order : compare_u32(left->target, right->target);
}

static struct branch_hit branch_of(const struct bu_cov_prog *prog, const struct bu_cov_insn *insn,
				   const struct bu_cov_line *line)
{
	const struct bu_cov_func *func = bu_cov_func_of(prog, insn->index);

	return (struct branch_hit){
		.path = line->path,
		.func = func && func->name[0] ? func->name : prog->name,
		.line = line->line,
		.position = insn->index - (func ? func->start : 0),
		.taken = insn->taken,
		.fell = insn->executed - insn->taken,
	};
}

static struct branch_hit target_of(const struct bu_cov_prog *prog, const struct bu_cov_insn *insn,
				   const struct bu_cov_line *line)
{
	struct branch_hit hit = branch_of(prog, insn, line);

	hit.target = true;
	hit.taken = insn->arrived;
	hit.fell = bu_cov_targets_of(prog, insn->index).arrived - insn->arrived;
	return hit;
}

static void collect_branches(struct tracefile *trace, const struct bu_cov_prog *prog)
{
	for (size_t i = 0; i < prog->nr_insns; i++) {
		const struct bu_cov_insn *insn = &prog->insns[i];
		const struct bu_cov_line *line = bu_cov_line_of(prog, insn->index);

		if (!line || !line->line)
			continue;
		if (insn->branch)
			trace->branches[trace->nr_branches++] = branch_of(prog, insn, line);
		if (insn->target)
			trace->branches[trace->nr_branches++] = target_of(prog, insn, line);
	}
}

static void merge_branches(struct tracefile *trace)
{
	size_t kept = 0;

	qsort(trace->branches, trace->nr_branches, sizeof(*trace->branches), compare_branches);
	for (size_t i = 0; i < trace->nr_branches; i++) {
		struct branch_hit *last = kept ? &trace->branches[kept - 1] : NULL;

		if (!last || compare_branches(last, &trace->branches[i])) {
			trace->branches[kept++] = trace->branches[i];
			continue;
		}
		last->taken += trace->branches[i].taken;
		last->fell += trace->branches[i].fell;
	}
	trace->nr_branches = kept;
}

/* ---- output ---- */

static void put_funcs(struct tracefile *trace, const char *path)
{
	size_t found = 0, hit = 0;

	for (size_t i = 0; i < trace->nr_funcs; i++) {
		if (strcmp(trace->funcs[i].path, path) == 0)
			fprintf(trace->out, "FN:%" PRIu32 ",%s\n", trace->funcs[i].line,
				trace->funcs[i].name);
	}
	for (size_t i = 0; i < trace->nr_funcs; i++) {
		if (strcmp(trace->funcs[i].path, path))
			continue;
		fprintf(trace->out, "FNDA:%" PRIu64 ",%s\n", trace->funcs[i].count,
			trace->funcs[i].name);
		found++;
		hit += trace->funcs[i].count > 0;
	}
	fprintf(trace->out, "FNF:%zu\nFNH:%zu\n", found, hit);
}

static void put_way(struct tracefile *trace, const struct branch_hit *branch, uint32_t block,
		    uint32_t way)
{
	fprintf(trace->out, "BRDA:%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",", branch->line, block, way);
	if (branch->taken || branch->fell)
		fprintf(trace->out, "%" PRIu64 "\n", way ? branch->fell : branch->taken);
	else
		fputs("-\n", trace->out);
}

/* Each jump is a block of its own: taken, then not taken; so is each target of an indirect one. */
static void put_branches(struct tracefile *trace, const char *path)
{
	size_t found = 0, hit = 0;
	uint32_t line = 0, block = 0;

	for (size_t i = 0; i < trace->nr_branches; i++) {
		const struct branch_hit *branch = &trace->branches[i];

		if (strcmp(branch->path, path))
			continue;
		block = branch->line == line ? block + 1 : 0;
		line = branch->line;
		for (uint32_t way = 0; way < (branch->target ? 1u : 2u); way++, found++) {
			put_way(trace, branch, block, way);
			hit += (way ? branch->fell : branch->taken) > 0;
		}
	}
	fprintf(trace->out, "BRF:%zu\nBRH:%zu\n", found, hit);
}

/* The lines of one file, from `from` on; where the next file begins. */
static size_t put_lines(struct tracefile *trace, size_t from)
{
	const char *path = trace->lines[from].path;
	size_t i, hit = 0;

	for (i = from; i < trace->nr_lines && strcmp(trace->lines[i].path, path) == 0; i++) {
		fprintf(trace->out, "DA:%" PRIu32 ",%" PRIu64 "\n", trace->lines[i].line,
			trace->lines[i].count);
		hit += trace->lines[i].count > 0;
	}
	fprintf(trace->out, "LF:%zu\nLH:%zu\n", i - from, hit);
	return i;
}

static void put_files(struct tracefile *trace)
{
	for (size_t i = 0; i < trace->nr_lines;) {
		const char *path = trace->lines[i].path;

		fprintf(trace->out, "TN:\nSF:%s\n", path);
		put_funcs(trace, path);
		put_branches(trace, path);
		i = put_lines(trace, i);
		fputs("end_of_record\n", trace->out);
	}
}

static int trace_init(struct tracefile *trace, const struct bu_cov *cov)
{
	size_t funcs = 1, insns = 1;

	for (size_t i = 0; i < cov->nr_progs; i++) {
		funcs += cov->progs[i].nr_funcs;
		insns += cov->progs[i].nr_insns;
	}
	trace->funcs = calloc(funcs, sizeof(*trace->funcs));
	trace->branches = calloc(2 * insns, sizeof(*trace->branches));
	trace->lines = bu_cov_hits(cov, &trace->nr_lines);
	return trace->funcs && trace->branches && trace->lines ? 0 : -ENOMEM;
}

int bu_cov_put_lcov(const struct bu_cov *cov, FILE *out)
{
	struct tracefile trace = { .out = out };
	int error = trace_init(&trace, cov);

	if (!error) {
		for (size_t i = 0; i < cov->nr_progs; i++) {
			collect_funcs(&trace, &cov->progs[i]);
			collect_branches(&trace, &cov->progs[i]);
		}
		merge_funcs(&trace);
		merge_branches(&trace);
		put_files(&trace);
	}
	free(trace.funcs);
	free(trace.branches);
	free(trace.lines);
	return error ? error : ferror(out) ? -EIO : 0;
}
