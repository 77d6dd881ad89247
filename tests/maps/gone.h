/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether an object is gone: in the emulated kernel at once, in a real one a moment later. */
#ifndef BU_TESTS_MAPS_GONE_H
#define BU_TESTS_MAPS_GONE_H

#include <bpf/bpf.h>
#include <stdbool.h>
#include <unistd.h>

/* Ask by `get` (bpf_map_get_fd_by_id, bpf_prog_get_fd_by_id) for at most a second. */
static inline bool is_gone(int (*get)(uint32_t id), uint32_t id)
{
	for (int i = 0; i < 200; i++) {
		int fd = get(id);

		if (fd < 0)
			return fd == -ENOENT;
		close(fd);
		usleep(5000);
	}
	return false;
}

#endif
