/* SPDX-License-Identifier: BSD-2-Clause */
/* The events that the programs send to user space. */
#ifndef PROCESS_EVENTS_H
#define PROCESS_EVENTS_H

#include <linux/types.h>

enum event_kind {
	EVENT_EXEC,
	EVENT_EXIT,
};

struct event {
	__u32 pid;
	__u32 ppid;
	__u64 duration_ns; /* from exec to exit; 0 for EVENT_EXEC and when the start was not seen */
	__u16 kind;
	__u16 signal; /* that ended the process, or 0 */
	__s32 exit_code;
	char comm[16];
};

#endif
