/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that show a fault, each with its whole report (golden/NAME.txt, without what differs
 * from run to run) and the same program one step away, which must run without a fault.
 *
 * `w` in a program is 1 for the wrong one, 0 for the near miss. BPFUNIT_GOLDEN_UPDATE=1 writes the
 * files anew. Every kind of fault has one: see every_kind_has_a_golden.
 */
#ifndef BU_TEST_GOLDEN_H
#define BU_TEST_GOLDEN_H

#include "asm.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <linux/btf.h>
#include <stdio.h>

#define WORLD_FUNC 4

static struct { /* what the programs refer to */
	int hash, ring, array, globals, frozen;
	int btf; /* of programs, in which they are the function WORLD_FUNC; 0: none */
	u64 object, user;
} world;

static inline int new_map(enum bpf_map_type type, const char *name, u32 key, u32 value, u32 entries,
			  u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, name, key, value, entries, &opts);

	ASSERT_OK(fd);
	return fd;
}

static inline void make_world(void)
{
	static const struct bu_region_info object = { .kind = BU_REGION_KOBJ,
						      .label = "task_struct" };
	u64 value[2] = { 5, 6 };
	u32 key = 1;

	world.hash = new_map(BPF_MAP_TYPE_HASH, "flows", 4, 16, 8, BPF_F_NO_PREALLOC);
	world.ring = new_map(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, 4096, 0);
	world.array = new_map(BPF_MAP_TYPE_ARRAY, "counters", 4, 8, 4, 0);
	world.globals = new_map(BPF_MAP_TYPE_ARRAY, "globals", 4, 8, 1, 0);
	world.frozen = new_map(BPF_MAP_TYPE_ARRAY, "rodata", 4, 8, 1, BPF_F_RDONLY_PROG);
	ASSERT_OK(bpf_map_update_elem(world.hash, &key, value, BPF_ANY));
	ASSERT_OK(bpf_map_freeze(world.frozen));
	bpfunit_set_budget(10000);
	world.object = (u64)bu_arena_alloc(&bu_kernel()->arena, 64, BU_READ, &object);
	world.user = (u64)bpfunit_user_memory("text", 5);
}

/* Until the test ends, with world.btf. */
static inline struct bu_prog *golden_load(const struct bpf_insn *insns, size_t count, u32 type)
{
	struct bpf_func_info func = { .type_id = WORLD_FUNC };
	union bpf_attr attr = { .prog_type = type,
				.insn_cnt = count,
				.insns = (u64)(uintptr_t)insns,
				.license = (u64)(uintptr_t) "GPL",
				.prog_btf_fd = world.btf,
				.func_info = (u64)(uintptr_t)&func,
				.func_info_cnt = world.btf ? 1 : 0,
				.func_info_rec_size = sizeof(func) };
	struct bu_prog *prog;
	int error = 0;

	memcpy(attr.prog_name, "asm", 4);
	prog = bu_prog_load_rfc(bu_kernel(), &attr, &error);
	if (!prog)
		FAIL("load: %s", strerror(-error));
	ASSERT_OK(bpfunit_defer(asm_put, prog));
	return prog;
}

static inline int64_t run_prog(const struct bpf_insn *insns, size_t count, u32 type)
{
	u8 packet[64] = { 0 }, ctx[64] = { 0 };
	bool raw = type != BPF_PROG_TYPE_XDP;
	struct bu_test_io io = { .data = raw ? NULL : packet,
				 .data_size = raw ? 0 : sizeof(packet),
				 .ctx = raw ? ctx : NULL,
				 .ctx_size = raw ? 16 : 0,
				 .cpu = -1 };

	ASSERT_OK(bu_prog_test(golden_load(insns, count, type), &io));
	free(io.data_out);
	return (int64_t)io.retval;
}

/* "0x*" for an address of the arena at `*from`, "#*" for the id of a kernel function in the types
 * of whichever kernel is emulated; NULL: neither. `*from` is moved behind it. */
static inline const char *mask_of(const char *report, const char **from)
{
	size_t digits, name = 0;
	u32 id;

	if (!strncmp(*from, "0x", 2) && strspn(*from + 2, "0123456789abcdef") == 12) {
		*from += 14;
		return "0x*";
	}
	digits = **from == '#' ? strspn(*from + 1, "0123456789") : 0;
	while (*from - name > report && (isalnum((*from - name)[-1]) || (*from - name)[-1] == '_'))
		name++;
	if (!digits || name < 5 || strncmp(*from - name, "bpf_", 4) != 0)
		return NULL;
	id = atoi(*from + 1);
	if (id < BU_HELPER_MAX && bu_helper_of(id)->name &&
	    !strncmp(bu_helper_of(id)->name, *from - name + 4, name - 4))
		return NULL;
	*from += 1 + digits;
	return "#*";
}

