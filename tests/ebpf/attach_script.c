// SPDX-License-Identifier: BSD-2-Clause
/* See attach_script.h. Steps are rows; each is printed with its outcome. */
#include "attach_script.h"

#include "attach_step.h"

#include <string.h>

static const char *const op_names[] = {
	[ATTACH] = "attach", [DETACH] = "detach", [LINK] = "link",   [UPDATE] = "update",
	[DROP] = "drop",     [CLOSE] = "close",   [QUERY] = "query", [SHOW] = "show",
};

static u32 prog_fd(struct world *world, char letter)
{
	return !letter ? 0 : letter == '!' ? BAD_FD : (u32)world->progs[letter - 'a'];
}

/* The neighbour as the flags want it: descriptor or id of a program or link. */
static u32 relative(struct world *world, const struct step *step)
{
	char rel = step->rel;

	if (!rel)
		return 0;
	if (rel == '!')
		return BAD_FD;
	if (rel >= 'a')
		return step->flags & ID ? world->prog_ids[rel - 'a'] : prog_fd(world, rel);
	return step->flags & ID ? world->link_ids[rel - 'A'] : (u32)world->links[rel - 'A'];
}

static long attach(struct world *world, const struct step *step, int target)
{
	struct bu_prog_attach_attr attr = {
		.target = target,
		.attach_bpf_fd = prog_fd(world, step->prog),
		.attach_type = step->type,
		.attach_flags = step->flags,
		.replace_bpf_fd = prog_fd(world, step->old),
		.relative = relative(world, step),
		.expected_revision = step->rev,
	};

	return world_bpf(world, step->op == ATTACH ? BPF_PROG_ATTACH : BPF_PROG_DETACH, &attr,
			 sizeof(attr));
}

static long make_link(struct world *world, const struct step *step, int target)
{
	struct bu_link_create_attr attr = {
		.prog_fd = prog_fd(world, step->prog),
		.target = target,
		.attach_type = step->type,
		.flags = step->flags,
		.mprog = { .relative = relative(world, step), .expected_revision = step->rev },
	};
	long fd = world_bpf(world, BPF_LINK_CREATE, &attr, sizeof(attr));

	if (fd >= 0)
		world_keep_link(world, step->link, fd);
	return fd < 0 ? fd : 0;
}

static long update(struct world *world, const struct step *step)
{
	union bpf_attr attr = { .link_update = { .link_fd = world->links[step->link - 'A'],
						 .new_prog_fd = prog_fd(world, step->prog),
						 .flags = step->flags,
						 .old_prog_fd = prog_fd(world, step->old) } };

	return world_bpf(world, BPF_LINK_UPDATE, &attr, sizeof(attr.link_update));
}

static void put_letters(struct world *world, const u32 *ids, u32 count, const u32 *known,
			char first)
{
	for (u32 i = 0; i < count; i++) {
		char letter = '-';

		for (u32 j = 0; j < 26; j++) {
			if (ids[i] && known[j] == ids[i])
				letter = first + j;
		}
		fputc(letter, world->out);
	}
}

static long query(struct world *world, const struct step *step, int target)
{
	u32 room = step->room ? step->room - 1 : 16;
	u32 progs[16] = { 0 }, links[16] = { 0 }, prog_flags[16] = { 0 };
	bool cgroup = world_is_cgroup_type(step->type);
	struct bu_prog_query_attr attr = {
		.target = target,
		.attach_type = step->type,
		.query_flags = step->flags,
		.prog_ids = room ? (u64)progs : 0,
		.count = room,
		.link_ids = !cgroup && room ? (u64)links : 0,
		.prog_attach_flags = cgroup && room && !step->flags ? (u64)prog_flags : 0,
		.revision = 77,
	};
	long err = world_bpf(world, BPF_PROG_QUERY, &attr, sizeof(attr));
	u32 shown = attr.count < room ? attr.count : room;

	if (err && err != -ENOSPC)
		return err;
	fprintf(world->out, " count %u flags %u revision %llu progs ", attr.count,
		attr.attach_flags, (unsigned long long)attr.revision);
	put_letters(world, progs, shown, world->prog_ids, 'a');
	fprintf(world->out, " links ");
	put_letters(world, links, shown, world->link_ids, 'A');
	for (u32 i = 0; cgroup && i < shown; i++)
		fprintf(world->out, " %u", prog_flags[i]);
	return err;
}

