/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases.bpf.c and cases.c agree on. */
#ifndef BU_TESTS_HELPERS_CASES_SHARED_H
#define BU_TESTS_HELPERS_CASES_SHARED_H

#define OUT_BYTES 512

enum xdp_case { ADJUST_HEAD, ADJUST_TAIL, ADJUST_META, ADJUST_META_HEAD };
enum skb_case {
	SKB_LOAD,
	SKB_STORE,
	SKB_LOAD_RELATIVE,
	SKB_PULL,
	SKB_CHANGE_TAIL,
	SKB_CHANGE_HEAD,
	SKB_L3_CSUM,
	SKB_L4_CSUM,
	SKB_CSUM_UPDATE,
	SKB_HASH,
};

#endif
