// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs on socket buffers. tc programs see the packet from the link header on, the others from
 * the network header on; the link header then lies outside (packet.mac). Source:
 * *_is_valid_access(), net/core/filter.c; bpf_prog_test_run_skb(), net/bpf/test_run.c (6.12).
 * Differs: buffers are linear; the one network device is lo (ifindex 1); __sk_buff.sk is NULL
 * unless the given context has one.
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/prog/checksum.h"
#include "ebpf/syscall.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEADROOM          256
#define TAILROOM          128
#define MAX_GSO_SEGS      65535
#define MAX_WIRE_LEN      65536 /* Source: GSO_LEGACY_MAX_SIZE */
#define LOOPBACK_IFINDEX  1
#define CHECKSUM_COMPLETE (1U << 2) /* BPF_F_TEST_SKB_CHECKSUM_COMPLETE, 6.14 */
#define IPV4_BYTES        20
#define IPV6_BYTES        40

#define FIELD(field_, access_) BU_CTX_FIELD(struct __sk_buff, field_, access_)
#define RANGE(first_, last_, access_)                                                              \
	{                                                                                          \
		offsetof(struct __sk_buff, first_),                                                \
			offsetof(struct __sk_buff, last_) +                                        \
				sizeof(((struct __sk_buff *)0)->last_) -                           \
				offsetof(struct __sk_buff, first_),                                \
			access_                                                                    \
	}
/* Hidden from all: accessors serve the pointers; flow_keys is for flow dissectors; tstamp_type is
 * for tc, and padding follows it. */
#define HIDDEN                                                                                     \
	FIELD(data, BU_NONE), FIELD(data_end, BU_NONE), FIELD(data_meta, BU_NONE),                 \
		FIELD(flow_keys, BU_NONE),                                                         \
	{                                                                                          \
		offsetof(struct __sk_buff, tstamp_type), 4, BU_NONE                                \
	}
#define CB RANGE(cb[0], cb[4], BU_RW)

static const struct bu_ctx_field tc_fields[] = {
	HIDDEN,
	CB,
	RANGE(family, local_port, BU_NONE),
	FIELD(mark, BU_RW),
	FIELD(tc_index, BU_RW),
	FIELD(priority, BU_RW),
	FIELD(tc_classid, BU_RW),
	FIELD(tstamp, BU_RW),
	FIELD(queue_mapping, BU_RW),
	{ offsetof(struct __sk_buff, tstamp_type), 1, BU_READ },
};
static const struct bu_ctx_field filter_fields[] = {
	HIDDEN,
	CB,
	FIELD(tc_classid, BU_NONE),
	RANGE(family, local_port, BU_NONE),
	FIELD(tstamp, BU_NONE),
	FIELD(wire_len, BU_NONE),
	FIELD(hwtstamp, BU_NONE),
};
static const struct bu_ctx_field cgroup_fields[] = {
	HIDDEN,
	CB,
	FIELD(tc_classid, BU_NONE),
	FIELD(wire_len, BU_NONE),
	FIELD(mark, BU_RW),
	FIELD(priority, BU_RW),
	FIELD(tstamp, BU_RW),
};
static const struct bu_ctx_field lwt_fields[] = {
	HIDDEN,
	CB,
	FIELD(tc_classid, BU_NONE),
	RANGE(family, local_port, BU_NONE),
	FIELD(tstamp, BU_NONE),
	FIELD(wire_len, BU_NONE),
	FIELD(hwtstamp, BU_NONE),
	FIELD(mark, BU_RW),
	FIELD(priority, BU_RW),
};
static const struct bu_ctx_field sk_skb_fields[] = {
	HIDDEN,
	FIELD(tc_classid, BU_NONE),
	FIELD(tstamp, BU_NONE),
	FIELD(wire_len, BU_NONE),
	FIELD(hwtstamp, BU_NONE),
	FIELD(mark, BU_NONE),
	FIELD(tc_index, BU_RW),
	FIELD(priority, BU_RW),
};

void bu_skb_guard(struct bu_run *run)
{
	switch (bu_prog_kind(run->prog)) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		bu_ctx_guard(run, BU_READ, tc_fields, BU_ARRAY_SIZE(tc_fields));
		break;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		bu_ctx_guard(run, BU_READ, filter_fields, BU_ARRAY_SIZE(filter_fields));
		break;
	case BPF_PROG_TYPE_CGROUP_SKB:
		bu_ctx_guard(run, BU_READ, cgroup_fields, BU_ARRAY_SIZE(cgroup_fields));
		break;
	case BPF_PROG_TYPE_SK_SKB:
		bu_ctx_guard(run, BU_READ, sk_skb_fields, BU_ARRAY_SIZE(sk_skb_fields));
		break;
	default:
		bu_ctx_guard(run, BU_READ, lwt_fields, BU_ARRAY_SIZE(lwt_fields));
		break;
	}
}

