/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual files of tracefs, which is at /sys/kernel/tracing and /sys/kernel/debug/tracing. Source:
 * kernel/trace/trace_events.c, kernel/trace/ftrace.c (6.12). Differs: of an event's format only the
 * common fields are known; switches cannot be written to.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/kernel.h"
#include "ebpf/link/symbols.h"
#include "ebpf/link/tracing.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static int print_function(const struct bu_symbol *symbol, void *out)
{
	if (bu_symbol_is_function(symbol))
		bu_file_print(out, symbol->module ? "%s [%s]\n" : "%s\n", symbol->name,
			      symbol->module);
	return 0;
}

static int print_address(const struct bu_symbol *symbol, void *out)
{
	if (!bu_symbol_is_function(symbol))
		return 0;
	bu_file_print(out, "%016llx ", (unsigned long long)symbol->address);
	return print_function(symbol, out);
}

static int functions(struct bu_kernel *kernel, struct bu_bytes *out)
{
	return out ? bu_symbol_for_each(kernel, print_function, out) : 0;
}

static int functions_addrs(struct bu_kernel *kernel, struct bu_bytes *out)
{
	return out ? bu_symbol_for_each(kernel, print_address, out) : 0;
}

static int print_event(struct bu_trace_event *event, void *out)
{
	bu_file_print(out, "%s:%s\n", event->category, event->name);
	return 0;
}

static int available_events(struct bu_kernel *kernel, struct bu_bytes *out)
{
	return out ? bu_trace_event_for_each(kernel, print_event, out) : 0;
}

static int kprobe_events(struct bu_kernel *kernel, struct bu_bytes *out)
{
	if (out)
		bu_probe_events_list(kernel, false, out);
	return 0;
}

static int uprobe_events(struct bu_kernel *kernel, struct bu_bytes *out)
{
	if (out)
		bu_probe_events_list(kernel, true, out);
	return 0;
}

static int trace(struct bu_kernel *kernel, struct bu_bytes *out)
{
	if (out)
		bu_trace_list(kernel, out);
	return 0;
}

static int nothing(struct bu_kernel *kernel, struct bu_bytes *out)
{
	return 0;
}

static int on(struct bu_kernel *kernel, struct bu_bytes *out)
{
	bu_file_print(out, "1\n");
	return 0;
}

static int nop(struct bu_kernel *kernel, struct bu_bytes *out)
{
	bu_file_print(out, "nop\n");
	return 0;
}

struct listing {
	const char *category; /* NULL: the categories themselves */
	struct bu_bytes *out;
};

/* Categories are named with their first event. */
static bool is_first(const struct bu_bytes *out, const char *category)
{
	size_t len = strlen(category), at = 0;

	for (const u8 *end; at < out->size; at = (size_t)(end - out->data) + 1) {
		end = memchr(out->data + at, '\n', out->size - at);
		if ((size_t)(end - out->data) - at == len + 1 &&
		    !memcmp(out->data + at, category, len))
			return false;
	}
	return true;
}

static int list_event(struct bu_trace_event *event, void *arg)
{
	const struct listing *listing = arg;

	if (listing->category && !strcmp(event->category, listing->category))
		bu_file_print(listing->out, "%s/\n", event->name);
	else if (!listing->category && is_first(listing->out, event->category))
		bu_file_print(listing->out, "%s/\n", event->category);
	return 0;
}

static int list_events(struct bu_kernel *kernel, const char *category, struct bu_bytes *out)
{
	struct listing listing = { category, out };

	if (out)
		bu_trace_event_for_each(kernel, list_event, &listing);
	return BU_FILE_DIRECTORY;
}

static int categories(struct bu_kernel *kernel, struct bu_bytes *out)
{
	return list_events(kernel, NULL, out);
}

static int root(struct bu_kernel *kernel, struct bu_bytes *out);

static const struct {
	const char *name;
	int (*content)(struct bu_kernel *kernel, struct bu_bytes *out);
} entries[] = {
	{ "", root },
	{ "/", root },
	{ "/events", categories },
	{ "/events/", categories },
	{ "/available_filter_functions", functions },
	{ "/available_filter_functions_addrs", functions_addrs },
	{ "/available_events", available_events },
	{ "/kprobe_events", kprobe_events },
	{ "/uprobe_events", uprobe_events },
	{ "/trace", trace },
	{ "/trace_pipe", nothing },
	{ "/set_event", nothing },
	{ "/tracing_on", on },
	{ "/current_tracer", nop },
	{ "/available_tracers", nop },
};

