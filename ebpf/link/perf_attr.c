/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attributes of perf_event_open(2): what they must be, and which event they name. Source:
 * perf_copy_attr(), perf_init_event(), perf_kprobe_init(), perf_uprobe_init(),
 * kernel/events/core.c, kernel/trace/trace_event_perf.c (6.12), as observed with 6.18. Differs: all
 * of the generic hardware counters exist, breakpoints and raw hardware events do not; addresses in
 * the middle of instructions are not recognised.
 */
#include "ebpf/link/perf_state.h"
#include "ebpf/link/symbols.h"
#include "ebpf/link/tracing.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ATTR_SIZE       136 /* of 6.18 */
#define MAX_SAMPLE_RATE 100000
#define SAMPLE_MAX      (1ULL << 25)
#define FORMAT_MAX      (1ULL << 5)
#define BRANCH_MAX      (1ULL << 20)
#define BRANCH_PLM_ALL  7
#define KSYM_NAME_LEN   512

static int check_branches(const struct perf_event_attr *attr)
{
	u64 mask = attr->branch_sample_type;

	if (!(attr->sample_type & PERF_SAMPLE_BRANCH_STACK))
		return 0;
	return mask & ~(BRANCH_MAX - 1) || !(mask & ~(u64)BRANCH_PLM_ALL) ? -EINVAL : 0;
}

static int check_flags(const struct perf_event_attr *attr)
{
	if (attr->inherit_thread && !attr->inherit)
		return -EINVAL;
	if (attr->remove_on_exec && attr->enable_on_exec)
		return -EINVAL;
	if (attr->sigtrap && !attr->remove_on_exec)
		return -EINVAL;
	return check_branches(attr);
}

static int check_attr(const struct perf_event_attr *attr)
{
	u64 weights = PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT;

	if (attr->__reserved_1 || attr->__reserved_2 || attr->__reserved_3)
		return -EINVAL;
	if (attr->sample_type & ~(SAMPLE_MAX - 1) || attr->read_format & ~(FORMAT_MAX - 1))
		return -EINVAL;
	if (attr->sample_type & PERF_SAMPLE_STACK_USER &&
	    (attr->sample_stack_user >= USHRT_MAX || attr->sample_stack_user % sizeof(u64)))
		return -EINVAL;
	if ((attr->sample_type & weights) == weights)
		return -EINVAL;
	if (attr->freq ? attr->sample_freq > MAX_SAMPLE_RATE : attr->sample_period >> 63 != 0)
		return -EINVAL;
	return check_flags(attr);
}

static int refuse_size(u64 user)
{
	u32 size = ATTR_SIZE;

	bu_copy_to_user(user + offsetof(struct perf_event_attr, size), &size, sizeof(size));
	return -E2BIG;
}

int bu_perf_copy_attr(struct perf_event_attr *attr, u64 user)
{
	u32 size;
	int err = bu_copy_from_user(&size, user + offsetof(struct perf_event_attr, size),
				    sizeof(size));

	if (err)
		return err;
	if (!size)
		size = PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > (u32)sysconf(_SC_PAGESIZE))
		return refuse_size(user);
	err = bu_check_tail_zero(user, ATTR_SIZE, size);
	if (err == -E2BIG)
		return refuse_size(user);
	memset(attr, 0, sizeof(*attr));
	if (!err)
		err = bu_copy_from_user(attr, user, BU_MIN(size, sizeof(*attr)));
	return err ? err : check_attr(attr);
}

static int counter(struct bu_perf_event *event)
{
	u64 config = event->attr.config;

	event->info.target = BU_PERF_COUNTER;
	switch (event->attr.type) {
	case PERF_TYPE_SOFTWARE:
		return config < PERF_COUNT_SW_MAX ? 0 : -ENOENT;
	case PERF_TYPE_HARDWARE:
		return config < PERF_COUNT_HW_MAX ? 0 : -EINVAL;
	case PERF_TYPE_HW_CACHE:
		return (config & 0xff) < PERF_COUNT_HW_CACHE_MAX &&
				       (config >> 8 & 0xff) < PERF_COUNT_HW_CACHE_OP_MAX &&
				       config >> 16 < PERF_COUNT_HW_CACHE_RESULT_MAX
			       ? 0
			       : -EINVAL;
	default:
		return -ENOENT;
	}
}

static int tracepoint(struct bu_perf_event *event)
{
	struct bu_trace_event *trace =
		bu_trace_event_by_id(event->object.kernel, event->attr.config);

	if (!trace)
		return -EINVAL;
	event->event = trace;
	trace->users++;
	event->info.target = trace->kind;
	event->info.name = trace->kind == BU_PERF_TRACEPOINT ? trace->name : trace->target;
	event->info.category = trace->category;
	event->info.offset = trace->offset;
	event->info.address = trace->address;
	event->info.ref_ctr_offset = trace->ref_ctr_offset;
	return 0;
}

