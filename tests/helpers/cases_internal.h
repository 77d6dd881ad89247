/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of cases share: making one line of text for each outcome. */
#ifndef BU_TESTS_HELPERS_CASES_INTERNAL_H
#define BU_TESTS_HELPERS_CASES_INTERNAL_H

#include <bpf/bpf.h>
#include <stdint.h>

#include "cases.skel.h"
#include "cases_shared.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct cases {
	struct cases_bpf *skel;
	void (*line)(void *arg, const char *text);
	void *arg;
	char text[4096];
	size_t len;
};

/* Append to the line; end it. */
void cases_say(struct cases *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cases_say_bytes(struct cases *c, const char *name, const void *bytes, size_t size);
/* The first `n` of what the program returned in `ret`. */
void cases_say_rets(struct cases *c, int n);
void cases_end_line(struct cases *c);

/* The next program's `args`; clears its results. */
void cases_set_args(struct cases *c, uint64_t a, uint64_t b, uint64_t x, uint64_t y, uint64_t z);
/* 60 bytes of Ethernet, IPv4 and counting bytes make a frame. */
void cases_make_frame(uint8_t *frame, size_t size);

/* The groups: cases_packet.c, cases_plain.c. */
void cases_xdp_adjust(struct cases *c);
void cases_xdp_bytes(struct cases *c);
void cases_xdp_contexts(struct cases *c);
void cases_redirects(struct cases *c);
void cases_skb_ranges(struct cases *c);
void cases_skb_sizes(struct cases *c);
void cases_skb_checksums(struct cases *c);
void cases_checksum_differences(struct cases *c);
void cases_skb_contexts(struct cases *c);
void cases_vlans(struct cases *c);
void cases_layer3(struct cases *c);
void cases_packet_sizes(struct cases *c);
void cases_repeats(struct cases *c);
void cases_print(struct cases *c);
void cases_formats(struct cases *c);
void cases_numbers(struct cases *c);
void cases_strings(struct cases *c);
void cases_loops(struct cases *c);
void cases_probes(struct cases *c);
void cases_plain_runs(struct cases *c);

#endif
