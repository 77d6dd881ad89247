// SPDX-License-Identifier: BSD-2-Clause
/* What the harnesses share: input, and the guard in front of the host's kernel. */
#include "fuzz.h"

#include "ebpf/syscall.h"

#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void fuzz_take(struct fuzz_input *input, void *to, size_t size)
{
	size_t taken = BU_MIN(size, input->size);

	memset(to, 0, size);
	if (taken)
		memcpy(to, input->data, taken);
	input->data += taken;
	input->size -= taken;
}

u8 fuzz_byte(struct fuzz_input *input)
{
	u8 byte;

	fuzz_take(input, &byte, sizeof(byte));
	return byte;
}

u16 fuzz_u16(struct fuzz_input *input)
{
	u16 word;

	fuzz_take(input, &word, sizeof(word));
	return word;
}

_Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

void fuzz_guard_host(void)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = { BU_ARRAY_SIZE(filter), filter };
	static bool guarded;

	if (guarded)
		return;
	guarded = true;
	FUZZ_ASSERT(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	FUZZ_ASSERT(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	FUZZ_ASSERT(!bu_canary());
}

u8 *fuzz_guarded(size_t size)
{
	size_t pages = BU_ROUND_UP(size, 65536), all = pages + (20ULL << 30);
	u8 *at = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	FUZZ_ASSERT(at != MAP_FAILED);
	FUZZ_ASSERT(!mprotect(at, pages, PROT_READ | PROT_WRITE));
	return at + pages - size;
}

/* Descriptors that are ours: sockets, memfds, epoll instances. */
static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	char target[64];
	int count = 0;

	while (dir && (entry = readdir(dir))) {
		ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[BU_MAX(size, (ssize_t)0)] = '\0';
		if (strstr(target, "socket:") || strstr(target, "memfd:") ||
		    strstr(target, "eventpoll"))
			count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

void fuzz_check_fds(void)
{
	static int first = -1;
	static unsigned int inputs;

	if (first < 0)
		first = count_fds();
	else if (inputs++ % 64 == 0)
		FUZZ_ASSERT(count_fds() <= first);
}
