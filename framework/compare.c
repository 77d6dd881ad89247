// SPDX-License-Identifier: BSD-2-Clause
/*
 * One run in both kernels. First everything that the run can reach gets its twin and the twin its
 * contents, then the VM runs, then the host; so neither sees what the other did. The host's run is
 * made by the thread of the test, on the CPU that the VM's began on.
 */
#include "framework/compare.h"

#include <bpfunit/runner.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/kernel.h"
#include "ebpf/prog/prog_types.h"
#include "ebpf/syscall.h"
#include "framework/host.h"
#include "framework/host_ctx.h"
#include "maps/fd_array.h"

#define LOG_SHOWN 1600
#define ARGUMENTS 12

struct bu_tallied {
	struct bu_tallied *next;
	char why[BU_WHY_LEN]; /* "": compared */
	u64 runs, differing;
};

struct bu_comparisons {
	struct bu_mirror *mirror;
	struct bu_tallied *tally;
	bool busy; /* within a run */
};

/* The two outcomes of a run, as bpf(2) gives them. */
struct sides {
	struct bu_mirror *mirror;
	struct bu_twin_prog *twin;
	union bpf_attr host;          /* the host's call and its results */
	u8 *data_in, *data_out, *ctx; /* its memory */
	u32 ctx_size;
	long error; /* of the host's call */
	u64 faults; /* of the test, before */
};

/* Counting */

static void count(struct bu_comparisons *comparisons, const char *why, bool differs)
{
	struct bu_tallied **at = &comparisons->tally;

	while (*at && strcmp((*at)->why, why))
		at = &(*at)->next;
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return;
		snprintf((*at)->why, BU_WHY_LEN, "%s", why);
	}
	(*at)->runs++;
	(*at)->differing += differs;
}

static int run_for_call(void *arg, struct bu_prog *prog, union bpf_attr *attr);

void bu_compare_begin(struct bu_test *test)
{
	struct bu_kernel *kernel = bu_test_kernel();

	if (bu_backend != BU_BACKEND_DIFF)
		return;
	test->comparisons = calloc(1, sizeof(*test->comparisons));
	if (test->comparisons)
		test->comparisons->mirror = bu_mirror_new(kernel);
	if (!test->comparisons || !test->comparisons->mirror) {
		bu_test_fail(test->where, "out of memory");
		return;
	}
	kernel->test_run = run_for_call;
	kernel->test_run_arg = test->comparisons;
}

static void tell(const struct bu_test *test, const struct bu_tallied *tally)
{
	if (test->sink->compared)
		test->sink->compared(test->sink->arg, tally->why[0] ? tally->why : NULL,
				     tally->runs, tally->differing);
}

void bu_compare_end(struct bu_test *test)
{
	struct bu_comparisons *comparisons = test->comparisons;
	struct bu_kernel *kernel = bu_kernel_if_any();

	test->comparisons = NULL;
	if (kernel)
		kernel->test_run = NULL;
	if (!comparisons)
		return;
	while (comparisons->tally) {
		struct bu_tallied *tally = comparisons->tally;

		comparisons->tally = tally->next;
		tell(test, tally);
		free(tally);
	}
	if (comparisons->mirror)
		bu_mirror_free(comparisons->mirror);
	free(comparisons);
}

static struct bu_test *outermost(void)
{
	struct bu_test *test = bu_test();

	while (test && test->outer)
		test = test->outer;
	return test;
}

/* What the run can reach */

static bool reach_prog(struct bu_mirror *mirror, struct bu_prog *prog);

