/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes coverage data. Each loaded program has an entry that holds, ready made, everything a flush
 * needs (paths, description, buffers), so that a flush allocates nothing and may run in the handler
 * of a fatal signal. Files are opened by path at each flush: a test may close any descriptor it
 * likes.
 *
 * Counts belong to the process that opened the coverage: a child that a test forks has copies of
 * them, and must not add them a second time.
 */
#include "ebpf/vm/coverage.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"
#include "ebpf/vm/decode.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT_MAGIC 0x31544e4355465042ULL /* "BPFUCNT1" in little endian */

struct count_head {
	u64 magic;
	u64 nr_insns;
};

struct entry {
	struct entry *next;
	struct bu_prog *prog;
	char *prog_path, *temp_path, *count_path;
	char *text; /* of the .prog file */
	size_t text_len;
	bool described; /* the .prog file is there */
	u64 *now;       /* executed[n], taken[n]; arrived[n] of a program with jump tables */
	u64 *flushed;   /* what is in the file already */
	u64 *sum;       /* the head, and room for reading the file */
};

struct bu_coverage {
	char *dir;
	pid_t pid;
	struct entry *entries;
	volatile int flushing;
	int error; /* first failure of describing */
};

/* ---- the description ---- */

struct hash {
	u64 value;
};

static void hash_bytes(struct hash *hash, const void *data, size_t size)
{
	const u8 *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash->value = (hash->value ^ bytes[i]) * 0x100000001b3ULL; /* FNV-1a */
}

static void hash_str(struct hash *hash, const char *text)
{
	hash_bytes(hash, text, strlen(text) + 1);
}

/* The same in each process that loads the same program: no descriptors, no addresses. */
static u64 prog_hash(const struct bu_prog *prog)
{
	struct hash hash = { 0xcbf29ce484222325ULL };

	hash_bytes(&hash, prog->tag, sizeof(prog->tag));
	hash_bytes(&hash, &prog->prog_type, sizeof(prog->prog_type));
	hash_bytes(&hash, &prog->nr_insns, sizeof(prog->nr_insns));
	for (u32 i = 0; i < prog->nr_funcs; i++) {
		hash_bytes(&hash, &prog->funcs[i].start, sizeof(u32));
		hash_str(&hash, prog->funcs[i].name);
	}
	for (u32 i = 0; i < prog->nr_lines; i++) {
		const struct bu_line *line = &prog->lines[i];
		u32 numbers[] = { line->insn, line->line, line->column };

		hash_bytes(&hash, numbers, sizeof(numbers));
		hash_str(&hash, line->file);
		hash_str(&hash, line->text);
	}
	return hash.value;
}

