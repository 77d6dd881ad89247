/* SPDX-License-Identifier: BSD-2-Clause */
/* A library that calls bpf(2) by itself: opened with RTLD_DEEPBIND, it finds libc's syscall() before bpfunit's. */
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int make_map(void);

int make_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}
