// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf(2) under arbitrary calls: any command, attributes of any bytes and size, pointers to memory
 * that is there, is read-only, ends too early or does not exist. A call returns a result or an
 * errno.
 *
 * An input: struct attr_step for each call, followed by its patches; then bytes of the caller's
 * memory. Attributes begin as zeroes; a patch puts a number, a descriptor or a pointer into them.
 *
 * The caller's memory ends at a wall (fuzz_guarded()), and
 * no number passes for a pointer, for in this process any address might be somebody's.
 */
#include "fuzz.h"

#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/syscall.h"
#include "ebpf/uapi.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY     16384
#define RESERVED   4096 /* at its begin: what `goods` name */
#define ATTRIBUTES 3072 /* there, or at its end */
#define FDS        24
#define STEPS      12
#define PATCHES    12
#define WILD       0x00006fff00000000ULL
#define BIG        (16ULL << 20)

struct step {
	u8 cmd, size, nr_patches;
};

struct patch {
	u8 at, kind;
	u16 value;
};

enum kind {
	NUMBER,
	DESCRIPTOR,
	POINTER_TO_END, /* so many bytes before the wall */
	POINTER,
	POINTER_TO_GOOD, /* to one of `goods` */
	POINTER_READ_ONLY,
	POINTER_WILD,
	POINTER_TO_KERNEL,
	NUMBER_64, /* sign-extended */
	KINDS,
};

/* Beyond the commands: what else can be done to descriptors. */
enum {
	FIRST_ACTION = 200,
	PERF_EVENT_OPEN = FIRST_ACTION,
	CLOSE,
	DUP,
	MAP_MEMORY,
	REAP,
	READ,
	IOCTL,
	ACTIONS
};

#define TOKEN_CREATE 36 /* a command newer than some headers */

static const struct bpf_insn prog[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static const struct bpf_insn zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

/* BTF: int (1), struct { int a; } (2). */
static const struct {
	u16 magic;
	u8 version, flags;
	u32 hdr_len, type_off, type_len, str_off, str_len, types[4 + 3 + 3];
	char strings[12];
} btf = { 0xeb9f,       1,  0,
	  24,           0,  40,
	  40,           12, { 1, 1u << 24, 4, 0x01000020, 5, 4u << 24 | 1, 4, 7, 1, 0 },
	  "\0int\0s\0a" };

static const struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
					      .size = sizeof(event),
					      .config = PERF_COUNT_SW_BPF_OUTPUT,
					      .sample_type = PERF_SAMPLE_RAW,
					      .wakeup_events = 1 };

static const struct perf_event_attr tracepoint = {
	.type = PERF_TYPE_TRACEPOINT, .size = sizeof(tracepoint), .config = 1, .sample_period = 1
};

/* Functions to probe. */
static const char *const names[] = { "vfs_read", "vfs_write" };

static const struct good {
	u32 at; /* in the reserved memory */
	const void *data;
	u32 size;
} goods[] = {
	{ 0, prog, sizeof(prog) },
	{ 512, "GPL", 4 },
	{ 1024, &btf, sizeof(btf) },
	{ 2048, &event, sizeof(event) },
	{ 2304, &tracepoint, sizeof(tracepoint) },
	{ 2560, "/sys/fs/bpf/pin", 16 },
	{ 2576, "sched_switch", 13 },
	{ 2592, names, sizeof(names) },
	{ 2608, "/proc/self/exe", 15 },
};

struct caller {
	struct bu_kernel *kernel;
	u8 *memory, *read_only;
	int fds[FDS], nr_fds;
	union {
		u64 words[32];
		u8 attr[256];
	};
	u64 pointers; /* bit for each word of attr that a patch made a pointer */
};

/* Kprobes of many functions: { flags, cnt }, symbols, addresses, cookies. Uprobes begin with their
 * path, iterators with what to walk; the other links take numbers, and no pointers at all. */
static u64 pointers_of_link(u32 attach_type)
{
	switch (attach_type) {
	case BPF_TRACE_KPROBE_MULTI:
	case BU_ATTACH_KPROBE_SESSION:
		return 1 << 3 | 1 << 4 | 1 << 5;
	default:
		return 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5;
	}
}

