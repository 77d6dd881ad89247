/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, cgroups and namespaces as programs that use libbpf see them, and packets on their way.
 */
#include <bpfunit/bpfunit.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netdev.skel.h"

enum {
	BEFORE = 8,
	AFTER = 16,
	TCX_INGRESS = 46,
	TCX_EGRESS = 47,
	NETKIT_PRIMARY = 54,
	NETKIT_PEER = 55
};

static struct bpfunit_packet *some_packet(void)
{
	return bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
}

BPF_TEST(netdev, names_and_indices)
{
	char name[IF_NAMESIZE];

	EXPECT_EQ(if_nametoindex("lo"), 1);
	EXPECT_EQ(if_nametoindex("eth0"), 0);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_EQ(bpfunit_netdev("veth1"), 3);
	EXPECT_EQ(if_nametoindex("veth1"), 3);
	EXPECT_STREQ(if_indextoname(2, name), "eth0");
	EXPECT_NULL(if_indextoname(9, name));
	EXPECT_EQ(errno, ENXIO);
	EXPECT_OK(bpfunit_netdev_delete(2));
	EXPECT_EQ(bpfunit_netdev_delete(2), -ENODEV);
	EXPECT_EQ(bpfunit_netdev("eth0"), 4);
}

BPF_TEST(netdev, names_that_cannot_be)
{
	static const char *const names[] = {
		"", ".", "..", "a/b", "a b", "a:b", "sixteen_letters_"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		EXPECT_EQ(bpfunit_netdev(names[i]), -EINVAL);
	EXPECT_EQ(bpfunit_netdev(NULL), -EINVAL);
	EXPECT_EQ(bpfunit_netdev("fifteen_letters"), 2);
	EXPECT_EQ(bpfunit_netdev_delete(1), -EOPNOTSUPP);
	EXPECT_EQ(bpfunit_netdev_netkit("nk0", "lo"), -EEXIST);
	EXPECT_EQ(bpfunit_netdev_netkit("nk0", NULL), -EINVAL);
	EXPECT_EQ(if_nametoindex("nk0"), 0);
}

BPF_TEST(netdev, of_the_environment)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) { /* a forked process begins with a kernel of its own */
		setenv("BPFUNIT_NETDEVS", "eth0,,veth1, a/b,eth0", 1);
		_exit(if_nametoindex("eth0") == 2 && if_nametoindex("veth1") == 3 &&
		      !if_nametoindex("a/b"));
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 1);
}

BPF_TEST(netdev, xdp_link)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int eth0 = bpfunit_netdev("eth0");

	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_EQ(skel->bss->ran, 0);
	skel->links.gate = bpf_program__attach_xdp(skel->progs.gate, eth0);
	ASSERT_NOT_NULL(skel->links.gate);
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_EQ(skel->bss->ifindex, (unsigned int)eth0);
	skel->data->xdp_says = XDP_DROP;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_DROPPED);
	EXPECT_EQ(bpfunit_netdev_receive(1, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_EQ(bpfunit_netdev_transmit(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	bpf_link__destroy(skel->links.gate);
	skel->links.gate = NULL;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_EQ(skel->bss->ran, 2);
}

BPF_TEST(netdev, a_link_to_a_device_that_is_not_there)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);

	EXPECT_NULL(bpf_program__attach_xdp(skel->progs.gate, 7));
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(bpf_xdp_attach(7, bpf_program__fd(skel->progs.gate), 0, NULL), -ENODEV);
}

static __u32 id_of(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size);
	return info.id;
}