static long show(struct world *world, const struct step *step)
{
	struct bu_link_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = world->links[step->link - 'A'],
					  .info_len = sizeof(info),
					  .info = (u64)&info } };
	long err = world_bpf(world, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info));

	if (err)
		return err;
	fprintf(world->out, " type %u prog ", info.type);
	put_letters(world, &info.prog_id, 1, world->prog_ids, 'a');
	switch (info.type) {
	case BU_LINK_XDP:
		fprintf(world->out, " ifindex %u", info.xdp.ifindex);
		break;
	case BU_LINK_TCX:
	case BU_LINK_NETKIT:
		fprintf(world->out, " ifindex %u attach %u", info.tcx.ifindex,
			info.tcx.attach_type);
		break;
	case BU_LINK_CGROUP:
		fprintf(world->out, " %s attach %u", info.cgroup.cgroup_id ? "cgroup" : "no cgroup",
			info.cgroup.attach_type);
		break;
	case BU_LINK_NETNS:
		fprintf(world->out, " %s attach %u", info.netns.netns_ino ? "netns" : "no netns",
			info.netns.attach_type);
		break;
	case BU_LINK_NETFILTER:
		fprintf(world->out, " pf %u hook %u priority %d flags %u", info.netfilter.pf,
			info.netfilter.hooknum, info.netfilter.priority, info.netfilter.flags);
		break;
	}
	return 0;
}

static long run_step(struct world *world, const struct step *step, int target)
{
	switch (step->op) {
	case ATTACH:
	case DETACH:
		return attach(world, step, target);
	case LINK:
		return make_link(world, step, target);
	case UPDATE:
		return update(world, step);
	case DROP:
		return world_drop_link(world, step->link);
	case CLOSE:
		world_close_link(world, step->link);
		return 0;
	case QUERY:
		return query(world, step, target);
	default:
		return show(world, step);
	}
}

static void print_step(struct world *world, const struct step *step)
{
	fprintf(world->out, "%s", op_names[step->op]);
	if (step->op != DROP && step->op != CLOSE && step->op != SHOW)
		fprintf(world->out, " target %d type %u", step->target, step->type);
	if (step->prog)
		fprintf(world->out, " prog %c", step->prog);
	if (step->link)
		fprintf(world->out, " link %c", step->link);
	if (step->old)
		fprintf(world->out, " old %c", step->old);
	if (step->rel)
		fprintf(world->out, " rel %c", step->rel);
	if (step->flags)
		fprintf(world->out, " flags %#x", step->flags);
	if (step->rev)
		fprintf(world->out, " rev %llu", (unsigned long long)step->rev);
	fprintf(world->out, ":");
}

void attach_steps(struct world *world, const struct step *steps,
		  int (*target_of)(struct world *world, s32 target))
{
	for (; steps->op; steps++) {
		long result;

		print_step(world, steps);
		result = run_step(world, steps, target_of(world, steps->target));
		fprintf(world->out, " %s\n", world_result(result));
	}
}

void attach_run(struct world *world, const char *title, const struct step *steps,
		int (*target_of)(struct world *world, s32 target))
{
	fprintf(world->out, "# %s\n", title);
	attach_steps(world, steps, target_of);
	world_close_links(world);
}

/* tcx */
#define IN  BU_ATTACH_TCX_INGRESS
#define OUT BU_ATTACH_TCX_EGRESS
#define PRI BU_ATTACH_NETKIT_PRIMARY
#define PEE BU_ATTACH_NETKIT_PEER