/* Words of the attributes that are pointers; bit n: offset 8 * n. */
static u64 pointer_words(const struct caller *c, u8 cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_MAP_FREEZE:
	case BPF_PROG_BIND_MAP:
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH:
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_LINK_GET_NEXT_ID:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_LINK_UPDATE:
	case BPF_LINK_DETACH:
	case BPF_ITER_CREATE:
	case BPF_ENABLE_STATS:
	case TOKEN_CREATE:
		return 0;
	case BPF_OBJ_PIN:
	case BPF_OBJ_GET:
	case BPF_RAW_TRACEPOINT_OPEN:
		return 1 << 0;
	case BPF_OBJ_GET_INFO_BY_FD:
		return 1 << 1;
	case BPF_BTF_LOAD:
		return 1 << 0 | 1 << 1;
	case BPF_TASK_FD_QUERY:
		return 1 << 2;
	case BPF_PROG_QUERY: /* ids, and what belongs to them */
		return 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		return 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3;
	case BPF_LINK_CREATE:
		return pointers_of_link((u32)c->words[1]);
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
		return 1 << 1 | 1 << 2;
	case BPF_PROG_LOAD: /* insns, license, log_buf, func_info, line_info, fd_array, core_relos
			     */
		return 1 << 1 | 1 << 2 | 1 << 4 | 1 << 10 | 1 << 12 | 1 << 15 | 1 << 16;
	case BPF_PROG_TEST_RUN:
		return 1 << 2 | 1 << 3 | 1 << 6 | 1 << 7;
	default:
		return ~0ULL;
	}
}

static bool looks_like_pointer(u64 word)
{
	return word >= 4096 && word < 1ULL << 56;
}

/* Numbers where pointers belong become addresses of the kernel. */
static void disarm_attributes(struct caller *c, u8 cmd)
{
	u64 words = pointer_words(c, cmd) & ~c->pointers, word;

	for (u32 i = 0; i < sizeof(c->attr) / 8; i++) {
		memcpy(&word, c->attr + 8 * i, 8);
		if (i < 64 && words >> i & 1 && looks_like_pointer(word))
			c->attr[8 * i + 7] = 0xff;
	}
}

/* The rest of a pointer that the size cuts off would lead anywhere. */
static void cut_attributes(struct caller *c, u8 cmd, u8 size)
{
	u32 last = size / 8;

	if (size % 8 && (pointer_words(c, cmd) | c->pointers) >> last & 1)
		c->words[last] = 0;
}

/* So do they in the caller's memory, which may hold structs with pointers (info); addresses of that
 * memory may stay. */
static void disarm_memory(struct caller *c)
{
	u64 word;

	for (u32 i = RESERVED; i < MEMORY; i += 8) {
		memcpy(&word, c->memory + i, 8);
		if (looks_like_pointer(word) && word - (u64)c->memory >= MEMORY)
			c->memory[i + 7] = 0xff;
	}
}

static u64 pointer_of(struct caller *c, const struct patch *patch, u8 cmd)
{
	u32 place = patch->value % (MEMORY - RESERVED);

	switch (patch->kind % KINDS) {
	case POINTER_TO_END:
		return (u64)c->memory + MEMORY - place % 512;
	case POINTER_TO_GOOD:
		if (cmd == BPF_OBJ_GET_INFO_BY_FD) /* they may look like a struct with pointers */
			break;
		return (u64)c->memory + goods[patch->value % BU_ARRAY_SIZE(goods)].at;
	case POINTER_READ_ONLY:
		return (u64)c->read_only + patch->value % 64;
	case POINTER_WILD:
		return WILD + ((u64)patch->value << 12);
	case POINTER_TO_KERNEL:
		return 0xffff888000000000ULL + patch->value;
	}
	return (u64)c->memory + RESERVED + place / 8 * 8;
}

static void apply(struct caller *c, const struct patch *patch, u8 cmd)
{
	u32 at = patch->at % (sizeof(c->attr) / 8) * 8;
	u64 word = (u64)(s64)(s16)patch->value;

	c->pointers &= ~(1ULL << at / 8);
	if (cmd == BPF_PROG_TEST_RUN && at == 32) { /* so often a program is to run */
		c->attr[at] = patch->value % 8;
	} else if (patch->kind % KINDS == NUMBER) {
		memcpy(c->attr + at + (patch->at & 128 ? 4 : 0), &word, 4);
	} else if (patch->kind % KINDS == DESCRIPTOR) {
		memcpy(c->attr + at + (patch->at & 128 ? 4 : 0), &c->fds[patch->value % FDS], 4);
	} else {
		if (patch->kind % KINDS != NUMBER_64) {
			word = pointer_of(c, patch, cmd);
			c->pointers |= 1ULL << at / 8;
		}
		memcpy(c->attr + at, &word, 8);
	}
}

