// SPDX-License-Identifier: BSD-2-Clause
/* Netlink messages that are cut, garbled or of no known kind: each is answered or passed over. */
#include "call.h"

#include "ebpf/kernel.h"
#include "ebpf/net/netlink.h"

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

union message {
	struct nlmsghdr head;
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct nlattr xdp, fd;
		s32 prog;
	} set;
	struct {
		struct nlmsghdr head;
		struct tcmsg tc;
		struct nlattr kind;
		char name[4];
		struct nlattr options, fd;
		s32 prog;
	} filter;
	u8 bytes[128];
};

static int open_socket(void)
{
	int fd = bu_netlink_open(bu_kernel(), SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1;

	setsockopt(fd, 270, NETLINK_EXT_ACK, &one, sizeof(one));
	return fd;
}

/* The error of the answer; 1: it was another message; -EAGAIN: there was none. */
static int answer(int fd)
{
	union {
		struct {
			struct nlmsghdr head;
			struct nlmsgerr result;
		} error;
		u8 bytes[32768];
	} got;
	int last = -EAGAIN;

	while (recv(fd, &got, sizeof(got), MSG_DONTWAIT) > 0)
		last = got.error.head.nlmsg_type == NLMSG_ERROR ? got.error.result.error : 1;
	return last;
}

static int ask(int fd, const union message *message, size_t size)
{
	if (send(fd, message, size, 0) != (ssize_t)size)
		return -errno;
	return answer(fd);
}

static union message set_link(void)
{
	return (union message){ .set = {
					.head = { .nlmsg_len = sizeof(((union message *)NULL)->set),
						  .nlmsg_type = RTM_SETLINK,
						  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
					.link = { .ifi_index = 1 },
					.xdp = { 12, IFLA_XDP | NLA_F_NESTED },
					.fd = { 8, IFLA_XDP_FD },
					.prog = -1 } };
}

static union message new_filter(void)
{
	return (union message){
		.filter = { .head = { .nlmsg_len = sizeof(((union message *)NULL)->filter),
				      .nlmsg_type = RTM_NEWTFILTER,
				      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
			    .tc = { .tcm_ifindex = 1,
				    .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
				    .tcm_info = 0x10300 },
			    .kind = { 8, TCA_KIND },
			    .name = "bpf",
			    .options = { 12, TCA_OPTIONS },
			    .fd = { 8, 6 /* TCA_BPF_FD */ },
			    .prog = -1 }
	};
}

BPF_TEST(netlink, unknown_messages)
{
	int fd = open_socket();
	union message message = { .head = { .nlmsg_len = NLMSG_HDRLEN,
					    .nlmsg_type = RTM_GETROUTE,
					    .nlmsg_flags = NLM_F_REQUEST } };

	EXPECT_EQ(ask(fd, &message, NLMSG_HDRLEN), -EOPNOTSUPP);
	message.head.nlmsg_type = 4096;
	EXPECT_EQ(ask(fd, &message, NLMSG_HDRLEN), -EOPNOTSUPP);
	message.head.nlmsg_type = RTM_GETLINK;
	EXPECT_EQ(ask(fd, &message, NLMSG_HDRLEN), -EINVAL);
	message.head.nlmsg_flags = 0;
	EXPECT_EQ(ask(fd, &message, NLMSG_HDRLEN), -EAGAIN);
	message.head.nlmsg_flags = NLM_F_REQUEST;
	message.head.nlmsg_len = 8;
	EXPECT_EQ(ask(fd, &message, NLMSG_HDRLEN), -EAGAIN);
	message.head.nlmsg_len = 1000;
	EXPECT_EQ(ask(fd, &message, NLMSG_HDRLEN), -EAGAIN);
	EXPECT_EQ(ask(fd, &message, 3), -EAGAIN);
	EXPECT_EQ(send(fd, (void *)8, 64, 0), -1);
	EXPECT_EQ(errno, EFAULT);
	close(fd);
}

/* Each length of a message that would be good. */
static void cut(int fd, union message whole, int complete)
{
	size_t size = whole.head.nlmsg_len;

	EXPECT_EQ(ask(fd, &whole, size), complete);
	for (size_t len = NLMSG_HDRLEN; len < size; len++) {
		union message message = whole;

		message.head.nlmsg_len = len;
		EXPECT_LE(ask(fd, &message, len), 0);
	}
}

BPF_TEST(netlink, cut_messages)
{
	int fd = open_socket();

	cut(fd, set_link(), 0);
	cut(fd, new_filter(), -EINVAL);
	close(fd);
}

BPF_TEST(netlink, garbled_messages)
{
	int fd = open_socket();
	u64 random = 1;

	for (int i = 0; i < 20000; i++) {
		union message message = i & 1 ? set_link() : new_filter();
		size_t size = message.head.nlmsg_len;

		for (int j = 0; j < 4; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			message.bytes[4 + (random >> 33) % (size - 4)] = random >> 56;
		}
		message.head.nlmsg_flags |= NLM_F_REQUEST;
		EXPECT_EQ(send(fd, &message, size, 0), (ssize_t)size);
		answer(fd);
	}
	close(fd);
}

/* Ports are told apart, the first is the process's. */
BPF_TEST(netlink, ports)
{
	int one = open_socket(), other = open_socket();
	struct sockaddr_nl name = { 0 };
	socklen_t len = sizeof(name);

	EXPECT_OK(getsockname(one, (struct sockaddr *)&name, &len));
	EXPECT_EQ(name.nl_family, AF_NETLINK);
	EXPECT_EQ(name.nl_pid, (u32)getpid());
	EXPECT_OK(getsockname(other, (struct sockaddr *)&name, &len));
	EXPECT_NE(name.nl_pid, (u32)getpid());
	EXPECT_OK(bind(other, (struct sockaddr *)&name, len));
	EXPECT_EQ(bind(other, (struct sockaddr *)&name, 2), -1);
	EXPECT_EQ(errno, EINVAL);
	close(one);
	close(other);
	one = open_socket(); /* the ports are free again */
	EXPECT_OK(getsockname(one, (struct sockaddr *)&name, &len));
	EXPECT_EQ(name.nl_pid, (u32)getpid());
	close(one);
}

BPF_TEST(netlink, families)
{
	struct {
		struct nlmsghdr head;
		struct genlmsghdr generic;
		struct nlattr name;
		char text[8];
	} message = { .head = { .nlmsg_len = sizeof(message),
				.nlmsg_type = GENL_ID_CTRL,
				.nlmsg_flags = NLM_F_REQUEST },
		      .generic = { .cmd = CTRL_CMD_GETFAMILY },
		      .name = { 11, CTRL_ATTR_FAMILY_NAME },
		      .text = "netdev" };
	int fd = bu_netlink_open(bu_kernel(), SOCK_RAW, NETLINK_GENERIC);

	EXPECT_EQ(send(fd, &message, sizeof(message), 0), (ssize_t)sizeof(message));
	EXPECT_EQ(answer(fd), 1);
	message.text[0] = 'x';
	send(fd, &message, sizeof(message), 0);
	EXPECT_EQ(answer(fd), -ENOENT);
	message.generic.cmd = 99;
	send(fd, &message, sizeof(message), 0);
	EXPECT_EQ(answer(fd), -ENOENT);
	close(fd);
}
