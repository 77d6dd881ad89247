// SPDX-License-Identifier: BSD-2-Clause
/* The steps of attach_script.c that are about cgroups. */
#include "attach_step.h"

/* cgroups: 0 the one that all others are in, 1 in 0, 2 in 1, 3 in 0; 7: not a cgroup */
#define EGR BPF_CGROUP_INET_EGRESS
#define ING BPF_CGROUP_INET_INGRESS
#define SOC BPF_CGROUP_INET_SOCK_CREATE
#define EFF BPF_F_QUERY_EFFECTIVE

static const struct step cgroup_progs[] = {
	{ QUERY, 0, EGR },
	{ QUERY, 7, EGR },
	{ QUERY, -1, EGR },
	{ QUERY, 0, EGR, .flags = 2 },
	{ QUERY, 0, 99 },
	{ DETACH, 0, EGR },
	{ DETACH, 0, EGR, 'm' },
	{ ATTACH, 7, EGR, 'm' },
	{ ATTACH, -1, EGR, 'm' },
	{ ATTACH, 0, EGR, 'a' },
	{ ATTACH, 0, EGR, '!' },
	{ ATTACH, 0, SOC, 'm' },
	{ ATTACH, 0, SOC, 's', .flags = O },
	{ ATTACH, 0, BPF_CGROUP_INET4_POST_BIND, 's', .flags = O },
	{ ATTACH, 0, EGR, 'm', .flags = O | M },
	{ ATTACH, 0, EGR, 'm', .flags = REPL },
	{ ATTACH, 0, EGR, 'm', .flags = REPL | M },
	{ ATTACH, 0, EGR, 'm', .flags = REPL | M, .old = '!' },
	{ ATTACH, 0, EGR, 'm', .flags = REPL | M, .old = 'n' },
	{ ATTACH, 0, EGR, 'm', .flags = 1 << 20 },
	{ ATTACH, 0, EGR, 'm', .rev = 5 },
	/* alone */
	{ ATTACH, 0, EGR, 'm' },
	{ QUERY, 0, EGR },
	{ ATTACH, 0, EGR, 'n' },
	{ ATTACH, 0, EGR, 'n', .flags = O },
	{ ATTACH, 0, EGR, 'n', .flags = M },
	{ ATTACH, 1, EGR, 'n' },
	{ ATTACH, 2, EGR, 'n', .flags = M },
	{ LINK, 0, EGR, 'm', 'A' },
	{ QUERY, 0, EGR },
	{ QUERY, 2, EGR, .flags = EFF },
	{ DETACH, 0, EGR, '!', .flags = M },
	{ DETACH, 0, EGR, .rev = 77 },
	{ DETACH, 0, EGR },
	/* overridable */
	{ ATTACH, 0, EGR, 'm', .flags = O },
	{ ATTACH, 1, EGR, 'n', .flags = O },
	{ ATTACH, 2, EGR, 'm', .flags = M },
	{ QUERY, 1, EGR, .flags = EFF },
	{ QUERY, 2, EGR, .flags = EFF },
	{ QUERY, 3, EGR, .flags = EFF },
	{ DETACH, 2, EGR, 'm' },
	{ DETACH, 1, EGR, 'm' },
	{ DETACH, 0, EGR, 'm' },
	/* several */
	{ ATTACH, 0, EGR, 'm', .flags = M },
	{ ATTACH, 0, EGR, 'm', .flags = M },
	{ ATTACH, 0, EGR, 'n', .flags = M },
	{ ATTACH, 0, EGR, 'o', .flags = O },
	{ ATTACH, 1, EGR, 'o', .flags = M },
	{ ATTACH, 2, EGR, 'p' },
	{ QUERY, 0, EGR },
	{ QUERY, 0, EGR, .room = 1 },
	{ QUERY, 0, EGR, .room = 2 },
	{ QUERY, 1, EGR, .flags = EFF },
	{ QUERY, 2, EGR, .flags = EFF },
	{ QUERY, 2, EGR, .flags = EFF, .room = 2 },
	{ ATTACH, 0, EGR, 'o', .flags = M | REPL, .old = 'm' },
	{ ATTACH, 0, EGR, 'o', .flags = M | REPL, .old = 'm' },
	{ ATTACH, 0, EGR, 'o', .flags = M | REPL, .old = 'o' },
	{ ATTACH, 0, EGR, 'm', .flags = M | REPL, .old = 'p' },
	{ ATTACH, 0, EGR, 'm', .flags = M | REPL | BEF, .old = 'o' },
	{ QUERY, 0, EGR },
	{ DETACH, 0, EGR },
	{ DETACH, 0, EGR, 'm' },
	{ DETACH, 0, EGR, 'o', .rel = 'n' },
	{ DETACH, 0, EGR, 'o' },
	{ DETACH, 0, EGR, 'n' },
	{ DETACH, 1, EGR, 'o' },
	{ DETACH, 2, EGR },
	{ QUERY, 0, EGR },
	{ DETACH, 0, SOC },
	{ 0 },
};

