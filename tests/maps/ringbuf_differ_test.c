// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ring buffer against a real kernel: seeded random records from programs, and a consumer that
 * reads in bursts. Compared after each step: results, positions, readiness, and every byte that
 * user space maps. As in differ_test.c, what Linux 6.18 did is recorded as digests;
 * BPFUNIT_HOST_BPF=1 asks this machine.
 */
#include <bpfunit/bpfunit.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "differ.h"

#define RING_SIZE      4096
#define PAGE           4096
#define STEPS          1500
#define STEPS_A_DIGEST 100
#define DIGESTS        (STEPS / STEPS_A_DIGEST)
#define PACKET_SIZE    272 /* flags, size, bytes of a record */
#define STACK_BASE     (-PACKET_SIZE)
#define FNV            0xcbf29ce484222325u

#define INSN(code_, dst_, src_, off_, imm_)                                                        \
	((struct bpf_insn){ .code = (code_),                                                       \
			    .dst_reg = (dst_),                                                     \
			    .src_reg = (src_),                                                     \
			    .off = (off_),                                                         \
			    .imm = (imm_) })
#define MOV(dst, src)        INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(dst, imm)    INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD_IMM(dst, imm)    INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define LOAD(dst, src, off)  INSN(BPF_LDX | BPF_MEM | BPF_DW, dst, src, off, 0)
#define STORE(dst, off, src) INSN(BPF_STX | BPF_MEM | BPF_DW, dst, src, off, 0)
#define LOAD_MAP(dst, fd)                                                                          \
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT()       INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* The packet to the stack. */
#define PROLOGUE()                                                                                 \
	MOV_IMM(BPF_REG_2, 0), MOV(BPF_REG_3, BPF_REG_10), ADD_IMM(BPF_REG_3, STACK_BASE),         \
		MOV_IMM(BPF_REG_4, PACKET_SIZE), CALL(BPF_FUNC_skb_load_bytes)

enum op { OUTPUT, SUBMIT, DISCARD, QUERY, CONSUME, OPS };

struct side {
	bpf_call bpf;
	int fd, epoll;
	int progs[OPS];
	uint64_t *consumer;    /* its position */
	const uint8_t *mapped; /* the producer's page and the data, twice */
};

struct step {
	enum op op;
	uint32_t count; /* of records to consume */
	uint8_t packet[PACKET_SIZE];
};

struct outcome {
	int32_t result;
	bool readable;
	uint64_t memory; /* digest of all that is mapped */
};

static int load(struct side *side, const struct bpf_insn *insns, uint32_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = count;
	attr.license = (uintptr_t) "GPL";
	return side->bpf(BPF_PROG_LOAD, &attr);
}
#define LOAD_PROG(side, ...)                                                                       \
	load(side, (const struct bpf_insn[]){ __VA_ARGS__ },                                       \
	     sizeof((const struct bpf_insn[]){ __VA_ARGS__ }) / sizeof(struct bpf_insn))

static int load_output(struct side *side)
{
	return LOAD_PROG(
		side, PROLOGUE(), LOAD_MAP(BPF_REG_1, side->fd), MOV(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, STACK_BASE + 16), LOAD(BPF_REG_3, BPF_REG_10, STACK_BASE + 8),
		INSN(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, 255),
		LOAD(BPF_REG_4, BPF_REG_10, STACK_BASE), CALL(BPF_FUNC_ringbuf_output), EXIT());
}

/* Reserves 40 bytes, writes the first and last 8. */
static int load_reserve(struct side *side, int end)
{
	return LOAD_PROG(side, PROLOGUE(), LOAD_MAP(BPF_REG_1, side->fd), MOV_IMM(BPF_REG_2, 40),
			 MOV_IMM(BPF_REG_3, 0), CALL(BPF_FUNC_ringbuf_reserve),
			 INSN(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0), MOV_IMM(BPF_REG_0, 1),
			 EXIT(), LOAD(BPF_REG_1, BPF_REG_10, STACK_BASE + 16),
			 STORE(BPF_REG_0, 0, BPF_REG_1), STORE(BPF_REG_0, 32, BPF_REG_1),
			 MOV(BPF_REG_1, BPF_REG_0), LOAD(BPF_REG_2, BPF_REG_10, STACK_BASE),
			 CALL(end), MOV_IMM(BPF_REG_0, 0), EXIT());
}

