// SPDX-License-Identifier: BSD-2-Clause
/*
 * Helpers, contexts and BPF_PROG_TEST_RUN against a real kernel: the cases of cases.c, line by
 * line. What Linux 6.18 answered is in kernel_outcomes.txt (written by cases_host as root). With
 * BPFUNIT_HOST_BPF=1 (as root) this machine's kernel is asked instead.
 */
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define DIFFERENCES_SHOWN 5

struct expected {
	FILE *file;
	char line[8192];
	int lines, differences;
};

static FILE *outcomes(void)
{
	if (!getenv("BPFUNIT_HOST_BPF"))
		return fopen(OUTCOMES, "re");
	return popen(CASES_HOST " 2>/dev/null", "re");
}

static bool next_line(struct expected *e)
{
	if (!fgets(e->line, sizeof(e->line), e->file))
		return false;
	e->line[strcspn(e->line, "\n")] = 0;
	return true;
}

static void compare(void *arg, const char *text)
{
	struct expected *e = arg;

	e->lines++;
	if (!next_line(e) || !strcmp(e->line, text))
		return;
	if (e->differences++ < DIFFERENCES_SHOWN)
		EXPECT_STREQ(text, e->line);
}

static void check_group(const char *group)
{
	struct expected e = { .file = outcomes() };

	ASSERT_NOT_NULL(e.file);
	while (next_line(&e))
		if (!strncmp(e.line, "# ", 2) && !strcmp(e.line + 2, group))
			break;
	ASSERT_FALSE(feof(e.file));
	EXPECT_OK(cases_run(group, compare, &e));
	EXPECT_GT(e.lines, 2);
	EXPECT_EQ(e.differences, 0);
	/* The kernel has no more lines either. */
	EXPECT_TRUE(!next_line(&e) || !strncmp(e.line, "# ", 2));
	while (next_line(&e))
		continue;
	fclose(e.file);
}

#define GROUP(name)                                                                                \
	BPF_TEST(kernel_outcomes, name)                                                            \
	{                                                                                          \
		check_group(#name);                                                                \
	}

GROUP(xdp_adjust)
GROUP(xdp_bytes)
GROUP(xdp_contexts)
GROUP(redirects)
GROUP(skb_ranges)
GROUP(skb_sizes)
GROUP(skb_checksums)
GROUP(checksum_differences)
GROUP(skb_contexts)
GROUP(vlans)
GROUP(layer3)
GROUP(print)
GROUP(formats)
GROUP(numbers)
GROUP(strings)
GROUP(loops)
GROUP(probes)
GROUP(plain_runs)
GROUP(packet_sizes)
GROUP(repeats)