BPF_TEST(netdev, xdp_by_netlink)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int eth0 = bpfunit_netdev("eth0"), gate = bpf_program__fd(skel->progs.gate);
	int other = bpf_program__fd(skel->progs.other_gate);
	LIBBPF_OPTS(bpf_xdp_attach_opts, replace, .old_prog_fd = other);
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	__u32 id = 99;

	EXPECT_OK(bpf_xdp_query_id(eth0, 0, &id));
	EXPECT_EQ(id, 0);
	EXPECT_OK(bpf_xdp_attach(eth0, gate, 0, NULL));
	EXPECT_EQ(bpf_xdp_attach(eth0, other, 1 /* UPDATE_IF_NOEXIST */, NULL), -EBUSY);
	EXPECT_NOT_NULL(strstr(bpfunit_libbpf_log(), "XDP program already attached"));
	EXPECT_EQ(bpf_xdp_attach(eth0, other, 2 /* SKB_MODE */, NULL), -EEXIST);
	EXPECT_EQ(bpf_xdp_attach(eth0, other, 0, &replace), -EEXIST);
	EXPECT_OK(bpf_xdp_query_id(eth0, 0, &id));
	EXPECT_EQ(id, id_of(skel->progs.gate));
	EXPECT_OK(bpf_xdp_query(eth0, 0, &query));
	EXPECT_EQ(query.drv_prog_id, id);
	EXPECT_EQ(query.skb_prog_id, 0);
	EXPECT_EQ(query.attach_mode, 1 /* XDP_ATTACHED_DRV */);
	EXPECT_NULL(bpf_program__attach_xdp(skel->progs.other_gate, eth0));
	EXPECT_EQ(errno, EBUSY);
	replace.old_prog_fd = gate;
	EXPECT_OK(bpf_xdp_attach(eth0, other, 0, &replace));
	bpfunit_netdev_receive(eth0, some_packet());
	EXPECT_STREQ(skel->bss->order, "y");
	EXPECT_OK(bpf_xdp_detach(eth0, 0, NULL));
	bpfunit_netdev_receive(eth0, some_packet());
	EXPECT_STREQ(skel->bss->order, "y");
	EXPECT_EQ(bpf_xdp_attach(1, gate, 4 /* DRV_MODE */, NULL), -EOPNOTSUPP);
	EXPECT_OK(bpf_xdp_attach(1, gate, 0, NULL));
	EXPECT_OK(bpf_xdp_query_id(1, 2 /* SKB_MODE */, &id));
	EXPECT_EQ(id, id_of(skel->progs.gate));
}

/* What is attached by netlink stays when the descriptor is closed. */
BPF_TEST(netdev, netlink_keeps_programs)
{
	struct netdev_bpf *skel = netdev_bpf__open_and_load();
	int eth0 = bpfunit_netdev("eth0");
	__u32 id, found = 0;

	ASSERT_NOT_NULL(skel);
	id = id_of(skel->progs.gate);
	ASSERT_OK(bpf_xdp_attach(eth0, bpf_program__fd(skel->progs.gate), 0, NULL));
	netdev_bpf__destroy(skel);
	EXPECT_OK(bpf_xdp_query_id(eth0, 0, &found));
	EXPECT_EQ(found, id);
	EXPECT_OK(bpf_xdp_detach(eth0, 0, NULL));
	EXPECT_LT(bpf_prog_get_fd_by_id(id), 0);
}

BPF_TEST(netdev, tc)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int eth0 = bpfunit_netdev("eth0");
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = eth0, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, first, .prog_fd = bpf_program__fd(skel->progs.first));
	LIBBPF_OPTS(bpf_tc_opts, second, .prog_fd = bpf_program__fd(skel->progs.second),
		    .handle = 1, .priority = 3);
	LIBBPF_OPTS(bpf_tc_opts, query, .handle = 1, .priority = 3);

	EXPECT_EQ(bpf_tc_attach(&hook, &first), -EINVAL);
	EXPECT_NOT_NULL(strstr(bpfunit_libbpf_log(), "Parent Qdisc doesn't exists"));
	EXPECT_OK(bpf_tc_hook_create(&hook));
	EXPECT_EQ(bpf_tc_hook_create(&hook), -EEXIST);
	EXPECT_OK(bpf_tc_attach(&hook, &first));
	EXPECT_EQ(first.handle, 1);
	EXPECT_EQ(first.priority, 0xc000);
	EXPECT_EQ(first.prog_id, id_of(skel->progs.first));
	EXPECT_OK(bpf_tc_attach(&hook, &second));
	second.prog_id = 0;
	EXPECT_EQ(bpf_tc_attach(&hook, &second), -EEXIST);
	EXPECT_OK(bpf_tc_query(&hook, &query));
	EXPECT_EQ(query.prog_id, id_of(skel->progs.second));
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_STREQ(skel->bss->order, "21");
	skel->data->second_says = TC_ACT_SHOT;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_DROPPED);
	EXPECT_STREQ(skel->bss->order, "212");
	skel->data->second_says = TC_ACT_STOLEN;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_STOLEN);
	query.prog_id = 0;
	EXPECT_OK(bpf_tc_detach(&hook, &query));
	EXPECT_EQ(bpf_tc_detach(&hook, &query), -ENOENT);
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	EXPECT_OK(bpf_tc_hook_destroy(&hook));
	EXPECT_EQ(bpf_tc_hook_destroy(&hook), -ENOENT);
	hook.ifindex = 99;
	EXPECT_EQ(bpf_tc_hook_create(&hook), -ENODEV);
}

