/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices as ioctl(2) of sockets and libc's lists tell of them; none of it reaches the host. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What ioctl(2) says of a device: 0 or -errno. */
static int ask(unsigned long request, const char *name, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (name)
		snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	result = ioctl(fd, request, ifr);
	close(fd);
	return result ? -errno : 0;
}

BPF_TEST(netdev_ioctl, tells_of_a_device)
{
	struct ifreq ifr = { 0 };

	ASSERT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_OK(ask(SIOCGIFINDEX, "eth0", &ifr));
	EXPECT_EQ(ifr.ifr_ifindex, 2);
	EXPECT_OK(ask(SIOCGIFFLAGS, "eth0", &ifr));
	EXPECT_EQ(ifr.ifr_flags, IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST);
	EXPECT_OK(ask(SIOCGIFMTU, "eth0:3", &ifr));
	EXPECT_EQ(ifr.ifr_mtu, 1500);
	EXPECT_STREQ(ifr.ifr_name, "eth0:3");
	EXPECT_OK(ask(SIOCGIFHWADDR, "eth0", &ifr));
	EXPECT_EQ(ifr.ifr_hwaddr.sa_family, ARPHRD_ETHER);
	EXPECT_MEMEQ(ifr.ifr_hwaddr.sa_data, "\2\0\0\0\0\2", 6);
	EXPECT_OK(ask(SIOCGIFTXQLEN, "eth0", &ifr));
	EXPECT_EQ(ifr.ifr_qlen, 1000);
	EXPECT_EQ(ask(SIOCGIFADDR, "eth0", &ifr), -EADDRNOTAVAIL);
	EXPECT_EQ(ask(SIOCGIFSLAVE, "eth0", &ifr), -EINVAL);
	ifr.ifr_ifindex = 2;
	EXPECT_OK(ask(SIOCGIFNAME, NULL, &ifr));
	EXPECT_STREQ(ifr.ifr_name, "eth0");
	ifr.ifr_ifindex = 9;
	EXPECT_EQ(ask(SIOCGIFNAME, NULL, &ifr), -ENODEV);
}

/* As Linux 6.18 tells of its own. */
BPF_TEST(netdev_ioctl, tells_of_lo)
{
	struct sockaddr_in address;
	struct ifreq ifr = { 0 };

	EXPECT_OK(ask(SIOCGIFFLAGS, "lo", &ifr));
	EXPECT_EQ(ifr.ifr_flags, 0x49);
	EXPECT_OK(ask(SIOCGIFHWADDR, "lo", &ifr));
	EXPECT_EQ(ifr.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
	EXPECT_OK(ask(SIOCGIFMTU, "lo", &ifr));
	EXPECT_EQ(ifr.ifr_mtu, 65536);
	EXPECT_OK(ask(SIOCGIFADDR, "lo", &ifr));
	memcpy(&address, &ifr.ifr_addr, sizeof(address));
	EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	EXPECT_OK(ask(SIOCGIFNETMASK, "lo", &ifr));
	memcpy(&address, &ifr.ifr_addr, sizeof(address));
	EXPECT_EQ(address.sin_addr.s_addr, htonl(0xff000000));
}

BPF_TEST(netdev_ioctl, changes_flags_and_mtu)
{
	struct ifreq ifr = { .ifr_flags = IFF_PROMISC };

	ASSERT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_OK(ask(SIOCSIFFLAGS, "eth0", &ifr));
	EXPECT_OK(ask(SIOCGIFFLAGS, "eth0", &ifr));
	EXPECT_EQ(ifr.ifr_flags, IFF_BROADCAST | IFF_PROMISC); /* neither up nor running */
	ifr.ifr_mtu = 9000;
	EXPECT_OK(ask(SIOCSIFMTU, "eth0", &ifr));
	ifr.ifr_mtu = 67;
	EXPECT_EQ(ask(SIOCSIFMTU, "eth0", &ifr), -EINVAL);
	EXPECT_OK(ask(SIOCGIFMTU, "eth0", &ifr));
	EXPECT_EQ(ifr.ifr_mtu, 9000);
	EXPECT_EQ(ask(SIOCSIFTXQLEN, "eth0", &ifr), -EOPNOTSUPP);
}

BPF_TEST(netdev_ioctl, does_not_reach_the_host)
{
	static const unsigned long requests[] = { SIOCGIFINDEX, SIOCGIFFLAGS, SIOCSIFFLAGS,
						  SIOCGIFMTU,   SIOCSIFMTU,   SIOCGIFHWADDR,
						  SIOCSIFNAME,  SIOCSIFADDR,  SIOCETHTOOL,
						  SIOCGIFADDR,  SIOCSIFTXQLEN };
	struct ifreq ifr = { 0 };
	struct if_nameindex *devices;
	int pipes[2], unix_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		EXPECT_EQ(ask(requests[i], "eth0", &ifr), -ENODEV); /* what the host may have */
	ifr.ifr_ifindex = 2;
	EXPECT_EQ(ask(SIOCGIFNAME, NULL, &ifr), -ENODEV);
	strcpy(ifr.ifr_name, "lo");
	EXPECT_OK(ioctl(unix_socket, SIOCGIFINDEX, &ifr)); /* any socket will do */
	EXPECT_ERR(ioctl(unix_socket, SIOCGIFINDEX, (void *)0xdead0000dead), EFAULT);
	close(unix_socket);
	EXPECT_ERR(ioctl(unix_socket, SIOCGIFINDEX, &ifr), EBADF);
	ASSERT_OK(pipe(pipes));
	EXPECT_ERR(ioctl(pipes[0], SIOCGIFINDEX, &ifr), ENOTTY);
	close(pipes[0]);
	close(pipes[1]);
	devices = if_nameindex();
	ASSERT_NOT_NULL(devices);
	EXPECT_STREQ(devices[0].if_name, "lo");
	EXPECT_EQ(devices[0].if_index, 1);
	EXPECT_EQ(devices[1].if_index, 0);
	if_freenameindex(devices);
}

BPF_TEST(netdev_ioctl, a_map_is_no_socket)
{
	int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, 4096, NULL);
	struct ifreq ifr = { .ifr_name = "lo" };

	ASSERT_GE(map, 0);
	EXPECT_ERR(ioctl(map, SIOCGIFINDEX, &ifr), ENOTTY);
	close(map);
}