static bool reach_map(struct bu_mirror *mirror, struct bu_map *map)
{
	struct bu_twin_map *twin = bu_mirror_map(mirror, map);

	for (u32 i = 0; i < mirror->nr_scope; i++) {
		if (mirror->scope[i] == twin)
			return true;
	}
	if (!twin || mirror->nr_scope == BU_SCOPE_MAX)
		bu_mirror_why(mirror, "out of memory");
	else if (twin->why[0])
		bu_mirror_why(mirror, "%s", twin->why);
	if (mirror->why[0])
		return false;
	mirror->scope[mirror->nr_scope++] = twin;
	return !bu_map_is_outer(map) || bu_mirror_each_inner(mirror, twin, reach_map);
}

static bool reach_targets(struct bu_mirror *mirror, struct bu_map *map)
{
	bool all = true;

	for (u32 i = 0; all && map->type == BPF_MAP_TYPE_PROG_ARRAY && i < map->max_entries; i++) {
		struct bu_object *object = bu_fd_array_get(map, i);

		if (object)
			all = reach_prog(mirror, bu_container_of(object, struct bu_prog, object));
	}
	return all;
}

static bool reach_prog(struct bu_mirror *mirror, struct bu_prog *prog)
{
	struct bu_twin_prog *twin = bu_mirror_prog(mirror, prog);
	bool all = true;

	for (u32 i = 0; i < mirror->nr_scope_progs; i++) {
		if (mirror->scope_progs[i] == twin)
			return true;
	}
	if (!twin || mirror->nr_scope_progs == BU_SCOPE_MAX)
		bu_mirror_why(mirror, "out of memory");
	bu_compare_why(mirror, prog);
	if (mirror->why[0])
		return false;
	mirror->scope_progs[mirror->nr_scope_progs++] = twin;
	for (u32 i = 0; all && i < prog->nr_maps; i++)
		all = reach_map(mirror, prog->maps[i]) && reach_targets(mirror, prog->maps[i]);
	return all;
}

static void copy_scope(struct bu_mirror *mirror)
{
	bool copied = true;

	for (u32 i = 0; copied && i < mirror->nr_scope; i++)
		copied = bu_mirror_copy(mirror, mirror->scope[i]);
	for (u32 i = 0; copied && i < mirror->nr_scope_progs; i++)
		bu_mirror_load(mirror, mirror->scope_progs[i]);
	for (u32 i = 0; copied && i < mirror->nr_scope; i++)
		copied = bu_mirror_copy_refs(mirror, mirror->scope[i]);
}

static void look_around(struct bu_mirror *mirror, s64 cpu)
{
	const struct bu_test *test = outermost();

	if (test->test->opts.vm_only)
		bu_mirror_why(mirror, "the test is for the VM alone");
	if (mirror->kernel->running)
		bu_mirror_why(mirror, "runs within another run");
	if (cpu >= mirror->cpus)
		bu_mirror_why(mirror, "runs on CPU %u, and this machine has %u", (u32)cpu,
			      mirror->cpus);
}

/* Before the VM's run. */
static void prepare(struct sides *sides, struct bu_mirror *mirror, struct bu_prog *prog, s64 cpu)
{
	sides->mirror = mirror;
	sides->faults = outermost()->faults;
	mirror->why[0] = '\0';
	mirror->nr_scope = mirror->nr_scope_progs = 0;
	look_around(mirror, cpu);
	if (!mirror->why[0] && reach_prog(mirror, prog))
		copy_scope(mirror);
	sides->twin = mirror->nr_scope_progs ? mirror->scope_progs[0] : NULL;
	if (sides->twin && sides->twin->why[0])
		bu_mirror_why(mirror, "%s", sides->twin->why);
	if (sides->twin && sides->twin->told)
		bu_mirror_why(mirror, "the kernel refuses the program");
	bu_mirror_env_begin(mirror);
}

/* As the VM's task: the thread has its name meanwhile. */
static long run_named(union bpf_attr *attr, const char *name)
{
	char before[16] = "";
	long error;

	prctl(PR_GET_NAME, before);
	prctl(PR_SET_NAME, name);
	error = bu_host_bpf(BPF_PROG_TEST_RUN, attr);
	prctl(PR_SET_NAME, before);
	return error;
}

