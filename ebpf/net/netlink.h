/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink of the emulated kernel. A user's netlink socket is one end of a pair of Unix sockets: a
 * message that it sends is answered at once, and the answers wait in the pair until they are
 * received, natively. ebpf/net/netlink.c has the sockets and what all messages share,
 * netlink_link.c and netlink_tc.c the messages about devices and traffic control. Nothing reaches
 * the host's netlink.
 */
#ifndef BU_NETLINK_H
#define BU_NETLINK_H

#include "ebpf/net/netdev.h"

#include <linux/netlink.h>
#include <sys/socket.h>

struct bu_nl_socket;

/* The calls of libc on such sockets. -errno or the call's result; bu_netlink_of_fd() says NULL for
 * all other descriptors. The kernel's lock is taken. */
int bu_netlink_open(struct bu_kernel *kernel, int type, int protocol);
struct bu_nl_socket *bu_netlink_of_fd(struct bu_kernel *kernel, int fd);
int bu_netlink_name(struct bu_nl_socket *socket, struct sockaddr *address, socklen_t *len);
int bu_netlink_option(struct bu_nl_socket *socket, int option, const void *value, socklen_t len);
long bu_netlink_send(struct bu_kernel *kernel, struct bu_nl_socket *socket, const void *data,
		     size_t size);
void bu_netlinks_destroy(struct bu_kernel *kernel);

/* Answers */

struct bu_nl_answer { /* to one request */
	struct bu_kernel *kernel;
	struct bu_nl_socket *socket;
	const struct nlmsghdr *request;
	const char *message; /* what the kernel says of an error; NULL: nothing */
	u8 *data;            /* malloc'ed: messages that are not sent yet */
	size_t len, room;
	size_t start; /* of the message being made */
	bool failed;  /* no memory */
};

/* Begin a message with a family header of `size` bytes; bu_nl_end() completes it. */
void bu_nl_begin(struct bu_nl_answer *answer, u16 type, u16 flags, const void *header, size_t size);
void bu_nl_end(struct bu_nl_answer *answer);
void bu_nl_put(struct bu_nl_answer *answer, u16 type, const void *value, size_t size);
void bu_nl_put_u32(struct bu_nl_answer *answer, u16 type, u32 value);
void bu_nl_put_string(struct bu_nl_answer *answer, u16 type, const char *value);
/* A nested attribute: what is put between becomes its value. */
size_t bu_nl_nest(struct bu_nl_answer *answer, u16 type);
void bu_nl_nest_end(struct bu_nl_answer *answer, size_t nest);

/* Requests */

/* Attributes by type up to `max`; others are passed over. -EINVAL: a length that cannot be. */
int bu_nl_parse(const struct nlattr *table[], u16 max, const void *data, size_t size);
/* Of a request, behind a family header of `header` bytes. -EINVAL: too short. */
int bu_nl_parse_request(const struct nlattr *table[], u16 max, const struct nlmsghdr *request,
			size_t header);
static inline const void *bu_nl_data(const struct nlattr *attr)
{
	return (const u8 *)attr + NLA_HDRLEN;
}
static inline size_t bu_nl_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}
/* 0 when absent or too short. */
u32 bu_nl_u32(const struct nlattr *attr);
/* NULL when absent, or when no NUL ends it. */
const char *bu_nl_string(const struct nlattr *attr);

/* Families of messages: 0 or -errno, which becomes an NLMSG_ERROR; -EOPNOTSUPP: unknown. Those that
 * answer a dump put messages with NLM_F_MULTI; the end is marked by the caller. */
int bu_netlink_link(struct bu_nl_answer *answer);
int bu_netlink_tc(struct bu_nl_answer *answer);
int bu_netlink_generic(struct bu_nl_answer *answer);

#endif