static int link_to(struct bpf_program *prog, int ifindex, int type)
{
	int fd = bpf_link_create(bpf_program__fd(prog), ifindex, type, NULL);

	return fd < 0 ? -errno : fd;
}

/* XDP, then tcx in its order, then clsact. */
BPF_TEST(netdev, order_of_places)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int eth0 = bpfunit_netdev("eth0"), one, two;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = eth0, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, third, .prog_fd = bpf_program__fd(skel->progs.third));

	ASSERT_OK(bpf_tc_hook_create(&hook));
	ASSERT_OK(bpf_tc_attach(&hook, &third));
	one = link_to(skel->progs.first, eth0, TCX_INGRESS);
	two = link_to(skel->progs.second, eth0, TCX_INGRESS);
	skel->links.gate = bpf_program__attach_xdp(skel->progs.gate, eth0);
	ASSERT_GE(one, 0);
	ASSERT_GE(two, 0);
	EXPECT_EQ(link_to(skel->progs.second, eth0, TCX_INGRESS), -EEXIST);
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_STREQ(skel->bss->order, "x123");
	skel->data->first_says = TC_ACT_OK;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_STREQ(skel->bss->order, "x123x1");
	skel->data->first_says = TC_ACT_REDIRECT;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_REDIRECTED);
	skel->data->xdp_says = XDP_TX;
	EXPECT_EQ(bpfunit_netdev_receive(eth0, some_packet()), BPFUNIT_FATE_SENT_BACK);
	EXPECT_EQ(bpfunit_netdev_transmit(eth0, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_STREQ(skel->bss->order, "x123x1x1x");
	close(one);
	close(two);
}

BPF_TEST(netdev, both_ends_of_netkit)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int primary = bpfunit_netdev_netkit("nk0", "nk1"), peer = if_nametoindex("nk1"), one, two;

	ASSERT_GT(primary, 0);
	one = link_to(skel->progs.first, primary, NETKIT_PRIMARY);
	two = link_to(skel->progs.third, primary, NETKIT_PEER);
	ASSERT_GE(one, 0);
	ASSERT_GE(two, 0);
	EXPECT_EQ(link_to(skel->progs.second, peer, NETKIT_PEER), -EACCES);
	EXPECT_EQ(link_to(skel->progs.second, 1, NETKIT_PEER), -ENXIO);
	skel->bss->third_says = TC_ACT_SHOT;
	EXPECT_EQ(bpfunit_netdev_transmit(primary, some_packet()), BPFUNIT_FATE_PASSED);
	EXPECT_EQ(bpfunit_netdev_transmit(peer, some_packet()), BPFUNIT_FATE_DROPPED);
	EXPECT_STREQ(skel->bss->order, "13");
	EXPECT_OK(bpfunit_netdev_delete(peer));
	EXPECT_EQ(if_nametoindex("nk0"), 0);
	close(one);
	close(two);
}

static __u32 ifindex_of_link(int fd)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(fd, &info, &size));
	return info.xdp.ifindex;
}

BPF_TEST(netdev, a_device_that_goes_away)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int eth0 = bpfunit_netdev("eth0"), link = link_to(skel->progs.gate, eth0, BPF_XDP);
	int tcx = link_to(skel->progs.first, eth0, TCX_EGRESS);

	ASSERT_GE(link, 0);
	ASSERT_GE(tcx, 0);
	EXPECT_EQ(ifindex_of_link(link), (__u32)eth0);
	EXPECT_OK(bpfunit_netdev_delete(eth0));
	EXPECT_EQ(ifindex_of_link(link), 0);
	EXPECT_EQ(bpf_link_update(link, bpf_program__fd(skel->progs.other_gate), NULL), -ENOLINK);
	EXPECT_EQ(bpf_link_update(tcx, bpf_program__fd(skel->progs.second), NULL), -ENOLINK);
	close(link);
	close(tcx);
}

BPF_TEST(netdev, cgroups)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	struct statfs fs;
	int fd;

	EXPECT_OK(statfs("/sys/fs/cgroup", &fs));
	EXPECT_EQ(fs.f_type, CGROUP2_SUPER_MAGIC);
	EXPECT_OK(mkdir("/sys/fs/cgroup/test", 0755));
	EXPECT_OK(mkdir("/sys/fs/cgroup/test/inner", 0755));
	fd = open("/sys/fs/cgroup/test/inner", O_RDONLY | O_DIRECTORY);
	ASSERT_GE(fd, 0);
	skel->links.egress = bpf_program__attach_cgroup(skel->progs.egress, fd);
	ASSERT_NOT_NULL(skel->links.egress);
	EXPECT_EQ(rmdir("/sys/fs/cgroup/test"), -1);
	EXPECT_OK(access("/sys/fs/cgroup/test/cgroup.procs", F_OK));
	EXPECT_OK(rmdir("/sys/fs/cgroup/test/inner"));
	EXPECT_EQ(bpf_link_update(bpf_link__fd(skel->links.egress),
				  bpf_program__fd(skel->progs.egress), NULL),
		  -ENOLINK);
	EXPECT_NULL(bpf_program__attach_cgroup(skel->progs.egress, fd));
	EXPECT_EQ(errno, ENOENT);
	EXPECT_OK(rmdir("/sys/fs/cgroup/test"));
	EXPECT_EQ(access("/sys/fs/cgroup/test", F_OK), -1);
	close(fd);
}

