// SPDX-License-Identifier: BSD-2-Clause
/* Light skeletons: their loader runs in the machine and calls bpf(2) from there. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "light.lskel.h"

static struct light *skel;

static void close_skeleton(void *arg)
{
	light__destroy(arg);
}

static void set_up(void)
{
	skel = light__open();
	ASSERT_NOT_NULL(skel);
	skel->rodata->step = 4;
	ASSERT_EQ(light__load(skel), 0);
	bpfunit_defer(close_skeleton, skel);
}

static int run(int prog, const void *argument)
{
	uint64_t args[1] = { (uintptr_t)argument };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	EXPECT_OK(bpf_prog_test_run_opts(prog, &opts));
	return opts.retval;
}

BPF_TEST(light, loads_and_runs)
{
	uint32_t key = 1;
	uint64_t value = 0;

	set_up();
	EXPECT_EQ(run(skel->progs.count.prog_fd, NULL), 0);
	EXPECT_EQ(run(skel->progs.count.prog_fd, NULL), 2);
	EXPECT_EQ(skel->bss->total, 8);
	EXPECT_OK(bpf_map_lookup_elem(skel->maps.counts.map_fd, &key, &value));
	EXPECT_EQ(value, 2);
}

BPF_TEST(light, initial_values)
{
	set_up();
	EXPECT_EQ(skel->rodata->step, 4);
	skel->bss->total = 100;
	run(skel->progs.count.prog_fd, NULL);
	EXPECT_EQ(skel->bss->total, 104);
}

/* The kernel relocates, here against what the object itself says. */
BPF_TEST(light, relocations)
{
	void *memory;

	set_up();
	memory = BPFUNIT_KOBJ("light_outer");
	KOBJ_SET(memory, "inner[1].second", 4);
	KOBJ_SET(memory, "more", 21);
	EXPECT_EQ(run(skel->progs.relocated.prog_fd, memory), 4);
	EXPECT_EQ(run(skel->progs.asks.prog_fd, NULL), 5 | 16 << 8 | 12 << 16);
	EXPECT_EQ(run(skel->progs.bits.prog_fd, memory), 21);
}

BPF_TEST(light, attaches)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	set_up();
	EXPECT_OK(light__attach(skel));
	EXPECT_GT(skel->links.traced_fd, 0);
	EXPECT_OK(bpf_obj_get_info_by_fd(skel->progs.traced.prog_fd, &info, &size));
	EXPECT_NE(info.attach_btf_id, 0);
	EXPECT_STREQ(info.name, "traced");
}

/* Only programs of type SYSCALL may, and only some commands. */
#define INSN(code_, dst_, src_, off_, imm_)                                                        \
	((struct bpf_insn){ .code = (code_),                                                       \
			    .dst_reg = (dst_),                                                     \
			    .src_reg = (src_),                                                     \
			    .off = (off_),                                                         \
			    .imm = (imm_) })
#define MOV_IMM(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV(dst, src)     INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define CALL(helper)      INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT()            INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(enum bpf_prog_type type, const struct bpf_insn *insns, size_t count)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);

	if (type != BPF_PROG_TYPE_SYSCALL)
		opts.prog_flags = 0;
	return bpf_prog_load(type, "caller", "GPL", insns, count, &opts);
}

/* r1 = first; a zeroed block on the stack in r2 (or the other way round); the rest is constants. */
static int call_sys_bpf(int cmd)
{
	struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0),
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 0),
		MOV_IMM(BPF_REG_1, cmd),
		MOV(BPF_REG_2, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -16),
		MOV_IMM(BPF_REG_3, 16),
		CALL(BPF_FUNC_sys_bpf),
		EXIT(),
	};
	int prog = load(BPF_PROG_TYPE_SYSCALL, insns, sizeof(insns) / sizeof(*insns)), result;
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	ASSERT_OK(prog);
	EXPECT_OK(bpf_prog_test_run_opts(prog, &opts));
	result = opts.retval;
	close(prog);
	return result;
}

BPF_TEST(loader, commands)
{
	static const int refused[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_GET_NEXT_KEY, BPF_OBJ_PIN,
				       BPF_PROG_ATTACH,     BPF_PROG_TEST_RUN,    BPF_LINK_UPDATE };

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		EXPECT_EQ(call_sys_bpf(refused[i]), -EINVAL);
	EXPECT_EQ(call_sys_bpf(BPF_MAP_GET_FD_BY_ID), -ENOENT);
	EXPECT_EQ(call_sys_bpf(BPF_MAP_UPDATE_ELEM), -EINVAL); /* descriptor 0: no map */
}

