/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink sockets: pairs of sequenced-packet sockets, of which the kernel has the other end. As
 * with all descriptors, the user's end is known by its inode, so dup and fork need no interception;
 * ends whose user is gone are found by their hang-up when the next socket is made. Source:
 * net/netlink/af_netlink.c (6.12).
 */
#include "ebpf/net/netlink.h"

#include "ebpf/kernel.h"
#include "ebpf/net/net.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_IN_PART 8192 /* bytes of messages that are received together */
#define FIRST_PORT   0xfffff000u

struct bu_nl_socket {
	struct bu_nl_socket *next;
	u64 inode;
	int peer;
	int protocol;
	u32 port;
	bool says_why;  /* NETLINK_EXT_ACK */
	bool short_ack; /* NETLINK_CAP_ACK */
};

/* Sockets */

static u64 inode_of(int fd)
{
	struct stat st;

	if (bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) || !S_ISSOCK(st.st_mode))
		return 0;
	return st.st_ino;
}

static void drop(struct bu_nl_socket **link)
{
	struct bu_nl_socket *socket = *link;

	*link = socket->next;
	bu_host_syscall(SYS_close, socket->peer, 0, 0, 0, 0, 0);
	free(socket);
}

static bool is_closed(const struct bu_nl_socket *socket)
{
	struct pollfd fd = { .fd = socket->peer };
	struct timespec none = { 0 };

	return bu_host_syscall(SYS_ppoll, (long)&fd, 1, (long)&none, 0, 0, 0) == 1 &&
	       fd.revents & POLLHUP;
}

static void drop_closed(struct bu_net *net)
{
	struct bu_nl_socket **link = &net->sockets;

	while (*link) {
		if (is_closed(*link))
			drop(link);
		else
			link = &(*link)->next;
	}
}

/* The first socket's port is the process, as programs may expect; further ones count down. */
static u32 choose_port(const struct bu_net *net)
{
	u32 port = getpid();

	for (const struct bu_nl_socket *socket = net->sockets; socket; socket = socket->next) {
		if (socket->port == port)
			port = port == (u32)getpid() ? FIRST_PORT : port - 1;
	}
	return port;
}

static int open_pair(struct bu_nl_socket *socket, int type)
{
	int ends[2], flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | flags, 0, ends))
		return -errno;
	socket->peer = bu_fd_move_high(ends[1]);
	socket->inode = inode_of(ends[0]);
	return ends[0];
}

int bu_netlink_open(struct bu_kernel *kernel, int type, int protocol)
{
	struct bu_net *net = bu_net(kernel);
	struct bu_nl_socket *socket = net ? calloc(1, sizeof(*socket)) : NULL;
	int fd;

	if (!socket)
		return -ENOMEM;
	drop_closed(net);
	fd = open_pair(socket, type);
	if (fd < 0) {
		free(socket);
		return fd;
	}
	socket->protocol = protocol;
	socket->port = choose_port(net);
	socket->next = net->sockets;
	net->sockets = socket;
	return fd;
}

struct bu_nl_socket *bu_netlink_of_fd(struct bu_kernel *kernel, int fd)
{
	struct bu_nl_socket *socket = kernel->net ? kernel->net->sockets : NULL;
	u64 inode = socket ? inode_of(fd) : 0;

	while (socket && socket->inode != inode)
		socket = socket->next;
	return socket;
}

void bu_netlinks_destroy(struct bu_kernel *kernel)
{
	while (kernel->net && kernel->net->sockets)
		drop(&kernel->net->sockets);
}

int bu_netlink_name(struct bu_nl_socket *socket, struct sockaddr *address, socklen_t *len)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = socket->port };

	memcpy(address, &name, BU_MIN(*len, sizeof(name)));
	*len = sizeof(name);
	return 0;
}

/* Options about groups and others: nothing is ever sent unasked. */
int bu_netlink_option(struct bu_nl_socket *socket, int option, const void *value, socklen_t len)
{
	int on = 0;

	if (len < sizeof(on))
		return -EINVAL;
	memcpy(&on, value, sizeof(on));
	if (option == NETLINK_EXT_ACK)
		socket->says_why = on;
	else if (option == NETLINK_CAP_ACK)
		socket->short_ack = on;
	return 0;
}

/* Answers */