/* BTF has the whole name of the function; prog->name is cut to 15 characters. */
static const char *prog_name(const struct bu_prog *prog)
{
	if (prog->nr_funcs && prog->funcs[0].name[0])
		return prog->funcs[0].name;
	return prog->name[0] ? prog->name : "unnamed";
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '\t':
			fputs("\\t", out);
			break;
		case '\n':
			fputs("\\n", out);
			break;
		case '\r':
			fputs("\\r", out);
			break;
		case '\\':
			fputs("\\\\", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

static const char *insn_kind(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if (class != BPF_JMP && class != BPF_JMP32)
		return "plain";
	if (op == BPF_CALL)
		return "call";
	if (op == BPF_EXIT)
		return "exit";
	if (insn->code == BU_INSN_GOTOX)
		return "indirect";
	if (op == BPF_JA || op == BU_INSN_JCOND)
		return "jump";
	return "branch";
}

static void put_insns(FILE *out, const struct bu_prog *prog)
{
	for (u32 i = 0; i < prog->nr_insns; i++) {
		char text[256];

		bu_prog_disasm(prog, i, text, sizeof(text));
		fprintf(out, "insn\t%u\t%s\t", i, insn_kind(&prog->insns[i]));
		put_escaped(out, text);
		putc('\n', out);
		/* The second half of a 64-bit load is no instruction of its own. */
		if (prog->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	for (u32 i = 0; prog->targets && i < prog->nr_insns; i++) {
		if (prog->targets[i])
			fprintf(out, "target\t%u\n", i);
	}
}

static void put_prog(FILE *out, const struct bu_prog *prog)
{
	fprintf(out, "bpfunit-coverage\t1\nprogram\t");
	put_escaped(out, prog_name(prog));
	fprintf(out, "\t%s\t%u\n", prog->type && prog->type->name ? prog->type->name : "unknown",
		prog->nr_insns);
	for (u32 i = 0; i < prog->nr_funcs; i++) {
		fprintf(out, "func\t%u\t%u\t", prog->funcs[i].start, prog->funcs[i].end);
		put_escaped(out, prog->funcs[i].name);
		putc('\n', out);
	}
	for (u32 i = 0; i < prog->nr_lines; i++) {
		const struct bu_line *line = &prog->lines[i];

		fprintf(out, "line\t%u\t%u\t%u\t", line->insn, line->line, line->column);
		put_escaped(out, line->file);
		putc('\t', out);
		put_escaped(out, line->text);
		putc('\n', out);
	}
	put_insns(out, prog);
	fputs("end\n", out);
}

/* ---- files; async-signal-safe from here on ---- */

static int host_open(const char *path, int flags)
{
	return bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, 0644, 0, 0);
}

static int write_all(int fd, const void *data, size_t size, off_t offset)
{
	const u8 *bytes = data;

	while (size) {
		ssize_t n = pwrite(fd, bytes, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		bytes += n, size -= n, offset += n;
	}
	return 0;
}

static int read_all(int fd, void *data, size_t size)
{
	u8 *bytes = data;
	off_t offset = 0;

	while (size) {
		ssize_t n = pread(fd, bytes, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EBADMSG;
		bytes += n, size -= n, offset += n;
	}
	return 0;
}

/* Whole or not at all: written aside, then renamed. */
static int write_prog_file(struct entry *entry)
{
	int fd, error;

	if (entry->described)
		return 0;
	fd = host_open(entry->temp_path, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return fd;
	error = write_all(fd, entry->text, entry->text_len, 0);
	if (close(fd) && !error)
		error = -errno;
	if (!error && rename(entry->temp_path, entry->prog_path))
		error = -errno;
	if (error)
		unlink(entry->temp_path);
	else
		entry->described = true;
	return error;
}

static size_t count_words(const struct entry *entry)
{
	return (entry->prog->targets ? 3 : 2) * (size_t)entry->prog->nr_insns;
}

/* Read the file's counts behind the head in entry->sum; an empty file counts as zeroes. */
static int read_counts(struct entry *entry, int fd)
{
	struct count_head *head = (struct count_head *)entry->sum;
	size_t size = sizeof(*head) + count_words(entry) * sizeof(u64);
	struct stat st;
	int error;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size == 0) {
		memset(head, 0, size);
		*head = (struct count_head){ COUNT_MAGIC, entry->prog->nr_insns };
		return 0;
	}
	if ((u64)st.st_size != size)
		return -EBADMSG;
	error = read_all(fd, head, size);
	if (error)
		return error;
	return head->magic == COUNT_MAGIC && head->nr_insns == entry->prog->nr_insns ? 0 : -EBADMSG;
}

/* A first write that does not fit leaves no torso behind. */
static int write_counts(struct entry *entry, int fd)
{
	struct stat before;
	int error;

	if (fstat(fd, &before))
		return -errno;
	error = write_all(fd, entry->sum,
			  sizeof(struct count_head) + count_words(entry) * sizeof(u64), 0);
	if (error && before.st_size == 0 && ftruncate(fd, 0))
		return error;
	return error;
}

static int add_counts(struct entry *entry, int fd)
{
	u64 *counts = entry->sum + sizeof(struct count_head) / sizeof(u64);
	size_t n = count_words(entry);
	int error;

	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR)
			return -errno;
	}
	error = read_counts(entry, fd);
	if (error)
		return error;
	for (size_t i = 0; i < n; i++)
		counts[i] += entry->now[i] - entry->flushed[i];
	error = write_counts(entry, fd);
	if (!error)
		memcpy(entry->flushed, entry->now, n * sizeof(u64));
	return error; /* close() releases the lock */
}

static void count(struct entry *entry)
{
	const struct bu_prog *prog = entry->prog;
	u32 n = prog->nr_insns;

	bu_prog_counts(prog, entry->now, entry->now + n);
	if (prog->targets)
		memcpy(entry->now + 2 * n, bu_arrival_counters(prog), n * sizeof(u64));
}

static int flush_entry(struct entry *entry)
{
	int error, fd;

	count(entry);
	if (memcmp(entry->now, entry->flushed, count_words(entry) * sizeof(u64)) == 0)
		return 0;
	error = write_prog_file(entry);
	if (error)
		return error;
	fd = host_open(entry->count_path, O_RDWR | O_CREAT);
	if (fd < 0)
		return fd;
	error = add_counts(entry, fd);
	close(fd);
	return error;
}

/* A handler that interrupts a flush must not begin another: it would wait for its own lock. */
static bool flush_begin(struct bu_coverage *coverage)
{
	if (coverage->pid != getpid() || coverage->flushing)
		return false;
	coverage->flushing = 1;
	return true;
}

int bu_coverage_flush(struct bu_kernel *kernel)
{
	struct bu_coverage *coverage = kernel->coverage;
	int first = 0;

	if (!coverage || !flush_begin(coverage))
		return 0;
	for (struct entry *entry = coverage->entries; entry; entry = entry->next) {
		int error = flush_entry(entry);

		first = first ? first : error;
	}
	coverage->flushing = 0;
	return first ? first : coverage->error;
}

/* ---- entries ---- */

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	free(entry->prog_path);
	free(entry->temp_path);
	free(entry->count_path);
	free(entry->text);
	free(entry->now);
	free(entry->flushed);
	free(entry->sum);
	free(entry);
}

/* A function's name is an identifier, but BTF may say anything. */
static void file_name_of(const char *name, char *out, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i < size - 1; i++) {
		bool plain = (name[i] >= 'a' && name[i] <= 'z') ||
			     (name[i] >= 'A' && name[i] <= 'Z') ||
			     (name[i] >= '0' && name[i] <= '9') || strchr("_.", name[i]);

		out[i] = plain ? name[i] : '_';
	}
	out[i] = 0;
}

static int entry_paths(struct entry *entry, const struct bu_coverage *coverage)
{
	unsigned long long hash = prog_hash(entry->prog);
	char name[128];

	file_name_of(prog_name(entry->prog), name, sizeof(name));
	if (asprintf(&entry->prog_path, "%s/%s-%016llx.prog", coverage->dir, name, hash) < 0)
		entry->prog_path = NULL;
	if (asprintf(&entry->count_path, "%s/%s-%016llx.count", coverage->dir, name, hash) < 0)
		entry->count_path = NULL;
	if (asprintf(&entry->temp_path, "%s/.%s-%016llx.%d.tmp", coverage->dir, name, hash,
		     (int)coverage->pid) < 0)
		entry->temp_path = NULL;
	return entry->prog_path && entry->count_path && entry->temp_path ? 0 : -ENOMEM;
}

static int entry_buffers(struct entry *entry)
{
	size_t n = count_words(entry), head = sizeof(struct count_head) / sizeof(u64);
	FILE *out;

	entry->now = calloc(n, sizeof(u64));
	entry->flushed = calloc(n, sizeof(u64));
	entry->sum = calloc(n + head, sizeof(u64));
	if (!entry->now || !entry->flushed || !entry->sum)
		return -ENOMEM;
	entry->described = access(entry->prog_path, F_OK) == 0;
	if (entry->described)
		return 0; /* by an earlier run, or another process */
	out = open_memstream(&entry->text, &entry->text_len);
	if (!out)
		return -ENOMEM;
	put_prog(out, entry->prog);
	return fclose(out) ? -ENOMEM : 0;
}

static struct entry *entry_new(struct bu_coverage *coverage, struct bu_prog *prog)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->prog = prog;
	if (entry_paths(entry, coverage) || entry_buffers(entry)) {
		entry_free(entry);
		return NULL;
	}
	return entry;
}

