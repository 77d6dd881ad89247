// SPDX-License-Identifier: BSD-2-Clause
/*
 * Helpers and kernel functions that programs may not call. kernel_calls.txt: for program types and
 * expected attach types, the ids of helpers that Linux 6.18 lets them call (one program for each,
 * `call ID; r0 = 0; exit`; what is refused is refused as "of this type"). With BPFUNIT_HOST_BPF the
 * host's kernel is asked the same.
 */
#include "prog_call.h"

#include <stdio.h>

#define CASE(name, expected) CASES(refused_call, name, expected)
#define CALL_INSN(id)                                                                              \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = id                                              \
	}
#define NR_HELPERS 212

static char text[16384];

static long load_call(bpf_call bpf, u32 type, u32 attach_type, u32 flags, u32 id,
		      const char *license)
{
	const struct bpf_insn insns[] = { CALL_INSN(id), MOV(0, 0), EXIT };
	long fd;

	text[0] = '\0';
	fd = LOAD(insns, .prog_type = type, .expected_attach_type = attach_type,
		  .prog_flags = flags, .license = (u64)license, .log_buf = (u64)text,
		  .log_size = sizeof(text), .log_level = 1);
	if (fd >= 0)
		close(fd);
	return ok(fd);
}

/* Arguments are checked by a later pass of the kernel's, and when programs run here. */
static bool is_for(bpf_call bpf, u32 type, u32 attach_type, u32 id)
{
	u32 flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;

	load_call(bpf, type, attach_type, flags, id, "GPL");
	return !strstr(text, "program of this type cannot use helper");
}

/* The kernel that was asked is locked down and built without CONFIG_BPF_KPROBE_OVERRIDE. */
static bool is_configured_away(u32 id)
{
	return id == BPF_FUNC_probe_write_user || id == BPF_FUNC_override_return;
}

/* "1-3 5": of which numbers below NR_HELPERS. */
static void read_set(const char *words, bool set[NR_HELPERS])
{
	int used, first, last;

	memset(set, 0, NR_HELPERS);
	while (sscanf(words, "%d%n", &first, &used) == 1) {
		words += used;
		last = first;
		if (*words == '-' && sscanf(words, "-%d%n", &last, &used) == 1)
			words += used;
		for (int id = first; id <= last && id < NR_HELPERS; id++)
			set[id] = true;
	}
}

static u32 compare_line(bpf_call bpf, const char *line, const char *whose)
{
	bool expected[NR_HELPERS];
	u32 type, attach_type, differ = 0;
	int used;

	if (sscanf(line, "%u %u:%n", &type, &attach_type, &used) != 2)
		return 1;
	read_set(line + used, expected);
	for (u32 id = 1; id < NR_HELPERS; id++) {
		if (is_configured_away(id) || is_for(bpf, type, attach_type, id) == expected[id])
			continue;
		EXPECT_FAIL("%s: type %u, attach type %u, helper %u: Linux 6.18 %s it", whose, type,
			    attach_type, id, expected[id] ? "allows" : "refuses");
		differ++;
	}
	return differ;
}

static void compare(bpf_call bpf, const char *whose)
{
	FILE *file = fopen(BU_SOURCE_DIR "/tests/ebpf/kernel_calls.txt", "r");
	char line[2048];
	u32 lines = 0;

	ASSERT_NOT_NULL(file);
	while (fgets(line, sizeof(line), file)) {
		EXPECT_EQ(compare_line(bpf, line, whose), 0U);
		lines++;
	}
	fclose(file);
	EXPECT_GT(lines, 30U);
}

BPF_TEST(refused_call, helpers_of_each_type_are_the_kernels)
{
	compare(emulated_bpf, "bpfunit");
}

BPF_TEST(refused_call, and_of_this_machines_kernel)
{
	if (!getenv("BPFUNIT_HOST_BPF"))
		BPFUNIT_SKIP("asks the host's kernel, only with BPFUNIT_HOST_BPF=1");
	compare(host_bpf, "the host");
}

/* What is refused, and the line of the log that says why. */
static long refused(bpf_call bpf, u32 type, u32 attach_type, u32 flags, u32 id, const char *why)
{
	long result = load_call(bpf, type, attach_type, flags, id, "GPL");

	if (why && !strstr(text, why))
		return -ENOMSG;
	return result;
}

CASE(of_another_type, -EINVAL)
{
	return refused(bpf, BPF_PROG_TYPE_XDP, 0, 0, BPF_FUNC_bind,
		       "0: (85) call bpf_bind#64\n"
		       "program of this type cannot use helper bpf_bind#64\nprocessed 1 insns");
}

CASE(of_another_attach_type, -EINVAL)
{
	return refused(bpf, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 0, BPF_FUNC_bind,
		       "program of this type cannot use helper bpf_bind#64\n");
}

CASE(without_a_model, -EINVAL)
{
	return refused(bpf, FILTER, 0, 0, BPF_FUNC_sk_redirect_hash,
		       "program of this type cannot use helper bpf_sk_redirect_hash#72\n");
}

CASE(of_loaders, -EINVAL)
{
	return refused(bpf, FILTER, 0, 0, BPF_FUNC_sys_bpf,
		       "program of this type cannot use helper bpf_sys_bpf#166\n");
}

CASE(for_the_gpl, -EINVAL)
{
	long result = load_call(bpf, FILTER, 0, 0, BPF_FUNC_get_current_task, "MIT");

	return strstr(text, "0: (85) call bpf_get_current_task#35\n"
			    "cannot call GPL-restricted function from non-GPL compatible program\n")
		       ? result
		       : -ENOMSG;
}