/* Without what differs from run to run. */
static inline char *masked(const char *report)
{
	char *text = strdup(report), *to = text;

	ASSERT_NOT_NULL(text);
	for (const char *from = report; *from;) {
		const char *mask = mask_of(report, &from);

		if (mask)
			to = stpcpy(to, mask);
		else
			*to++ = *from++;
	}
	*to = '\0';
	ASSERT_OK(bpfunit_defer(free, text));
	return text;
}

static inline FILE *golden_file(const char *name, const char *mode)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), BU_SOURCE_DIR "/tests/ebpf/golden/%s.txt", name);
	file = fopen(path, mode);
	if (!file)
		FAIL("cannot open %s", path);
	return file;
}

static inline void expect_golden(const char *name, const char *text)
{
	char golden[8192] = "";
	FILE *file;
	size_t len;

	if (getenv("BPFUNIT_GOLDEN_UPDATE")) {
		file = golden_file(name, "we");
		fprintf(file, "%s\n", text);
		fclose(file);
	}
	file = golden_file(name, "re");
	len = fread(golden, 1, sizeof(golden) - 1, file);
	fclose(file);
	ASSERT_GT(len, 1U);
	golden[len - 1] = '\0';
	EXPECT_STREQ(text, golden);
}

/* A line of the file that BPFUNIT_GOLDEN_JSON names: golden_json.sh has it validated. */
static inline void keep_json(void)
{
	const char *path = getenv("BPFUNIT_GOLDEN_JSON");
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	/* In one write: tests that run at the same time have the file, too. */
	setvbuf(file, NULL, _IOFBF, strlen(bpfunit_fault_json()) + 16);
	fprintf(file, "%s\n", bpfunit_fault_json());
	fclose(file);
}

/* The report of the run before. */
static inline void expect_report(const char *name)
{
	expect_golden(name, masked(bpfunit_fault_report()));
	keep_json();
}

#define PROGRAM(name, type, ...)                                                                   \
	static int64_t name##_run(int w)                                                           \
	{                                                                                          \
		struct bpf_insn insns[] = { __VA_ARGS__ };                                         \
                                                                                                   \
		(void)w;                                                                           \
		return run_prog(insns, BU_ARRAY_SIZE(insns), type);                                \
	}
#define GOLDEN_OF(type, name, kind, ...)                                                           \
	PROGRAM(name, type, __VA_ARGS__)                                                           \
	BPF_TEST(golden, name)                                                                     \
	{                                                                                          \
		make_world();                                                                      \
		EXPECT_NO_FAULT(name##_run(0));                                                    \
		ASSERT_FAULT(kind, name##_run(1));                                                 \
		expect_report(#name);                                                              \
	}
#define GOLDEN(name, kind, ...)     GOLDEN_OF(BPF_PROG_TYPE_RAW_TRACEPOINT, name, kind, __VA_ARGS__)
#define GOLDEN_XDP(name, kind, ...) GOLDEN_OF(BPF_PROG_TYPE_XDP, name, kind, __VA_ARGS__)

#define RETURN(value)  MOV64_K(0, value), EXIT
#define MAP(reg, fd)   LDDW_OF(BPF_PSEUDO_MAP_FD, reg, fd, 0)
#define VALUE(reg, fd) LDDW_OF(BPF_PSEUDO_MAP_VALUE, reg, fd, 0)
/* r0 = the element of a key in `fd`. */
#define LOOKUP(fd, key)                                                                            \
	ST(BPF_W, 10, -4, key), MOV64_X(2, 10), ALU64_K(BPF_ADD, 2, -4), MAP(1, fd),               \
		CALL(BPF_FUNC_map_lookup_elem)
/* r6 = a record of 16 bytes. */
#define RESERVE                                                                                    \
	MAP(1, world.ring), MOV64_K(2, 16), MOV64_K(3, 0), CALL(BPF_FUNC_ringbuf_reserve),         \
		MOV64_X(6, 0)
#define SUBMIT MOV64_X(1, 6), MOV64_K(2, 0), CALL(BPF_FUNC_ringbuf_submit)

/* A call of a kernel function. The emulated kernel has those that a loaded object declares. */
#define KFUNC(name)                                                                                \
	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0,                                      \
	     libbpf_find_vmlinux_btf_id(name, BPF_TRACE_FENTRY))

#define GOLDEN_KFUNC(name, kind, ...)                                                              \
	PROGRAM(name, BPF_PROG_TYPE_RAW_TRACEPOINT, __VA_ARGS__)                                   \
	BPF_TEST(golden, name)                                                                     \
	{                                                                                          \
		BPFUNIT_LOAD(faulty_object_bpf);                                                   \
		EXPECT_NO_FAULT(name##_run(0));                                                    \
		ASSERT_FAULT(kind, name##_run(1));                                                 \
		expect_report(#name);                                                              \
	}

#endif
