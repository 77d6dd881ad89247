// SPDX-License-Identifier: BSD-2-Clause
/*
 * The machine under arbitrary programs: any type, any maps, any context and packet, any
 * instructions. What PROG_LOAD accepts runs several times with a small budget, through the
 * framework's path and BPF_PROG_TEST_RUN. A run ends with a result or a fault; anything else is a
 * finding.
 *
 * An input: struct header, struct map for each map, context, packet, instructions. Descriptors of
 * maps in lddw are places in the list of maps, unless they are negative. The instructions from
 * `second` on are a program of their own, when there are any; program arrays hold both.
 */
#include "fuzz.h"

#include "vm_input.h"

#include "ebpf/decode.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

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
	fd = call(m, BPF_MAP_CREATE, &attr);
	m->maps[m->nr_maps++] = (int)fd;
	if (fd >= 0)
		fill_map(m, (int)fd, &map);
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

	return count ? (int)call(m, BPF_PROG_LOAD, &attr) : -1;
}

static void load_programs(struct machine *m)
{
	u32 second = m->header.second;

	resolve_fds(m);
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
		run_as_user(m, m->progs[i]);
		ask_info(m, m->progs[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (m->progs[i] >=
		    0) /* tail calls: as often as both ran, and from frame to frame */
			examine(m, prog_of(m, m->progs[i]),
				2 * (runs + 2) * (BU_MAX_TAIL_CALLS + 2));
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
	if (!maps)
		maps = (int *)fuzz_guarded(VM_MAPS * sizeof(*maps));
	machine = (struct machine){ .kernel = bu_kernel(), .maps = maps };
	FUZZ_ASSERT(machine.kernel);
	read_input(&machine, &input);
	machine.kernel->budget = 16 << machine.header.budget % 10;
	machine.kernel->on_fault = on_fault;
	machine.kernel->on_fault_arg = &machine;
	load_programs(&machine);
	fill_prog_arrays(&machine);
	run_programs(&machine);
	FUZZ_ASSERT(!machine.kernel->running);
	close_all(&machine);
	bu_kernel_reset();
	fuzz_check_fds();
	return 0;
}