static const struct step tcx_order[] = {
	{ QUERY, ETH, IN },
	{ QUERY, NO_DEVICE, IN },
	{ DETACH, ETH, IN, 'a' },
	{ DETACH, ETH, IN },
	{ ATTACH, NO_DEVICE, IN, 'a' },
	{ ATTACH, ETH, IN, 'x' }, /* XDP */
	{ ATTACH, ETH, IN, '!' },
	{ ATTACH, ETH, IN, 'a', .flags = M },
	{ ATTACH, ETH, IN, 'a', .flags = 1 << 20 },
	{ ATTACH, ETH, IN, 'a', .rev = 2 },
	{ ATTACH, ETH, IN, 'a', .rev = 1 },
	{ ATTACH, ETH, IN, 'a' },
	{ ATTACH, ETH, IN, 'b' },
	{ ATTACH, ETH, IN, 'c', .flags = BEF },
	{ QUERY, ETH, IN },
	{ QUERY, ETH, IN, .room = 1 },
	{ QUERY, ETH, IN, .room = 3 },
	{ QUERY, ETH, IN, .flags = 1 },
	{ QUERY, ETH, IN, .flags = 2 },
	{ ATTACH, ETH, IN, 'd', .flags = BEF, .rel = 'b' },
	{ ATTACH, ETH, IN, 'e', .flags = AFT | ID, .rel = 'a' },
	{ QUERY, ETH, IN },
	{ ATTACH, ETH, IN, 'f', .flags = BEF | AFT },
	{ ATTACH, ETH, IN, 'f', .flags = BEF | AFT, .rel = 'a' },
	{ ATTACH, ETH, IN, 'f', .flags = BEF, .rel = 'f' },
	{ ATTACH, ETH, IN, 'f', .flags = BEF, .rel = 'x' },
	{ ATTACH, ETH, IN, 'f', .flags = BEF, .rel = '!' },
	{ ATTACH, ETH, IN, 'f', .flags = BEF | ID, .rel = '!' },
	{ ATTACH, ETH, IN, 'f', .flags = ID },
	{ ATTACH, ETH, IN, 'f', .flags = LNK },
	{ ATTACH, ETH, IN, 'f', .flags = LNK | ID },
	{ ATTACH, ETH, IN, 'f', .flags = LNK | BEF, .rel = 'a' },
	{ ATTACH, ETH, IN, 'f', .rel = 'a' },
	{ ATTACH, ETH, IN, 'f', .flags = REPL, .old = 'a' },
	{ ATTACH, ETH, IN, 'f', .flags = REPL, .old = 'b' },
	{ ATTACH, ETH, IN, 'a', .flags = REPL, .old = 'a' },
	{ ATTACH, ETH, IN, 'a', .flags = REPL, .old = 'x' },
	{ ATTACH, ETH, IN, 'a', .flags = REPL, .old = '!' },
	{ ATTACH, ETH, IN, 'a', .flags = REPL },
	{ ATTACH, ETH, IN, 'a', .flags = REPL, .old = 'g' },
	{ ATTACH, ETH, IN, 'a', .flags = REPL | BEF, .old = 'c', .rel = 'd' },
	{ ATTACH, ETH, IN, 'a', .flags = REPL | AFT, .old = 'd', .rel = 'f' },
	{ ATTACH, ETH, IN, 'g', .old = 'b' },
	{ QUERY, ETH, IN },
	{ DETACH, ETH, IN, 'g', .flags = REPL },
	{ DETACH, ETH, IN, 'g', .flags = M },
	{ DETACH, ETH, IN, 'x' },
	{ DETACH, ETH, IN, 'h' },
	{ DETACH, ETH, IN, 'g', .rev = 1 },
	{ DETACH, ETH, IN, 'g', .flags = BEF },
	{ DETACH, ETH, IN, 'g', .flags = BEF, .rel = 'f' },
	{ DETACH, ETH, IN, .flags = BEF },
	{ DETACH, ETH, IN, .flags = AFT },
	{ QUERY, ETH, IN },
	{ DETACH, ETH, IN, .flags = BEF, .rel = 'f' },
	{ DETACH, ETH, IN, .flags = BEF | AFT },
	{ DETACH, NO_DEVICE, IN, 'a' },
	{ DETACH, ETH, OUT, 'a' },
	{ QUERY, ETH, IN },
	{ DETACH, ETH, IN },
	{ DETACH, ETH, IN },
	{ DETACH, ETH, IN },
	{ DETACH, ETH, IN },
	{ QUERY, ETH, IN },
	{ 0 },
};

