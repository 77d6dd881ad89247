/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls about networking: programs are attached to devices through netlink, and the
 * host's devices are not ours to change. Netlink sockets that libbpf opens are
 * ebpf/net/netlink.c's, in a program that was started with this library preloaded all of them; the
 * names of devices are always those of the emulated kernel. See ebpf/boundary/interpose.c.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/boundary/backend.h"
#include "ebpf/kernel.h"
#include "ebpf/net/netlink.h"
#include "ebpf/syscall.h"

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define SOL_NETLINK_ 270 /* newer than libc's header where that lacks it */

const char bu_interpose_net;

/* Whether an address is in libbpf's object: the library, or the program that it was linked into. */
static bool is_libbpfs(const void *address)
{
	Dl_info caller, libbpf;

	return dladdr(address, &caller) && dladdr((const void *)bpf_map_create, &libbpf)
		       ? caller.dli_fbase == libbpf.dli_fbase
		       : true;
}

static bool is_preloaded(void)
{
	const char *names = getenv("LD_PRELOAD");

	return names && strstr(names, "bpfunit");
}

/* Differs: with libbpf.a, no other part of the program gets netlink sockets of the host either. */
static bool is_ours(int domain, int protocol, const void *caller)
{
	if (domain != AF_NETLINK || bu_on_host())
		return false;
	if (protocol != NETLINK_ROUTE && protocol != NETLINK_GENERIC)
		return false;
	return is_libbpfs(caller) || is_preloaded();
}

BU_INTERPOSED int socket(int domain, int type, int protocol)
{
	struct bu_kernel *kernel;
	int fd;

	if (domain == AF_PACKET && !bu_on_host())
		return bu_with_errno(bu_packet_socket(type));
	if (!is_ours(domain, protocol, __builtin_return_address(0)))
		return bu_with_errno(bu_host_syscall(SYS_socket, domain, type, protocol, 0, 0, 0));
	kernel = bu_kernel();
	if (!kernel)
		return bu_with_errno(-ENOMEM);
	bu_kernel_lock(kernel);
	fd = bu_netlink_open(kernel, type, protocol);
	bu_kernel_unlock(kernel);
	return bu_with_errno(fd);
}

/* The kernel, locked, when the descriptor is a netlink socket of ours; NULL: the host's. */
static struct bu_kernel *enter(int fd, struct bu_nl_socket **socket)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (!kernel || !kernel->net)
		return NULL;
	bu_kernel_lock(kernel);
	*socket = bu_netlink_of_fd(kernel, fd);
	if (*socket)
		return kernel;
	bu_kernel_unlock(kernel);
	return NULL;
}

static long leave(struct bu_kernel *kernel, long result)
{
	bu_kernel_unlock(kernel);
	return bu_with_errno(result);
}

BU_INTERPOSED int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	struct bu_nl_socket *socket;
	struct bu_kernel *kernel;
	int result;

	if (!bu_on_host() && bu_packet_bind(&result, fd, address, len))
		return bu_with_errno(result);
	kernel = enter(fd, &socket);
	if (!kernel)
		return bu_with_errno(bu_host_syscall(SYS_bind, fd, (long)address, len, 0, 0, 0));
	return leave(kernel, len < sizeof(struct sockaddr_nl) ? -EINVAL : 0);
}

BU_INTERPOSED int getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
	struct bu_nl_socket *socket;
	struct bu_kernel *kernel = enter(fd, &socket);

	if (!kernel)
		return bu_with_errno(
			bu_host_syscall(SYS_getsockname, fd, (long)address, (long)len, 0, 0, 0));
	return leave(kernel, bu_netlink_name(socket, address, len));
}

BU_INTERPOSED int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	struct bu_nl_socket *socket;
	struct bu_kernel *kernel = level == SOL_NETLINK_ ? enter(fd, &socket) : NULL;
	int result;

	if (level == SOL_SOCKET && !bu_on_host() &&
	    bu_socket_attach(&result, fd, option, value, len))
		return bu_with_errno(result);

	if (!kernel)
		return bu_with_errno(
			bu_host_syscall(SYS_setsockopt, fd, level, option, (long)value, len, 0));
	return leave(kernel, bu_netlink_option(socket, option, value, len));
}

BU_INTERPOSED ssize_t sendto(int fd, const void *data, size_t size, int flags,
			     const struct sockaddr *address, socklen_t len)
{
	struct bu_nl_socket *socket;
	struct bu_kernel *kernel;
	int err;

	if (!bu_on_host() && bu_packet_send(&err, fd, address, len))
		return bu_with_errno(err ? err : (long)size);
	kernel = enter(fd, &socket);
	if (!kernel)
		return bu_with_errno(bu_host_syscall(SYS_sendto, fd, (long)data, size, flags,
						     (long)address, len));
	return leave(kernel, bu_netlink_send(kernel, socket, data, size));
}

