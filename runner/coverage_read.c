/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads coverage data: docs/coverage-format.md. The files may come from anywhere, so every number
 * is checked before it is used; a message names file and line.
 */
#include "runner/coverage_data.h"
#include "runner/coverage_path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SLOTS   1000000 /* Source: BPF_COMPLEXITY_LIMIT_INSNS, include/linux/bpf.h (6.12) */
#define COUNT_MAGIC 0x31544e4355465042ULL
#define MAX_FIELDS  6

struct reader {
	const char *path;
	unsigned int line_number;
	const char *source_root;
	struct bu_cov_prog *prog;
	bool ended;
};

static int malformed(const struct reader *reader, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "bpfunit: %s:%u: ", reader->path, reader->line_number);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -EBADMSG;
}

static int unreadable(const char *path, int error)
{
	fprintf(stderr, "bpfunit: %s: %s\n", path, strerror(-error));
	return error;
}

/* ---- fields ---- */

static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
			*out++ = *text == 't'   ? '\t'
				 : *text == 'n' ? '\n'
				 : *text == 'r' ? '\r'
						: *text;
		} else {
			*out++ = *text;
		}
	}
	*out = 0;
}

static size_t split(char *line, char *fields[MAX_FIELDS])
{
	size_t count = 0;

	while (count < MAX_FIELDS) {
		char *tab = strchr(line, '\t');

		fields[count++] = line;
		if (!tab)
			break;
		*tab = 0;
		line = tab + 1;
	}
	for (size_t i = 0; i < count; i++)
		unescape(fields[i]);
	return count;
}

static bool parse_u32(const char *text, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*end || errno || number > max)
		return false;
	*out = number;
	return true;
}

/* Room for one more item in an array that doubles; zeroed. NULL: out of memory. */
static void *grow(void *array, size_t count, size_t size)
{
	char *items = array;

	if (count & (count - 1))
		return array;
	items = realloc(items, (count ? 2 * count : 1) * size);
	if (items)
		memset(items + count * size, 0, (count ? count : 1) * size);
	return items;
}

/* ---- records ---- */

static int read_program(struct reader *reader, char **fields)
{
	struct bu_cov_prog *prog = reader->prog;

	if (prog->name)
		return malformed(reader, "a second program");
	if (!parse_u32(fields[3], MAX_SLOTS, &prog->nr_slots))
		return malformed(reader, "'%s' is not a number of instructions", fields[3]);
	prog->name = strdup(fields[1]);
	prog->type = strdup(fields[2]);
	return prog->name && prog->type ? 0 : -ENOMEM;
}

static int read_func(struct reader *reader, char **fields)
{
	struct bu_cov_prog *prog = reader->prog;
	struct bu_cov_func *func, *funcs = grow(prog->funcs, prog->nr_funcs, sizeof(*func));

	if (!funcs)
		return -ENOMEM;
	prog->funcs = funcs;
	func = &funcs[prog->nr_funcs];
	if (!parse_u32(fields[1], prog->nr_slots, &func->start) ||
	    !parse_u32(fields[2], prog->nr_slots, &func->end) || func->start >= func->end ||
	    (prog->nr_funcs && func[-1].end > func->start))
		return malformed(reader, "a function from %s to %s in %u instructions", fields[1],
				 fields[2], prog->nr_slots);
	func->name = strdup(fields[3]);
	prog->nr_funcs++;
	return func->name ? 0 : -ENOMEM;
}

static int read_line(struct reader *reader, char **fields)
{
	struct bu_cov_prog *prog = reader->prog;
	struct bu_cov_line *line, *lines = grow(prog->lines, prog->nr_lines, sizeof(*line));

	if (!lines)
		return -ENOMEM;
	prog->lines = lines;
	line = &lines[prog->nr_lines];
	if (!parse_u32(fields[1], prog->nr_slots, &line->insn) || line->insn == prog->nr_slots ||
	    !parse_u32(fields[2], INT32_MAX, &line->line) ||
	    !parse_u32(fields[3], INT32_MAX, &line->column) ||
	    (prog->nr_lines && line[-1].insn >= line->insn))
		return malformed(reader, "instruction %s, line %s, column %s cannot be here",
				 fields[1], fields[2], fields[3]);
	line->file = strdup(fields[4]);
	line->path = bu_cov_source_path(fields[4], reader->source_root);
	line->text = strdup(fields[5]);
	prog->nr_lines++;
	return line->file && line->path && line->text ? 0 : -ENOMEM;
}