/* btf_find_by_name_kind or kallsyms_lookup_name: the name is "a" + NUL. */
static int look_up(int helper, int size, int kind, int flags)
{
	struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 'a'),
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 0),
		MOV(BPF_REG_1, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -8),
		MOV_IMM(BPF_REG_2, size),
		MOV_IMM(BPF_REG_3, kind),
		MOV_IMM(BPF_REG_4, flags),
		CALL(helper),
		EXIT(),
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int prog, result;

	if (helper == BPF_FUNC_kallsyms_lookup_name) {
		insns[5] = MOV(BPF_REG_4, BPF_REG_10);
		insns[6] = INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_4, 0, 0, -16);
		insns[5].code = BPF_ALU64 | BPF_MOV | BPF_X;
		insns[2] = MOV_IMM(BPF_REG_3, flags);
		insns[3] = MOV(BPF_REG_1, BPF_REG_10);
		/* r1 needs its offset, too */
		struct bpf_insn with_offset[] = {
			insns[0],
			insns[1],
			insns[2],
			insns[3],
			INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -8),
			insns[4],
			insns[5],
			insns[6],
			insns[7],
			insns[8]
		};

		prog = load(BPF_PROG_TYPE_SYSCALL, with_offset, 10);
	} else {
		prog = load(BPF_PROG_TYPE_SYSCALL, insns, sizeof(insns) / sizeof(*insns));
	}
	ASSERT_OK(prog);
	EXPECT_OK(bpf_prog_test_run_opts(prog, &opts));
	result = opts.retval;
	close(prog);
	return result;
}

BPF_TEST(loader, lookups)
{
	const int by_kind = BPF_FUNC_btf_find_by_name_kind, symbol = BPF_FUNC_kallsyms_lookup_name;

	EXPECT_EQ(look_up(by_kind, 2, BTF_KIND_FUNC, 1), -EINVAL);
	EXPECT_EQ(look_up(by_kind, 1, BTF_KIND_FUNC, 0), -EINVAL);
	EXPECT_EQ(look_up(by_kind, 2, BTF_KIND_STRUCT, 0), -ENOENT);
	EXPECT_GT(look_up(by_kind, 2, BTF_KIND_FUNC, 0), 0);
	EXPECT_EQ(look_up(symbol, 2, 0, 1), -EINVAL);
	EXPECT_EQ(look_up(symbol, 1, 0, 0), -EINVAL);
	EXPECT_EQ(look_up(symbol, 2, 0, 0), 0);
}

BPF_TEST(loader, closes_descriptors)
{
	struct bpf_insn insns[] = {
		MOV_IMM(BPF_REG_1, dup(0)),
		CALL(BPF_FUNC_sys_close),
		EXIT(),
	};
	int prog = load(BPF_PROG_TYPE_SYSCALL, insns, 3);
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	ASSERT_OK(prog);
	EXPECT_OK(bpf_prog_test_run_opts(prog, &opts));
	EXPECT_EQ((int)opts.retval, 0);
	EXPECT_OK(bpf_prog_test_run_opts(prog, &opts));
	EXPECT_EQ((int)opts.retval, -EBADF);
}

/* core_relos of PROG_LOAD, at the level of bpf(2). */
static int load_relocated(uint32_t count, uint32_t size, struct bpf_core_relo *relo, int btf)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 7), EXIT() };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "GPL";
	attr.prog_btf_fd = btf;
	attr.core_relo_cnt = count;
	attr.core_relos = (uintptr_t)relo;
	attr.core_relo_rec_size = size;
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

BPF_TEST(loader, relocation_errnos)
{
	struct {
		struct bpf_core_relo relo;
		uint32_t more;
	} record = { .relo = { .type_id = 1, .kind = BPF_CORE_TYPE_ID_LOCAL } };
	const uint32_t size = sizeof(record.relo);
	struct btf *btf = btf__new_empty();
	int fd, prog;

	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	ASSERT_OK(btf__load_into_kernel(btf));
	fd = btf__fd(btf);
	prog = load_relocated(1, size, &record.relo, fd);
	EXPECT_OK(prog);
	close(prog);
	EXPECT_ERR(load_relocated(1, size - 4, &record.relo, fd), EINVAL);
	EXPECT_ERR(load_relocated(1, size + 1, &record.relo, fd), EINVAL);
	EXPECT_ERR(load_relocated(1, 260, &record.relo, fd), EINVAL);
	EXPECT_ERR(load_relocated(1 << 28, size, &record.relo, fd), EINVAL);
	EXPECT_ERR(load_relocated(1, size, &record.relo, 12345), EBADF);
	EXPECT_ERR(load_relocated(1, size, (void *)16, fd), EFAULT);
	EXPECT_OK(load_relocated(1, size + 4, &record.relo, fd));
	record.more = 1;
	EXPECT_ERR(load_relocated(1, size + 4, &record.relo, fd), E2BIG);
	record.relo.insn_off = 4;
	EXPECT_ERR(load_relocated(1, size, &record.relo, fd), EINVAL);
	record.relo.insn_off = 16;
	EXPECT_ERR(load_relocated(1, size, &record.relo, fd), EINVAL);
	record.relo.insn_off = 8; /* exit has nothing to relocate */
	EXPECT_ERR(load_relocated(1, size, &record.relo, fd), EINVAL);
	record.relo.insn_off = 0;
	record.relo.type_id = 99;
	EXPECT_ERR(load_relocated(1, size, &record.relo, fd), EINVAL);
	btf__free(btf);
}
