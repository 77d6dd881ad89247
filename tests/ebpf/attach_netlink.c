// SPDX-License-Identifier: BSD-2-Clause
/* The steps of attach_script.c that are netlink messages. */
#include "attach_world.h"

#include "ebpf/kernel.h"
#include "ebpf/net/netlink.h"
#include "ebpf/syscall.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct message {
	union {
		struct nlmsghdr head;
		u8 bytes[512];
	};
};

static void begin(struct message *message, u16 type, u16 flags, const void *header, size_t size)
{
	memset(message, 0, sizeof(*message));
	message->head.nlmsg_type = type;
	message->head.nlmsg_flags = flags | NLM_F_REQUEST;
	message->head.nlmsg_len = NLMSG_LENGTH(size);
	message->head.nlmsg_seq = 7;
	memcpy(NLMSG_DATA(&message->head), header, size);
}

static struct nlattr *put(struct message *message, u16 type, const void *value, size_t size)
{
	struct nlattr *attr =
		(struct nlattr *)(message->bytes + NLMSG_ALIGN(message->head.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy(attr + 1, value, size);
	message->head.nlmsg_len = NLMSG_ALIGN(message->head.nlmsg_len) + NLA_ALIGN(attr->nla_len);
	return attr;
}

static void end_nest(struct message *message, struct nlattr *nest)
{
	nest->nla_len = message->bytes + message->head.nlmsg_len - (u8 *)nest;
}

static void print_link(struct world *world, const struct nlmsghdr *answer)
{
	const struct nlattr *table[IFLA_XDP + 1], *xdp[IFLA_XDP_MAX + 1];
	const struct ifinfomsg *header = NLMSG_DATA(answer);

	bu_nl_parse_request(table, IFLA_XDP, answer, sizeof(*header));
	if (!table[IFLA_XDP])
		return;
	bu_nl_parse(xdp, IFLA_XDP_MAX, bu_nl_data(table[IFLA_XDP]), bu_nl_size(table[IFLA_XDP]));
	fprintf(world->out, " [%d %s attached %u id %c skb %c drv %c]", header->ifi_index,
		bu_nl_string(table[IFLA_IFNAME]),
		xdp[IFLA_XDP_ATTACHED] ? *(const u8 *)bu_nl_data(xdp[IFLA_XDP_ATTACHED]) : 99,
		world_prog_letter(world, bu_nl_u32(xdp[IFLA_XDP_PROG_ID])),
		world_prog_letter(world, bu_nl_u32(xdp[IFLA_XDP_SKB_PROG_ID])),
		world_prog_letter(world, bu_nl_u32(xdp[IFLA_XDP_DRV_PROG_ID])));
}

static void print_tc(struct world *world, const struct nlmsghdr *answer)
{
	const struct nlattr *table[TCA_MAX + 1], *options[TCA_BPF_MAX + 1];
	const struct tcmsg *header = NLMSG_DATA(answer);
	const char *name;

	bu_nl_parse_request(table, TCA_MAX, answer, sizeof(*header));
	if (answer->nlmsg_type == RTM_NEWQDISC && strcmp(bu_nl_string(table[TCA_KIND]), "noqueue"))
		fprintf(world->out, " [%s on %d parent %x handle %x]",
			bu_nl_string(table[TCA_KIND]), header->tcm_ifindex, header->tcm_parent,
			header->tcm_handle);
	if (answer->nlmsg_type != RTM_NEWTFILTER || !table[TCA_OPTIONS])
		return;
	bu_nl_parse(options, TCA_BPF_MAX, bu_nl_data(table[TCA_OPTIONS]),
		    bu_nl_size(table[TCA_OPTIONS]));
	if (!options[TCA_BPF_ID])
		return;
	name = bu_nl_string(options[TCA_BPF_NAME]);
	fprintf(world->out,
		" [%s on %d parent %x handle %x info %x prog %c name %s flags %u gen %u]",
		bu_nl_string(table[TCA_KIND]), header->tcm_ifindex, header->tcm_parent,
		header->tcm_handle, header->tcm_info,
		world_prog_letter(world, bu_nl_u32(options[TCA_BPF_ID])), name ? name : "-",
		bu_nl_u32(options[TCA_BPF_FLAGS]), bu_nl_u32(options[TCA_BPF_FLAGS_GEN]));
}

/* False: this was the last message of the answer. */
static bool print_answer(struct world *world, const struct nlmsghdr *answer)
{
	const struct nlmsgerr *result = NLMSG_DATA(answer);
	const struct nlattr *table[NLMSGERR_ATTR_MSG + 1] = { 0 };
	size_t before = sizeof(*result);

	switch (answer->nlmsg_type) {
	case NLMSG_DONE:
		return false;
	case RTM_NEWLINK:
		print_link(world, answer);
		break;
	case NLMSG_ERROR:
		fprintf(world->out, " %s", world_result(result->error));
		if (!(answer->nlmsg_flags & NLM_F_CAPPED))
			before += result->msg.nlmsg_len - NLMSG_HDRLEN;
		if (answer->nlmsg_flags & NLM_F_ACK_TLVS)
			bu_nl_parse_request(table, NLMSGERR_ATTR_MSG, answer, before);
		if (table[NLMSGERR_ATTR_MSG])
			fprintf(world->out, " (%s)", bu_nl_string(table[NLMSGERR_ATTR_MSG]));
		return false;
	default:
		print_tc(world, answer);
	}
	return true;
}

/* Send, and print what is answered: up to an acknowledgement, the end of a dump, or one message. */
static void ask(struct world *world, const struct message *message)
{
	static union {
		struct nlmsghdr head;
		u8 bytes[32768];
	} answer;
	bool one = !(message->head.nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP)), more = true;

	if (world->host)
		bu_host_syscall(SYS_sendto, world->netlink, (long)message, message->head.nlmsg_len,
				0, 0, 0);
	else
		send(world->netlink, message, message->head.nlmsg_len, 0);
	while (more) {
		int left = recv(world->netlink, &answer, sizeof(answer), MSG_DONTWAIT);
		const struct nlmsghdr *at = &answer.head;

		if (left <= 0)
			break;
		for (; more && NLMSG_OK(at, (u32)left); at = NLMSG_NEXT(at, left))
			more = print_answer(world, at);
		more = more && !one;
	}
	fprintf(world->out, "\n");
}

static void set_xdp(struct world *world, int ifindex, char prog, u32 flags, char expected)
{
	struct ifinfomsg header = { .ifi_index = ifindex };
	int fd = prog == '!' ? BAD_FD : prog ? world->progs[prog - 'a'] : -1;
	int old = expected ? world->progs[expected - 'a'] : -1;
	struct message message;
	struct nlattr *nest;

	begin(&message, RTM_SETLINK, NLM_F_ACK, &header, sizeof(header));
	nest = put(&message, IFLA_XDP | NLA_F_NESTED, NULL, 0);
	put(&message, IFLA_XDP_FD, &fd, sizeof(fd));
	if (flags)
		put(&message, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	if (expected)
		put(&message, IFLA_XDP_EXPECTED_FD, &old, sizeof(old));
	end_nest(&message, nest);
	fprintf(world->out, "xdp %d prog %c flags %u expected %c:", ifindex, prog ? prog : '-',
		flags, expected ? expected : '-');
	ask(world, &message);
}

static void dump_links(struct world *world)
{
	struct ifinfomsg header = { .ifi_family = AF_PACKET };
	struct message message;

	begin(&message, RTM_GETLINK, NLM_F_DUMP, &header, sizeof(header));
	fprintf(world->out, "links:");
	ask(world, &message);
}

static void xdp_steps(struct world *world)
{
	static const struct {
		u8 ifindex;
		char prog;
		u32 flags;
		char expected;
	} rows[] = {
		{ 99, 'x', 0, 0 },     { 2, '!', 0, 0 },     { 2, 'a', 0, 0 },
		{ 2, 'x', 1 << 5, 0 }, { 2, 'x', 2 | 4, 0 }, { 2, 'x', 16, 0 },
		{ 2, 'x', 16, 'y' },   { 2, 'x', 8, 0 },     { 1, 'x', 4, 0 },
		{ 1, 'x', 8, 0 },      { 2, 'z', 0, 0 },     { 2, 'w', 0, 0 },
		{ 2, 'x', 0, 0 },      { 1, 'y', 2, 0 },     { 2, 'x', 0, 0 },
		{ 2, 'y', 1, 0 },      { 2, 'y', 2, 0 },     { 2, 'y', 16, 'y' },
		{ 2, 'y', 16, 'x' },   { 2, 'x', 4, 'y' },   { 2, 0, 2, 0 },
		{ 2, 0, 16, 'y' },     { 2, 0, 16, 'x' },    { 2, 0, 0, 0 },
		{ 2, 0, 0, 0 },        { 2, 'x', 2, 0 },     { 2, 'y', 4, 0 },
		{ 2, 'y', 0, 0 },      { 2, 0, 2, 0 },       { 1, 0, 0, 0 },
	};

	fprintf(world->out, "# xdp by netlink\n");
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		set_xdp(world, rows[i].ifindex, rows[i].prog, rows[i].flags, rows[i].expected);
		if (i % 4 == 0)
			dump_links(world);
	}
	dump_links(world);
}

/* Links and netlink keep off each other. */
static void xdp_and_links(struct world *world)
{
	struct {
		u32 prog_fd, target, attach_type, flags;
	} attr = { world->progs['x' - 'a'], 2, BPF_XDP, 0 };
	long fd = world_bpf(world, BPF_LINK_CREATE, &attr, sizeof(attr));

	fprintf(world->out, "link: %s\n", world_result(fd < 0 ? fd : 0));
	set_xdp(world, 2, 'y', 0, 0);
	set_xdp(world, 2, 0, 0, 0);
	set_xdp(world, 2, 'y', 2, 0);
	set_xdp(world, 2, 'y', 16, 'x');
	dump_links(world);
	close(fd);
	set_xdp(world, 2, 'y', 0, 0);
	fd = world_bpf(world, BPF_LINK_CREATE, &attr, sizeof(attr));
	fprintf(world->out, "link: %s\n", world_result(fd < 0 ? fd : 0));
	set_xdp(world, 2, 0, 0, 0);
}

/* Rows give the first fields, and those that matter. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct tc_row {
	u16 type, flags;
	u8 ifindex;
	u32 parent, handle;
	u16 prio;
	char prog; /* 0: no options; '-': options without a program */
	const char *kind;
	u16 protocol;
	u32 bpf_flags;
};

