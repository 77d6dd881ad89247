/* SPDX-License-Identifier: BSD-2-Clause */
/* Each allocation fails in turn while whole objects are loaded, attached, pinned and read. */
#include <stdlib.h>

#include "skeletons_begin.h"

#include "everything.skel.h"
#include "iter.skel.h"
#include "netdev.skel.h"
#include "struct_ops.skel.h"
#include "traced.skel.h"

#include "skeletons_end.h"

#include "light.lskel.h"
#include "nomem.h"
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/kernel.h"

#define ARENA_AT 0x7e0000000000ULL

static struct bpf_link *links[32];
static int nr_links;

/* Remember a link until let_go(); whether there is one. */
static bool hold(struct bpf_link *link)
{
	if (libbpf_get_error(link) || !link)
		return false;
	links[nr_links++] = link;
	return true;
}

/* The scenario's end: 0, or that it was not done. */
static int let_go(bool done)
{
	while (nr_links)
		bpf_link__destroy(links[--nr_links]);
	return done ? 0 : -ENOMEM;
}

static bool attach_all(struct bpf_object *object)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object)
	{
		if (bpf_program__type(prog) == BPF_PROG_TYPE_RAW_TRACEPOINT ||
		    !bpf_program__autoload(prog))
			continue;
		if (bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER ||
		    bpf_program__type(prog) == BPF_PROG_TYPE_STRUCT_OPS ||
		    bpf_program__type(prog) == BPF_PROG_TYPE_SYSCALL)
			continue;
		if (!hold(bpf_program__attach(prog)))
			return false;
	}
	return true;
}

static bool use_everything(struct everything_bpf *skel)
{
	return !bpf_map__set_map_extra(skel->maps.arena, ARENA_AT) && !everything_bpf__load(skel) &&
	       attach_all(skel->obj) && hold(bpf_map__attach_struct_ops(skel->maps.ops));
}

static int everything(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kconfig = "CONFIG_HZ=250\n");
	struct everything_bpf *skel = everything_bpf__open_opts(&opts);
	bool done;

	if (!skel)
		return -ENOMEM;
	done = use_everything(skel);
	let_go(done);
	everything_bpf__destroy(skel);
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, everything, .timeout_s = 300)
{
	libbpf_set_print(NULL);
	nomem_fail_each(everything, true);
}

/* All of what an iterator writes, thrown away. */
static bool read_out(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	char text[512];
	ssize_t got;

	if (fd < 0)
		return false;
	while ((got = read(fd, text, sizeof(text))) > 0)
		;
	close(fd);
	return !got;
}