/* The kernel would make fragments of what a page has no room for; the VM's run does so for programs
 * that take them. */
static void look_for_fragments(struct sides *sides, const struct bu_prog *prog,
			       const struct bu_test_io *io)
{
	if (prog->prog_type == BPF_PROG_TYPE_XDP && io->data &&
	    bu_xdp_frags(io->data_size, io->meta_size) != io->frags_size)
		bu_mirror_why(
			sides->mirror,
			"the packet is larger than a page and the program takes no fragments");
}

static void run_host(struct sides *sides, u32 cpu)
{
	cpu_set_t before, one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_getaffinity(0, sizeof(before), &before);
	if (sched_setaffinity(0, sizeof(one), &one)) {
		bu_mirror_why(sides->mirror, "CPU %u cannot be used", cpu);
		return;
	}
	sides->host.test.prog_fd = sides->twin->fd;
	sides->host.test.duration = 0;
	sides->error = run_named(&sides->host, sides->mirror->kernel->env.comm);
	sched_setaffinity(0, sizeof(before), &before);
}

/* Telling */

static void add_bytes(struct bu_text *text, const char *what, const u8 *vm, u32 vm_size,
		      const u8 *host, u32 host_size)
{
	u32 size = BU_MIN(vm_size, host_size), at = 0, from;

	while (at < size && vm[at] == host[at])
		at++;
	if (at == size && vm_size == host_size)
		return;
	from = at / 16 * 16;
	bu_text_add(text,
		    "\n  %s: differs from byte %u on; VM %u bytes, kernel %u bytes\n    VM:\n",
		    what, at, vm_size, host_size);
	bu_text_hex(text, "      ", vm + from, BU_MIN(vm_size - from, 64u), from);
	bu_text_add(text, "    kernel:\n");
	bu_text_hex(text, "      ", host + from, BU_MIN(host_size - from, 64u), from);
}

static void add_refusal(struct bu_text *text, const struct bu_twin_prog *twin)
{
	size_t len = strlen(twin->log), skip = len > LOG_SHOWN ? len - LOG_SHOWN : 0;

	skip += skip ? strcspn(twin->log + skip, "\n") : 0;
	bu_text_add(text, "\n  the VM runs it; the kernel refuses to load it: %s%s%s",
		    strerror(-twin->error), skip ? "\n  ..." : "\n", twin->log + skip);
}

/* A difference fails the test. */
static void conclude(struct bu_comparisons *comparisons, struct sides *sides, struct bu_prog *prog,
		     struct bu_text *text)
{
	struct bu_mirror *mirror = sides->mirror;

	bu_mirror_env_end(mirror);
	count(comparisons, mirror->why, !mirror->why[0] && text->len);
	if (!mirror->why[0] && text->len)
		bu_test_fail(bu_test_where(),
			     "program '%s' (%s): the VM and this machine's kernel differ%s",
			     prog->name, prog->type->name, bu_text_str(text));
	bu_text_free(text);
	free(sides->data_in);
	free(sides->data_out);
	free(sides->ctx);
	comparisons->busy = false;
}

static void compare_maps(struct sides *sides, struct bu_text *text)
{
	for (u32 i = 0; i < sides->mirror->nr_scope; i++)
		bu_mirror_compare(sides->mirror, sides->mirror->scope[i], text);
}

/* After the VM's run: whether to make the host's. */
static bool go_on(struct sides *sides, struct bu_text *text)
{
	struct bu_twin_prog *twin = sides->twin;

	bu_mirror_env_end(sides->mirror);
	if (bu_test()->ending)
		bu_mirror_why(sides->mirror, "a check in a mock ended the run");
	if (outermost()->faults != sides->faults)
		bu_mirror_why(sides->mirror, "the program faults in the VM");
	if (twin && twin->log && bu_refused_skips())
		bu_mirror_why(sides->mirror, "the kernel refuses the program");
	if (sides->mirror->why[0])
		return false;
	if (twin->log) {
		add_refusal(text, twin);
		twin->told = true;
		return false;
	}
	if (twin->fd < 0)
		bu_mirror_why(sides->mirror, "it is not loaded there");
	return twin->fd >= 0;
}