static const struct step cgroup_order[] = {
	{ LINK, 0, ING, 'm', 'A' },
	{ LINK, 0, ING, 'm', 'B' },
	{ LINK, 0, ING, 'n', 'C', .flags = M },
	{ LINK, 7, ING, 'n', 'C' },
	{ LINK, -1, ING, 'n', 'C' },
	{ LINK, 0, ING, 'a', 'C' },
	{ LINK, 0, ING, 'n', 'C', .flags = REPL },
	{ LINK, 0, ING, 'n', 'C', .flags = BEF },
	{ ATTACH, 0, ING, 'm', .flags = M },
	{ ATTACH, 0, ING, 'o', .flags = M | BEF, .rel = 'm' },
	{ ATTACH, 0, ING, 'p', .flags = M | BEF, .rel = 'n' },
	{ ATTACH, 0, ING, 'p', .flags = M | BEF | LNK, .rel = 'A' },
	{ ATTACH, 0, ING, 'p', .flags = M | BEF | AFT },
	{ ATTACH, 0, ING, 'p', .flags = M, .rel = 'm' },
	{ ATTACH, 0, ING, 'p', .flags = M | AFT | ID, .rel = 'o' },
	{ ATTACH, 0, ING, 'q', .flags = M | AFT | ID, .rel = '!' },
	{ ATTACH, 0, ING, 'q', .flags = M | AFT, .rel = '!' },
	{ ATTACH, 0, ING, 'q', .flags = M | AFT | PRE, .rel = 'm' },
	{ ATTACH, 0, ING, 'q', .flags = M | PRE },
	{ LINK, 0, ING, 'r', 'C', .flags = BEF | LNK, .rel = 'A' },
	{ LINK, 0, ING, 'r', 'D', .flags = AFT | LNK | ID, .rel = 'A' },
	{ LINK, 0, ING, 'r', 'E', .flags = BEF, .rel = 'm' },
	{ LINK, 0, ING, 'r', 'E', .flags = BEF | LNK, .rel = 'm' },
	{ LINK, 0, ING, 'r', 'E', .rev = 1 },
	{ QUERY, 0, ING },
	{ LINK, 1, ING, 'm', 'E', .flags = PRE },
	{ LINK, 1, ING, 'n', 'F', .flags = PRE },
	{ LINK, 1, ING, 'o', 'G' },
	{ QUERY, 1, ING, .flags = EFF },
	{ SHOW, .link = 'A' },
	{ UPDATE, .link = 'A', .prog = 'n' },
	{ UPDATE, .link = 'A', .prog = 's' },
	{ UPDATE, .link = 'A', .prog = 'm', .flags = REPL, .old = 'm' },
	{ UPDATE, .link = 'A', .prog = 'm', .flags = REPL, .old = 'n' },
	{ QUERY, 0, ING },
	{ DETACH, 0, ING, 'r' },
	{ DROP, .link = 'A' },
	{ SHOW, .link = 'A' },
	{ UPDATE, .link = 'A', .prog = 'm' },
	{ DROP, .link = 'A' },
	{ CLOSE, .link = 'C' },
	{ QUERY, 0, ING },
	{ DETACH, 0, ING, 'm' },
	{ DETACH, 0, ING, 'o' },
	{ DETACH, 0, ING, 'p' },
	{ DETACH, 0, ING, 'q' },
	{ QUERY, 0, ING },
	{ 0 },
};

static int cgroup_target(struct world *world, s32 target)
{
	return target < 0 ? BAD_FD : world->cgroup[target];
}

/* A cgroup that is removed lets go of its links. */
static const struct step before_removal[] = {
	{ LINK, 3, EGR, 'm', 'A' },
	{ ATTACH, 3, EGR, 'n', .flags = M },
	{ QUERY, 3, EGR },
	{ 0 },
};
static const struct step after_removal[] = {
	{ SHOW, .link = 'A' },   { UPDATE, .link = 'A', .prog = 'n' },
	{ DROP, .link = 'A' },   { QUERY, 3, EGR },
	{ ATTACH, 3, EGR, 'm' }, { 0 },
};

void attach_cgroups(struct world *world)
{
	attach_run(world, "cgroups: programs", cgroup_progs, cgroup_target);
	attach_run(world, "cgroups: order", cgroup_order, cgroup_target);
	fprintf(world->out, "# remove a cgroup\n");
	attach_steps(world, before_removal, cgroup_target);
	world_remove_cgroup(world, "3");
	attach_run(world, "after it was removed", after_removal, cgroup_target);
}