bool bu_skb_load(struct bu_run *run, u32 offset, u32 size, u64 *value)
{
	u32 type = bu_prog_kind(run->prog);

	if (size != 4)
		return false;
	switch (offset) {
	case offsetof(struct __sk_buff, data):
		*value = (u64)run->packet.data;
		return true;
	case offsetof(struct __sk_buff, data_end):
		*value = (u64)run->packet.end;
		return true;
	case offsetof(struct __sk_buff, data_meta):
		*value = (u64)run->packet.meta;
		return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
	}
	return false;
}

bool bu_prog_has_skb(const struct bu_prog *prog)
{
	return prog->type && prog->type->guard_ctx == bu_skb_guard;
}

bool bu_skb_is_l2(const struct bu_prog *prog)
{
	u32 type = bu_prog_kind(prog);

	return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
}

/* A frame shorter than a link header is all data. */
int bu_skb_set_packet(struct bu_run *run, const struct bu_test_io *io)
{
	u32 pull = bu_skb_is_l2(run->prog) || io->data_size < BU_ETH_BYTES ? 0 : BU_ETH_BYTES;
	const u8 *frame = io->data;
	int err = bu_run_set_packet(run, frame + pull, io->data_size - pull, HEADROOM, TAILROOM);

	if (err)
		return err;
	run->packet.network = pull ? 0 : BU_ETH_BYTES;
	memcpy(run->packet.mac, frame, pull);
	return 0;
}