static long cgroup_id(int dir, const char *path, int flags, unsigned int room)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + 8];
	} at = { .handle.handle_bytes = room };
	int mount_id;
	__u64 id;

	if (name_to_handle_at(dir, path, &at.handle, &mount_id, flags))
		return -errno;
	memcpy(&id, at.handle.f_handle, sizeof(id));
	return id;
}

BPF_TEST(netdev, ids_of_cgroups)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	int fd, root = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);

	ASSERT_GE(root, 0);
	EXPECT_OK(mkdirat(root, "test", 0755));
	EXPECT_EQ(cgroup_id(AT_FDCWD, "/sys/fs/cgroup", 0, 8), 1);
	EXPECT_EQ(cgroup_id(AT_FDCWD, "/sys/fs/cgroup/test", 0, 8), 2);
	EXPECT_EQ(cgroup_id(root, "test", 0, 8), 2);
	EXPECT_EQ(cgroup_id(root, "", AT_EMPTY_PATH, 8), 1);
	EXPECT_EQ(cgroup_id(root, "test", 0, 0), -EOVERFLOW);
	EXPECT_EQ(cgroup_id(root, "none", 0, 8), -ENOENT);
	fd = openat(root, "test", O_RDONLY);
	skel->links.egress = bpf_program__attach_cgroup(skel->progs.egress, fd);
	ASSERT_NOT_NULL(skel->links.egress);
	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_link__fd(skel->links.egress), &info, &size));
	EXPECT_EQ(info.cgroup.cgroup_id, 2);
	close(fd);
	close(root);
}

/* LSM programs of a cgroup are told apart by what they are attached to. */
BPF_TEST(netdev, lsm_of_cgroups)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	__u32 ids[8] = { 0 }, flags[8] = { 0 };
	LIBBPF_OPTS(bpf_prog_query_opts, query, .prog_ids = ids, .prog_cnt = 8,
		    .prog_attach_flags = flags);

	ASSERT_GE(fd, 0);
	skel->links.on_bind = bpf_program__attach_cgroup(skel->progs.on_bind, fd);
	ASSERT_NOT_NULL(skel->links.on_bind);
	EXPECT_OK(bpf_prog_attach(bpf_program__fd(skel->progs.on_create), fd, BPF_LSM_CGROUP, 0));
	EXPECT_EQ(bpf_prog_attach(bpf_program__fd(skel->progs.on_bind_too), fd, BPF_LSM_CGROUP, 0),
		  -EPERM);
	EXPECT_OK(bpf_prog_query_opts(fd, BPF_LSM_CGROUP, &query));
	EXPECT_EQ(query.prog_cnt, 2);
	EXPECT_EQ(ids[0], id_of(skel->progs.on_bind));
	EXPECT_EQ(ids[1], id_of(skel->progs.on_create));
	EXPECT_EQ(flags[0], BPF_F_ALLOW_MULTI);
	EXPECT_EQ(flags[1], 0);
	query.prog_attach_flags = NULL;
	EXPECT_EQ(bpf_prog_query_opts(fd, BPF_LSM_CGROUP, &query), -EINVAL);
	EXPECT_EQ(bpf_prog_query_opts(fd, BPF_LSM_MAC, &query), -EINVAL);
	EXPECT_OK(bpf_prog_detach2(bpf_program__fd(skel->progs.on_create), fd, BPF_LSM_CGROUP));
	EXPECT_EQ(bpf_prog_detach2(bpf_program__fd(skel->progs.on_create), fd, BPF_LSM_CGROUP),
		  -ENOENT);
	close(fd);
}

BPF_TEST(netdev, network_namespace)
{
	struct netdev_bpf *skel = BPFUNIT_LOAD(netdev_bpf);
	int fd = open("/proc/self/ns/net", O_RDONLY);

	ASSERT_GE(fd, 0);
	skel->links.dissect = bpf_program__attach_netns(skel->progs.dissect, fd);
	EXPECT_NOT_NULL(skel->links.dissect);
	close(fd);
}

