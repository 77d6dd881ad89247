/* SPDX-License-Identifier: BSD-2-Clause */
/* A head and records behind it; a record is reserved by one atomic addition, then filled. */
#include "runner/log.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LOG_SIZE  (1U << 20)
#define FILE_MAX  256
#define NAME_SIZE 128

enum record_kind {
	RECORD_NONE, /* reserved, not filled: its process died in between */
	RECORD_FAILURE,
	RECORD_SKIPPED,
	RECORD_COMPARED,
	RECORD_LEAKED,
};

struct record {
	_Atomic uint32_t kind;
	uint32_t size; /* of all, a multiple of 8 */
	int32_t line;
	uint32_t file_len, text_len;
	char data[]; /* file, text */
};

struct bu_result_log {
	_Atomic uint32_t used, failures, lost;
	_Atomic uint32_t done; /* status + 1 */
	_Atomic int32_t signal;
	int32_t last_line;
	const char *last_pointer; /* spares copying the same name again */
	char last_file[FILE_MAX];
	char releasing[NAME_SIZE]; /* "": nothing */
	char records[] __attribute__((aligned(8)));
};

#define ROOM (LOG_SIZE - sizeof(struct bu_result_log))

struct bu_result_log *bu_result_log_new(void)
{
	struct bu_result_log *log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return log == MAP_FAILED ? NULL : log;
}

void bu_result_log_free(struct bu_result_log *log)
{
	if (log)
		munmap(log, LOG_SIZE);
}

/* Only the head counts; a record is filled in anew when it is reserved. */
void bu_result_log_clear(struct bu_result_log *log)
{
	memset(log, 0, sizeof(*log));
}

static struct record *reserve(struct bu_result_log *log, size_t data_len)
{
	uint32_t size = (sizeof(struct record) + data_len + 7) & ~7U;
	uint32_t at = atomic_load(&log->used);
	struct record *record;

	do {
		if (at > ROOM || size > ROOM - at)
			return NULL;
	} while (!atomic_compare_exchange_weak(&log->used, &at, at + size));
	record = (struct record *)(log->records + at);
	atomic_store(&record->kind, RECORD_NONE);
	record->size = size;
	return record;
}

static void append(struct bu_result_log *log, enum record_kind kind, struct bpfunit_where where,
		   const char *text)
{
	size_t file_len = where.file ? strnlen(where.file, 4096) : 0;
	size_t text_len = strnlen(text, ROOM / 4);
	struct record *record = reserve(log, file_len + text_len);

	if (!record) {
		atomic_fetch_add(&log->lost, 1);
		return;
	}
	record->line = where.line;
	record->file_len = file_len;
	record->text_len = text_len;
	if (file_len)
		memcpy(record->data, where.file, file_len);
	memcpy(record->data + file_len, text, text_len);
	atomic_store(&record->kind, kind);
}

void bu_result_log_failure(struct bu_result_log *log, struct bpfunit_where where, const char *text)
{
	atomic_fetch_add(&log->failures, 1);
	append(log, RECORD_FAILURE, where, text ? text : "");
}

void bu_result_log_skipped(struct bu_result_log *log, const char *reason)
{
	append(log, RECORD_SKIPPED, (struct bpfunit_where){ 0 }, reason ? reason : "");
}

void bu_result_log_leaked(struct bu_result_log *log, const char *list)
{
	append(log, RECORD_LEAKED, (struct bpfunit_where){ 0 }, list);
}

/* The numbers and the reason as text. */
void bu_result_log_compared(struct bu_result_log *log, const char *why_not, uint64_t runs,
			    uint64_t differing)
{
	char text[320];

	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %s", runs, differing,
		 why_not ? why_not : "");
	append(log, RECORD_COMPARED, (struct bpfunit_where){ 0 }, text);
}

static void read_compared(const char *text, struct bu_result *result)
{
	uint64_t runs, differing;
	int at = 0;

	if (text && sscanf(text, "%" SCNu64 " %" SCNu64 " %n", &runs, &differing, &at) >= 2)
		bu_tally_add(&result->compared, text[at] ? text + at : NULL, runs, differing);
}

void bu_result_log_progress(struct bu_result_log *log, struct bpfunit_where where)
{
	log->last_line = where.line;
	if (where.file == log->last_pointer || !where.file)
		return;
	log->last_pointer = where.file;
	strncpy(log->last_file, where.file, FILE_MAX - 1);
}

void bu_result_log_done(struct bu_result_log *log, enum bpfunit_status status)
{
	atomic_store(&log->done, (uint32_t)status + 1);
}

bool bu_result_log_is_done(const struct bu_result_log *log)
{
	return atomic_load(&log->done) != 0;
}

void bu_result_log_signal(struct bu_result_log *log, int number)
{
	int32_t none = 0;

	atomic_compare_exchange_strong(&log->signal, &none, number);
}

int bu_result_log_signalled(const struct bu_result_log *log)
{
	return log->signal;
}

static void read_record(const struct record *record, struct bu_result *result)
{
	size_t room = record->size - sizeof(*record);
	char *file;

	if (record->file_len > room || record->text_len > room - record->file_len)
		return;
	if (record->kind == RECORD_SKIPPED) {
		free(result->skip_reason);
		result->skip_reason = strndup(record->data + record->file_len, record->text_len);
	} else if (record->kind == RECORD_FAILURE) {
		file = record->file_len ? strndup(record->data, record->file_len) : NULL;
		bu_result_fail(result, file, record->line, "%.*s", (int)record->text_len,
			       record->data + record->file_len);
		free(file);
	} else if (record->kind == RECORD_COMPARED) {
		file = strndup(record->data + record->file_len, record->text_len);
		read_compared(file, result);
		free(file);
	} else if (record->kind == RECORD_LEAKED) {
		free(result->leaks);
		result->leaks = strndup(record->data + record->file_len, record->text_len);
	}
}

static void read_records(const struct bu_result_log *log, struct bu_result *result)
{
	uint32_t used = log->used <= ROOM ? log->used : ROOM;

	for (uint32_t at = 0; at + sizeof(struct record) <= used;) {
		const struct record *record = (const struct record *)(log->records + at);

		if (record->size < sizeof(*record) || record->size % 8 || record->size > used - at)
			return;
		read_record(record, result);
		at += record->size;
	}
}

void bu_result_log_read(const struct bu_result_log *log, struct bu_result *result)
{
	uint32_t done = log->done;

	read_records(log, result);
	if (log->lost)
		bu_result_fail(result, NULL, 0, "%u more failures are not shown", log->lost);
	if (result->failures || log->failures || done == BPFUNIT_FAILED + 1)
		result->outcome = BU_FAILED;
	else if (done == BPFUNIT_SKIPPED + 1)
		result->outcome = BU_SKIPPED;
	else if (done == BPFUNIT_PASSED + 1)
		result->outcome = BU_PASSED;
}

void bu_result_log_releasing(struct bu_result_log *log, const char *what)
{
	size_t len = what ? strnlen(what, NAME_SIZE - 1) : 0;

	memcpy(log->releasing, what ? what : "", len);
	log->releasing[len] = '\0';
}

void bu_result_log_last_check(const struct bu_result_log *log, char *text, size_t size)
{
	if (log->releasing[0])
		snprintf(text, size,
			 "while %.*s was released, which the test owns: has the test destroyed or "
			 "closed it, too?",
			 NAME_SIZE - 1, log->releasing);
	else if (log->last_file[0])
		snprintf(text, size, "last check reached: %.*s:%d", FILE_MAX - 1, log->last_file,
			 log->last_line);
	else
		snprintf(text, size, "no check had been reached");
}