/* Runs of the framework */

static void compare_skb(const struct bu_test_io *io, const struct __sk_buff *host,
			struct bu_text *text)
{
	const struct __sk_buff *vm = io->ctx;

#define BU_FIELD(name)                                                                             \
	if (vm->name != host->name)                                                                \
	bu_text_add(text, "\n  __sk_buff." #name ": VM %llu, kernel %llu",                         \
		    (unsigned long long)vm->name, (unsigned long long)host->name)
	BU_FIELD(mark);
	BU_FIELD(priority);
	BU_FIELD(tstamp);
	BU_FIELD(cb[0]);
	BU_FIELD(cb[1]);
	BU_FIELD(cb[2]);
	BU_FIELD(cb[3]);
	BU_FIELD(cb[4]);
#undef BU_FIELD
}

static void compare_io_ctx(const struct bu_prog *prog, const struct sides *sides,
			   const struct bu_test_io *io, struct bu_text *text)
{
	const struct xdp_md *md = (const void *)sides->ctx;

	if (prog->prog_type == BPF_PROG_TYPE_XDP && md->data != io->meta_out_size)
		bu_text_add(text, "\n  metadata: VM %u bytes, kernel %u bytes", io->meta_out_size,
			    md->data);
	else if (bu_prog_has_skb(prog))
		compare_skb(io, (const void *)sides->ctx, text);
	else if (prog->prog_type == BPF_PROG_TYPE_SYSCALL)
		add_bytes(text, "context", io->ctx, io->ctx_size, sides->ctx, io->ctx_size);
}

static void compare_io(const struct bu_prog *prog, const struct sides *sides,
		       const struct bu_test_io *io, struct bu_text *text)
{
	/* The kernel clears the link header that such programs do not see. */
	u32 skip = bu_prog_has_skb(prog) && !bu_skb_is_l2(prog) ? BU_ETH_BYTES : 0;
	u32 size = sides->host.test.data_size_out;

	if ((u32)io->retval != sides->host.test.retval)
		bu_text_add(text, "\n  return code: VM %d, kernel %d", (s32)io->retval,
			    (s32)sides->host.test.retval);
	if (io->data && size >= skip && io->data_out_size >= skip)
		add_bytes(text, "packet", io->data_out + skip, io->data_out_size - skip,
			  sides->data_out + skip, size - skip);
	compare_io_ctx(prog, sides, io, text);
}

/* The context as BPF_PROG_TEST_RUN takes it. */
static void give_ctx(struct sides *sides, const struct bu_prog *prog, const struct bu_test_io *io)
{
	union bpf_attr *host = &sides->host;
	const char *why = NULL;

	sides->ctx_size = BU_MAX(io->ctx ? io->ctx_size : 0, ARGUMENTS * (u32)sizeof(u64));
	sides->ctx_size = BU_MAX(sides->ctx_size, (u32)sizeof(struct __sk_buff));
	sides->ctx = calloc(1, sides->ctx_size);
	if (!sides->ctx) {
		bu_mirror_why(sides->mirror, "out of memory");
		return;
	}
	host->test.ctx_in = (u64)(uintptr_t)sides->ctx;
	host->test.ctx_size_in = io->ctx ? io->ctx_size : 0;
	if (prog->prog_type == BPF_PROG_TYPE_XDP)
		why = bu_host_xdp_ctx((void *)sides->ctx, io->ctx, io->meta_size, io->data_size);
	else if (bu_prog_has_skb(prog))
		why = bu_host_skb_ctx((void *)sides->ctx, io->ctx, io->data_size);
	else if (io->ctx)
		memcpy(sides->ctx, io->ctx, io->ctx_size);
	if (why)
		bu_mirror_why(sides->mirror, "%s", why);
	if (prog->prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	    prog->prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE)
		host->test.ctx_size_in = ARGUMENTS * sizeof(u64);
	if (!host->test.ctx_size_in)
		host->test.ctx_in = 0;
	if (!io->data)
		return;
	host->test.ctx_out = host->test.ctx_in;
	host->test.ctx_size_out = host->test.ctx_size_in;
}