/* Large maps take long to make, or all memory. */
static void limit_map(struct caller *c)
{
	u32 *attr = (u32 *)c->words; /* type, key_size, value_size, max_entries */
	u64 elem = (u64)attr[1] + attr[2] + 64;

	if (elem * attr[3] > BIG && elem <= BIG)
		attr[3] = (u32)(BIG / elem);
}

static void keep_fd(struct caller *c, long fd)
{
	int *at = &c->fds[c->nr_fds++ % FDS];

	if (*at >= 0)
		close(*at);
	*at = (int)fd;
}

static bool makes_fd(u8 cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_LINK_CREATE:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_ITER_CREATE:
	case BPF_ENABLE_STATS:
	case TOKEN_CREATE:
		return true;
	default:
		return false;
	}
}

/* Words of the mapped memory of a map or perf event are user space's to write. */
static void write_mapped(struct caller *c, int fd)
{
	size_t size = (size_t)c->attr[8] % 8 * 4096 + 4096, offset = c->attr[16] % 4 * 4096;
	int protection = c->attr[24] & 1 ? PROT_READ : PROT_READ | PROT_WRITE;
	u8 *at = mmap(NULL, size, protection, MAP_SHARED, fd, (off_t)offset);

	if (at == MAP_FAILED)
		return;
	if (protection & PROT_WRITE)
		memcpy(at + c->attr[32] % 32 * 8, c->attr + 40, 8);
	munmap(at, size);
}

/* What perf events take. The pointers of those that read or write the caller's memory are apart. */
static void control(struct caller *c, int fd)
{
	static const unsigned long requests[] = {
		PERF_EVENT_IOC_ENABLE,      PERF_EVENT_IOC_DISABLE,    PERF_EVENT_IOC_RESET,
		PERF_EVENT_IOC_REFRESH,     PERF_EVENT_IOC_SET_OUTPUT, PERF_EVENT_IOC_SET_BPF,
		PERF_EVENT_IOC_PAUSE_OUTPUT
	};
	static const unsigned long pointed[] = { PERF_EVENT_IOC_PERIOD, PERF_EVENT_IOC_ID,
						 PERF_EVENT_IOC_SET_FILTER,
						 PERF_EVENT_IOC_QUERY_BPF,
						 PERF_EVENT_IOC_MODIFY_ATTRIBUTES };
	int result = 0;

	if (c->attr[8] & 1)
		bu_fd_ioctl(&result, fd, pointed[c->attr[9] % BU_ARRAY_SIZE(pointed)], c->words[2]);
	else
		bu_fd_ioctl(&result, fd, requests[c->attr[9] % BU_ARRAY_SIZE(requests)],
			    (unsigned long)c->fds[c->attr[10] % FDS]);
}

static void act(struct caller *c, u8 action)
{
	long result;
	int *fd = &c->fds[c->attr[0] % FDS];

	switch (action) {
	case PERF_EVENT_OPEN:
		keep_fd(c, bu_sys_perf_event_open(c->kernel, (void *)c->words[1], -1,
						  (int)c->words[2], -1, (u32)c->words[3]));
		break;
	case CLOSE:
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		break;
	case DUP:
		if (*fd >= 0)
			keep_fd(c, fcntl(*fd, F_DUPFD_CLOEXEC, 0));
		break;
	case MAP_MEMORY:
		write_mapped(c, *fd);
		break;
	case READ: /* iterators, above all */
		bu_fd_read(&result, *fd, c->memory + RESERVED, c->words[1] % (MEMORY - RESERVED));
		break;
	case IOCTL:
		control(c, *fd);
		break;
	default:
		bu_fd_reap(c->kernel);
	}
}

static void make_step(struct caller *c, const struct step *step, const struct patch *patches)
{
	u8 *at = c->memory + (step->size < 200 ? ATTRIBUTES : MEMORY - step->size);
	u8 cmd = step->cmd < FIRST_ACTION ? step->cmd % 40
					  : FIRST_ACTION + step->cmd % (ACTIONS - FIRST_ACTION);
	long result;

	memset(c->attr, 0, sizeof(c->attr));
	c->pointers = 0;
	for (u32 i = 0; i < step->nr_patches % (PATCHES + 1u); i++)
		apply(c, &patches[i], cmd);
	disarm_attributes(c, cmd);
	cut_attributes(c, cmd, step->size);
	disarm_memory(c);
	if (cmd >= FIRST_ACTION) {
		act(c, cmd);
		return;
	}
	if (cmd == BPF_MAP_CREATE)
		limit_map(c);
	memcpy(at, c->attr, step->size);
	result = bu_sys_bpf(c->kernel, cmd, at, step->size);
	FUZZ_ASSERT(result >= -4095);
	FUZZ_ASSERT(!makes_fd(cmd) || result < 0 || fcntl((int)result, F_GETFD) == FD_CLOEXEC);
	if (makes_fd(cmd) && result >= 0)
		keep_fd(c, result);
}