static int load_query(struct side *side)
{
	return LOAD_PROG(side, PROLOGUE(), LOAD_MAP(BPF_REG_1, side->fd),
			 LOAD(BPF_REG_2, BPF_REG_10, STACK_BASE), CALL(BPF_FUNC_ringbuf_query),
			 EXIT());
}

static void open_side(struct side *side, bpf_call bpf)
{
	struct epoll_event event = { .events = EPOLLIN };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_RINGBUF;
	attr.max_entries = RING_SIZE;
	*side = (struct side){ .bpf = bpf };
	side->fd = bpf(BPF_MAP_CREATE, &attr);
	ASSERT_OK(side->fd);
	side->progs[OUTPUT] = load_output(side);
	side->progs[SUBMIT] = load_reserve(side, BPF_FUNC_ringbuf_submit);
	side->progs[DISCARD] = load_reserve(side, BPF_FUNC_ringbuf_discard);
	side->progs[QUERY] = load_query(side);
	for (int i = 0; i <= QUERY; i++)
		ASSERT_OK(side->progs[i]);
	side->consumer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, side->fd, 0);
	side->mapped = mmap(NULL, PAGE + 2 * RING_SIZE, PROT_READ, MAP_SHARED, side->fd, PAGE);
	ASSERT_TRUE(side->consumer != MAP_FAILED && side->mapped != MAP_FAILED);
	side->epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_OK(epoll_ctl(side->epoll, EPOLL_CTL_ADD, side->fd, &event));
}

static void close_side(struct side *side)
{
	munmap(side->consumer, PAGE);
	munmap((void *)side->mapped, PAGE + 2 * RING_SIZE);
	close(side->epoll);
	for (int i = 0; i <= QUERY; i++)
		close(side->progs[i]);
	close(side->fd);
}

static uint32_t draw_number(uint64_t *random, uint32_t below)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (*random >> 33) % below;
}

static void draw(uint64_t *random, struct step *step)
{
	static const uint8_t ops[] = { OUTPUT, OUTPUT,  OUTPUT, SUBMIT,
				       SUBMIT, DISCARD, QUERY,  CONSUME };
	static const uint64_t flags[] = { 0, 0, 0, BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP, 3 };
	uint64_t size = draw_number(random, 256), flag;

	memset(step, 0, sizeof(*step));
	step->op = ops[draw_number(random, sizeof(ops))];
	step->count = draw_number(random, 12);
	flag = step->op == QUERY ? draw_number(random, 6) : flags[draw_number(random, 6)];
	if (step->op == OUTPUT && draw_number(random, 30) == 0)
		flag = 4;
	for (int i = 16; i < PACKET_SIZE; i++)
		step->packet[i] = draw_number(random, 256);
	memcpy(step->packet, &flag, sizeof(flag));
	memcpy(step->packet + 8, &size, sizeof(size));
}

/* Read as libbpf does; the sum of the sizes of records that were not discarded. */
static int32_t consume(struct side *side, uint32_t count)
{
	const uint64_t *producer = (const uint64_t *)side->mapped;
	uint64_t at = *side->consumer;
	int32_t sum = 0;

	for (; count > 0 && at < *producer; count--) {
		uint32_t header = *(const uint32_t *)(side->mapped + PAGE + at % RING_SIZE);
		uint32_t size = header & ~BPF_RINGBUF_DISCARD_BIT;

		sum += header & BPF_RINGBUF_DISCARD_BIT ? 0 : size;
		at += (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
	}
	__atomic_store_n(side->consumer, at, __ATOMIC_SEQ_CST);
	return sum;
}

static int32_t run(struct side *side, const struct step *step)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = side->progs[step->op];
	attr.test.data_in = (uintptr_t)step->packet;
	attr.test.data_size_in = sizeof(step->packet);
	ASSERT_EQ(side->bpf(BPF_PROG_TEST_RUN, &attr), 0);
	return attr.test.retval;
}