/* Whether the kernel would find the packet's protocol where the VM was told it. */
static bool begins_with_link(const struct bu_test_io *io)
{
	const struct __sk_buff *skb = io->ctx;
	u16 type;

	if (io->data_size < BU_ETH_BYTES)
		return false;
	memcpy(&type, (const u8 *)io->data + BU_ETH_BYTES - sizeof(type), sizeof(type));
	return !skb->protocol || skb->protocol == type;
}

static void give_io(struct sides *sides, const struct bu_prog *prog, const struct bu_test_io *io)
{
	union bpf_attr *host = &sides->host;
	bool packets = prog->prog_type == BPF_PROG_TYPE_XDP || bu_prog_has_skb(prog);

	if (packets && (!io->data || !io->ctx)) {
		bu_mirror_why(sides->mirror, "runs without a packet");
		return;
	}
	if (packets && bu_skb_is_l2(prog) && !begins_with_link(io)) {
		bu_mirror_why(sides->mirror, "the packet has no link header");
		return;
	}
	give_ctx(sides, prog, io);
	if (!io->data)
		return;
	sides->data_in = malloc(io->data_size + 1);
	sides->data_out = calloc(1, BU_HOST_PACKET_MAX);
	if (!sides->data_in || !sides->data_out) {
		bu_mirror_why(sides->mirror, "out of memory");
		return;
	}
	memcpy(sides->data_in, io->data, io->data_size);
	if (bu_prog_has_skb(prog))
		bu_host_receive(io->data, io->data_size);
	host->test.data_in = (u64)(uintptr_t)sides->data_in;
	host->test.data_size_in = io->data_size;
	host->test.data_out = (u64)(uintptr_t)sides->data_out;
	host->test.data_size_out = BU_HOST_PACKET_MAX;
}

int bu_compare_run(struct bu_prog *prog, struct bu_test_io *io)
{
	struct bu_comparisons *comparisons = outermost() ? outermost()->comparisons : NULL;
	struct bu_text text = { 0 };
	struct sides sides = { 0 };
	u32 cpu = prog->object.kernel->env.cpu;
	int error;

	if (!comparisons || !comparisons->mirror || comparisons->busy)
		return bu_prog_test(prog, io);
	comparisons->busy = true;
	bu_kernel_lock(prog->object.kernel);
	prepare(&sides, comparisons->mirror, prog, cpu);
	if (!sides.mirror->why[0])
		give_io(&sides, prog, io);
	look_for_fragments(&sides, prog, io);
	error = bu_prog_test(prog, io);
	if (!error && go_on(&sides, &text)) {
		run_host(&sides, cpu);
		if (sides.error)
			bu_mirror_why(sides.mirror, "BPF_PROG_TEST_RUN refuses the input: %s",
				      strerror((int)-sides.error));
		if (!sides.mirror->why[0]) {
			compare_io(prog, &sides, io, &text);
			compare_maps(&sides, &text);
		}
	}
	conclude(comparisons, &sides, prog, &text);
	bu_kernel_unlock(prog->object.kernel);
	return error;
}

/* Runs of BPF_PROG_TEST_RUN */

/* A copy of what the caller gave; NULL: nothing, or it cannot be read. */
static u8 *copy_in(u64 from, u32 size, u32 room)
{
	u8 *copy = calloc(1, BU_MAX(size, room) + 1);

	if (copy && from && bu_copy_from_user(copy, from, size)) {
		free(copy);
		return NULL;
	}
	return copy;
}