static void make_map(struct caller *c, u32 type, u32 key, u32 value, u32 entries, u32 flags)
{
	union bpf_attr attr = { .map_type = type,
				.key_size = key,
				.value_size = value,
				.max_entries = entries,
				.map_flags = flags };

	keep_fd(c, bu_sys_bpf(c->kernel, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

/* Programs for links; behind the descriptors that calls make. */
static void load_attachable(struct caller *c)
{
	static const struct {
		u32 type, attach_type;
	} kinds[] = {
		{ BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
		{ BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI },
		{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
		{ BPF_PROG_TYPE_PERF_EVENT, 0 },
	};

	for (u32 i = 0; i < BU_ARRAY_SIZE(kinds); i++) {
		union bpf_attr attr = { .prog_type = kinds[i].type,
					.expected_attach_type = kinds[i].attach_type,
					.insn_cnt = 2,
					.insns = (u64)zero,
					.license = (u64) "GPL" };
		long fd = bu_sys_bpf(c->kernel, BPF_PROG_LOAD, &attr, sizeof(attr));

		FUZZ_ASSERT(fd >= 0);
		c->fds[FDS - 1 - i] = (int)fd;
	}
}

/* What most inputs need. */
static void set_stage(struct caller *c)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_XDP,
				.insn_cnt = 2,
				.insns = (u64)prog,
				.license = (u64) "GPL" };

	for (int i = 0; i < FDS; i++)
		c->fds[i] = -1;
	make_map(c, BPF_MAP_TYPE_HASH, 4, 8, 8, 0);
	make_map(c, BPF_MAP_TYPE_ARRAY, 4, 8, 8, BPF_F_MMAPABLE);
	make_map(c, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	make_map(c, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	make_map(c, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0);
	make_map(c, BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4, 0);
	keep_fd(c, bu_sys_bpf(c->kernel, BPF_PROG_LOAD, &attr, sizeof(attr)));
	attr = (union bpf_attr){ .btf = (u64)&btf, .btf_size = sizeof(btf) };
	keep_fd(c, bu_sys_bpf(c->kernel, BPF_BTF_LOAD, &attr, 32));
	FUZZ_ASSERT(c->fds[6] >= 0 && c->fds[7] >= 0);
	load_attachable(c);
}

static void fill_memory(struct caller *c, struct fuzz_input *input)
{
	memset(c->memory, 0, RESERVED);
	fuzz_take(input, c->memory + RESERVED, MEMORY - RESERVED);
	for (u32 i = 0; i < BU_ARRAY_SIZE(goods); i++)
		memcpy(c->memory + goods[i].at, goods[i].data, goods[i].size);
}

static void make_steps(struct caller *c, struct fuzz_input *input)
{
	u8 count = fuzz_byte(input) % (STEPS + 1);
	struct patch patches[STEPS][PATCHES];
	struct step steps[STEPS];

	for (u8 i = 0; i < count; i++) {
		fuzz_take(input, &steps[i], sizeof(steps[i]));
		for (u32 p = 0; p < steps[i].nr_patches % (PATCHES + 1u); p++)
			fuzz_take(input, &patches[i][p], sizeof(patches[i][p]));
	}
	fill_memory(c, input);
	for (u8 i = 0; i < count; i++)
		make_step(c, &steps[i], patches[i]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	static struct caller c;

	fuzz_guard_host();
	if (!c.memory) {
		c.memory = fuzz_guarded(MEMORY);
		c.read_only = fuzz_guarded(65536);
		FUZZ_ASSERT(!mprotect(c.read_only, 65536, PROT_READ));
	}
	c.kernel = bu_kernel();
	c.nr_fds = 0;
	set_stage(&c);
	make_steps(&c, &input);
	for (int i = 0; i < FDS; i++) {
		if (c.fds[i] >= 0)
			close(c.fds[i]);
	}
	bu_fd_reap(c.kernel);
	bu_kernel_reset();
	fuzz_check_fds();
	return 0;
}
