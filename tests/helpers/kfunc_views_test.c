/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel functions that show memory, and those that turn interrupts off. What needs no fault runs
 * on Linux, too. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <linux/if_ether.h>
#include <string.h>

#include "kfunc_views.h"
/* The skeleton needs struct seen. */
#include "kfunc_views.skel.h"

static struct kfunc_views_bpf *load(void)
{
	return BPFUNIT_LOAD(kfunc_views_bpf);
}

static long run(const struct bpf_program *prog, struct __sk_buff *ctx)
{
	unsigned char packet[64] = { 0x02, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x88, 0xb5, 0x77 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .ctx_in = ctx, .ctx_size_in = ctx ? sizeof(*ctx) : 0);

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
}

BPF_TEST(kfunc_views, a_socket_buffer)
{
	struct kfunc_views_bpf *skel = load();
	struct __sk_buff ctx = { .mark = 7, .priority = 9 };

	ASSERT_OK(run(skel->progs.sees_skb, &ctx));
	EXPECT_EQ(skel->bss->seen.len, 64U);
	EXPECT_EQ(skel->bss->seen.mark, 7U);
	EXPECT_EQ(skel->bss->seen.priority, 9U);
	EXPECT_EQ(skel->bss->seen.protocol, __builtin_bswap16(0x88b5));
	EXPECT_EQ(skel->bss->seen.first, 0x02);
	memset(&skel->bss->seen, 0, sizeof(skel->bss->seen));
	ASSERT_OK(run(skel->progs.casts_again, &ctx));
	EXPECT_EQ(skel->bss->seen.len, 64U);
}

BPF_TEST(kfunc_views, a_frame_of_a_driver)
{
	struct kfunc_views_bpf *skel = load();

	ASSERT_OK(run(skel->progs.sees_xdp, NULL));
	EXPECT_EQ(skel->bss->seen.len, 64U);
	EXPECT_EQ(skel->bss->seen.mark, 1U);
	EXPECT_EQ(skel->bss->seen.priority, 1U);
	EXPECT_EQ(skel->bss->seen.first, 0x02);
}

BPF_TEST(kfunc_views, bits_in_their_order)
{
	struct kfunc_views_bpf *skel = load();

	skel->bss->words[0] = 1ULL << 63 | 1;
	skel->bss->words[2] = 6;
	skel->bss->words[3] = 1ULL << 63;
	ASSERT_OK(run(skel->progs.walks, NULL));
	EXPECT_EQ(skel->bss->error, 0);
	ASSERT_EQ(skel->bss->count, 5);
	EXPECT_MEMEQ(skel->bss->bits, ((int[]){ 0, 63, 129, 130, 255 }), 5 * sizeof(int));
	skel->data->nr_words = 1;
	ASSERT_OK(run(skel->progs.walks, NULL));
	ASSERT_EQ(skel->bss->count, 2);
	EXPECT_EQ(skel->bss->bits[1], 63);
	skel->bss->words[0] = 0;
	ASSERT_OK(run(skel->progs.walks, NULL));
	EXPECT_EQ(skel->bss->error, 0);
	EXPECT_EQ(skel->bss->count, 0);
	skel->bss->words[0] = -1ULL;
	ASSERT_OK(run(skel->progs.walks, NULL));
	EXPECT_EQ(skel->bss->count, 64);
	EXPECT_EQ(skel->bss->bits[40], 40);
}

BPF_TEST(kfunc_views, bits_that_cannot_be_iterated)
{
	struct kfunc_views_bpf *skel = load();

	skel->data->nr_words = 0;
	ASSERT_OK(run(skel->progs.walks, NULL));
	EXPECT_EQ(skel->bss->error, -EINVAL);
	skel->data->nr_words = 512;
	ASSERT_OK(run(skel->progs.walks, NULL));
	EXPECT_EQ(skel->bss->error, -E2BIG);
	EXPECT_EQ(skel->bss->count, 0);
	ASSERT_OK(run(skel->progs.walks_over_nothing, NULL));
	EXPECT_EQ(skel->bss->error, -EINVAL);
	EXPECT_EQ(skel->bss->count, 0);
	ASSERT_OK(run(skel->progs.walks_over_unmapped, NULL));
	EXPECT_EQ(skel->bss->error, -EFAULT);
	EXPECT_EQ(skel->bss->count, 0);
}

BPF_TEST(kfunc_views, interrupts)
{
	struct kfunc_views_bpf *skel = load();

	ASSERT_OK(run(skel->progs.without_interrupts, NULL));
	EXPECT_EQ(skel->bss->count, 1);
}

BPF_TEST(kfunc_views, interrupts_that_stay_off, .vm_only = "a verifier refuses them")
{
	struct kfunc_views_bpf *skel = kfunc_views_bpf__open();

	bpf_program__set_autoload(skel->progs.leaves_them_off, true);
	bpf_program__set_autoload(skel->progs.restores_twice, true);
	ASSERT_OK(kfunc_views_bpf__load(skel));
	EXPECT_FAULT(BPFUNIT_FAULT_LEAK, run(skel->progs.leaves_them_off, NULL));
	EXPECT_FAULT(BPFUNIT_FAULT_UNINITIALISED, run(skel->progs.restores_twice, NULL));
	kfunc_views_bpf__destroy(skel);
}