/* The caller's call again, on memory of our own. */
static void give_call(struct sides *sides, const union bpf_attr *attr)
{
	union bpf_attr *host = &sides->host;
	u32 room = attr->test.data_size_out ? attr->test.data_size_out : BU_HOST_PACKET_MAX;

	*host = *attr;
	sides->ctx_size = BU_MAX(attr->test.ctx_size_in, attr->test.ctx_size_out);
	sides->data_in = copy_in(attr->test.data_in, attr->test.data_size_in, 0);
	sides->data_out = calloc(1, room);
	sides->ctx = copy_in(attr->test.ctx_in, attr->test.ctx_size_in, sides->ctx_size);
	if (!sides->data_in || !sides->data_out || !sides->ctx) {
		bu_mirror_why(sides->mirror, "the input cannot be read");
		return;
	}
	host->test.data_in = attr->test.data_in ? (u64)(uintptr_t)sides->data_in : 0;
	host->test.data_out = attr->test.data_out ? (u64)(uintptr_t)sides->data_out : 0;
	host->test.ctx_in = attr->test.ctx_in ? (u64)(uintptr_t)sides->ctx : 0;
	host->test.ctx_out = attr->test.ctx_out ? (u64)(uintptr_t)sides->ctx : 0;
}

static void compare_call(const struct sides *sides, const union bpf_attr *given,
			 const union bpf_attr *vm, long error, struct bu_text *text)
{
	const union bpf_attr *host = &sides->host;

	if (error != sides->error)
		bu_text_add(text, "\n  BPF_PROG_TEST_RUN: VM %s, kernel %s",
			    error ? strerrorname_np((int)-error) : "0",
			    sides->error ? strerrorname_np((int)-sides->error) : "0");
	if (error || sides->error)
		return;
	if (vm->test.retval != host->test.retval)
		bu_text_add(text, "\n  return code: VM %d, kernel %d", (s32)vm->test.retval,
			    (s32)host->test.retval);
	if (given->test.data_out)
		add_bytes(text, "packet", (const u8 *)(uintptr_t)given->test.data_out,
			  vm->test.data_size_out, sides->data_out, host->test.data_size_out);
	if (given->test.ctx_out)
		add_bytes(text, "context", (const u8 *)(uintptr_t)given->test.ctx_out,
			  vm->test.ctx_size_out, sides->ctx, host->test.ctx_size_out);
}

static s64 cpu_of(const struct bu_kernel *kernel, const union bpf_attr *attr)
{
	return attr->test.flags & BPF_F_TEST_RUN_ON_CPU ? attr->test.cpu : kernel->env.cpu;
}

static int run_for_call(void *arg, struct bu_prog *prog, union bpf_attr *attr)
{
	struct bu_comparisons *comparisons = arg;
	struct bu_text text = { 0 };
	struct sides sides = { 0 };
	union bpf_attr given = *attr;
	s64 cpu = cpu_of(prog->object.kernel, attr);
	int error;

	if (comparisons->busy || !bu_test())
		return bu_prog_type_of(prog->prog_type)->test_run(prog, attr);
	comparisons->busy = true;
	prepare(&sides, comparisons->mirror, prog, cpu);
	if (!sides.mirror->why[0] && bu_prog_has_skb(prog))
		bu_host_receive_as_a_stranger();
	if (!sides.mirror->why[0])
		give_call(&sides, attr);
	error = bu_prog_type_of(prog->prog_type)->test_run(prog, attr);
	if (go_on(&sides, &text)) {
		run_host(&sides, (u32)cpu);
		if (!sides.mirror->why[0]) {
			compare_call(&sides, &given, attr, error, &text);
			compare_maps(&sides, &text);
		}
	}
	conclude(comparisons, &sides, prog, &text);
	return error;
}
