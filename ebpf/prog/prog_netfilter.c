// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_PROG_TEST_RUN of netfilter programs: their context is two pointers to structs of the
 * kernel's, laid out as its BTF says. Source: bpf_prog_test_run_nf(), net/bpf/test_run.c (6.12).
 * Differs: of the socket buffer its length, protocol, device and data are set; there is no network
 * namespace.
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/syscall.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_BYTES       20
#define IPV6_BYTES       40
#define LOOPBACK_IFINDEX 1

struct hook_state { /* Source: struct nf_hook_state, include/linux/netfilter.h (6.12) */
	u8 hook, pf;
	u64 in, out, sk, net, okfn;
};

struct input {
	struct hook_state state;
	bool has_device; /* the state names lo */
	u16 protocol;    /* in network byte order */
	u32 pulled;      /* bytes of link header in front of the packet */
};

static int check_state(const struct hook_state *given)
{
	if (given->in || given->out || given->sk || given->net || given->okfn)
		return -EINVAL;
	return given->pf == NFPROTO_IPV4 || given->pf == NFPROTO_IPV6 ? 0 : -EINVAL;
}

/* Behind the network's way in, a packet has a link header; a local one has none yet. */
static int look_at_packet(struct input *input, const u8 *frame, u32 size)
{
	bool ipv4 = input->state.pf == NFPROTO_IPV4;

	input->protocol = htons(ipv4 ? ETH_P_IP : ETH_P_IPV6);
	if (input->state.hook == NF_INET_LOCAL_OUT)
		return 0;
	if (size < BU_ETH_BYTES + IPV4_BYTES)
		return -EINVAL;
	input->pulled = BU_ETH_BYTES;
	switch (ntohs(bu_frame_protocol(frame, size))) {
	case ETH_P_IP:
		return ipv4 ? 0 : -EINVAL;
	case ETH_P_IPV6:
		return ipv4 || size < BU_ETH_BYTES + IPV6_BYTES ? -EINVAL : 0;
	}
	return -EPROTO;
}

static bool make_device(struct bu_run *run, u64 *address)
{
	struct bu_kstruct device;

	if (!bu_kstruct_make(run, "net_device", &device))
		return false;
	bu_kstruct_set(&device, "ifindex", LOOPBACK_IFINDEX);
	bu_kstruct_copy(&device, "name", "lo", 3);
	*address = (u64)device.bytes;
	return true;
}

static bool make_buffer(struct bu_run *run, const struct input *input, u64 device, u64 *address)
{
	const struct bu_packet *packet = &run->packet;
	struct bu_kstruct skb;

	if (!bu_kstruct_make(run, "sk_buff", &skb))
		return false;
	bu_kstruct_set(&skb, "len", (u32)(packet->end - packet->data));
	bu_kstruct_set(&skb, "protocol", input->protocol);
	bu_kstruct_set(&skb, "head", (u64)packet->head);
	bu_kstruct_set(&skb, "data", (u64)packet->data);
	bu_kstruct_set(&skb, "tail", (u32)(packet->end - packet->head));
	bu_kstruct_set(&skb, "end", (u32)(packet->limit - packet->head));
	bu_kstruct_set(&skb, "network_header", (u32)(packet->data - packet->head));
	bu_kstruct_set(&skb, "dev", input->pulled ? device : 0);
	*address = (u64)skb.bytes;
	return true;
}

static int give_structs(struct bu_run *run, struct bu_test_io *io)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "nf_hook_state" };
	const struct input *input = io->arg;
	u64 device, context[2];
	struct hook_state *state;

	state = bu_arena_scratch(&run->kernel->arena, sizeof(*state), BU_READ, &info);
	if (!state || !make_device(run, &device) || !make_buffer(run, input, device, &context[1]))
		return -ENOMEM;
	*state = input->state;
	state->out = input->has_device ? device : 0;
	context[0] = (u64)state;
	memcpy(run->ctx, context, sizeof(context));
	return 0;
}

static int run_hook(struct bu_prog *prog, union bpf_attr *attr, struct input *input,
		    const u8 *frame)
{
	struct bu_test_io io = {
		.data = frame + input->pulled,
		.data_size = attr->test.data_size_in - input->pulled,
		.cpu = -1,
		.before = give_structs,
		.arg = input,
	};
	u32 duration;
	int err = bu_test_repeat(prog, &io, attr->test.repeat, &duration);

	if (!err)
		err = bu_test_finish(prog->object.kernel, attr, NULL, 0, (u32)io.retval, duration);
	free(io.data_out);
	return err;
}

int bu_netfilter_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct input input = { .state = { .hook = NF_INET_LOCAL_OUT, .pf = NFPROTO_IPV4 } };
	struct hook_state *given = NULL;
	u8 *frame;
	int err = bu_test_data_in(attr, IPV4_BYTES, BU_SKB_ROOM, &frame);

	if (!err)
		err = bu_test_ctx_in(attr, sizeof(*given), (void **)&given);
	if (!err && given)
		err = check_state(given);
	if (!err && given) {
		input.state = (struct hook_state){ .hook = given->hook, .pf = given->pf };
		input.has_device = true;
	}
	if (!err)
		err = look_at_packet(&input, frame, attr->test.data_size_in);
	if (!err)
		err = run_hook(prog, attr, &input, frame);
	free(given);
	free(frame);
	return err;
}
