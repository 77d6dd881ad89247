/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kprobe_events and uprobe_events of tracefs: probes made by writing lines, as libbpf does where
 * there is no PMU for them or where it is asked for. User space writes into a memfd; the lines take
 * effect when events are next looked for. Source: kernel/trace/trace_kprobe.c,
 * kernel/trace/trace_uprobe.c, Documentation/trace/kprobetrace.rst (6.12). Differs: a line that the
 * kernel would refuse is written without error, makes no event and leaves a note; arguments to
 * fetch are not parsed.
 */
#include "ebpf/btf/btf_join.h"
#include "ebpf/kernel.h"
#include "ebpf/link/tracing_state.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct line {      /* "p:group/event target" taken apart; in the line's own bytes */
	char kind; /* 'p', 'r', '-' */
	char *group, *event, *target;
};

static bool is_uprobe(const struct bu_trace_event *event)
{
	return event->kind == BU_PERF_UPROBE || event->kind == BU_PERF_URETPROBE;
}

static bool is_kprobe(const struct bu_trace_event *event)
{
	return event->kind == BU_PERF_KPROBE || event->kind == BU_PERF_KRETPROBE;
}

static bool is_return(const struct bu_trace_event *event)
{
	return event->kind == BU_PERF_KRETPROBE || event->kind == BU_PERF_URETPROBE;
}

static bool split(char *text, struct line *line)
{
	char *head = strtok_r(text, " \t", &line->target), *slash;

	if (!head || !strchr("pr-", *head))
		return false;
	line->kind = *head;
	line->target += strspn(line->target, " \t");
	line->group = strchr(head, ':');
	if (!line->group)
		return false;
	*line->group++ = '\0';
	slash = strchr(line->group, '/');
	if (!slash)
		return false;
	*slash = '\0';
	line->event = slash + 1;
	line->target[strcspn(line->target, " \t")] = '\0';
	return *line->group && *line->event;
}

static int remove_event(struct bu_kernel *kernel, const struct line *line)
{
	struct bu_trace_event *event = bu_trace_event_find(kernel, line->group, line->event);

	if (!event || event->kind == BU_PERF_TRACEPOINT)
		return -ENOENT;
	if (event->users)
		return -EBUSY;
	event->gone = true;
	return 0;
}

/* "function+offset" */
static int parse_kprobe(struct bu_kernel *kernel, struct bu_trace_event *event, char *target)
{
	char *plus = strchr(target, '+');

	if (plus) {
		*plus = '\0';
		event->offset = strtoull(plus + 1, NULL, 0);
	}
	return bu_kprobe_address(kernel, target, event->offset, is_return(event), &event->address);
}

/* "path:offset", "path:offset(counter)" or with "%return" */
static int parse_uprobe(struct bu_trace_event *event, char *target)
{
	char *colon = strrchr(target, ':'), *end;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	event->offset = strtoull(colon + 1, &end, 0);
	if (*end == '(')
		event->ref_ctr_offset = strtoull(end + 1, &end, 0);
	if (strstr(end, "%return"))
		event->kind = BU_PERF_URETPROBE;
	return bu_uprobe_check(target, event->offset, event->ref_ctr_offset);
}

static int add_event(struct bu_kernel *kernel, bool uprobes, const struct line *line)
{
	bool returns = line->kind == 'r';
	struct bu_trace_event probe = {
		.kind = uprobes ? returns ? BU_PERF_URETPROBE : BU_PERF_UPROBE :
			returns ? BU_PERF_KRETPROBE :
				  BU_PERF_KPROBE,
	}, *event;
	int err = uprobes ? parse_uprobe(&probe, line->target)
			  : parse_kprobe(kernel, &probe, line->target);

	if (err)
		return err;
	if (bu_trace_event_find(kernel, line->group, line->event))
		return -EEXIST;
	probe.target = strdup(line->target);
	event = probe.target ? bu_trace_event_new(kernel->tracing, line->group, line->event) : NULL;
	if (!event) {
		free(probe.target);
		return -ENOMEM;
	}
	event->kind = probe.kind;
	event->target = probe.target;
	event->offset = probe.offset;
	event->address = probe.address;
	event->ref_ctr_offset = probe.ref_ctr_offset;
	return 0;
}

