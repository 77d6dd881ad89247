// SPDX-License-Identifier: BSD-2-Clause
#include "cases.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cases_internal.h"

void cases_say(struct cases *c, const char *format, ...)
{
	va_list va;

	va_start(va, format);
	c->len += (size_t)vsnprintf(c->text + c->len, sizeof(c->text) - c->len, format, va);
	va_end(va);
}

void cases_say_bytes(struct cases *c, const char *name, const void *bytes, size_t size)
{
	cases_say(c, " %s=", name);
	for (size_t i = 0; i < size; i++)
		cases_say(c, "%02x", ((const unsigned char *)bytes)[i]);
}

void cases_say_rets(struct cases *c, int n)
{
	cases_say(c, " ret=");
	for (int i = 0; i < n; i++)
		cases_say(c, "%s%lld", i ? "," : "", (long long)c->skel->bss->ret[i]);
}

void cases_end_line(struct cases *c)
{
	c->line(c->arg, c->text);
	c->len = 0;
}

static void clear(struct cases *c)
{
	memset(c->skel->bss->ret, 0, sizeof(c->skel->bss->ret));
	memset(c->skel->bss->out, 0x5a, sizeof(c->skel->bss->out));
}

void cases_set_args(struct cases *c, uint64_t a, uint64_t b, uint64_t x, uint64_t y, uint64_t z)
{
	uint64_t args[] = { a, b, x, y, z };

	memcpy(c->skel->bss->args, args, sizeof(args));
	clear(c);
}

/* 60 bytes: Ethernet, IPv4, then counting bytes. */
void cases_make_frame(uint8_t *frame, size_t size)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0 };

	for (size_t i = 0; i < size; i++)
		frame[i] = (uint8_t)(i < sizeof(head) ? head[i] : i);
}

static const struct group {
	const char *name;
	void (*run)(struct cases *c);
} groups[] = {
	{ "xdp_adjust", cases_xdp_adjust },
	{ "xdp_bytes", cases_xdp_bytes },
	{ "xdp_contexts", cases_xdp_contexts },
	{ "redirects", cases_redirects },
	{ "skb_ranges", cases_skb_ranges },
	{ "skb_sizes", cases_skb_sizes },
	{ "skb_checksums", cases_skb_checksums },
	{ "checksum_differences", cases_checksum_differences },
	{ "skb_contexts", cases_skb_contexts },
	{ "vlans", cases_vlans },
	{ "layer3", cases_layer3 },
	{ "print", cases_print },
	{ "formats", cases_formats },
	{ "numbers", cases_numbers },
	{ "strings", cases_strings },
	{ "loops", cases_loops },
	{ "probes", cases_probes },
	{ "plain_runs", cases_plain_runs },
	{ "packet_sizes", cases_packet_sizes },
	{ "repeats", cases_repeats },
};

const char *const cases_groups[] = { "xdp_adjust",
				     "xdp_bytes",
				     "xdp_contexts",
				     "redirects",
				     "skb_ranges",
				     "skb_sizes",
				     "skb_checksums",
				     "checksum_differences",
				     "skb_contexts",
				     "vlans",
				     "layer3",
				     "print",
				     "formats",
				     "numbers",
				     "strings",
				     "loops",
				     "probes",
				     "plain_runs",
				     "packet_sizes",
				     "repeats",
				     NULL };

int cases_run(const char *group, void (*line)(void *arg, const char *text), void *arg)
{
	static struct cases c;
	int err = -ENOENT;

	c.line = line;
	c.arg = arg;
	c.len = 0;
	c.skel = cases_bpf__open_and_load();
	if (!c.skel)
		return -errno;
	for (size_t i = 0; i < COUNT(groups); i++)
		if (!strcmp(groups[i].name, group)) {
			groups[i].run(&c);
			err = 0;
		}
	cases_bpf__destroy(c.skel);
	return err;
}
