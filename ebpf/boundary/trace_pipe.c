/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trace output as tracefs shows it. trace_pipe is a socket for each reader, to which lines are sent
 * as they come; each line goes to one reader, the first that takes it, and what nobody has read yet
 * waits for the next who opens the file. Reading blocks when there is nothing. Source:
 * kernel/trace/trace.c, trace_output.c (6.12). Differs: a line counts as read once it is in the
 * reader's socket.
 */
#include "ebpf/btf/btf_join.h"
#include "ebpf/kernel.h"
#include "ebpf/link/tracing_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct bu_trace_reader {
	struct bu_trace_reader *next;
	int peer;
};

/* The task, CPU and time in front of a line. Source: trace_print_context() */
static int print_context(const struct bu_trace_mark *mark, char *text, size_t size)
{
	u64 us = (mark->clock_ns + 500) / 1000;

	return snprintf(text, size,
			"%16s-%-7u [%03u] ..... %5llu.%06llu: bpf_trace_printk: ", mark->comm,
			mark->pid, mark->cpu, (unsigned long long)(us / 1000000),
			(unsigned long long)(us % 1000000));
}

/* Line `i` of the output with its context; what the program wrote ends with a newline, or gets one.
 */
static void add_line(const struct bu_kernel *kernel, u32 i, struct bu_bytes *text)
{
	const struct bu_tracing *tracing = kernel->tracing;
	size_t from = tracing->marks[i].at;
	size_t to = i + 1 < tracing->nr_marks ? tracing->marks[i + 1].at : kernel->trace_len;
	char context[96];
	int len = print_context(&tracing->marks[i], context, sizeof(context));

	bu_bytes_add(text, context, len);
	bu_bytes_add(text, kernel->trace + from, to - from);
	if (to == from || kernel->trace[to - 1] != '\n')
		bu_bytes_add(text, "\n", 1);
}

void bu_trace_list(struct bu_kernel *kernel, struct bu_bytes *text)
{
	static const char head[] = "# tracer: nop\n#\n";

	bu_bytes_add(text, head, sizeof(head) - 1);
	for (u32 i = 0; kernel->tracing && i < kernel->tracing->nr_marks; i++)
		add_line(kernel, i, text);
}

void bu_trace_mark(struct bu_kernel *kernel)
{
	struct bu_tracing *tracing = bu_tracing(kernel);
	struct bu_trace_mark *marks;

	if (!tracing)
		return;
	marks = reallocarray(tracing->marks, tracing->nr_marks + 1, sizeof(*marks));
	if (!marks)
		return;
	tracing->marks = marks;
	marks += tracing->nr_marks++;
	marks->at = kernel->trace_len;
	marks->clock_ns = kernel->env.clock_ns;
	marks->pid = kernel->env.pid;
	marks->cpu = kernel->run ? kernel->run->cpu : kernel->env.cpu;
	memcpy(marks->comm, kernel->env.comm, sizeof(marks->comm));
}

/* Whether the reader took it; one that is gone never will. */
static bool give(struct bu_trace_reader *reader, const struct bu_bytes *text)
{
	if (reader->peer < 0)
		return false;
	if (send(reader->peer, text->data, text->size, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)text->size)
		return true;
	if (errno == EPIPE || errno == ECONNRESET) {
		close(reader->peer);
		reader->peer = -1;
	}
	return false;
}

static bool give_line(struct bu_kernel *kernel, u32 i)
{
	struct bu_trace_reader *reader = kernel->tracing->readers;
	struct bu_bytes text = { 0 };

	add_line(kernel, i, &text);
	while (reader && !give(reader, &text))
		reader = reader->next;
	free(text.data);
	return reader;
}

void bu_trace_pipe_feed(struct bu_kernel *kernel)
{
	struct bu_tracing *tracing = kernel->tracing;

	if (!tracing || !tracing->readers)
		return;
	while (tracing->piped < tracing->nr_marks && give_line(kernel, tracing->piped))
		tracing->piped++;
}

void bu_trace_forget(struct bu_kernel *kernel)
{
	if (!kernel->tracing)
		return;
	kernel->tracing->nr_marks = 0;
	kernel->tracing->piped = 0;
}

static int make_ends(int flags, int ends[2])
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0);

	if (socketpair(AF_UNIX, type, 0, ends))
		return -errno;
	ends[1] = bu_fd_move_high(ends[1]);
	if (!(flags & O_CLOEXEC))
		fcntl(ends[0], F_SETFD, 0);
	return 0;
}

int bu_trace_pipe_open(struct bu_kernel *kernel, int flags)
{
	struct bu_tracing *tracing = bu_tracing(kernel);
	struct bu_trace_reader *reader = calloc(1, sizeof(*reader));
	int ends[2], err = tracing && reader ? make_ends(flags, ends) : -ENOMEM;

	if (err) {
		free(reader);
		return err;
	}
	reader->peer = ends[1];
	reader->next = tracing->readers;
	tracing->readers = reader;
	bu_trace_pipe_feed(kernel);
	return ends[0];
}

void bu_trace_pipe_free(struct bu_tracing *tracing)
{
	while (tracing->readers) {
		struct bu_trace_reader *reader = tracing->readers;

		tracing->readers = reader->next;
		if (reader->peer >= 0)
			close(reader->peer);
		free(reader);
	}
	free(tracing->marks);
}