/* Programs without lines are described when they first ran: libbpf's feature probes never do. */
void bu_coverage_describe(struct bu_prog *prog)
{
	struct bu_coverage *coverage = prog->object.kernel->coverage;
	struct entry *entry;
	int error;

	if (!coverage)
		return;
	entry = entry_new(coverage, prog);
	if (!entry) {
		coverage->error = -ENOMEM;
		return;
	}
	entry->next = coverage->entries;
	coverage->entries = entry;
	if (!prog->nr_lines || coverage->pid != getpid())
		return;
	error = write_prog_file(entry);
	if (error && !coverage->error)
		coverage->error = error;
}

void bu_coverage_release(struct bu_prog *prog)
{
	struct bu_coverage *coverage = prog->object.kernel->coverage;

	if (!coverage)
		return;
	for (struct entry **link = &coverage->entries; *link; link = &(*link)->next) {
		struct entry *entry = *link;
		int error;

		if (entry->prog != prog)
			continue;
		if (flush_begin(coverage)) {
			error = flush_entry(entry);
			if (error && !coverage->error)
				coverage->error = error;
			*link = entry->next;
			coverage->flushing = 0;
		} else {
			*link = entry->next;
		}
		entry_free(entry);
		return;
	}
}

/* ---- opening and closing ---- */

