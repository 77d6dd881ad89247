/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs learn of the kernel's version and configuration is the emulated kernel's. */
#include <bpfunit/bpfunit.h>

#include "kconfig.skel.h"

#define VERSION(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

static void run(struct kconfig_bpf *skel)
{
	EXPECT_RUN_SKB(skel->progs.read_all, bpfunit_packet_raw("0123456789abcd", 14), 1);
}

BPF_TEST(kconfig, is_the_emulated_kernels)
{
	struct kconfig_bpf *skel = BPFUNIT_LOAD(kconfig_bpf);

	run(skel);
	EXPECT_EQ(skel->bss->version, VERSION(6, 18, 0));
	EXPECT_EQ(skel->bss->hz, 250);
	EXPECT_EQ(skel->bss->tristate, 2); /* TRI_MODULE */
	EXPECT_EQ(skel->bss->missing, 0);
	EXPECT_STREQ(skel->bss->hostname, "(none)");
}

BPF_TEST(kconfig, version_is_the_tests_choice)
{
	struct kconfig_bpf *skel;

	EXPECT_OK(bpfunit_set_kernel_version(5, 4, 7));
	skel = BPFUNIT_LOAD(kconfig_bpf);
	run(skel);
	EXPECT_EQ(skel->bss->version, VERSION(5, 4, 7));
}

BPF_TEST(kconfig, options_can_be_given_when_opening)
{
	struct kconfig_bpf *skel =
		BPFUNIT_OPEN(kconfig_bpf, .kconfig = "CONFIG_HZ=1000\nCONFIG_NO_SUCH_OPTION=3\n");

	ASSERT_OK(kconfig_bpf__load(skel));
	run(skel);
	EXPECT_EQ(skel->bss->hz, 1000);
	EXPECT_EQ(skel->bss->missing, 3);
	EXPECT_EQ(skel->bss->tristate, 2);
}
