// SPDX-License-Identifier: BSD-2-Clause
#include "host.h"

#include <bpfunit/env.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long emulated_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

long host_bpf(int cmd, union bpf_attr *attr)
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"((long)__NR_bpf), "D"((long)cmd), "S"(attr), "d"(sizeof(*attr))
			 : "rcx", "r11", "memory");
	return ret;
#else
	return -ENOSYS;
#endif
}

const char *host_unavailable(void)
{
	union bpf_attr attr;
	long fd;

	if (!getenv("BPFUNIT_HOST_BPF"))
		return "set BPFUNIT_HOST_BPF=1 (as root) to compare with this machine's kernel";
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	fd = host_bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0)
		return "this machine's bpf(2) cannot be used";
	close(fd);
	return NULL;
}

int host_set_cpu(bpf_call bpf, unsigned int cpu)
{
	cpu_set_t cpus;

	if (bpf != host_bpf)
		return bpfunit_set_cpu(cpu);
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus);
}

void host_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