static bool iterate(struct iter_bpf *skel)
{
	union bpf_iter_link_info info = { .map.map_fd = bpf_map__fd(skel->maps.squares) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	u64 square = 4;
	u32 key = 2;

	return !bpf_map__update_elem(skel->maps.squares, &key, 4, &square, 8, 0) &&
	       hold(bpf_program__attach_iter(skel->progs.elements, &opts)) && read_out(links[0]) &&
	       hold(bpf_program__attach(skel->progs.tasks)) && read_out(links[1]);
}

static int iterators(void)
{
	struct iter_bpf *skel = iter_bpf__open_and_load();
	bool done;

	if (!skel)
		return -ENOMEM;
	done = iterate(skel);
	let_go(done);
	iter_bpf__destroy(skel);
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, iterators, .timeout_s = 300)
{
	libbpf_set_print(NULL);
	nomem_fail_each(iterators, true);
}

static int light(void)
{
	struct light *skel = light__open_and_load();

	if (!skel)
		return -ENOMEM;
	light__destroy(skel);
	return 0;
}

BPF_TEST(nomem_object, light_skeleton, .timeout_s = 300)
{
	nomem_fail_each(light, true);
}

static int walk(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		return -ENOMEM;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static bool write_event(const char *line)
{
	int fd = open("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_APPEND);
	bool done = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool attach_perf(struct traced_bpf *skel)
{
	return write_event("p:kprobes/nomem do_unlinkat\n") &&
	       hold(bpf_program__attach(skel->progs.entry)) &&
	       hold(bpf_program__attach(skel->progs.leave)) &&
	       hold(bpf_program__attach(skel->progs.call)) &&
	       hold(bpf_program__attach(skel->progs.switching)) &&
	       hold(bpf_program__attach_tracepoint(skel->progs.any_tracepoint, "sched",
						   "sched_switch")) &&
	       hold(bpf_program__attach_uprobe(skel->progs.any_user, false, -1, "/proc/self/exe",
					       0x100));
}

static int perf_events(void)
{
	struct traced_bpf *skel = traced_bpf__open_and_load();
	bool done;

	if (!skel)
		return -ENOMEM;
	done = attach_perf(skel);
	let_go(done);
	traced_bpf__destroy(skel);
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, perf_events, .timeout_s = 300)
{
	libbpf_set_print(NULL);
	nomem_fail_each(perf_events, true);
}

static int pins(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pinned", 4, 4, 1, NULL), again = -1;
	bool done = map >= 0 && !mkdir("/sys/fs/bpf/nomem", 0700) &&
		    !bpf_obj_pin(map, "/sys/fs/bpf/nomem/map") &&
		    (again = bpf_obj_get("/sys/fs/bpf/nomem/map")) >= 0 &&
		    walk("/sys/fs/bpf/nomem") == 3;

	close(again);
	close(map);
	unlink("/sys/fs/bpf/nomem/map");
	rmdir("/sys/fs/bpf/nomem");
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, pins)
{
	nomem_fail_each(pins, true);
}

static bool attach_net(struct netdev_bpf *skel, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(skel->progs.first), .handle = 1,
		    .priority = 1);
	LIBBPF_OPTS(bpf_tc_opts, detach, .handle = 1, .priority = 1);
	LIBBPF_OPTS(bpf_tc_opts, query, .handle = 1, .priority = 1);
	u32 id = 0;

	return !bpf_xdp_attach(ifindex, bpf_program__fd(skel->progs.gate), 0, NULL) &&
	       !bpf_xdp_query_id(ifindex, 0, &id) && id && !bpf_tc_hook_create(&hook) &&
	       !bpf_tc_attach(&hook, &opts) && !bpf_tc_query(&hook, &query) &&
	       !bpf_tc_detach(&hook, &detach) && !bpf_tc_hook_destroy(&hook) &&
	       !bpf_xdp_detach(ifindex, 0, NULL) &&
	       hold(bpf_program__attach_xdp(skel->progs.gate, ifindex));
}

static int net(void)
{
	struct netdev_bpf *skel = netdev_bpf__open_and_load();
	int ifindex;
	bool done;

	if (!skel)
		return -ENOMEM;
	ifindex = bpfunit_netdev("eth0");
	done = ifindex > 0 && attach_net(skel, ifindex);
	let_go(done);
	netdev_bpf__destroy(skel);
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, netlink, .timeout_s = 300)
{
	libbpf_set_print(NULL);
	nomem_fail_each(net, true);
}

static int cgroups(void)
{
	int cgroup;
	struct netdev_bpf *skel = netdev_bpf__open_and_load();
	bool done;

	if (!skel)
		return -ENOMEM;
	mkdir("/sys/fs/cgroup/nomem", 0755);
	cgroup = open("/sys/fs/cgroup/nomem", O_RDONLY | O_DIRECTORY);
	done = cgroup >= 0 && hold(bpf_program__attach_cgroup(skel->progs.egress, cgroup)) &&
	       !bpf_prog_attach(bpf_program__fd(skel->progs.egress), cgroup, BPF_CGROUP_INET_EGRESS,
				BPF_F_ALLOW_MULTI);
	let_go(done);
	if (cgroup >= 0)
		close(cgroup);
	netdev_bpf__destroy(skel);
	rmdir("/sys/fs/cgroup/nomem");
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, cgroups, .timeout_s = 300)
{
	libbpf_set_print(NULL);
	nomem_fail_each(cgroups, true);
}

static int choose_btf(void)
{
	struct bu_kernel *kernel = bu_kernel();
	char why[256] = "";

	if (!kernel || bu_vmlinux_choose(kernel, BPFUNIT_BTF_moved, why, sizeof(why)))
		return -ENOMEM;
	return bu_vmlinux_btf(kernel) ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, btf_file)
{
	nomem_fail_each(choose_btf, false);
}

static int struct_ops(void)
{
	struct struct_ops_bpf *skel = struct_ops_bpf__open_and_load();
	bool done;

	if (!skel)
		return -ENOMEM;
	done = hold(bpf_map__attach_struct_ops(skel->maps.demo));
	let_go(done);
	struct_ops_bpf__destroy(skel);
	return done ? 0 : -ENOMEM;
}

BPF_TEST(nomem_object, struct_ops, .timeout_s = 300)
{
	libbpf_set_print(NULL);
	nomem_fail_each(struct_ops, true);
}

static int trace_pipe(void)
{
	int fd = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK);
	char text[64];

	if (fd < 0)
		return -errno;
	EXPECT_ERR(read(fd, text, sizeof(text)), EAGAIN);
	close(fd);
	return 0;
}

BPF_TEST(nomem_object, trace_pipe)
{
	nomem_fail_each(trace_pipe, false);
}