CASE(that_may_sleep, -EINVAL)
{
	return refused(bpf, BPF_PROG_TYPE_XDP, 0, 0, BPF_FUNC_copy_from_user,
		       "0: (85) call bpf_copy_from_user#148\n"
		       "helper call might sleep in a non-sleepable prog\n");
}

CASE(that_may_sleep_in_a_sleepable_program, 0)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -8 },
		MOV(2, 8),
		MOV(3, 0),
		CALL_INSN(BPF_FUNC_copy_from_user),
		MOV(0, 0),
		EXIT,
	};

	return ok(LOAD(insns, .prog_type = BPF_PROG_TYPE_SYSCALL, .prog_flags = BPF_F_SLEEPABLE));
}

CASE(get_func_ip_of_a_tracepoint, -BU_ENOTSUPP)
{
	return refused(bpf, BPF_PROG_TYPE_TRACEPOINT, 0, 0, BPF_FUNC_get_func_ip, NULL);
}

CASE(get_func_ip_of_a_kprobe, 0)
{
	return load_call(bpf, BPF_PROG_TYPE_KPROBE, 0, 0, BPF_FUNC_get_func_ip, "GPL");
}

/* A constant map of one word, as .rodata is. */
static int make_constant(bpf_call bpf, u32 value, bool freeze)
{
	int map = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY_PROG);
	u32 key = 0;

	element(bpf, BPF_MAP_UPDATE_ELEM, map, &key, &value, 0);
	if (freeze)
		CALL(BPF_MAP_FREEZE, .map_fd = map);
	return map;
}

/* Call what a filter may not when the word, shifted and masked, is 2. */
static long guarded(bpf_call bpf, u32 value, bool freeze)
{
	int map = make_constant(bpf, value, freeze);
	const struct bpf_insn insns[] = {
		LDDW(BPF_PSEUDO_MAP_VALUE, 6, map, 0),
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 6, .src_reg = 6 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = 6, .imm = 4 },
		{ .code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = 6, .imm = 3 },
		MOV(7, 2),
		{ .code = BPF_JMP32 | BPF_JNE | BPF_X, .dst_reg = 6, .src_reg = 7, .off = 1 },
		CALL_INSN(BPF_FUNC_sys_close),
		MOV(0, 0),
		EXIT,
	};
	long result = ok(LOAD(insns));

	close(map);
	return result;
}

CASE(behind_a_constant_that_forbids_it, 0)
{
	return guarded(bpf, 0x10, true);
}

CASE(behind_a_constant_that_allows_it, -EINVAL)
{
	return guarded(bpf, 0x20, true);
}

CASE(behind_what_may_change, -EINVAL)
{
	return guarded(bpf, 0x10, false);
}

CASE(behind_a_weak_symbol, 0)
{
	const struct bpf_insn insns[] = {
		LDDW(0, 1, 0, 0),
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 1, .off = 1 },
		CALL_INSN(BPF_FUNC_sys_close),
		MOV(0, 0),
		EXIT,
	};

	return ok(LOAD(insns));
}

/* A register that comes with two values is none that is known. */
CASE(where_two_ways_meet, -EINVAL)
{
	const struct bpf_insn insns[] = {
		CALL_INSN(BPF_FUNC_get_prandom_u32),
		MOV(6, 0),
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .imm = 7, .off = 1 },
		MOV(6, 1),
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 6, .imm = 1, .off = 1 },
		CALL_INSN(BPF_FUNC_sys_close),
		MOV(0, 0),
		EXIT,
	};

	return ok(LOAD(insns));
}

CASE(in_a_function, -EINVAL)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 2 },
		MOV(0, 0),
		EXIT,
		CALL_INSN(BPF_FUNC_sys_close),
		MOV(0, 0),
		EXIT,
	};

	return ok(LOAD(insns));
}

CASE(direct_value_far_out, -EINVAL)
{
	int map = make_hash(bpf);
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_VALUE, 1, map, 1 << 29), MOV(0, 0),
					  EXIT };
	long result;

	text[0] = '\0';
	result = ok(LOAD(insns, .log_buf = (u64)text, .log_size = sizeof(text), .log_level = 1));
	close(map);
	return strstr(text, "direct value offset of 536870912 is not allowed\n") ? result : -ENOMSG;
}

/* A sleepable program with a map of this type. */
static long asleep(bpf_call bpf, int map)
{
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, map, 0), MOV(0, 0), EXIT };
	long result;

	text[0] = '\0';
	if (map < 0)
		return map;
	result = ok(LOAD(insns, .prog_type = BPF_PROG_TYPE_SYSCALL, .prog_flags = BPF_F_SLEEPABLE,
			 .log_buf = (u64)text, .log_size = sizeof(text), .log_level = 1));
	close(map);
	return result;
}

CASE(asleep_with_an_array, 0)
{
	return asleep(bpf, make_array(bpf));
}

CASE(asleep_with_a_ring_buffer, 0)
{
	return asleep(bpf, make_map(bpf, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0));
}

CASE(asleep_with_a_program_array, -EINVAL)
{
	return asleep(bpf, make_map(bpf, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0));
}

CASE(asleep_with_a_perf_event_array, -EINVAL)
{
	long result = asleep(bpf, make_map(bpf, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0));

	return strstr(text,
		      "Sleepable programs can only use array, hash, ringbuf and local storage "
		      "maps\n")
		       ? result
		       : -ENOMSG;
}
