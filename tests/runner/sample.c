/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests that end in every way a test can end. runner_test.c runs this binary and looks at what the
 * runner says about it; it is no test of its own.
 */
#include <bpfunit/bpfunit.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

BPF_TEST(good, passes)
{
	EXPECT_EQ(1, 1);
}

BPF_TEST(good, prints)
{
	puts("hello from a passing test");
	EXPECT_TRUE(true);
}

BPF_TEST(good, is_skipped, .skip = "not on Sundays")
{
	FAIL("a skipped test ran");
}

BPF_TEST(good, skips_itself)
{
	BPFUNIT_SKIP("no such device");
}

BPF_TEST(bad, fails_twice)
{
	int tokens = 3;

	puts("about to fail");
	EXPECT_EQ(tokens, 4);
	EXPECT_TRUE(tokens == 5);
}

BPF_TEST(bad, stops_at_assert)
{
	ASSERT_EQ(1 + 1, 3);
	puts("never printed");
}

BPF_TEST(bad, has_special_characters)
{
	EXPECT_FAIL("a \"quoted\" # hash, a \\ and a tab\t; then\nanother: line");
}

BPF_TEST(ugly, segfaults)
{
	volatile int *nowhere = (int *)8;

	fputs("before the crash", stdout);
	EXPECT_TRUE(true);
	*nowhere = 1;
}

/* The address leaves the function, so that it is no tail call. */
static int deeper(volatile char *above)
{
	volatile char frame[4096];

	if (*above)
		return 0;
	frame[0] = 0;
	return deeper(frame) + frame[0];
}

BPF_TEST(ugly, overflows_the_stack)
{
	volatile char frame = 0;

	deeper(&frame);
}

BPF_TEST(ugly, aborts)
{
	abort();
}

BPF_TEST(ugly, exits)
{
	EXPECT_TRUE(true);
	exit(3);
}

BPF_TEST(ugly, exits_with_success)
{
	_exit(0);
}

BPF_TEST(ugly, hangs, .timeout_s = 1)
{
	EXPECT_TRUE(true);
	for (;;)
		pause();
}

BPF_TEST(ugly, waits_for_long)
{
	for (;;)
		pause();
}

BPF_TEST(ugly, hangs_and_ignores_signals, .timeout_s = 0.2)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		pause();
}

BPF_TEST(ugly, leaves_its_group_and_hangs, .timeout_s = 1)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	EXPECT_OK(setpgid(0, getpgid(getppid())));
	for (;;)
		pause();
}

BPF_TEST(ugly, prints_a_lot_and_fails)
{
	for (int i = 0; i < 200000; i++)
		printf("line %d of too many\n", i);
	EXPECT_EQ(1, 2);
}

BPF_TEST(ugly, prints_without_end, .timeout_s = 0.3)
{
	for (;;)
		puts("and on");
}

BPF_TEST(ugly, leaves_a_process_behind)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	printf("pid %d\n", (int)pid);
	EXPECT_GT(pid, 0);
}

/* As daemon(3): a session of its own, and init is its parent. */
BPF_TEST(ugly, leaves_a_daemon_behind)
{
	int pipe_fds[2];
	pid_t pid = 0;

	ASSERT_OK(pipe(pipe_fds));
	if (fork() == 0) {
		setsid();
		pid = fork();
		if (pid == 0) {
			for (;;)
				pause();
		}
		_exit(write(pipe_fds[1], &pid, sizeof(pid)) != sizeof(pid));
	}
	ASSERT_EQ(read(pipe_fds[0], &pid, sizeof(pid)), sizeof(pid));
	printf("pid %d\n", (int)pid);
	EXPECT_GT(pid, 0);
	wait(NULL);
}

/* What a link that was destroyed becomes sooner or later: the test owned it. */
BPF_TEST(ugly, destroys_what_it_does_not_own)
{
	BPFUNIT_KEEP((struct bpf_link *)(uintptr_t)64);
}

BPF_TEST(ugly, closes_all_descriptors)
{
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	EXPECT_EQ(1, 2);
}

BPF_TEST(ugly, fails_very_often)
{
	char text[1000];

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 2000; i++)
		EXPECT_FAIL("%d: %.*s", i, (int)sizeof(text), text);
}

BPF_TEST(ugly, reads_standard_input)
{
	char c;

	EXPECT_EQ(read(STDIN_FILENO, &c, 1), 0);
}

BPF_TEST(ugly, wrecks_the_exit_status)
{
	atexit(abort);
}

#include <sys/syscall.h>

/* A descriptor that no kernel has, past libc's names. */
BPF_TEST(ugly, calls_the_hosts_bpf)
{
#ifdef __x86_64__
	int bad_fd = -1;
	long result = SYS_bpf;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(BPF_MAP_FREEZE), "S"(&bad_fd), "d"(sizeof(bad_fd))
			 : "rcx", "r11", "memory");
	FAIL("the call came back with %ld", result);
#else
	raise(SIGSYS);
#endif
}