static void tc_step(struct world *world, const struct tc_row *row)
{
	struct tcmsg header = { .tcm_ifindex = row->ifindex,
				.tcm_parent = row->parent,
				.tcm_handle = row->handle,
				.tcm_info = TC_H_MAKE((u32)row->prio << 16, htons(row->protocol)) };
	struct message message;

	begin(&message, row->type, row->flags, &header, sizeof(header));
	if (row->kind)
		put(&message, TCA_KIND, row->kind, strlen(row->kind) + 1);
	if (row->prog) {
		struct nlattr *nest = put(&message, TCA_OPTIONS | NLA_F_NESTED, NULL, 0);
		u32 fd = row->prog == '!' ? BAD_FD : 0, flags = row->bpf_flags;

		if (row->prog >= 'a')
			fd = world->progs[row->prog - 'a'];
		if (row->prog != '-') {
			put(&message, TCA_BPF_FD, &fd, sizeof(fd));
			put(&message, TCA_BPF_NAME, "name", 5);
		}
		put(&message, TCA_BPF_FLAGS, &flags, sizeof(flags));
		end_nest(&message, nest);
	}
	fprintf(world->out,
		"tc type %u flags %#x dev %u parent %x handle %x prio %u prog %c kind %s:",
		row->type, row->flags, row->ifindex, row->parent, row->handle, row->prio,
		row->prog ? row->prog : '.', row->kind ? row->kind : "-");
	ask(world, &message);
}