static int make_dir(const char *dir)
{
	char *path = strdup(dir);
	int error = 0;

	if (!path)
		return -ENOMEM;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) && errno != EEXIST)
			error = -errno;
		*slash = '/';
	}
	if (mkdir(path, 0755) && errno != EEXIST)
		error = -errno;
	else
		error = 0;
	free(path);
	return error;
}

/* The absolute path of a directory that can be written to. */
static int usable_dir(const char *dir, char **absolute)
{
	struct stat st;
	int error = *dir ? make_dir(dir) : -ENOENT;

	if (error)
		return error;
	*absolute = realpath(dir, NULL);
	if (!*absolute)
		return -errno;
	if (stat(*absolute, &st))
		error = -errno;
	else if (!S_ISDIR(st.st_mode))
		error = -ENOTDIR;
	else if (access(*absolute, W_OK | X_OK))
		error = -errno;
	if (error) {
		free(*absolute);
		*absolute = NULL;
	}
	return error;
}

int bu_coverage_open(struct bu_kernel *kernel, const char *dir)
{
	struct bu_coverage *coverage;
	int error;

	if (kernel->coverage)
		return -EBUSY;
	coverage = calloc(1, sizeof(*coverage));
	if (!coverage)
		return -ENOMEM;
	error = usable_dir(dir, &coverage->dir);
	if (error) {
		free(coverage);
		return error;
	}
	coverage->pid = getpid();
	kernel->coverage = coverage;
	return 0;
}

int bu_coverage_close(struct bu_kernel *kernel)
{
	struct bu_coverage *coverage = kernel->coverage;
	int error;

	if (!coverage)
		return 0;
	error = bu_coverage_flush(kernel);
	kernel->coverage = NULL;
	while (coverage->entries) {
		struct entry *entry = coverage->entries;

		coverage->entries = entry->next;
		entry_free(entry);
	}
	free(coverage->dir);
	free(coverage);
	return error;
}