/* Source: eth_type_trans(), net/ethernet/eth.c. In network byte order. */
u16 bu_frame_protocol(const u8 *frame, u32 size)
{
	u16 type;

	memcpy(&type, frame + 12, 2);
	if (ntohs(type) >= ETH_P_802_3_MIN)
		return type;
	if (size >= BU_ETH_BYTES + 2 && frame[14] == 0xff && frame[15] == 0xff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

static u32 packet_type_of(const u8 *frame)
{
	static const u8 everyone[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!memcmp(frame, everyone, ETH_ALEN))
		return PACKET_BROADCAST;
	return frame[0] & 1 ? PACKET_MULTICAST : PACKET_HOST;
}

static void describe_addresses(struct __sk_buff *skb, const u8 *ip, u32 size)
{
	if (skb->family)
		return;
	if (skb->protocol == htons(ETH_P_IP) && size >= IPV4_BYTES) {
		skb->family = AF_INET;
		memcpy(&skb->local_ip4, ip + 12, 4);
		memcpy(&skb->remote_ip4, ip + 16, 4);
	} else if (skb->protocol == htons(ETH_P_IPV6) && size >= IPV6_BYTES) {
		skb->family = AF_INET6;
		memcpy(skb->local_ip6, ip + 8, 16);
		memcpy(skb->remote_ip6, ip + 24, 16);
	}
}

void bu_skb_describe(struct bu_run *run, const u8 *frame, u32 size)
{
	struct __sk_buff *skb = run->ctx;

	if (run->ctx_size < sizeof(*skb))
		return;
	skb->len = (u32)(run->packet.end - run->packet.data);
	if (!skb->ifindex)
		skb->ifindex = LOOPBACK_IFINDEX;
	if (size < BU_ETH_BYTES)
		return;
	if (!skb->protocol)
		skb->protocol = bu_frame_protocol(frame, size);
	if (!skb->pkt_type)
		skb->pkt_type = packet_type_of(frame);
	describe_addresses(skb, frame + BU_ETH_BYTES, size - BU_ETH_BYTES);
}

/* The rest of this file is BPF_PROG_TEST_RUN. */

#define END_OF(field_)                                                                             \
	(offsetof(struct __sk_buff, field_) + sizeof(((struct __sk_buff *)0)->field_))

/* Fields that a test may set, in order; all others must be zero. (convert___skb_to_skb) */
static int check_ctx(const struct __sk_buff *skb, u32 len)
{
	static const u16 allowed[][2] = {
		{ offsetof(struct __sk_buff, mark), END_OF(mark) },
		{ offsetof(struct __sk_buff, priority), END_OF(ifindex) },
		{ offsetof(struct __sk_buff, cb), END_OF(cb) },
		{ offsetof(struct __sk_buff, tstamp), END_OF(gso_segs) },
		{ offsetof(struct __sk_buff, gso_size), END_OF(gso_size) },
		{ offsetof(struct __sk_buff, hwtstamp), END_OF(hwtstamp) },
	};
	size_t from = 0;

	for (u32 i = 0; i < BU_ARRAY_SIZE(allowed); from = allowed[i++][1])
		if (!bu_is_zero(skb, from, allowed[i][0]))
			return -EINVAL;
	if (!bu_is_zero(skb, from, sizeof(*skb)))
		return -EINVAL;
	if (skb->wire_len && (skb->wire_len < len || skb->wire_len > MAX_WIRE_LEN))
		return -EINVAL;
	return skb->gso_segs > MAX_GSO_SEGS ? -EINVAL : 0;
}

static int check_frame(const u8 *frame, u32 size)
{
	u16 protocol = bu_frame_protocol(frame, size);

	size -= BU_ETH_BYTES;
	if (protocol == htons(ETH_P_IP) && size < IPV4_BYTES)
		return -EINVAL;
	return protocol == htons(ETH_P_IPV6) && size < IPV6_BYTES ? -EINVAL : 0;
}

/* The loopback device's address and its broadcast address are all zeroes. Source:
 * eth_type_trans(), net/ethernet/eth.c (6.12). */
static u32 test_packet_type(const u8 *frame)
{
	if (bu_is_zero(frame, 0, ETH_ALEN))
		return PACKET_HOST;
	return frame[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

/* What a run changed of the fields that go out. (convert_skb_to___skb) */
static void update_ctx(struct __sk_buff *given, const struct __sk_buff *ran)
{
	given->mark = ran->mark;
	given->priority = ran->priority;
	given->ingress_ifindex = ran->ingress_ifindex;
	given->ifindex = ran->ifindex;
	given->tstamp = ran->tstamp;
	memcpy(given->cb, ran->cb, sizeof(given->cb));
	given->wire_len = ran->wire_len;
	given->gso_segs = ran->gso_segs;
	given->hwtstamp = ran->hwtstamp;
}

static u32 checksum_of(const struct bu_packet *packet)
{
	const u8 *network = packet->data + packet->network;

	return network < packet->end ? bu_sum_bytes(network, (u32)(packet->end - network), false)
				     : 0;
}

static int give_checksum(struct bu_run *run, struct bu_test_io *io)
{
	(void)io;
	run->packet.has_sum = true;
	run->packet.sum = checksum_of(&run->packet);
	return 0;
}

static void check_checksum(struct bu_run *run, struct bu_test_io *io)
{
	bool *wrong = io->arg;

	*wrong |= bu_sum_fold(run->packet.sum) != bu_sum_fold(checksum_of(&run->packet));
}

static int run_frame(struct bu_prog *prog, union bpf_attr *attr, struct __sk_buff *given, u8 *frame)
{
	struct __sk_buff skb = given ? *given : (struct __sk_buff){ 0 };
	u32 size = attr->test.data_size_in, duration;
	struct bu_test_io io = {
		.data = frame, .data_size = size, .ctx = &skb, .ctx_size = sizeof(skb), .cpu = -1
	};
	int err = given && given->ifindex > LOOPBACK_IFINDEX ? -ENODEV : 0;
	bool wrong = false;

	if (attr->test.flags) {
		io.before = give_checksum;
		io.after = check_checksum;
		io.arg = &wrong;
	}
	if (!err)
		err = check_frame(frame, size);
	if (!err && given)
		err = check_ctx(given, bu_skb_is_l2(prog) ? size : size - BU_ETH_BYTES);
	skb.pkt_type = test_packet_type(frame);
	skb.ifindex = LOOPBACK_IFINDEX;
	if (given && !given->wire_len)
		skb.wire_len = bu_skb_is_l2(prog) ? size : size - BU_ETH_BYTES;
	if (!err)
		err = bu_test_repeat(prog, &io, attr->test.repeat, &duration);
	if (!err && wrong)
		err = -EBADMSG;
	if (!err && !bu_skb_is_l2(prog) && io.data_out_size >= BU_ETH_BYTES)
		memset(io.data_out, 0, BU_ETH_BYTES);
	if (!err)
		err = bu_test_finish(prog->object.kernel, attr, io.data_out, io.data_out_size,
				     (u32)io.retval, duration);
	if (!err && given) {
		update_ctx(given, &skb);
		err = bu_test_ctx_out(attr, given, sizeof(*given));
	}
	free(io.data_out);
	return err;
}

int bu_skb_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct __sk_buff *skb = NULL;
	u8 frame[BU_SKB_ROOM];
	int err;

	if (attr->test.flags & ~CHECKSUM_COMPLETE || attr->test.cpu || attr->test.batch_size ||
	    attr->test.data_size_in < BU_ETH_BYTES || attr->test.data_size_in > sizeof(frame))
		return -EINVAL;
	err = bu_copy_from_user(frame, attr->test.data_in, attr->test.data_size_in);
	if (!err)
		err = bu_test_ctx_in(attr, sizeof(*skb), (void **)&skb);
	if (!err)
		err = run_frame(prog, attr, skb, frame);
	free(skb);
	return err;
}