static int root(struct bu_kernel *kernel, struct bu_bytes *out)
{
	bu_file_print(out, "events/\n");
	for (size_t i = 0; i < BU_ARRAY_SIZE(entries); i++) {
		if (entries[i].content != root && entries[i].content != categories)
			bu_file_print(out, "%s\n", entries[i].name + 1);
	}
	return BU_FILE_DIRECTORY;
}

static void print_format(const struct bu_trace_event *event, struct bu_bytes *out)
{
	bu_file_print(out,
		      "name: %s\nID: %u\nformat:\n"
		      "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		      "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		      "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		      "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n",
		      event->name, event->id);
	if (!strcmp(event->category, "syscalls"))
		bu_file_print(out, "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n\n");
	bu_file_print(out, "print fmt: \"\"\n");
}

static int event_file(const struct bu_trace_event *event, const char *name, struct bu_bytes *out)
{
	if (!*name) {
		bu_file_print(out, "enable\nfilter\nformat\nid\n");
		return BU_FILE_DIRECTORY;
	}
	if (!strcmp(name, "id"))
		bu_file_print(out, "%u\n", event->id);
	else if (!strcmp(name, "format"))
		print_format(event, out);
	else if (!strcmp(name, "enable"))
		bu_file_print(out, "0\n");
	else if (!strcmp(name, "filter"))
		bu_file_print(out, "none\n");
	else
		return -ENOENT;
	return 0;
}

static void note_unknown(struct bu_kernel *kernel, const char *category, const char *name)
{
	bu_note(kernel,
		"tracepoint %s/%s is not known (ENOENT): name it in a section (tp/%s/%s) or by "
		"bpfunit_tracepoint_add()",
		category, name, category, name);
}

static int match_category(struct bu_trace_event *event, void *category)
{
	return !strcmp(event->category, category);
}

/* "category", "category/name" or "category/name/file" */
static int event_path(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	const struct bu_trace_event *event;
	char path[400], *category = path, *name, *file;

	if (snprintf(path, sizeof(path), "%s", rest) >= (int)sizeof(path))
		return -ENOENT;
	category = strtok_r(path, "/", &name);
	if (!category)
		return -ENOENT;
	name = strtok_r(name, "/", &file);
	if (!name)
		return bu_trace_event_for_each(kernel, match_category, category) > 0
			       ? list_events(kernel, category, out)
			       : -ENOENT;
	event = bu_trace_event_find(kernel, category, name);
	if (event)
		return event_file(event, file, out);
	note_unknown(kernel, category, name);
	return -ENOENT;
}

int bu_file_trace(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(entries); i++) {
		if (!strcmp(entries[i].name, rest))
			return entries[i].content(kernel, out);
	}
	return strncmp(rest, "/events/", 8) ? -ENOENT : event_path(kernel, rest + 8, out);
}

static int open_trace(struct bu_kernel *kernel, int flags)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		return BU_FILE_CONTENT;
	if (flags & O_TRUNC) {
		free(kernel->trace);
		kernel->trace = NULL;
		kernel->trace_len = 0;
		bu_trace_forget(kernel);
	}
	return bu_host_syscall(SYS_openat, AT_FDCWD, (long)"/dev/null",
			       O_WRONLY | (flags & O_CLOEXEC), 0, 0, 0);
}

int bu_open_trace(struct bu_kernel *kernel, const char *rest, int flags)
{
	bool write = (flags & O_ACCMODE) != O_RDONLY;

	if (!strcmp(rest, "/trace_pipe") && !write)
		return bu_trace_pipe_open(kernel, flags);
	if (!strcmp(rest, "/kprobe_events") && write)
		return bu_probe_events_open(kernel, false, flags);
	if (!strcmp(rest, "/uprobe_events") && write)
		return bu_probe_events_open(kernel, true, flags);
	return strcmp(rest, "/trace") ? BU_FILE_CONTENT : open_trace(kernel, flags);
}

int bu_file_directory(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	return BU_FILE_DIRECTORY;
}
