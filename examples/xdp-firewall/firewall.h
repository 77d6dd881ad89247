/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs and their users share: keys, counters, and what the stages tell each other. */
#ifndef FIREWALL_H
#define FIREWALL_H

#include <linux/types.h>

/* An IPv6 address in network byte order, or an IPv4 address as ::ffff:a.b.c.d. */
struct address {
	__u32 words[4];
};

/* A port in host byte order with IPPROTO_TCP or IPPROTO_UDP. */
struct port {
	__u16 number;
	__u16 protocol;
};

enum verdict {
	VERDICT_PASSED,
	VERDICT_NOT_IP,    /* passed, not looked into */
	VERDICT_ADDRESS,   /* dropped: its source is blocked */
	VERDICT_PORT,      /* dropped: its destination port is closed */
	VERDICT_MALFORMED, /* dropped: ends inside a header, or has an impossible one */
	VERDICT_NO_STAGE,  /* aborted: the second stage cannot be reached */
	VERDICTS,
};

/* From the first stage to the second, as metadata in front of the packet. */
struct handover {
	__u16 transport; /* where the TCP or UDP header begins, in bytes from the start of the frame
			  */
	__u16 protocol;
};

#endif