static struct outcome act(struct side *side, const struct step *step)
{
	struct epoll_event event;
	struct outcome outcome;

	outcome.result = step->op == CONSUME ? consume(side, step->count) : run(side, step);
	/* Whether a program's wake-up, and data, are there: epoll asks only after a wake-up. */
	outcome.readable = epoll_wait(side->epoll, &event, 1, 0) == 1;
	outcome.memory = differ_digest(FNV, side->mapped, sizeof(uint64_t));
	outcome.memory = differ_digest(outcome.memory, side->mapped + PAGE, 2 * RING_SIZE);
	outcome.memory = differ_digest(outcome.memory, side->consumer, sizeof(uint64_t));
	return outcome;
}

/* What Linux 6.18 did. */
static const uint64_t recorded[DIGESTS] = {
	0x600450f2eaaf3c65u, 0x9a00e2ac0e71ea35u, 0xfafa675dac6ec62eu, 0xc585c407ae0405bfu,
	0x3fa40600276994b6u, 0x57a9ec0f8f758c31u, 0x162f0916dd372cbbu, 0x5448b59f409c8d79u,
	0x2db3d42d34ea82ccu, 0xcdbe0e37d61b61e8u, 0x69ec7a70dfbefe4du, 0x11e4c19667517502u,
	0x265523ca1da7f896u, 0x5434f6430e264212u, 0x556c34c85f182adau,
};

static void play(bpf_call bpf, struct outcome *outcomes)
{
	uint64_t random = 7;
	struct side side;
	struct step step;

	open_side(&side, bpf);
	for (int i = 0; i < STEPS; i++) {
		draw(&random, &step);
		outcomes[i] = act(&side, &step);
	}
	close_side(&side);
}

static uint64_t digest_of(const struct outcome *outcomes)
{
	uint64_t digest = FNV;

	for (int i = 0; i < STEPS_A_DIGEST; i++) {
		digest = differ_digest(digest, &outcomes[i].result, sizeof(outcomes[i].result));
		digest = differ_digest(digest, &outcomes[i].readable, sizeof(outcomes[i].readable));
		digest = differ_digest(digest, &outcomes[i].memory, sizeof(outcomes[i].memory));
	}
	return digest;
}

BPF_TEST(ringbuf_outcomes, recorded, .cpus = DIFFER_CPUS)
{
	static struct outcome ours[STEPS];

	play(emulated_bpf, ours);
	for (int i = 0; i < DIGESTS; i++)
		EXPECT_EQ(digest_of(ours + i * STEPS_A_DIGEST), recorded[i]);
}

BPF_TEST(ringbuf_outcomes_host, recorded, .cpus = DIFFER_CPUS)
{
	static struct outcome ours[STEPS], theirs[STEPS];
	const char *reason = host_unavailable();
	uint64_t random = 7;
	struct step step;

	if (reason)
		BPFUNIT_SKIP("%s", reason);
	host_set_cpu(host_bpf, 0);
	play(host_bpf, theirs);
	play(emulated_bpf, ours);
	for (int i = 0; i < STEPS; i++) {
		draw(&random, &step);
		if (ours[i].result == theirs[i].result && ours[i].readable == theirs[i].readable &&
		    ours[i].memory == theirs[i].memory)
			continue;
		FAIL("step %d, operation %d with flags %d: %d, readable %d, memory %d; the host: "
		     "%d, %d",
		     i, step.op, step.packet[0], ours[i].result, ours[i].readable,
		     ours[i].memory == theirs[i].memory, theirs[i].result, theirs[i].readable);
	}
	for (int i = 0; i < DIGESTS; i++)
		EXPECT_EQ(digest_of(theirs + i * STEPS_A_DIGEST), recorded[i]);
}