static int read_insn(struct reader *reader, char **fields)
{
	struct bu_cov_prog *prog = reader->prog;
	struct bu_cov_insn *insn, *insns = grow(prog->insns, prog->nr_insns, sizeof(*insn));

	if (!insns)
		return -ENOMEM;
	prog->insns = insns;
	insn = &insns[prog->nr_insns];
	if (!parse_u32(fields[1], prog->nr_slots, &insn->index) || insn->index == prog->nr_slots ||
	    (prog->nr_insns && insn[-1].index >= insn->index))
		return malformed(reader, "instruction %s cannot be here", fields[1]);
	insn->branch = strcmp(fields[2], "branch") == 0;
	insn->indirect = strcmp(fields[2], "indirect") == 0;
	insn->text = strdup(fields[3]);
	prog->nr_insns++;
	return insn->text ? 0 : -ENOMEM;
}

static int read_target(struct reader *reader, char **fields)
{
	struct bu_cov_prog *prog = reader->prog;
	uint32_t index;
	size_t i = 0;

	if (!parse_u32(fields[1], prog->nr_slots, &index))
		return malformed(reader, "'%s' is no instruction", fields[1]);
	while (i < prog->nr_insns && prog->insns[i].index != index)
		i++;
	if (i == prog->nr_insns || prog->insns[i].target)
		return malformed(reader, "target %s cannot be here", fields[1]);
	prog->insns[i].target = true;
	prog->nr_targets++;
	return 0;
}

static int read_end(struct reader *reader, char **fields)
{
	reader->ended = true;
	return 0;
}

static const struct {
	const char *word;
	size_t fields;
	int (*read)(struct reader *reader, char **fields);
} records[] = {
	{ "program", 4, read_program }, { "func", 4, read_func },     { "line", 6, read_line },
	{ "insn", 4, read_insn },       { "target", 2, read_target }, { "end", 1, read_end },
};

static int read_record(struct reader *reader, char *line)
{
	char *fields[MAX_FIELDS];
	size_t count = split(line, fields);

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		if (strcmp(records[i].word, fields[0]))
			continue;
		if (records[i].fields != count || reader->ended)
			break;
		if (i > 0 && !reader->prog->name)
			return malformed(reader, "'%s' before 'program'", fields[0]);
		return records[i].read(reader, fields);
	}
	return malformed(reader, "'%s' with %zu fields is not known here", fields[0], count);
}

static int read_head(struct reader *reader, char *line)
{
	reader->line_number = 1;
	if (strncmp(line, "bpfunit-coverage\t", 17))
		return malformed(reader, "this is not coverage data of bpfunit");
	if (strcmp(line + 17, "1"))
		return malformed(reader, "format version %s is not known (1 is)", line + 17);
	return 0;
}

static int read_text(struct reader *reader, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	int error = 0;

	while (!error) {
		ssize_t len = getline(&line, &room, in);

		if (len < 0)
			break;
		reader->line_number++;
		if (line[len - 1] != '\n')
			error = malformed(reader, "the file ends within a line");
		else if (strlen(line) != (size_t)len)
			error = malformed(reader, "a zero byte");
		if (error)
			break;
		line[len - 1] = 0;
		error = reader->line_number == 1 ? read_head(reader, line)
						 : read_record(reader, line);
	}
	free(line);
	if (!error && ferror(in))
		error = unreadable(reader->path, -EIO);
	if (!error && !reader->ended)
		error = malformed(reader, "the end is missing");
	return error;
}

static int read_prog_file(struct bu_cov_prog *prog, const char *path, const char *source_root)
{
	struct reader reader = { .path = path, .source_root = source_root, .prog = prog };
	FILE *in = fopen(path, "re");
	int error;

	if (!in)
		return unreadable(path, -errno);
	error = read_text(&reader, in);
	fclose(in);
	return error;
}

/* ---- counts ---- */

/* A test that was killed within a run may have counted a jump's edge and not yet the jump. */
static void take_counts(struct bu_cov_prog *prog, const uint64_t *words)
{
	for (size_t i = 0; i < prog->nr_insns; i++) {
		struct bu_cov_insn *insn = &prog->insns[i];

		insn->executed = words[2 + insn->index];
		insn->taken = insn->branch ? words[2 + prog->nr_slots + insn->index] : 0;
		if (insn->taken > insn->executed)
			insn->taken = insn->executed;
		insn->arrived = insn->target ? words[2 + 2 * prog->nr_slots + insn->index] : 0;
	}
}