static const struct step tcx_links[] = {
	{ LINK, ETH, OUT, 'a', 'A' },
	{ LINK, ETH, OUT, 'a', 'B' },
	{ LINK, NO_DEVICE, OUT, 'b', 'B' },
	{ LINK, ETH, OUT, 'x', 'B' },
	{ LINK, ETH, IN + 20, 'b', 'B' },
	{ LINK, ETH, OUT, 'b', 'B', .flags = BEF | LNK, .rel = 'A' },
	{ LINK, ETH, OUT, 'c', 'C', .flags = BEF | LNK | ID, .rel = 'A' },
	{ LINK, ETH, OUT, 'd', 'D', .flags = BEF | LNK, .rel = '!' },
	{ LINK, ETH, OUT, 'd', 'D', .flags = BEF, .rel = 'a' },
	{ LINK, ETH, OUT, 'e', 'E', .flags = REPL },
	{ LINK, ETH, OUT, 'e', 'E', .flags = M },
	{ LINK, ETH, OUT, 'e', 'E', .rev = 3 },
	{ QUERY, ETH, OUT },
	{ SHOW, .link = 'A' },
	{ DETACH, ETH, OUT, 'a' },
	{ DETACH, ETH, OUT },
	{ ATTACH, ETH, OUT, 'f', .flags = REPL, .old = 'a' },
	{ ATTACH, ETH, OUT, 'f' },
	{ UPDATE, .link = 'A', .prog = 'b' },
	{ UPDATE, .link = 'A', .prog = 'a' },
	{ UPDATE, .link = 'A', .prog = 'e', .flags = REPL, .old = 'b' },
	{ UPDATE, .link = 'A', .prog = 'e', .flags = REPL, .old = 'a' },
	{ UPDATE, .link = 'A', .prog = 'x' },
	{ QUERY, ETH, OUT },
	{ DROP, .link = 'A' },
	{ SHOW, .link = 'A' },
	{ UPDATE, .link = 'A', .prog = 'h' },
	{ DROP, .link = 'A' },
	{ QUERY, ETH, OUT },
	{ CLOSE, .link = 'B' },
	{ CLOSE, .link = 'C' },
	{ CLOSE, .link = 'D' },
	{ QUERY, ETH, OUT },
	{ DETACH, ETH, OUT, 'f' },
	{ QUERY, ETH, OUT },
	{ 0 },
};

static const struct step netkit[] = {
	{ ATTACH, ETH, PRI, 'a' },
	{ ATTACH, NO_DEVICE, PRI, 'a' },
	{ ATTACH, KIT_PEER, PRI, 'a' },
	{ ATTACH, KIT, PRI, 'a' },
	{ ATTACH, KIT, PEE, 'a' },
	{ ATTACH, KIT, PEE, 'b', .flags = BEF },
	{ QUERY, KIT, PRI },
	{ QUERY, KIT, PEE },
	{ QUERY, KIT_PEER, PEE },
	{ QUERY, ETH, PEE },
	{ LINK, KIT, PRI, 'b', 'A' },
	{ LINK, KIT_PEER, PRI, 'b', 'B' },
	{ LINK, ETH, PRI, 'b', 'B' },
	{ SHOW, .link = 'A' },
	{ DETACH, KIT, PRI, 'b' },
	{ DROP, .link = 'A' },
	{ SHOW, .link = 'A' },
	{ DETACH, KIT, PRI, 'a' },
	{ DETACH, KIT, PRI, 'a' },
	{ QUERY, KIT, PRI },
	{ DETACH, KIT, PEE },
	{ DETACH, KIT, PEE },
	{ QUERY, KIT, PEE },
	{ 0 },
};