static u8 *grow(struct bu_nl_answer *answer, size_t size)
{
	size_t room = BU_MAX(answer->room, (size_t)1024);
	u8 *data;

	while (room < answer->len + size)
		room *= 2;
	data = room == answer->room ? answer->data : realloc(answer->data, room);
	if (!data) {
		answer->failed = true;
		return NULL;
	}
	answer->data = data;
	answer->room = room;
	data += answer->len;
	memset(data, 0, size);
	answer->len += size;
	return data;
}

void bu_nl_begin(struct bu_nl_answer *answer, u16 type, u16 flags, const void *header, size_t size)
{
	struct nlmsghdr *message;

	answer->start = answer->len;
	message = (struct nlmsghdr *)grow(answer, NLMSG_HDRLEN + NLMSG_ALIGN(size));
	if (!message)
		return;
	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	message->nlmsg_seq = answer->request->nlmsg_seq;
	message->nlmsg_pid = answer->socket->port;
	if (size)
		memcpy(NLMSG_DATA(message), header, size);
}

void bu_nl_end(struct bu_nl_answer *answer)
{
	if (!answer->failed)
		((struct nlmsghdr *)(answer->data + answer->start))->nlmsg_len =
			answer->len - answer->start;
}

void bu_nl_put(struct bu_nl_answer *answer, u16 type, const void *value, size_t size)
{
	struct nlattr *attr = (struct nlattr *)grow(answer, NLA_HDRLEN + NLA_ALIGN(size));

	if (!attr)
		return;
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy((u8 *)attr + NLA_HDRLEN, value, size);
}

void bu_nl_put_u32(struct bu_nl_answer *answer, u16 type, u32 value)
{
	bu_nl_put(answer, type, &value, sizeof(value));
}

void bu_nl_put_string(struct bu_nl_answer *answer, u16 type, const char *value)
{
	bu_nl_put(answer, type, value, strlen(value) + 1);
}

