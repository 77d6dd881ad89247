// SPDX-License-Identifier: BSD-2-Clause
/*
 * The machine under arbitrary programs: any type, any maps, any context and packet, any
 * instructions. What PROG_LOAD accepts runs several times with a small budget, through the
 * framework's path, BPF_PROG_TEST_RUN and sessions that are stopped and resumed, with and without
 * hooks; some inputs are loaded with what only RFC 9669 allows. A run ends with a result or a
 * fault; anything else is a finding.
 *
 * An input: struct header, struct map for each map, context, packet, instructions. Descriptors of
 * maps in lddw are places in the list of maps, unless they are negative; so are kernel functions in
 * calls among those of kfuncs.bpf.c. The instructions from
 * `second` on are a program of their own, when there are any; program arrays hold both.
 */
#include "fuzz.h"

#include "vm_input.h"

#include "ebpf/btf/btf.h"
#include "ebpf/kernel.h"
#include "ebpf/prog/kfunc.h"
#include "ebpf/syscall.h"
#include "ebpf/uapi.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/hook.h"
#include "ebpf/vm/oddity.h"
#include "ebpf/vm/trace.h"
#include "kfuncs.skel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX 2048 /* bytes of a value */

struct machine {
	struct bu_kernel *kernel;
	struct vm_header header;
	int *maps; /* VM_MAPS */
	int nr_maps;
	int progs[2];
	u8 ctx[256], packet[256];
	struct bpf_insn insns[VM_INSNS];
	u32 nr_insns;
	u32 faults;
	u32 lines; /* of traces */
	struct bu_tracer tracer;
	struct bu_oddities oddities;
};

static long call(struct machine *m, unsigned int cmd, union bpf_attr *attr)
{
	return bu_sys_bpf(m->kernel, cmd, attr, sizeof(*attr));
}

/* Elements for keys 0, 1, 2, ... */
static void fill_map(struct machine *m, int fd, const struct vm_map *map)
{
	u8 key[256], value[VALUE_MAX * BU_DEFAULT_CPUS + 64];
	union bpf_attr attr = { .map_fd = fd, .key = (u64)key, .value = (u64)value };

	memset(value, map->fill, sizeof(value));
	memset(key, 0, sizeof(key));
	for (u32 i = 0; i < map->fill % 8u; i++) {
		key[0] = (u8)i;
		call(m, BPF_MAP_UPDATE_ELEM, &attr);
	}
}

/* A jump table with places in the program, mostly frozen. */
static void fill_table(struct machine *m, int fd, const struct vm_map *map, u32 entries)
{
	struct bu_insn_array_value value = { 0 };
	u32 key;
	union bpf_attr attr = { .map_fd = fd, .key = (u64)&key, .value = (u64)&value };

	for (key = 0; key < entries; key++) {
		value.orig_off = map->fill + key * (map->value_size % 8u);
		call(m, BPF_MAP_UPDATE_ELEM, &attr);
	}
	attr = (union bpf_attr){ .map_fd = fd };
	if (map->flags % 8u != 1)
		call(m, BPF_MAP_FREEZE, &attr);
}

static void create_map(struct machine *m, struct fuzz_input *input)
{
	union bpf_attr attr = { 0 };
	struct vm_map map;
	long fd;

	fuzz_take(input, &map, sizeof(map));
	attr.map_type = map.type % 36;
	attr.key_size = map.key_size;
	attr.value_size = map.value_size % (VALUE_MAX + 1);
	attr.max_entries = map.max_entries;
	attr.map_flags = map.flags;
	if (attr.map_type == BPF_MAP_TYPE_RINGBUF)
		attr.max_entries = 4096u << (map.max_entries % 4);
	if (attr.map_type == BU_MAP_TYPE_INSN_ARRAY) {
		attr.key_size = 4;
		attr.value_size = sizeof(struct bu_insn_array_value);
		attr.max_entries = map.max_entries % 8 + 1;
		attr.map_flags = 0;
	}
	fd = call(m, BPF_MAP_CREATE, &attr);
	m->maps[m->nr_maps++] = (int)fd;
	if (fd >= 0 && attr.map_type == BU_MAP_TYPE_INSN_ARRAY)
		fill_table(m, (int)fd, &map, attr.max_entries);
	else if (fd >= 0)
		fill_map(m, (int)fd, &map);
}

