// SPDX-License-Identifier: BSD-2-Clause
/* Static probes: attached by name to a binary that nobody runs; libbpf fills the maps that tell
 * programs where arguments are. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "ebpf/link/perf_event.h"

#include "usdt.skel.h"

#define SPEC_SIZE_MIN 200 /* of struct __bpf_usdt_spec: twelve arguments of 16 bytes, and more */

BPF_TEST(usdt, attaches_by_name)
{
	struct usdt_bpf *skel = usdt_bpf__open_and_load();
	struct bpf_link *link;

	ASSERT_TRUE(skel);
	link = bpf_program__attach_usdt(skel->progs.probed, -1, USDT_TARGET, "bpfunit_provider",
					"probe", NULL);
	ASSERT_OK(libbpf_get_error(link));
	EXPECT_OK(bpf_link__destroy(link));
	usdt_bpf__destroy(skel);
}

static struct bpf_map *specs_of(struct usdt_bpf *skel)
{
	return bpf_object__find_map_by_name(skel->obj, "__bpf_usdt_specs");
}

/* An argument is a constant: the value 5 is the spec's first number. The second is a register. */
BPF_TEST(usdt, libbpf_fills_the_specs)
{
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = 0x1234);
	struct usdt_bpf *skel = usdt_bpf__open_and_load();
	char spec[4096] = { 0 };
	uint64_t constant, cookie;
	uint32_t key = 0;
	struct bpf_link *link;
	uint16_t count;
	size_t size;

	ASSERT_TRUE(skel);
	size = bpf_map__value_size(specs_of(skel));
	ASSERT_GE(size, SPEC_SIZE_MIN);
	ASSERT_LE(size, sizeof(spec));
	link = bpf_program__attach_usdt(skel->progs.probed, -1, USDT_TARGET, "bpfunit_provider",
					"probe", &opts);
	ASSERT_OK(libbpf_get_error(link));
	ASSERT_OK(bpf_map_lookup_elem(bpf_map__fd(specs_of(skel)), &key, spec));
	memcpy(&constant, spec, sizeof(constant));
	memcpy(&cookie, spec + size - 16, sizeof(cookie));
	memcpy(&count, spec + size - 8, sizeof(count));
	EXPECT_EQ(constant, 5);
	EXPECT_EQ(cookie, 0x1234);
	EXPECT_EQ(count, 2);
	bpf_link__destroy(link);
	usdt_bpf__destroy(skel);
}

static int count_event(struct bu_object *event, const struct bu_perf_event_info *info, void *arg)
{
	const struct bu_perf_event_info **found = arg;

	*found = info;
	return 1;
}

/* The semaphore's place in the file goes with the probe, for the kernel to count it up. */
BPF_TEST(usdt, events_name_the_place)
{
	struct usdt_bpf *skel = usdt_bpf__open_and_load();
	const struct bu_perf_event_info *info = NULL;
	struct bpf_link *link;

	ASSERT_TRUE(skel);
	link = bpf_program__attach_usdt(skel->progs.probed, -1, USDT_TARGET, "bpfunit_provider",
					"probe", NULL);
	ASSERT_OK(libbpf_get_error(link));
	if (bu_perf_event_for_each(bu_kernel(), count_event, &info)) { /* else by uprobe_multi */
		EXPECT_EQ(info->target, BU_PERF_UPROBE);
		EXPECT_STREQ(info->name, USDT_TARGET);
		EXPECT_GT(info->offset, 0);
		EXPECT_GT(info->ref_ctr_offset, 0);
	}
	bpf_link__destroy(link);
	usdt_bpf__destroy(skel);
}

BPF_TEST(usdt, no_such_probe)
{
	struct usdt_bpf *skel = usdt_bpf__open_and_load();
	struct bpf_link *link;

	ASSERT_TRUE(skel);
	link = bpf_program__attach_usdt(skel->progs.probed, -1, USDT_TARGET, "bpfunit_provider",
					"absent", NULL);
	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
	link = bpf_program__attach_usdt(skel->progs.probed, -1, "/nonexistent", "bpfunit_provider",
					"probe", NULL);
	EXPECT_NE(libbpf_get_error(link), 0);
	usdt_bpf__destroy(skel);
}