static int parse_counts(struct bu_cov_prog *prog, const char *path, const uint64_t *words,
			size_t size)
{
	size_t arrays = prog->nr_targets ? 3 : 2;

	if (size == 0) /* made, and not yet written to */
		return 0;
	if (size < 16 || words[0] != COUNT_MAGIC || words[1] != prog->nr_slots ||
	    size != (2 + arrays * (size_t)prog->nr_slots) * sizeof(uint64_t)) {
		fprintf(stderr, "bpfunit: %s: these are not the counts of %u instructions\n", path,
			prog->nr_slots);
		return -EBADMSG;
	}
	take_counts(prog, words);
	return 0;
}

static int read_open_counts(struct bu_cov_prog *prog, const char *path, int fd)
{
	struct stat st;
	uint64_t *words;
	int error;

	flock(fd, LOCK_SH); /* where locks are not to be had, the file is read as it is */
	if (fstat(fd, &st))
		return unreadable(path, -errno);
	if (st.st_size > 32 * (off_t)MAX_SLOTS || !(words = calloc(1, st.st_size + 16)))
		return unreadable(path, st.st_size > 32 * (off_t)MAX_SLOTS ? -EFBIG : -ENOMEM);
	if (read(fd, words, st.st_size) != st.st_size)
		error = unreadable(path, -EIO);
	else
		error = parse_counts(prog, path, words, st.st_size);
	free(words);
	return error;
}

/* No file: the program was loaded and never run. */
static int read_count_file(struct bu_cov_prog *prog, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return errno == ENOENT ? 0 : unreadable(path, -errno);
	error = read_open_counts(prog, path, fd);
	close(fd);
	return error;
}

/* ---- the directory ---- */

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && name[0] != '.' && strcmp(name + len - suffix_len, suffix) == 0;
}

static int select_prog(const struct dirent *entry)
{
	return has_suffix(entry->d_name, ".prog");
}

static int select_count(const struct dirent *entry)
{
	return has_suffix(entry->d_name, ".count");
}

/* "DIR/NAME-HASH" of a file name, with another suffix. */
static char *sibling(const char *dir, const char *name, const char *suffix)
{
	char *path;
	int stem = strrchr(name, '.') - name;

	return asprintf(&path, "%s/%.*s%s", dir, stem, name, suffix) < 0 ? NULL : path;
}

static int read_one(struct bu_cov *cov, const char *dir, const char *name, const char *source_root)
{
	char *prog_path = sibling(dir, name, ".prog"), *count_path = sibling(dir, name, ".count");
	struct bu_cov_prog *prog = &cov->progs[cov->nr_progs++];
	int error = prog_path && count_path ? 0 : -ENOMEM;

	if (!error)
		error = read_prog_file(prog, prog_path, source_root);
	if (!error)
		error = read_count_file(prog, count_path);
	free(prog_path);
	free(count_path);
	return error;
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* alphasort would ask the locale */
}

static int read_all(struct bu_cov *cov, const char *dir, const char *source_root)
{
	struct dirent **names;
	int error = 0, count = scandir(dir, &names, select_prog, by_name);

	if (count < 0)
		return unreadable(dir, -errno);
	if (count == 0) {
		fprintf(stderr, "bpfunit: %s: no coverage data here (no *.prog file)\n", dir);
		error = -ENOENT;
	}
	cov->progs = calloc(count + 1, sizeof(*cov->progs));
	if (!cov->progs)
		error = -ENOMEM;
	for (int i = 0; i < count && !error; i++)
		error = read_one(cov, dir, names[i]->d_name, source_root);
	free_names(names, count);
	return error;
}

static int check_orphans(const char *dir)
{
	struct dirent **names;
	int error = 0, count = scandir(dir, &names, select_count, by_name);

	for (int i = 0; i < count && !error; i++) {
		char *path = sibling(dir, names[i]->d_name, ".prog");

		if (path && access(path, F_OK))
			error = unreadable(path, -errno);
		free(path);
	}
	if (count >= 0)
		free_names(names, count);
	return error;
}

int bu_cov_read(struct bu_cov *cov, const char *dir, const char *source_root)
{
	int error;

	*cov = (struct bu_cov){ 0 };
	error = read_all(cov, dir, source_root);
	if (!error)
		error = check_orphans(dir);
	if (error)
		bu_cov_free(cov);
	return error;
}
