/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet sockets, and programs on sockets. A packet socket is one of the host's that is bound to
 * nothing there: it is bound to and sends through devices of the emulated kernel, where nothing
 * arrives and what leaves is gone. Source: packet_do_bind(), net/packet/af_packet.c;
 * sk_attach_bpf(), net/core/filter.c (6.12), as observed with 6.18. Differs: a program that is
 * attached to a socket never runs, and goes with its last descriptor; what is sent without an
 * address is ENXIO, though the socket was bound; getsockname(2) does not tell of the device.
 */
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/prog/prog.h"
#include "ebpf/syscall.h"

#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int bu_packet_socket(int type)
{
	int kind = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
	int fd = bu_host_syscall(SYS_socket, AF_PACKET, type, 0, 0, 0, 0);

	/* Whoever may not have one gets something as silent. */
	if (fd == -EPERM || fd == -EAFNOSUPPORT)
		fd = bu_host_syscall(SYS_socket, AF_UNIX, (type & ~kind) | SOCK_DGRAM, 0, 0, 0, 0);
	return fd;
}

/* 0; -ENODEV: there is no such device; index 0 is any. */
static int check_device(u64 user, u32 len)
{
	struct bu_kernel *kernel = bu_kernel();
	struct sockaddr_ll address;
	const struct bu_netdev *dev = NULL;
	int err = len < sizeof(address) ? -EINVAL
					: bu_copy_from_user(&address, user, sizeof(address));

	if (err)
		return err;
	if (!kernel)
		return -ENOMEM;
	bu_kernel_lock(kernel);
	if (address.sll_ifindex)
		dev = bu_netdev_by_index(kernel, (u32)address.sll_ifindex);
	bu_kernel_unlock(kernel);
	return dev || !address.sll_ifindex ? 0 : -ENODEV;
}

/* One of the two kinds that bu_packet_socket() makes; all else is the host's to answer. */
static bool is_packet_socket(int fd)
{
	int domain = AF_UNSPEC;
	socklen_t size = sizeof(domain);

	return !bu_host_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, (long)&domain,
				(long)&size, 0) &&
	       (domain == AF_PACKET || domain == AF_UNIX);
}

static bool is_packet_address(int fd, const void *address, u32 len)
{
	u16 family = AF_UNSPEC;

	return len >= sizeof(family) && !bu_copy_from_user(&family, (u64)address, sizeof(family)) &&
	       family == AF_PACKET && is_packet_socket(fd);
}

bool bu_packet_bind(int *result, int fd, const void *address, u32 len)
{
	if (!is_packet_address(fd, address, len))
		return false;
	*result = check_device((u64)address, len);
	return true;
}

bool bu_packet_send(int *result, int fd, const void *address, u32 len)
{
	if (!is_packet_address(fd, address, len))
		return false;
	*result = check_device((u64)address, len);
	if (*result == -ENODEV)
		*result = -ENXIO;
	return true;
}

static int attach(struct bu_kernel *kernel, const void *value, u32 len)
{
	struct bu_object *object;
	int fd, err = len == sizeof(fd) ? bu_copy_from_user(&fd, (u64)value, len) : -EINVAL;

	if (err)
		return err;
	object = bu_fd_object(kernel, fd, BU_OBJECT_PROG, &err);
	if (!object)
		return err;
	return bu_container_of(object, struct bu_prog, object)->prog_type ==
			       BPF_PROG_TYPE_SOCKET_FILTER
		       ? 0
		       : -EINVAL;
}

bool bu_socket_attach(int *result, int fd, int option, const void *value, u32 len)
{
	struct bu_kernel *kernel =
		option == SO_ATTACH_BPF || option == SO_ATTACH_REUSEPORT_EBPF ? bu_kernel() : NULL;
	struct stat st;

	if (!kernel || bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) ||
	    !S_ISSOCK(st.st_mode))
		return false;
	bu_kernel_lock(kernel);
	*result = attach(kernel, value, len);
	bu_kernel_unlock(kernel);
	return true;
}
