// SPDX-License-Identifier: BSD-2-Clause
/* See kernel_oracle.h. */
#include "kernel_oracle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if !defined(__x86_64__)
static long raw_bpf(int cmd, union bpf_attr *attr)
{
	return -ENOSYS;
}
#else
static long raw_bpf(int cmd, union bpf_attr *attr)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"((long)__NR_bpf), "D"((long)cmd), "S"(attr), "d"(sizeof(*attr))
			 : "rcx", "r11", "memory");
	return result;
}
#endif

static int load(u32 type, const struct bpf_insn *insns, u32 count, u32 level, char *log,
		u32 log_size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insn_cnt = count;
	attr.insns = (u64)(uintptr_t)insns;
	attr.license = (u64)(uintptr_t) "GPL";
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = log_size;
	attr.log_level = level;
	if (log)
		log[0] = '\0';
	return raw_bpf(BPF_PROG_LOAD, &attr);
}

int oracle_load(const struct bpf_insn *insns, u32 count)
{
	return load(BPF_PROG_TYPE_SOCKET_FILTER, insns, count, 0, NULL, 0);
}

int oracle_load_logged(const struct bpf_insn *insns, u32 count, u32 level, char *log, u32 log_size)
{
	return load(BPF_PROG_TYPE_SOCKET_FILTER, insns, count, level, log, log_size);
}

int oracle_load_xdp(const struct bpf_insn *insns, u32 count)
{
	return load(BPF_PROG_TYPE_XDP, insns, count, 0, NULL, 0);
}

int oracle_run_packet(int prog_fd, void *packet, u32 size, u32 *result)
{
	union bpf_attr attr;
	long error;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog_fd;
	attr.test.data_in = attr.test.data_out = (u64)(uintptr_t)packet;
	attr.test.data_size_in = attr.test.data_size_out = size;
	attr.test.repeat = 1;
	error = raw_bpf(BPF_PROG_TEST_RUN, &attr);
	*result = attr.test.retval;
	return error;
}

int oracle_run(int prog_fd, u32 *result)
{
	static const u8 packet[64];
	union bpf_attr attr;
	long error;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog_fd;
	attr.test.data_in = (u64)(uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 1;
	error = raw_bpf(BPF_PROG_TEST_RUN, &attr);
	*result = attr.test.retval;
	return error;
}

void oracle_close(int prog_fd)
{
	close(prog_fd);
}

/* may_goto, and the newest of all: load-acquire (Linux 6.15). */
bool oracle_permitted(void)
{
	static const struct bpf_insn newest[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8 },
		{ .code = BPF_JMP | BU_INSN_JCOND },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .src_reg = 10,
		  .off = -8,
		  .imm = BU_INSN_LOAD_ACQ },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const char *asked = getenv("BPFUNIT_HOST_BPF");
	int fd = asked && strcmp(asked, "1") == 0 ? oracle_load(newest, 4) : -EPERM;

	if (fd >= 0)
		oracle_close(fd);
	return fd >= 0;
}
