// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attaching programs, step by step, to the emulated kernel or to the machine's: the same steps give
 * a text of their outcomes, in which programs and links have letters instead of ids. The text that
 * Linux 6.18 gives is in attach_kernel.txt.
 */
#ifndef BU_TESTS_EBPF_ATTACH_SCRIPT_H
#define BU_TESTS_EBPF_ATTACH_SCRIPT_H

#include "ebpf/base.h"

#include <stdio.h>

enum { /* devices: in both kernels "lo", a pair of veth, a pair of netkit */
       LO = 1,
       ETH = 2,
       ETH_PEER = 3,
       KIT = 4,
       KIT_PEER = 5,
       NO_DEVICE = 99,
};

struct world {
	bool host;
	const char *cgroups; /* a directory in which cgroups may be made */
	FILE *out;
	int progs[26], links[26]; /* descriptors; -1: none */
	u32 prog_ids[26], link_ids[26];
	int cgroup[8]; /* descriptors of directories */
	int netns, netlink;
};

/* Run all steps; the devices are there. */
void attach_script(struct world *world);
/* Those about netkit devices, which the recorded kernel had not: attach_netkit.txt says what its
 * source does (drivers/net/netkit.c, 6.12). */
void attach_netkit(struct world *world);

#endif