/* Ids of functions in the kernel's types; 0: there is no such place. */
static s32 kfunc_at(struct machine *m, u32 place)
{
	static s32 ids[64];
	static u32 nr;

	for (u32 id = 1; !nr && id < 512; id++) {
		if (bu_kfunc_of_btf(m->kernel, id) && nr < BU_ARRAY_SIZE(ids))
			ids[nr++] = (s32)id;
	}
	return nr ? ids[place % nr] : 0;
}

/* Places in the list of kernel functions become ids. */
static void resolve_kfuncs(struct machine *m)
{
	for (u32 i = 0; i < m->nr_insns; i++) {
		struct bpf_insn *insn = &m->insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL &&
		    insn->imm >= 0)
			insn->imm = kfunc_at(m, insn->imm);
	}
}

/* Places in the list of maps become descriptors. */
static void resolve_fds(struct machine *m)
{
	for (u32 i = 0; i + 1 < m->nr_insns; i++) {
		struct bpf_insn *insn = &m->insns[i];

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		i++;
		if (insn->imm < 0 || !m->nr_maps)
			continue;
		if (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE)
			insn->imm = m->maps[insn->imm % m->nr_maps];
		else if (insn->src_reg == BPF_PSEUDO_MAP_IDX ||
			 insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
			insn->imm %= m->nr_maps;
	}
}

static int load_rfc(struct machine *m, const union bpf_attr *attr)
{
	int error = 0, fd;
	struct bu_prog *prog;

	bu_kernel_lock(m->kernel);
	prog = bu_prog_load_rfc(m->kernel, attr, &error);
	FUZZ_ASSERT(prog ? !error : error < 0);
	fd = prog ? bu_fd_install(&prog->object) : error; /* with the reference */
	bu_kernel_unlock(m->kernel);
	return fd;
}

static int load(struct machine *m, u32 first, u32 count)
{
	char log[512];
	union bpf_attr attr = {
		.prog_type = m->header.prog_type % 34,
		.insn_cnt = count,
		.insns = (u64)(m->insns + first),
		.license = (u64)(m->header.flags & VM_GPL ? "GPL" : "Proprietary"),
		.log_buf = (u64)log,
		.log_size = sizeof(log),
		.log_level = 1,
		.prog_name = "fuzz",
		.expected_attach_type = m->header.attach_type,
		.attach_btf_id = m->header.attach_btf_id,
		.fd_array = (u64)m->maps,
	};

	if (count && m->header.flags & VM_RFC)
		return load_rfc(m, &attr);
	return count ? (int)call(m, BPF_PROG_LOAD, &attr) : -1;
}

static void load_programs(struct machine *m)
{
	u32 second = m->header.second;

	resolve_fds(m);
	resolve_kfuncs(m);
	if (!second || second >= m->nr_insns)
		second = m->nr_insns;
	m->progs[0] = load(m, 0, second);
	m->progs[1] = load(m, second, m->nr_insns - second);
}

static void fill_prog_arrays(struct machine *m)
{
	for (int i = 0; i < m->nr_maps; i++) {
		for (u32 key = 0; key < 4; key++) {
			int *fd = &m->progs[key % 2];
			union bpf_attr attr = { .map_fd = m->maps[i],
						.key = (u64)&key,
						.value = (u64)fd };
			struct bu_map *map;
			int err;

			map = bu_map_of_fd(m->kernel, m->maps[i], BU_FD_WRITE, &err);
			if (map && map->type == BPF_MAP_TYPE_PROG_ARRAY)
				call(m, BPF_MAP_UPDATE_ELEM, &attr);
		}
	}
}

/* What a failing test's report would be made of. */
static void on_fault(void *arg, struct bu_run *run)
{
	struct machine *m = arg;
	char *text = bu_fault_report(&run->fault, run);

	m->faults++;
	FUZZ_ASSERT(text && strlen(text) > 10);
	FUZZ_ASSERT(run->fault.prog && run->fault.insn < run->fault.prog->nr_insns);
	free(text);
}

static struct bu_prog *prog_of(struct machine *m, int fd)
{
	struct bu_object *object;
	int err;

	object = bu_fd_object(m->kernel, fd, BU_OBJECT_PROG, &err);
	return object ? bu_container_of(object, struct bu_prog, object) : NULL;
}

static void run_plain(struct machine *m, struct bu_prog *prog)
{
	u8 ctx[sizeof(m->ctx)];
	struct bu_test_io io = { .cpu = -1 };

	memcpy(ctx, m->ctx, sizeof(ctx));
	if (!(m->header.flags & VM_NO_CTX)) {
		io.ctx = ctx;
		io.ctx_size = prog->type->ctx_size ? prog->type->ctx_size : m->header.ctx_size;
		io.ctx_size = BU_MIN(io.ctx_size, (u32)sizeof(ctx));
		if (!io.ctx_size)
			io.ctx = NULL;
	}
	if (!(m->header.flags & VM_NO_PACKET)) {
		io.data = m->packet;
		io.data_size = m->header.packet_size;
		io.meta_size = m->header.meta_size;
		if (io.meta_size > io.data_size || io.meta_size > 252)
			io.meta_size = 0;
	}
	bu_prog_test(prog, &io);
	free(io.data_out);
}

static void run_as_user(struct machine *m, int fd)
{
	u8 out[512], ctx_out[256];
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = fd;
	attr.test.repeat = 2;
	if (!(m->header.flags & VM_NO_PACKET)) {
		attr.test.data_in = (u64)m->packet;
		attr.test.data_size_in = m->header.packet_size;
		attr.test.data_out = (u64)out;
		attr.test.data_size_out = sizeof(out);
	}
	if (!(m->header.flags & VM_NO_CTX) && m->header.ctx_size) {
		attr.test.ctx_in = (u64)m->ctx;
		attr.test.ctx_size_in = m->header.ctx_size;
		attr.test.ctx_out = (u64)ctx_out;
		attr.test.ctx_size_out = sizeof(ctx_out);
	}
	call(m, BPF_PROG_TEST_RUN, &attr);
}

/* Stops before some instructions: which, the program's own bytes decide. */
static void stop(void *arg, struct bu_run *run)
{
	const struct machine *m = arg;

	if (!((run->insn + m->header.runs) % 3))
		bu_run_stop(run);
}

static void run_in_session(struct machine *m, struct bu_prog *prog)
{
	struct bu_hook hook = { .before = stop, .arg = m };
	u32 ctx_size = prog->type->ctx_size ? prog->type->ctx_size : m->header.ctx_size;
	u32 stops = 1u << m->header.runs / 16 % 8;
	struct bu_session *session;
	struct bu_run run;

	bu_kernel_lock(m->kernel);
	bu_hook_add(m->kernel, &hook);
	bu_run_begin(&run, m->kernel, prog);
	if (ctx_size)
		bu_run_set_ctx(&run, m->ctx, ctx_size);
	session = bu_session_begin(&run);
	while (session && stops-- && bu_session_go(session))
		FUZZ_ASSERT(m->kernel->run && m->kernel->run->insn < prog->nr_insns + VM_INSNS);
	if (session)
		bu_session_end(session);
	bu_run_end(&run);
	bu_hook_remove(m->kernel, &hook);
	bu_kernel_unlock(m->kernel);
}

static void count_line(void *arg, const char *line)
{
	struct machine *m = arg;

	m->lines += strlen(line) > 0;
}

static void watch(struct machine *m)
{
	m->tracer = (struct bu_tracer){ .what = BU_TRACE_INSN | BU_TRACE_CALL | BU_TRACE_MEM,
					.print = count_line,
					.arg = m };
	bu_trace_begin(&m->tracer, m->kernel);
	m->oddities = (struct bu_oddities){ .what = ~0u };
	bu_oddities_begin(&m->oddities, m->kernel);
}

static void watch_no_more(struct machine *m)
{
	bu_hook_remove(m->kernel, &m->oddities.hook);
	bu_trace_end(&m->tracer, m->kernel);
}

/* Each instruction's text, and how often it ran: no more often than the budget allowed. */
static void examine(struct machine *m, const struct bu_prog *prog, u32 runs)
{
	u64 *counts = calloc(prog->nr_insns, 2 * sizeof(*counts));
	char text[256];

	bu_prog_counts(prog, counts, counts + prog->nr_insns);
	for (u32 i = 0; i < prog->nr_insns; i++) {
		bu_prog_disasm(prog, i, text, sizeof(text));
		FUZZ_ASSERT(strlen(text) < sizeof(text));
		FUZZ_ASSERT(counts[i] <= (u64)runs * (u64)(m->kernel->budget + VM_INSNS));
		FUZZ_ASSERT(counts[prog->nr_insns + i] <= counts[i]);
	}
	free(counts);
}

static void ask_info(struct machine *m, int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (u64)&info;
	FUZZ_ASSERT(call(m, BPF_OBJ_GET_INFO_BY_FD, &attr) == 0);
}

/* A loader program would close the descriptors of the fuzzer. */
static bool close_nothing(void *mock, struct bu_run *run, u32 id, const u64 args[5], u64 *result)
{
	(void)mock, (void)run, (void)id, (void)args;
	*result = 0;
	return true;
}

static void run_programs(struct machine *m)
{
	u32 runs = m->header.runs % 4 + 1;
	struct bu_prog *prog;

	for (int i = 0; i < 2; i++) {
		prog = m->progs[i] >= 0 ? prog_of(m, m->progs[i]) : NULL;
		if (!prog)
			continue;
		for (u32 run = 0; run < runs; run++)
			run_plain(m, prog);
		if (m->header.flags & VM_SESSION)
			run_in_session(m, prog);
		run_as_user(m, m->progs[i]);
		ask_info(m, m->progs[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (m->progs[i] >=
		    0) /* tail calls: as often as both ran, and from frame to frame */
			examine(m, prog_of(m, m->progs[i]),
				2 * (runs + 3) * (BU_MAX_TAIL_CALLS + 2));
	}
}

static void read_input(struct machine *m, struct fuzz_input *input)
{
	fuzz_take(input, &m->header, sizeof(m->header));
	for (int i = m->header.nr_maps % (VM_MAPS + 1); i > 0; i--)
		create_map(m, input);
	fuzz_take(input, m->ctx, m->header.ctx_size);
	fuzz_take(input, m->packet, m->header.packet_size);
	m->nr_insns = (u32)BU_MIN(input->size / sizeof(*m->insns), (size_t)VM_INSNS);
	fuzz_take(input, m->insns, m->nr_insns * sizeof(*m->insns));
}

static void close_all(struct machine *m)
{
	for (int i = 0; i < m->nr_maps; i++) {
		if (m->maps[i] >= 0)
			close(m->maps[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (m->progs[i] >= 0)
			close(m->progs[i]);
	}
	bu_fd_reap(m->kernel);
	FUZZ_ASSERT(!bu_object_next_id(m->kernel, BU_OBJECT_MAP, 0));
	FUZZ_ASSERT(!bu_object_next_id(m->kernel, BU_OBJECT_PROG, 0));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	static struct machine machine;
	static int *maps;

	fuzz_guard_host();
	if (!maps) {
		size_t bytes;
		const void *elf = kfuncs_bpf__elf_bytes(&bytes);

		bu_vmlinux_note_object(elf, bytes);
	}
	if (!maps)
		maps = (int *)fuzz_guarded(VM_MAPS * sizeof(*maps));
	machine = (struct machine){ .kernel = bu_kernel(), .maps = maps };
	machine.kernel->helpers[BPF_FUNC_sys_close].mock = close_nothing;
	FUZZ_ASSERT(machine.kernel);
	read_input(&machine, &input);
	machine.kernel->budget = 16 << machine.header.budget % 10;
	machine.kernel->on_fault = on_fault;
	machine.kernel->on_fault_arg = &machine;
	load_programs(&machine);
	fill_prog_arrays(&machine);
	if (machine.header.flags & VM_TRACE)
		watch(&machine);
	run_programs(&machine);
	if (machine.header.flags & VM_TRACE)
		watch_no_more(&machine);
	FUZZ_ASSERT(!machine.kernel->running);
	close_all(&machine);
	bu_kernel_reset();
	fuzz_check_fds();
	return 0;
}