static void carry_out(struct bu_kernel *kernel, bool uprobes, char *text)
{
	struct line line;
	char *copy = strdup(text);
	int err = -EINVAL;

	if (!copy || !*text || *text == '#')
		goto out;
	if (split(text, &line))
		err = line.kind == '-' ? remove_event(kernel, &line)
				       : add_event(kernel, uprobes, &line);
	if (err)
		bu_note(kernel, "'%s' in %s has no effect: %s", copy,
			uprobes ? "uprobe_events" : "kprobe_events", strerror(-err));
out:
	free(copy);
}

static void settle(struct bu_kernel *kernel, bool uprobes)
{
	struct bu_tracing *tracing = kernel->tracing;
	u64 from = tracing->consumed[uprobes];
	struct stat st = { 0 };
	char *text, *rest, *line;
	ssize_t got;

	if (tracing->written[uprobes] < 0 || fstat(tracing->written[uprobes], &st) ||
	    (u64)st.st_size <= from)
		return;
	text = calloc(1, st.st_size - from + 1);
	if (!text)
		return;
	got = pread(tracing->written[uprobes], text, st.st_size - from, from);
	tracing->consumed[uprobes] += BU_MAX(got, 0);
	/* Each write of libbpf is one line without a newline at its end. */
	for (rest = text; (line = strtok_r(rest, "\n", &rest));)
		carry_out(kernel, uprobes, line);
	free(text);
}

void bu_probe_events_settle(struct bu_kernel *kernel)
{
	if (!kernel->tracing || kernel->tracing->settling)
		return;
	kernel->tracing->settling = true;
	settle(kernel, false);
	settle(kernel, true);
	kernel->tracing->settling = false;
}

static int forget_event(struct bu_trace_event *event, void *arg)
{
	bool uprobes = *(bool *)arg;

	if (!event->users && (uprobes ? is_uprobe(event) : is_kprobe(event)))
		event->gone = true;
	return 0;
}

static int prepare(struct bu_tracing *tracing, bool uprobes)
{
	int fd = tracing->written[uprobes];

	if (fd >= 0)
		return fd;
	fd = memfd_create("bpfunit-events", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	return tracing->written[uprobes] = bu_fd_move_high(fd);
}

int bu_probe_events_open(struct bu_kernel *kernel, bool uprobes, int flags)
{
	struct bu_tracing *tracing = bu_tracing(kernel);
	char path[64];
	int fd = tracing ? prepare(tracing, uprobes) : -ENOMEM;

	if (fd < 0)
		return fd;
	bu_probe_events_settle(kernel);
	if (flags & O_TRUNC) {
		bu_trace_event_for_each(kernel, forget_event, &uprobes);
		tracing->consumed[uprobes] = 0;
		if (ftruncate(fd, 0))
			return -errno;
	}
	/* A description of its own, whose writes go to the end. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return bu_host_syscall(SYS_openat, AT_FDCWD, (long)path,
			       O_WRONLY | O_APPEND | (flags & O_CLOEXEC), 0, 0, 0);
}

struct listing {
	struct bu_bytes *text;
	bool uprobes;
};

static int list_event(struct bu_trace_event *event, void *arg)
{
	struct listing *listing = arg;
	char line[512];
	int len;

	if (listing->uprobes ? !is_uprobe(event) : !is_kprobe(event))
		return 0;
	len = snprintf(line, sizeof(line),
		       listing->uprobes ? "%c:%s/%s %s:0x%016llx\n" : "%c:%s/%s %s+%llu\n",
		       is_return(event) ? 'r' : 'p', event->category, event->name, event->target,
		       (unsigned long long)event->offset);
	bu_bytes_add(listing->text, line, BU_MIN((size_t)len, sizeof(line) - 1));
	return 0;
}

void bu_probe_events_list(struct bu_kernel *kernel, bool uprobes, struct bu_bytes *text)
{
	struct listing listing = { .text = text, .uprobes = uprobes };

	bu_trace_event_for_each(kernel, list_event, &listing);
}

void bu_probe_events_free(struct bu_tracing *tracing)
{
	for (int i = 0; i < 2; i++) {
		if (tracing->written[i] >= 0)
			close(tracing->written[i]);
	}
}
