// SPDX-License-Identifier: BSD-2-Clause
/* Tests that leave things open, and some that do not; leaks.sh runs them. */
#include "paths.skel.h"
#include <bpfunit/bpfunit.h>
#include <bpfunit/runner.h>
#include <string.h>
#include <unistd.h>

static int make_map(const char *name)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 8, 1, NULL);
}

BPF_TEST(leaky, a_map)
{
	EXPECT_TRUE(true);
	EXPECT_OK(make_map("left"));
}

BPF_TEST(leaky, an_object)
{
	struct paths_bpf *skel = paths_bpf__open_and_load();

	ASSERT_NOT_NULL(skel);
}

BPF_TEST(tidy, a_map)
{
	close(make_map("closed"));
}

BPF_TEST(tidy, an_object)
{
	BPFUNIT_LOAD(paths_bpf);
}

BPF_TEST(tidy, counts_while_it_runs)
{
	const char *list;
	int fd = make_map("open");

	EXPECT_EQ(bpfunit_open_descriptors(&list), 1);
	EXPECT_NOT_NULL(strstr(list, "map 'open' (id 1): descriptor "));
	close(fd);
	EXPECT_EQ(bpfunit_open_descriptors(&list), 0);
	EXPECT_STREQ(list, "");
	EXPECT_EQ(bpfunit_open_descriptors(NULL), 0);
}