#define XDP BPF_XDP
static const struct step xdp_links[] = {
	{ LINK, NO_DEVICE, XDP, 'x', 'A' },
	{ LINK, ETH, XDP, 'a', 'A' },
	{ LINK, ETH, XDP, 'x', 'A', .flags = 1 },     /* UPDATE_IF_NOEXIST */
	{ LINK, ETH, XDP, 'x', 'A', .flags = 2 | 4 }, /* SKB and DRV */
	{ LINK, ETH, XDP, 'x', 'A', .flags = 8 },     /* HW */
	{ LINK, ETH, XDP, 'x', 'A', .flags = 16 },    /* REPLACE */
	{ LINK, LO, XDP, 'x', 'A', .flags = 4 },
	{ LINK, LO, XDP, 'x', 'A', .flags = 8 },
	{ LINK, LO, XDP, 'z', 'A' }, /* for device maps */
	{ LINK, LO, XDP, 'w', 'A' }, /* for CPU maps */
	{ LINK, LO, XDP, 'x', 'A' },
	{ LINK, ETH, XDP, 'x', 'B' },
	{ LINK, ETH, XDP, 'y', 'C' },
	{ LINK, ETH, XDP, 'y', 'C', .flags = 4 },
	{ LINK, ETH, XDP, 'y', 'C', .flags = 2 },
	{ SHOW, .link = 'A' },
	{ SHOW, .link = 'B' },
	{ UPDATE, .link = 'B', .prog = 'y' },
	{ UPDATE, .link = 'B', .prog = 'y' },
	{ UPDATE, .link = 'B', .prog = 'z' },
	{ UPDATE, .link = 'B', .prog = 'a' },
	{ UPDATE, .link = 'B', .prog = 'x', .flags = REPL, .old = 'x' },
	{ UPDATE, .link = 'B', .prog = 'x', .flags = REPL, .old = 'y' },
	{ UPDATE, .link = 'B', .prog = 'x', .old = 'y' },
	{ UPDATE, .link = 'B', .prog = 'x', .flags = M },
	{ DROP, .link = 'B' },
	{ SHOW, .link = 'B' },
	{ UPDATE, .link = 'B', .prog = 'y' },
	{ LINK, ETH, XDP, 'y', 'C', .flags = 2 },
	{ ATTACH, ETH, XDP, 'x' },
	{ DETACH, ETH, XDP, 'x' },
	{ QUERY, ETH, XDP },
	{ 0 },
};

static int same_target(struct world *world, s32 target)
{
	(void)world;
	return target;
}

/* Targets: 1 a network namespace, 0 none, -1 a bad descriptor, 7 another file. */
#define FLOW BPF_FLOW_DISSECTOR
#define LOOK BPF_SK_LOOKUP

static const struct step netns_steps[] = {
	{ QUERY, 1, FLOW },
	{ QUERY, -1, FLOW },
	{ QUERY, 7, FLOW },
	{ QUERY, 1, LOOK, .flags = 1 },
	{ ATTACH, 1, FLOW, 'f' },
	{ ATTACH, 0, FLOW, 't' },
	{ ATTACH, 0, FLOW, 't' },
	{ ATTACH, 0, FLOW, 'u', .flags = O },
	{ ATTACH, 0, FLOW, 'u', .old = 't' },
	{ ATTACH, 0, FLOW, 'u', .rel = 't' },
	{ ATTACH, 0, FLOW, 'a' },
	{ ATTACH, 0, FLOW, 'u' },
	{ QUERY, 1, FLOW },
	{ QUERY, 1, FLOW, .room = 1 },
	{ LINK, 1, FLOW, 't', 'A' },
	{ DETACH, 0, FLOW, 't' },
	{ DETACH, 1, FLOW, 'u' },
	{ DETACH, 0, FLOW, '!' },
	{ DETACH, 0, FLOW, 'a' },
	{ DETACH, 0, FLOW, 'u', .flags = O },
	{ DETACH, 0, FLOW, 'u' },
	{ DETACH, 0, FLOW, 'u' },
	{ LINK, 1, FLOW, 't', 'A', .flags = 1 },
	{ LINK, -1, FLOW, 't', 'A' },
	{ LINK, 7, FLOW, 't', 'A' },
	{ LINK, 1, FLOW, 't', 'A' },
	{ LINK, 1, FLOW, 'u', 'B' },
	{ ATTACH, 0, FLOW, 'u' },
	{ DETACH, 0, FLOW, 't' },
	{ SHOW, .link = 'A' },
	{ UPDATE, .link = 'A', .prog = 'u' },
	{ UPDATE, .link = 'A', .prog = 'v' },
	{ UPDATE, .link = 'A', .prog = 't', .flags = REPL, .old = 't' },
	{ QUERY, 1, FLOW },
	{ DROP, .link = 'A' },
	{ SHOW, .link = 'A' },
	{ UPDATE, .link = 'A', .prog = 't' },
	{ ATTACH, 0, LOOK, 'v' },
	{ DETACH, 0, LOOK, 'v' },
	{ LINK, 1, LOOK, 'v', 'C' },
	{ LINK, 1, LOOK, 'v', 'D' },
	{ QUERY, 1, LOOK },
	{ QUERY, 1, LOOK, .room = 2 },
	{ CLOSE, .link = 'C' },
	{ QUERY, 1, LOOK },
	{ 0 },
};