/* Other sockets are the host's; a message to a netlink socket of libbpf's makes no difference to
 * them. */
BPF_TEST(netdev, other_sockets_work)
{
	int eth0 = bpfunit_netdev("eth0"), ends[2];
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	char byte = 'x';
	__u32 id;

	ASSERT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	EXPECT_OK(bpf_xdp_query_id(eth0, 0, &id));
	EXPECT_EQ(send(ends[0], &byte, 1, 0), 1);
	EXPECT_EQ(recv(ends[1], &byte, 1, 0), 1);
	EXPECT_EQ(sendto(ends[0], &byte, 1, 0, NULL, 0), 1);
	EXPECT_EQ(recvfrom(ends[1], &byte, 1, 0, (struct sockaddr *)&name, &len), 1);
	len = sizeof(name);
	EXPECT_OK(getsockname(ends[0], (struct sockaddr *)&name, &len));
	EXPECT_EQ(name.ss_family, AF_UNIX);
	EXPECT_EQ(bind(-1, (struct sockaddr *)&name, len), -1);
	EXPECT_EQ(errno, EBADF);
	close(ends[0]);
	close(ends[1]);
}

#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5
BPF_TEST(netdev, newer_libbpf)
{
	struct netdev_bpf *skel = BPFUNIT_OPEN(netdev_bpf);
	int eth0 = bpfunit_netdev("eth0"), kit = bpfunit_netdev_netkit("nk0", "nk1");
	LIBBPF_OPTS(bpf_tcx_opts, before, .flags = BEFORE);
	LIBBPF_OPTS(bpf_netfilter_opts, hook, .pf = 2, .hooknum = 1, .priority = 5);
	LIBBPF_OPTS(bpf_prog_attach_opts, opts, .flags = AFTER, .expected_revision = 3);
	LIBBPF_OPTS(bpf_xdp_query_opts, features);
	LIBBPF_OPTS(bpf_prog_query_opts, query);
	__u32 ids[4] = { 0 }, links[4] = { 0 };

	bpf_program__set_autoload(skel->progs.hook, true);
	bpf_program__set_expected_attach_type(skel->progs.first, (enum bpf_attach_type)TCX_INGRESS);
	bpf_program__set_expected_attach_type(skel->progs.second,
					      (enum bpf_attach_type)TCX_INGRESS);
	bpf_program__set_expected_attach_type(skel->progs.third,
					      (enum bpf_attach_type)NETKIT_PRIMARY);
	ASSERT_OK(netdev_bpf__load(skel));
	skel->links.first = bpf_program__attach_tcx(skel->progs.first, eth0, NULL);
	skel->links.second = bpf_program__attach_tcx(skel->progs.second, eth0, &before);
	skel->links.third = bpf_program__attach_netkit(skel->progs.third, kit, NULL);
	skel->links.hook = bpf_program__attach_netfilter(skel->progs.hook, &hook);
	EXPECT_NOT_NULL(skel->links.first);
	EXPECT_NOT_NULL(skel->links.second);
	EXPECT_NOT_NULL(skel->links.third);
	EXPECT_NOT_NULL(skel->links.hook);
	opts.relative_fd = bpf_program__fd(skel->progs.second);
	EXPECT_OK(bpf_prog_attach_opts(bpf_program__fd(skel->progs.third), eth0,
				       (enum bpf_attach_type)TCX_INGRESS, &opts));
	EXPECT_EQ(bpf_prog_attach_opts(bpf_program__fd(skel->progs.third), eth0,
				       (enum bpf_attach_type)TCX_INGRESS, &opts),
		  -ESTALE);
	query.prog_ids = ids;
	query.link_ids = links;
	query.count = 4;
	EXPECT_OK(bpf_prog_query_opts(eth0, (enum bpf_attach_type)TCX_INGRESS, &query));
	EXPECT_EQ(query.revision, 4);
	EXPECT_EQ(query.count, 3);
	EXPECT_EQ(ids[1], id_of(skel->progs.third));
	EXPECT_EQ(links[1], 0);
	bpfunit_netdev_receive(eth0, some_packet());
	EXPECT_STREQ(skel->bss->order, "23");
	EXPECT_OK(bpf_xdp_query(eth0, 0, &features));
	EXPECT_EQ(features.feature_flags, 0x23);
	EXPECT_OK(bpf_xdp_query(1, 0, &features));
	EXPECT_EQ(features.feature_flags, 0);
}
#endif
