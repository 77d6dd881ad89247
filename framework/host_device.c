/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loopback device of the process's own network namespace. Socket buffers of test runs come in
 * on it, and whether they are for this host (__sk_buff.pkt_type) is a matter of its address: for
 * the framework's runs they are. Source: eth_type_trans(), net/ethernet/eth.c (6.12).
 */
#include "framework/host.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/prog/prog_types.h"
#include "ebpf/syscall.h"

#define ADDRESS_BYTES 6

static const u8 nobodys[ADDRESS_BYTES] = { 0x02, 'b', 'p', 'f', 'u', 'n' };

/* Groups have no device's address, and the address of a device cannot become zero again. */
static bool can_be_set(const u8 *address)
{
	static const u8 none[ADDRESS_BYTES];

	return !(address[0] & 1) && memcmp(address, none, ADDRESS_BYTES) != 0;
}

/* The host's own answer: ioctl() speaks of the emulated devices. */
static long host_ioctl(int fd, unsigned long command, struct ifreq *request)
{
	return bu_host_syscall(SYS_ioctl, fd, (long)command, (long)request, 0, 0, 0);
}

/* Broadcast: the byte that an address for all repeats. That of lo is 0, so none is for all. */
static void set_addresses(const u8 *address, u8 broadcast)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (!host_ioctl(fd, SIOCGIFHWADDR, &request) &&
	    memcmp(request.ifr_hwaddr.sa_data, address, ADDRESS_BYTES)) {
		request.ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
		memcpy(request.ifr_hwaddr.sa_data, address, ADDRESS_BYTES);
		host_ioctl(fd, SIOCSIFHWADDR, &request);
	}
	request.ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
	memset(request.ifr_hwaddr.sa_data, broadcast, ADDRESS_BYTES);
	host_ioctl(fd, SIOCSIFHWBROADCAST, &request);
	close(fd);
}

void bu_host_receive(const void *frame, u32 size)
{
	bool takes = size >= BU_ETH_BYTES && can_be_set(frame);

	set_addresses(takes ? frame : nobodys, 0xff);
}

void bu_host_receive_as_a_stranger(void)
{
	set_addresses(nobodys, 0);
}