BU_INTERPOSED ssize_t send(int fd, const void *data, size_t size, int flags)
{
	return sendto(fd, data, size, flags, NULL, 0);
}

static size_t size_of(const struct msghdr *message)
{
	size_t size = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	return size;
}

/* The parts of a message in one piece, and its size; malloc'ed, or NULL. */
static void *gather(const struct msghdr *message, size_t *size)
{
	u8 *data;

	*size = size_of(message);
	data = malloc(*size + 1);
	for (size_t i = 0, at = 0; data && i < message->msg_iovlen; i++) {
		memcpy(data + at, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
		at += message->msg_iov[i].iov_len;
	}
	return data;
}

BU_INTERPOSED ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct bu_nl_socket *socket;
	struct bu_kernel *kernel;
	size_t size;
	void *data;
	long sent;
	int err;

	if (message && !bu_on_host() &&
	    bu_packet_send(&err, fd, message->msg_name, message->msg_namelen))
		return bu_with_errno(err ? err : (long)size_of(message));
	kernel = enter(fd, &socket);
	if (!kernel)
		return bu_with_errno(
			bu_host_syscall(SYS_sendmsg, fd, (long)message, flags, 0, 0, 0));
	data = gather(message, &size);
	sent = data ? bu_netlink_send(kernel, socket, data, size) : -ENOBUFS;
	free(data);
	return leave(kernel, sent);
}

/* What arrives at a netlink socket is from the kernel, and callers look at that. */
static void name_sender(int fd, struct sockaddr *address, socklen_t *len)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	struct bu_nl_socket *socket;
	struct bu_kernel *kernel = address ? enter(fd, &socket) : NULL;

	if (!kernel)
		return;
	memcpy(address, &name, BU_MIN(*len, sizeof(name)));
	*len = sizeof(name);
	bu_kernel_unlock(kernel);
}

BU_INTERPOSED ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	socklen_t room = message->msg_namelen;
	long got = bu_host_syscall(SYS_recvmsg, fd, (long)message, flags, 0, 0, 0);

	if (got >= 0 && message->msg_name && !message->msg_namelen) {
		name_sender(fd, message->msg_name, &room);
		message->msg_namelen = room == sizeof(struct sockaddr_nl) ? room : 0;
	}
	return bu_with_errno(got);
}

BU_INTERPOSED ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *address,
			       socklen_t *len)
{
	socklen_t room = len ? *len : 0;
	long got = bu_host_syscall(SYS_recvfrom, fd, (long)data, size, flags, (long)address,
				   (long)len);

	if (got >= 0 && address && len && !*len) {
		name_sender(fd, address, &room);
		*len = room == sizeof(struct sockaddr_nl) ? room : 0;
	}
	return bu_with_errno(got);
}

/* Names of devices */

static unsigned int index_of(const char *name)
{
	struct bu_kernel *kernel = bu_kernel();
	const struct bu_netdev *dev;
	unsigned int ifindex;

	if (!kernel)
		return 0;
	bu_kernel_lock(kernel);
	dev = bu_netdev_by_name(kernel, name);
	ifindex = dev ? dev->ifindex : 0;
	bu_kernel_unlock(kernel);
	return ifindex;
}

BU_INTERPOSED unsigned int if_nametoindex(const char *name)
{
	unsigned int (*next)(const char *) = dlsym(RTLD_NEXT, "if_nametoindex");
	unsigned int ifindex;

	if (bu_on_host() && next)
		return next(name);
	ifindex = index_of(name);
	if (!ifindex)
		errno = ENODEV;
	return ifindex;
}

BU_INTERPOSED char *if_indextoname(unsigned int ifindex, char name[IF_NAMESIZE])
{
	char *(*next)(unsigned int, char *) = dlsym(RTLD_NEXT, "if_indextoname");
	struct bu_kernel *kernel;
	const struct bu_netdev *dev;

	if (bu_on_host() && next)
		return next(ifindex, name);
	kernel = bu_kernel();
	if (!kernel) {
		errno = ENOMEM;
		return NULL;
	}
	bu_kernel_lock(kernel);
	dev = bu_netdev_by_index(kernel, ifindex);
	if (dev)
		strcpy(name, dev->name);
	bu_kernel_unlock(kernel);
	if (!dev)
		errno = ENXIO;
	return dev ? name : NULL;
}
