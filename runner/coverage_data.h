/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coverage data in memory: what docs/coverage-format.md describes, and the measures that all
 * outputs share. Everything belongs to struct bu_cov.
 */
#ifndef RUNNER_COVERAGE_DATA_H
#define RUNNER_COVERAGE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct bu_cov_insn {
	uint32_t index; /* slot in the program */
	bool branch;    /* conditional jump: taken counts */
	bool indirect;  /* gotox */
	bool target;    /* where a gotox may lead: arrived counts */
	char *text;
	uint64_t executed, taken, arrived;
};

struct bu_cov_func {
	uint32_t start, end;
	char *name;
};

struct bu_cov_line {
	uint32_t insn; /* first one */
	uint32_t line, column;
	char *file; /* as the compiler recorded it */
	char *path; /* absolute, where it is now */
	char *text; /* source text; may be "" */
};

struct bu_cov_prog {
	char *name, *type;
	uint32_t nr_slots;
	struct bu_cov_insn *insns; /* ascending index, as lines are by insn and funcs by start */
	size_t nr_insns;
	size_t nr_targets;
	struct bu_cov_func *funcs;
	size_t nr_funcs;
	struct bu_cov_line *lines;
	size_t nr_lines;
};

struct bu_cov {
	struct bu_cov_prog *progs; /* by name, then by file name */
	size_t nr_progs;
};

/* Read a directory. 0, or -errno after a message on standard error. source_root: NULL, or where
 * sources that are not where the compiler saw them lie. */
int bu_cov_read(struct bu_cov *cov, const char *dir, const char *source_root);
void bu_cov_free(struct bu_cov *cov);

/* The line / function of an instruction (by slot), or NULL. */
const struct bu_cov_line *bu_cov_line_of(const struct bu_cov_prog *prog, uint32_t index);
const struct bu_cov_func *bu_cov_func_of(const struct bu_cov_prog *prog, uint32_t index);
/* Targets in the function of an instruction, how many were reached, and how often in all. */
struct bu_cov_targets {
	size_t all, reached;
	uint64_t arrived;
};
struct bu_cov_targets bu_cov_targets_of(const struct bu_cov_prog *prog, uint32_t index);
/* Executions of the instruction at a slot. */
uint64_t bu_cov_executed(const struct bu_cov_prog *prog, uint32_t index);

/* A source line's count: in a program the most often executed of its instructions; over several
 * programs the sum of those. */
struct bu_cov_hit {
	const char *path;
	uint32_t line;
	uint64_t count;
};
/* By path and line; malloc'ed. NULL: out of memory. */
struct bu_cov_hit *bu_cov_prog_hits(const struct bu_cov_prog *prog, size_t *count);
struct bu_cov_hit *bu_cov_hits(const struct bu_cov *cov, size_t *count);

struct bu_cov_total {
	size_t insns, insns_hit;
	size_t branches, branches_hit; /* two of each conditional jump, one of each target */
	size_t lines, lines_hit;
};
void bu_cov_measure(const struct bu_cov_prog *prog, struct bu_cov_total *total);

/* Outputs. 0, or -errno. */
int bu_cov_put_summary(const struct bu_cov *cov, FILE *out, const char *prefix);
int bu_cov_put_listing(const struct bu_cov *cov, FILE *out);
int bu_cov_put_lcov(const struct bu_cov *cov, FILE *out);
/* Make HTML of a tracefile with genhtml. 0, or -errno after a message. */
int bu_cov_make_html(const char *tracefile, const char *dir);

#endif