size_t bu_nl_nest(struct bu_nl_answer *answer, u16 type)
{
	size_t nest = answer->len;

	bu_nl_put(answer, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void bu_nl_nest_end(struct bu_nl_answer *answer, size_t nest)
{
	if (!answer->failed)
		((struct nlattr *)(answer->data + nest))->nla_len = answer->len - nest;
}

/* Requests */

int bu_nl_parse(const struct nlattr *table[], u16 max, const void *data, size_t size)
{
	const u8 *at = data;

	memset(table, 0, (max + 1) * sizeof(*table));
	while (size >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		u16 type = attr->nla_type & NLA_TYPE_MASK;
		size_t step = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > size)
			return -EINVAL;
		if (type <= max)
			table[type] = attr;
		if (step >= size)
			break;
		at += step;
		size -= step;
	}
	return 0;
}

int bu_nl_parse_request(const struct nlattr *table[], u16 max, const struct nlmsghdr *request,
			size_t header)
{
	size_t before = NLMSG_HDRLEN + NLMSG_ALIGN(header);

	if (request->nlmsg_len < NLMSG_HDRLEN + header)
		return -EINVAL;
	if (request->nlmsg_len < before)
		before = request->nlmsg_len;
	return bu_nl_parse(table, max, (const u8 *)request + before, request->nlmsg_len - before);
}

u32 bu_nl_u32(const struct nlattr *attr)
{
	u32 value = 0;

	if (attr && bu_nl_size(attr) >= sizeof(value))
		memcpy(&value, bu_nl_data(attr), sizeof(value));
	return value;
}

const char *bu_nl_string(const struct nlattr *attr)
{
	return attr && memchr(bu_nl_data(attr), '\0', bu_nl_size(attr)) ? bu_nl_data(attr) : NULL;
}

/* The result of a request, as an acknowledgement. Source: netlink_ack() */
static void put_result(struct bu_nl_answer *answer, int error)
{
	const struct nlmsghdr *request = answer->request;
	bool whole = error && !answer->socket->short_ack;
	bool says_why = answer->socket->says_why && answer->message;
	struct nlmsgerr result = { .error = error, .msg = *request };
	u16 flags = (whole ? 0 : NLM_F_CAPPED) | (says_why ? NLM_F_ACK_TLVS : 0);

	bu_nl_begin(answer, NLMSG_ERROR, flags, &result, sizeof(result));
	if (whole) {
		size_t rest = request->nlmsg_len - NLMSG_HDRLEN;
		u8 *to = grow(answer, NLMSG_ALIGN(rest));

		if (to)
			memcpy(to, (const u8 *)request + NLMSG_HDRLEN, rest);
	}
	if (says_why)
		bu_nl_put_string(answer, NLMSGERR_ATTR_MSG, answer->message);
	bu_nl_end(answer);
}

static int answer_request(struct bu_nl_answer *answer)
{
	if (answer->request->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	if (answer->socket->protocol == NETLINK_GENERIC)
		return bu_netlink_generic(answer);
	switch (answer->request->nlmsg_type) {
	case RTM_NEWLINK ... RTM_SETLINK:
		return bu_netlink_link(answer);
	case RTM_NEWQDISC ... RTM_GETQDISC:
	case RTM_GETTCLASS:
	case RTM_NEWTFILTER ... RTM_GETTFILTER:
		return bu_netlink_tc(answer);
	default:
		return -EOPNOTSUPP;
	}
}

/* Give the user what was made: messages of a dump in parts, all others one by one. */
static void deliver(struct bu_nl_answer *answer)
{
	size_t from = 0, at = 0;

	while (at < answer->len) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(answer->data + at);
		size_t next = at + NLMSG_ALIGN(message->nlmsg_len);
		bool ends = next >= answer->len || !(message->nlmsg_flags & NLM_F_MULTI) ||
			    next - from >= MOST_IN_PART;

		if (ends ||
		    ((const struct nlmsghdr *)(answer->data + next))->nlmsg_type == NLMSG_DONE) {
			bu_host_syscall(SYS_sendto, answer->socket->peer, (long)answer->data + from,
					next - from, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
			from = next;
		}
		at = next;
	}
}

/* No memory for the answer; whoever waits for one gets this. Differs: the kernel's next recvmsg(2)
 * gives ENOBUFS. Source: netlink_ack() */
static void deliver_failure(const struct bu_nl_answer *answer)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr result;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = NLMSG_ERROR,
			    .nlmsg_flags = NLM_F_CAPPED,
			    .nlmsg_seq = answer->request->nlmsg_seq,
			    .nlmsg_pid = answer->socket->port },
		.result = { .error = -ENOBUFS, .msg = *answer->request },
	};

	bu_host_syscall(SYS_sendto, answer->socket->peer, (long)&message, sizeof(message),
			MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

static void serve(struct bu_kernel *kernel, struct bu_nl_socket *socket,
		  const struct nlmsghdr *request)
{
	struct bu_nl_answer answer = { .kernel = kernel, .socket = socket, .request = request };
	bool dump = socket->protocol == NETLINK_ROUTE &&
		    (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
		    request->nlmsg_type % 4 == RTM_GETLINK % 4;
	int err = answer_request(&answer), done = 0;

	if (err == -EOPNOTSUPP && !answer.message)
		bu_note(kernel, "netlink message of type %u is not emulated (EOPNOTSUPP)",
			request->nlmsg_type);
	if (dump && !err) {
		bu_nl_begin(&answer, NLMSG_DONE, NLM_F_MULTI, &done, sizeof(done));
		bu_nl_end(&answer);
	} else if (err || request->nlmsg_flags & NLM_F_ACK) {
		put_result(&answer, err);
	}
	if (answer.failed)
		deliver_failure(&answer);
	else
		deliver(&answer);
	free(answer.data);
}

long bu_netlink_send(struct bu_kernel *kernel, struct bu_nl_socket *socket, const void *data,
		     size_t size)
{
	u8 *copy = malloc(BU_MAX(size, sizeof(struct nlmsghdr)));
	size_t at = 0;

	if (!copy)
		return -ENOBUFS;
	if (bu_copy_from_user(copy, (u64)data, size)) {
		free(copy);
		return -EFAULT;
	}
	bu_fd_reap(kernel);
	while (size - at >= NLMSG_HDRLEN) {
		const struct nlmsghdr *request = (const struct nlmsghdr *)(copy + at);

		if (request->nlmsg_len < NLMSG_HDRLEN || request->nlmsg_len > size - at)
			break;
		if (request->nlmsg_flags & NLM_F_REQUEST)
			serve(kernel, socket, request);
		at += BU_MIN(NLMSG_ALIGN(request->nlmsg_len), size - at);
	}
	free(copy);
	return size;
}
