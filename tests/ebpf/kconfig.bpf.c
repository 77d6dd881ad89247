// SPDX-License-Identifier: BSD-2-Clause
/* Externs that libbpf fills in from the kernel's version and configuration, for kconfig_test.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned long CONFIG_HZ __kconfig;
extern _Bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_NET_CLS_BPF __kconfig;
extern char CONFIG_DEFAULT_HOSTNAME[8] __kconfig;
extern int CONFIG_NO_SUCH_OPTION __kconfig __weak;

int version, tristate, missing;
unsigned long hz;
char hostname[8];

SEC("socket")
int read_all(void *ctx)
{
	version = LINUX_KERNEL_VERSION;
	hz = CONFIG_HZ;
	tristate = CONFIG_NET_CLS_BPF;
	missing = CONFIG_NO_SUCH_OPTION;
	for (int i = 0; i < 8; i++)
		hostname[i] = CONFIG_DEFAULT_HOSTNAME[i];
	return CONFIG_BPF_SYSCALL;
}

char _license[] SEC("license") = "GPL";