static int netns_target(struct world *world, s32 target)
{
	return target < 0 ? BAD_FD : target == 7 ? world->cgroup[7] : target ? world->netns : 0;
}

/* Targets: 1 a map that is no sockmap, -1 a bad descriptor, 7 another file. */
static const struct step others[] = {
	{ ATTACH, 1, BPF_SK_MSG_VERDICT, 'k' },
	{ ATTACH, -1, BPF_SK_MSG_VERDICT, 'k' },
	{ ATTACH, 7, BPF_SK_MSG_VERDICT, 'k' },
	{ ATTACH, 1, BPF_SK_MSG_VERDICT, 'k', .flags = O },
	{ ATTACH, 1, BPF_SK_MSG_VERDICT, 'k', .old = 'k' },
	{ ATTACH, 1, BPF_SK_MSG_VERDICT, 'k', .rel = 'k' },
	{ ATTACH, 1, BPF_SK_SKB_STREAM_PARSER, 'l' },
	{ ATTACH, 1, BPF_SK_SKB_STREAM_VERDICT, 'l' },
	{ ATTACH, 1, BPF_SK_SKB_VERDICT, 'l' },
	{ ATTACH, 1, BPF_SK_SKB_VERDICT, 'k' },
	{ DETACH, 1, BPF_SK_MSG_VERDICT, 'k' },
	{ DETACH, 1, BPF_SK_MSG_VERDICT },
	{ DETACH, 1, BPF_SK_MSG_VERDICT, 'l' },
	{ DETACH, -1, BPF_SK_MSG_VERDICT, 'k' },
	{ DETACH, 1, BPF_SK_MSG_VERDICT, 'k', .old = 'k' },
	{ QUERY, 1, BPF_SK_MSG_VERDICT },
	{ QUERY, -1, BPF_SK_MSG_VERDICT },
	{ QUERY, 1, BPF_SK_MSG_VERDICT, .flags = 1 },
	{ LINK, 1, BPF_SK_MSG_VERDICT, 'k', 'A' },
	{ LINK, 1, BPF_SK_MSG_VERDICT, 'k', 'A', .flags = 1 },
	{ LINK, -1, BPF_SK_MSG_VERDICT, 'k', 'A' },
	{ LINK, 7, BPF_SK_MSG_VERDICT, 'k', 'A' },
	{ ATTACH, 1, BPF_TRACE_FENTRY, 'k' },
	{ ATTACH, 1, BPF_PERF_EVENT, 'k' },
	{ ATTACH, 1, 99, 'k' },
	{ DETACH, 1, 99, 'k' },
	{ DETACH, 1, BPF_PERF_EVENT, 'k' },
	{ QUERY, 1, BPF_TRACE_FENTRY },
	{ QUERY, 1, BPF_LSM_MAC },
	{ 0 },
};

static int other_target(struct world *world, s32 target)
{
	return target < 0 ? BAD_FD : target == 7 ? world->cgroup[7] : world_map(world);
}

void attach_netkit(struct world *world)
{
	world_begin(world);
	attach_run(world, "netkit", netkit, same_target);
	world_end(world);
}

void attach_script(struct world *world)
{
	world_begin(world);
	attach_run(world, "tcx: order", tcx_order, same_target);
	attach_run(world, "tcx: links", tcx_links, same_target);
	attach_run(world, "xdp: links", xdp_links, same_target);
	attach_cgroups(world);
	attach_run(world, "network namespaces", netns_steps, netns_target);
	attach_run(world, "others", others, other_target);
	world_netfilter(world);
	world_netlink(world);
	world_end(world);
}
