/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking things up in coverage data, and measuring it. */
#include "runner/coverage_data.h"
#include <stdlib.h>
#include <string.h>

static void free_prog(struct bu_cov_prog *prog)
{
	for (size_t i = 0; i < prog->nr_insns; i++)
		free(prog->insns[i].text);
	for (size_t i = 0; i < prog->nr_funcs; i++)
		free(prog->funcs[i].name);
	for (size_t i = 0; i < prog->nr_lines; i++) {
		free(prog->lines[i].file);
		free(prog->lines[i].path);
		free(prog->lines[i].text);
	}
	free(prog->insns);
	free(prog->funcs);
	free(prog->lines);
	free(prog->name);
	free(prog->type);
}

void bu_cov_free(struct bu_cov *cov)
{
	for (size_t i = 0; i < cov->nr_progs; i++)
		free_prog(&cov->progs[i]);
	free(cov->progs);
	*cov = (struct bu_cov){ 0 };
}

const struct bu_cov_line *bu_cov_line_of(const struct bu_cov_prog *prog, uint32_t index)
{
	size_t low = 0, high = prog->nr_lines;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (prog->lines[middle].insn <= index)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &prog->lines[low - 1] : NULL;
}

const struct bu_cov_func *bu_cov_func_of(const struct bu_cov_prog *prog, uint32_t index)
{
	for (size_t i = 0; i < prog->nr_funcs; i++) {
		if (prog->funcs[i].start <= index && index < prog->funcs[i].end)
			return &prog->funcs[i];
	}
	return NULL;
}

struct bu_cov_targets bu_cov_targets_of(const struct bu_cov_prog *prog, uint32_t index)
{
	const struct bu_cov_func *func = bu_cov_func_of(prog, index);
	struct bu_cov_targets targets = { 0 };

	for (size_t i = 0; i < prog->nr_insns; i++) {
		const struct bu_cov_insn *insn = &prog->insns[i];

		if (!insn->target || bu_cov_func_of(prog, insn->index) != func)
			continue;
		targets.all++;
		targets.reached += insn->arrived > 0;
		targets.arrived += insn->arrived;
	}
	return targets;
}

uint64_t bu_cov_executed(const struct bu_cov_prog *prog, uint32_t index)
{
	for (size_t i = 0; i < prog->nr_insns; i++) {
		if (prog->insns[i].index == index)
			return prog->insns[i].executed;
	}
	return 0;
}

/* ---- lines ---- */

static int compare_hits(const void *a, const void *b)
{
	const struct bu_cov_hit *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	if (order)
		return order;
	return left->line < right->line ? -1 : left->line > right->line;
}

/* Line 0 means: the compiler made it. */
static size_t collect_hits(const struct bu_cov_prog *prog, struct bu_cov_hit *hits)
{
	size_t count = 0;

	for (size_t i = 0; i < prog->nr_insns; i++) {
		const struct bu_cov_insn *insn = &prog->insns[i];
		const struct bu_cov_line *line = bu_cov_line_of(prog, insn->index);

		if (line && line->line)
			hits[count++] =
				(struct bu_cov_hit){ line->path, line->line, insn->executed };
	}
	return count;
}

/* Sort, and make one of those of the same line. */
static size_t merge_hits(struct bu_cov_hit *hits, size_t count, bool sum)
{
	size_t kept = 0;

	qsort(hits, count, sizeof(*hits), compare_hits);
	for (size_t i = 0; i < count; i++) {
		struct bu_cov_hit *last = kept ? &hits[kept - 1] : NULL;

		if (!last || compare_hits(last, &hits[i]))
			hits[kept++] = hits[i];
		else if (sum)
			last->count += hits[i].count;
		else if (last->count < hits[i].count)
			last->count = hits[i].count;
	}
	return kept;
}

struct bu_cov_hit *bu_cov_prog_hits(const struct bu_cov_prog *prog, size_t *count)
{
	struct bu_cov_hit *hits = calloc(prog->nr_insns + 1, sizeof(*hits));

	if (hits)
		*count = merge_hits(hits, collect_hits(prog, hits), false);
	return hits;
}

struct bu_cov_hit *bu_cov_hits(const struct bu_cov *cov, size_t *count)
{
	size_t room = 1, used = 0;
	struct bu_cov_hit *hits;

	for (size_t i = 0; i < cov->nr_progs; i++)
		room += cov->progs[i].nr_insns;
	hits = calloc(room, sizeof(*hits));
	if (!hits)
		return NULL;
	for (size_t i = 0; i < cov->nr_progs; i++) {
		size_t collected = collect_hits(&cov->progs[i], hits + used);

		used += merge_hits(hits + used, collected, false);
	}
	*count = merge_hits(hits, used, true);
	return hits;
}

/* ---- totals ---- */

static void measure_lines(const struct bu_cov_prog *prog, struct bu_cov_total *total)
{
	size_t count = 0;
	struct bu_cov_hit *hits = bu_cov_prog_hits(prog, &count);

	for (size_t i = 0; hits && i < count; i++)
		total->lines_hit += hits[i].count > 0;
	total->lines = count;
	free(hits);
}

void bu_cov_measure(const struct bu_cov_prog *prog, struct bu_cov_total *total)
{
	*total = (struct bu_cov_total){ .insns = prog->nr_insns };
	for (size_t i = 0; i < prog->nr_insns; i++) {
		const struct bu_cov_insn *insn = &prog->insns[i];

		total->insns_hit += insn->executed > 0;
		total->branches += insn->target;
		total->branches_hit += insn->target && insn->arrived;
		if (!insn->branch)
			continue;
		total->branches += 2;
		total->branches_hit += (insn->taken > 0) + (insn->executed > insn->taken);
	}
	measure_lines(prog, total);
}
