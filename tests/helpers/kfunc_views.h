/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs of kfunc_views.bpf.c saw of a packet. */
#ifndef BU_TEST_KFUNC_VIEWS_H
#define BU_TEST_KFUNC_VIEWS_H

struct seen {
	__u32 len, mark, priority, protocol;
	__u8 first;
};

#endif