#define QNEW RTM_NEWQDISC
#define QDEL RTM_DELQDISC
#define QGET RTM_GETQDISC
#define FNEW RTM_NEWTFILTER
#define FDEL RTM_DELTFILTER
#define FGET RTM_GETTFILTER
#define NEWX (NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
#define ADD  (NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO)
#define SET  (NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ECHO)
#define ACK  NLM_F_ACK
#define CLS  TC_H_CLSACT
#define CLSH TC_H_MAKE(TC_H_CLSACT, 0)
#define INGR TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define EGRE TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define ALL  ETH_P_ALL

static const struct tc_row tc_rows[] = {
	{ QNEW, NEWX, 99, CLS, CLSH, .kind = "clsact" },
	{ QDEL, ACK, 2, CLS, CLSH, .kind = "clsact" },
	{ QDEL, ACK, 99, CLS, CLSH, .kind = "clsact" },
	{ FNEW, ADD, 2, INGR, 0, 0, 'a', "bpf", ALL, 1 },
	{ FNEW, ADD, 99, INGR, 0, 0, 'a', "bpf", ALL, 1 },
	{ FDEL, ACK, 2, INGR },
	{ FGET, 0, 2, INGR, 1, 1, 0, "bpf", ALL },
	{ QNEW, ACK, 2, CLS, CLSH, .kind = "clsact" },
	{ QNEW, NEWX, 2, CLS, CLSH },
	{ QNEW, NEWX, 2, CLS, CLSH, .kind = "clsact" },
	{ QNEW, NEWX, 2, CLS, CLSH, .kind = "clsact" },
	{ QNEW, ACK | NLM_F_CREATE, 2, CLS, CLSH, .kind = "ingress" },
	{ QGET, NLM_F_DUMP, 0, 0, 0 },
	{ FDEL, ACK, 2, INGR },
	{ FDEL, ACK, 2, INGR, 1, 1, 0, "bpf", ALL },
	{ FDEL, ACK, 2, INGR, 1, 0, 0, "bpf", ALL },
	{ FGET, 0, 2, INGR, 1, 1, 0, "bpf", ALL },
	{ FNEW, ADD, 2, INGR, 0, 0, 'x', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, '!', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, '-', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, 0, "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, 'a', "bpf", ALL, 2 },
	{ FNEW, ADD, 2, INGR, 0, 0, 'a', NULL, ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, 'a', "bpf", 0, 1 },
	{ FNEW, ADD, 2, INGR + 5, 0, 0, 'a', "bpf", ALL, 1 },
	{ FNEW, ACK, 2, INGR, 0, 0, 'a', "bpf", ALL, 1 },
	{ FNEW, ACK, 2, INGR, 1, 1, 'a', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, 'a', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 0, 'b', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 5, 'c', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 5, 'd', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 7, 5, 'd', "bpf", ALL, 0 },
	{ FNEW, ADD, 2, INGR, 7, 5, 'e', "bpf", ALL, 1 },
	{ FNEW, SET, 2, INGR, 7, 5, 'e', "bpf", ALL, 1 },
	{ FNEW, SET, 2, INGR, 9, 9, 'e', "bpf", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 1, 5, 'e', "u32", ALL, 1 },
	{ FNEW, ADD, 2, INGR, 0, 5, 'e', "bpf", ETH_P_IP, 1 },
	{ FNEW, ADD, 2, EGRE, 1, 1, 'f', "bpf", ALL, 1 },
	{ FGET, NLM_F_DUMP, 2, INGR },
	{ FGET, NLM_F_DUMP, 2, EGRE },
	{ FGET, NLM_F_DUMP, 99, EGRE },
	{ FGET, 0, 2, INGR, 7, 5, 0, "bpf", ALL },
	{ FGET, 0, 2, INGR, 8, 5, 0, "bpf", ALL },
	{ FGET, 0, 2, INGR, 7, 6, 0, "bpf", ALL },
	{ FGET, 0, 2, INGR, 7, 0, 0, "bpf", ALL },
	{ FGET, 0, 2, INGR, 7, 5, 0, "u32", ALL },
	{ FDEL, ACK, 2, INGR, 8, 5, 0, "bpf", ALL },
	{ FDEL, ACK, 2, INGR, 7, 6, 0, "bpf", ALL },
	{ FDEL, ACK, 2, INGR, 7, 5, 0, "u32", ALL },
	{ FDEL, ACK, 99, INGR, 7, 5, 0, "bpf", ALL },
	{ FDEL, ACK, 2, INGR, 7, 5, 0, "bpf", ALL },
	{ FDEL, ACK, 2, INGR, 0, 5, 0, "bpf", ALL },
	{ FGET, NLM_F_DUMP, 2, INGR },
	{ FDEL, ACK, 2, INGR },
	{ FGET, NLM_F_DUMP, 2, INGR },
	{ QDEL, ACK, 2, CLS, CLSH, .kind = "ingress" },
	{ QDEL, ACK, 2, CLS, 0x10000, .kind = "clsact" },
	{ QDEL, ACK, 2, CLS, CLSH, .kind = "clsact" },
	{ FGET, NLM_F_DUMP, 2, EGRE },
	{ QGET, NLM_F_DUMP, 0, 0, 0 },
	{ QNEW, NEWX, 2, CLS, CLSH, .kind = "ingress" },
	{ FNEW, ADD, 2, EGRE, 1, 1, 'f', "bpf", ALL, 1 },
	{ QDEL, ACK, 2, CLS, CLSH },
};

void world_netlink(struct world *world)
{
	int one = 1;

	if (world->host)
		world->netlink =
			bu_host_syscall(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 0, 0, 0);
	else
		world->netlink = bu_netlink_open(bu_kernel(), SOCK_RAW, NETLINK_ROUTE);
	setsockopt(world->netlink, 270, NETLINK_EXT_ACK, &one, sizeof(one));
	xdp_steps(world);
	xdp_and_links(world);
	fprintf(world->out, "# tc by netlink\n");
	for (size_t i = 0; i < BU_ARRAY_SIZE(tc_rows); i++)
		tc_step(world, &tc_rows[i]);
	close(world->netlink);
}
