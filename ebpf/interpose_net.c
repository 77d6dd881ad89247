/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls about networking: programs are attached to devices through netlink, and the
 * host's devices are not ours to change. See ebpf/interpose.c.
 */
#include "ebpf/interpose.h"

#include "ebpf/backend.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/syscall.h>

const char bu_interpose_net;

/* Whether an address is in libbpf's object: the library, or the program that it was linked into. */
static bool is_libbpfs(const void *address)
{
	Dl_info caller, libbpf;

	return dladdr(address, &caller) && dladdr((const void *)bpf_map_create, &libbpf)
		       ? caller.dli_fbase == libbpf.dli_fbase
		       : true;
}

/* libbpf attaches XDP and tc programs through netlink: to the host's devices, which are not ours to
 * change. Differs: with libbpf.a, no other part of the program gets such sockets either. */
BU_INTERPOSED int socket(int domain, int type, int protocol)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (domain == AF_NETLINK && kernel && !bu_on_host() && is_libbpfs(__builtin_return_address(0))) {
		bu_kernel_lock(kernel);
		bu_note(kernel, "netlink is not emulated: attaching through it fails (EOPNOTSUPP)");
		bu_kernel_unlock(kernel);
		return bu_with_errno(-EOPNOTSUPP);
	}
	return bu_with_errno(bu_host_syscall(SYS_socket, domain, type, protocol, 0, 0, 0));
}