/* A string of the caller's in event->own_name: 0, -EFAULT, -ENOMEM, or -E2BIG when it is longer
 * than `max` with its NUL. */
static int copy_name(struct bu_perf_event *event, u64 user, size_t max)
{
	char *name = malloc(max);
	long length = name ? bu_string_from_user(name, user, max) : -ENOMEM;

	if (length < 0 || length == (long)max) {
		free(name);
		return length < 0 ? (int)length : -E2BIG;
	}
	event->own_name = name;
	return 0;
}

static int by_name(struct bu_perf_event *event)
{
	struct bu_kernel *kernel = event->object.kernel;
	u64 address;
	int err = bu_kprobe_address(kernel, event->own_name, event->attr.probe_offset,
				    event->info.target == BU_PERF_KRETPROBE, &address);

	if (err)
		return err;
	event->info.name = event->own_name;
	event->info.offset = event->attr.probe_offset;
	event->info.address = address;
	return 0;
}

static int by_address(struct bu_perf_event *event)
{
	const struct bu_symbol *symbol =
		bu_symbol_at(event->object.kernel, event->attr.kprobe_addr);

	if (!symbol || !bu_symbol_is_function(symbol))
		return -EINVAL;
	event->info.address = event->attr.kprobe_addr;
	return 0;
}

/* Bit 0 of config: a probe of the return. */
static int kprobe(struct bu_perf_event *event)
{
	int err = 0;

	event->info.target = event->attr.config & 1 ? BU_PERF_KRETPROBE : BU_PERF_KPROBE;
	if (event->attr.kprobe_func)
		err = copy_name(event, event->attr.kprobe_func, KSYM_NAME_LEN);
	if (err)
		return err;
	return event->own_name && *event->own_name ? by_name(event) : by_address(event);
}

static int uprobe(struct bu_perf_event *event)
{
	u64 config = event->attr.config;
	int err;

	event->info.target = config & 1 ? BU_PERF_URETPROBE : BU_PERF_UPROBE;
	event->info.offset = event->attr.probe_offset;
	event->info.ref_ctr_offset = config >> 32;
	if (!event->attr.uprobe_path)
		return -EINVAL;
	err = copy_name(event, event->attr.uprobe_path, PATH_MAX);
	if (err)
		return err;
	event->info.name = event->own_name;
	return bu_uprobe_check(event->own_name, event->info.offset, event->info.ref_ctr_offset);
}

/* Source: __uprobe_register(), kernel/events/uprobes.c */
int bu_uprobe_check(const char *path, u64 offset, u64 ref_ctr_offset)
{
	struct stat st;
	int err;

	if (!*path)
		return -EINVAL;
	err = bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0, 0);
	if (err)
		return err;
	if (!S_ISREG(st.st_mode) || offset > (u64)st.st_size || ref_ctr_offset % 2)
		return -EINVAL;
	return 0;
}

/* Source: validate_probe_symbol(), kernel/trace/trace_kprobe.c; _kprobe_addr(),
 * register_kretprobe(), kernel/kprobes.c */
int bu_kprobe_address(struct bu_kernel *kernel, const char *function, u64 offset, bool returns,
		      u64 *address)
{
	const struct bu_symbol *symbol = bu_symbol_find(kernel, function);

	if (!symbol || !bu_symbol_is_function(symbol)) {
		bu_note(kernel,
			"kernel function '%s' is not known (ENOENT): name it in a section "
			"(kprobe/%s), by bpfunit_symbol_add(), or in the file BPFUNIT_KALLSYMS",
			function, function);
		return -ENOENT;
	}
	if (symbol->duplicate)
		return -EADDRNOTAVAIL;
	if (returns && offset)
		return -EINVAL;
	*address = symbol->address + offset;
	return bu_symbol_at(kernel, *address) == symbol ? 0 : -EINVAL;
}

/* What no PMU here records: branches, and registers beyond the general ones. */
static int check_capabilities(const struct perf_event_attr *attr)
{
#ifdef __x86_64__
	if ((attr->sample_regs_user | attr->sample_regs_intr) >> 32)
		return -EOPNOTSUPP;
#endif
	return attr->sample_type & PERF_SAMPLE_BRANCH_STACK ? -EOPNOTSUPP : 0;
}

int bu_perf_set_target(struct bu_perf_event *event)
{
	int err = check_capabilities(&event->attr);

	if (err)
		return err;
	switch (event->attr.type) {
	case PERF_TYPE_TRACEPOINT:
		return tracepoint(event);
	case BU_PMU_KPROBE:
		return kprobe(event);
	case BU_PMU_UPROBE:
		return uprobe(event);
	default:
		return counter(event);
	}
}

void bu_perf_drop_target(struct bu_perf_event *event)
{
	if (event->event)
		bu_trace_event_put(event->event);
	event->event = NULL;
	free(event->own_name);
	event->own_name = NULL;
}
