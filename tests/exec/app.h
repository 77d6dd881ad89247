/* SPDX-License-Identifier: BSD-2-Clause */
/* What both sides of the application know. */
#ifndef BU_TESTS_EXEC_APP_H
#define BU_TESTS_EXEC_APP_H

enum { EVENT_EXEC = 1, EVENT_PACKET };

struct event {
	unsigned int kind, length, pid;
};

#endif
