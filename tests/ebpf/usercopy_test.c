// SPDX-License-Identifier: BSD-2-Clause
/* Pointers that a caller of bpf(2) has no memory at: EFAULT, as from the kernel, and nothing is
 * touched. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 65536 /* of any machine */

/* Two pages, of which the second one may not be touched: its address. */
static char *wall(int protection)
{
	char *at = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(at, MAP_FAILED);
	ASSERT_OK(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_OK(mprotect(at + PAGE, PAGE, protection));
	return at + PAGE;
}

static int array(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 4, NULL);

	ASSERT_OK(fd);
	return fd;
}

BPF_TEST(usercopy, memory_that_is_not_there)
{
	char *end = wall(PROT_NONE);
	uint32_t key = 1;
	uint64_t value = 5;
	int fd = array();

	EXPECT_ERR(bpf_map_update_elem(fd, &key, end, 0), EFAULT);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, end - 4, 0), EFAULT);
	EXPECT_ERR(bpf_map_update_elem(fd, end - 2, &value, 0), EFAULT);
	EXPECT_ERR(bpf_map_update_elem(fd, NULL, &value, 0), EFAULT);
	EXPECT_ERR(bpf_map_update_elem(fd, (void *)~0xfffUL, &value, 0), EFAULT);
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, end - 7), EFAULT);
	EXPECT_OK(bpf_map_update_elem(fd, &key, end - 8, 0));
	EXPECT_OK(bpf_map_lookup_elem(fd, &key, end - 8));
}

BPF_TEST(usercopy, memory_that_may_only_be_read)
{
	char *page = wall(PROT_READ);
	uint32_t key = 0;
	int fd = array();

	EXPECT_OK(bpf_map_update_elem(fd, page, page, 0));
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, page), EFAULT);
	EXPECT_ERR(bpf_map_get_next_key(fd, &key, page - 2), EFAULT);
}

BPF_TEST(usercopy, attributes_that_are_not_there)
{
	char *end = wall(PROT_NONE);

	EXPECT_EQ(syscall(__NR_bpf, BPF_MAP_CREATE, end, 64), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(syscall(__NR_bpf, BPF_MAP_CREATE, end - 160, 400), -1);
	EXPECT_EQ(errno, EFAULT);
	memset(end - 64, 0, 64);
	EXPECT_EQ(syscall(__NR_bpf, BPF_MAP_CREATE, end - 64, 64), -1);
	EXPECT_EQ(errno, EINVAL);
}

BPF_TEST(usercopy, instructions_that_are_not_there)
{
	char *end = wall(PROT_NONE);
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
				    { .code = BPF_JMP | BPF_EXIT } };

	memcpy(end - sizeof(insns), insns, sizeof(insns));
	EXPECT_ERR(bpf_prog_load(BPF_PROG_TYPE_XDP, "p", "GPL", (void *)(end - 8), 2, NULL),
		   EFAULT);
	EXPECT_ERR(bpf_prog_load(BPF_PROG_TYPE_XDP, "p", end, (void *)(end - 16), 2, NULL), EFAULT);
	EXPECT_OK(bpf_prog_load(BPF_PROG_TYPE_XDP, "p", "GPL", (void *)(end - 16), 2, NULL));
}

static int load_licensed(const char *license)
{
	/* bpf_get_current_task() is for GPL-compatible programs, so what was read is seen. */
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "licensed", license, insns, 3, NULL);

	if (fd >= 0)
		close(fd);
	return fd;
}

BPF_TEST(usercopy, strings_that_end_where_memory_does)
{
	char *end = wall(PROT_NONE), *across = end - 4096 - 2;

	memcpy(end - 4, "GPL", 4);
	EXPECT_OK(load_licensed(end - 4));
	EXPECT_ERR(load_licensed(end), EFAULT);
	memcpy(across, "GPL", 4);
	EXPECT_OK(load_licensed(across));
	across[2] = 'x';
	EXPECT_ERR(load_licensed(across), EINVAL);
	end[-1] = 'x';
	EXPECT_ERR(load_licensed(end - 4), EFAULT);
	/* Longer than any license: what was read of it counts. Source: bpf_prog_load(), 127 bytes
	 */
	memset(end - 127, 'x', 127);
	EXPECT_ERR(load_licensed(end - 127), EINVAL);
	EXPECT_ERR(load_licensed(end - 126), EFAULT);
}