/* As libbpf-bootstrap's sockfilter and AF_PACKET tools do. */
BPF_TEST(netdev_ioctl, packet_sockets_are_on_emulated_devices)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = 2 };
	const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					  { .code = BPF_JMP | BPF_EXIT } };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int filter, xdp, bad = 999;
	char byte = 0;

	ASSERT_GE(fd, 0);
	EXPECT_ERR(bind(fd, (struct sockaddr *)&address, sizeof(address)), ENODEV);
	EXPECT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_OK(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	EXPECT_ERR(bind(fd, (struct sockaddr *)&address, sizeof(address) - 1), EINVAL);
	EXPECT_EQ(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)), 1);
	EXPECT_ERR(recv(fd, &byte, 1, 0), EAGAIN); /* nothing arrives, from the host neither */
	filter = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, NULL, "GPL", insns, 2, NULL);
	xdp = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", insns, 2, NULL);
	EXPECT_OK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter)));
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &filter, 3), EINVAL);
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &xdp, sizeof(xdp)), EINVAL);
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &bad, sizeof(bad)), EBADF);
	address.sll_ifindex = 3;
	EXPECT_ERR(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)), ENXIO);
	close(filter);
	close(xdp);
	close(fd);
}

static int ethtool(const char *name, void *value)
{
	struct ifreq ifr = { .ifr_data = value };

	return ask(SIOCETHTOOL, name, &ifr);
}

/* libxdp asks for channels. */
BPF_TEST(netdev_ioctl, ethtool_ioctls)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK }, none = { .cmd = 0 };

	bpfunit_netdev("eth0");
	EXPECT_OK(ethtool("eth0", &driver));
	EXPECT_STREQ(driver.driver, "veth");
	EXPECT_OK(ethtool("eth0", &channels));
	EXPECT_EQ(channels.rx_count, 1u);
	EXPECT_EQ(channels.tx_count, 1u);
	EXPECT_OK(ethtool("eth0", &link));
	EXPECT_EQ(link.data, 1u);
	EXPECT_EQ(ethtool("lo", &channels), -EOPNOTSUPP);
	EXPECT_EQ(ethtool("eth0", &none), -EOPNOTSUPP);
	EXPECT_EQ(ethtool("eth0", (void *)0xdead0000dead), -EFAULT);
	EXPECT_EQ(ethtool("eth1", &channels), -ENODEV);
}

BPF_TEST(netdev_ioctl, lists_addresses)
{
	struct ifreq found[4];
	struct ifconf conf = { .ifc_len = sizeof(found), .ifc_req = found };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifaddrs *list, *at;
	char text[256] = "";

	bpfunit_netdev("eth0");
	EXPECT_OK(ioctl(fd, SIOCGIFCONF, &conf));
	EXPECT_EQ(conf.ifc_len, (int)sizeof(*found));
	EXPECT_STREQ(found[0].ifr_name, "lo");
	conf.ifc_req = NULL;
	EXPECT_OK(ioctl(fd, SIOCGIFCONF, &conf));
	EXPECT_EQ(conf.ifc_len, (int)sizeof(*found));
	close(fd);
	ASSERT_OK(getifaddrs(&list));
	for (at = list; at; at = at->ifa_next)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %d %x;",
			 at->ifa_name, at->ifa_addr->sa_family, at->ifa_flags);
	freeifaddrs(list);
	EXPECT_STREQ(text, "lo 17 10049;eth0 17 11043;lo 2 10049;lo 10 10049;");
}

/* What a TCP socket has not sent yet, among numbers that are about devices. */
BPF_TEST(netdev_ioctl, leaves_sockets_own_requests_to_the_host)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), unsent = -1, packets;

	packets = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	EXPECT_OK(ioctl(packets, SIOCOUTQ, &unsent));
	EXPECT_EQ(unsent, 0);
	EXPECT_OK(ioctl(fd, SIOCOUTQNSD, &unsent));
	close(fd);
	close(packets);
}

/* Source: 6.18, as run. */
BPF_TEST(netdev_ioctl, addresses_of_packets_are_for_packet_sockets)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = 1 };
	const struct sockaddr *to = (struct sockaddr *)&address;
	int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), pipes[2];

	EXPECT_ERR(bind(inet, to, sizeof(address)), EAFNOSUPPORT);
	EXPECT_ERR(sendto(inet, "x", 1, 0, to, sizeof(address)), EAFNOSUPPORT);
	close(inet);
	EXPECT_ERR(bind(-1, to, sizeof(address)), EBADF);
	EXPECT_ERR(sendto(-1, "x", 1, 0, to, sizeof(address)), EBADF);
	ASSERT_OK(pipe(pipes));
	EXPECT_ERR(bind(pipes[0], to, sizeof(address)), ENOTSOCK);
	EXPECT_ERR(sendto(pipes[1], "x", 1, 0, to, sizeof(address)), ENOTSOCK);
	close(pipes[0]);
	close(pipes[1]);
}
