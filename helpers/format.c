// SPDX-License-Identifier: BSD-2-Clause
/*
 * Formatting in two passes, as in the kernel: the first validates the whole format and fetches what
 * its directives refer to into 512 bytes, the second writes text. So an error leaves no output.
 *
 * Source: bpf_bprintf_prepare(), kernel/bpf/helpers.c; bstr_printf(), lib/vsprintf.c;
 * sprint_symbol() and its kin, kernel/kallsyms.c (6.12).
 * Differs: %p and %pK print the address, not a hash of it.
 */
#include "helpers/format.h"

#include "ebpf/kernel.h"
#include "ebpf/link/symbols.h"
#include "helpers/probe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_BIN_ARGS 512 /* Source: MAX_BPRINTF_BIN_ARGS */

struct directive {
	const char *begin, *end; /* in the format */
	bool left, plus, space, zero;
	int width;
	char conv; /* d u x X c s p, @ + -: symbols as below, t: text made of a pointer */
	bool wide; /* 8 bytes, else 4 */
	u64 value;
	const char *text; /* of s: in bin_args */
};

struct format {
	struct bu_kernel *kernel;
	const u64 *args;
	u32 nr_args;
	u32 nr; /* directives */
	struct directive directives[BU_FORMAT_MAX_ARGS];
	u32 used; /* of bin_args */
	char bin_args[MAX_BIN_ARGS];
};

static bool ends_directive(char c)
{
	return !c || isspace((u8)c) || ispunct((u8)c);
}

static int store_text(struct format *f, struct directive *d, const char *text)
{
	u32 room = MAX_BIN_ARGS - f->used;
	int len = snprintf(f->bin_args + f->used, room, "%s", text);

	d->conv = 't';
	d->text = f->bin_args + f->used;
	f->used += BU_MIN((u32)len + 1, room);
	return 0;
}

static int store_string(struct format *f, struct directive *d, char conv, enum bu_space space)
{
	u32 room = MAX_BIN_ARGS - f->used;
	char *text = f->bin_args + f->used;
	int len;

	if (!room)
		return -ENOSPC;
	len = bu_probe_read_str(f->kernel, text, d->value, room, space);
	if (len < 0) {
		text[0] = 0;
		len = 1;
	}
	d->conv = conv;
	d->text = text;
	f->used += (u32)len;
	return 0;
}

static int store_number(struct format *f, struct directive *d, char conv, u32 size)
{
	d->conv = conv;
	d->wide = size == 8;
	f->used = BU_ROUND_UP(f->used, 4);
	if (f->used + size > MAX_BIN_ARGS)
		return -ENOSPC;
	f->used += size;
	return 0;
}

static int store_char(struct format *f, struct directive *d)
{
	d->conv = 'c';
	if (f->used == MAX_BIN_ARGS)
		return -ENOSPC;
	f->used++;
	return 0;
}

/* i: numbers with leading zeros, groups without separators; I: as people write them. */
static int store_ip(struct format *f, struct directive *d, char style, char version)
{
	u32 size = version == '4' ? 4 : 16;
	char text[64] = "", *at = text;
	u8 ip[16];

	if (MAX_BIN_ARGS - f->used < size)
		return -ENOSPC;
	if (bu_probe_read(f->kernel, ip, d->value, size, BU_KERNEL_SPACE))
		memset(ip, 0, sizeof(ip));
	for (u32 i = 0; i < size; i++) {
		const char *separator = version == '4' ? "." : i % 2 || style == 'i' ? "" : ":";

		at += sprintf(at, "%s", i ? separator : "");
		at += sprintf(at, version == '6' ? "%02x" : style == 'i' ? "%03u" : "%u", ip[i]);
	}
	return store_text(f, d, text);
}

/* What an address is called. As the kernel has it, the name alone is @ (%ps), with the distance
 * from its begin and its size + (%pS); - (%pB) is for return addresses: of what lies before them.
 */
#define SYMBOL_SIZE 640
static int name_symbol(struct bu_kernel *kernel, char conv, u64 address, char text[SYMBOL_SIZE])
{
	unsigned long long at = address;
	const struct bu_symbol *symbol;
	char distance[48] = "";

	bu_kernel_lock(kernel);
	symbol = bu_symbol_at(kernel, address - (conv == '-'));
	if (symbol && conv != '@')
		snprintf(distance, sizeof(distance), "+0x%llx/0x%llx", at - symbol->address,
			 (unsigned long long)bu_symbol_size(kernel, symbol));
	if (symbol)
		snprintf(text, SYMBOL_SIZE, "%s%s%s%s%s", symbol->name, distance,
			 symbol->module ? " [" : "", symbol->module ? symbol->module : "",
			 symbol->module ? "]" : "");
	else
		snprintf(text, SYMBOL_SIZE, "0x%llx", at);
	bu_kernel_unlock(kernel);
	return (int)strlen(text);
}

/* What follows "%p"; d->end is behind it. */
static int parse_pointer(struct format *f, struct directive *d)
{
	const char *p = d->end;
	char symbol[SYMBOL_SIZE];

	if (ends_directive(p[0]))
		return store_number(f, d, 'p', 8);
	if ((p[0] == 'k' || p[0] == 'u') && p[1] == 's') {
		d->end += 2;
		if (!ends_directive(p[2]))
			return -EINVAL;
		return store_string(f, d, 't', p[0] == 'k' ? BU_KERNEL_SPACE : BU_USER_SPACE);
	}
	while (isalnum((u8)*d->end)) /* the kernel's printf swallows them all */
		d->end++;
	if (p[0] == 'K' || p[0] == 'x')
		return store_number(f, d, 'p', 8);
	if (p[0] == 's' || p[0] == 'S')
		return store_number(f, d, p[0] == 's' ? '@' : '+', 8);
	if (p[0] == 'B') {
		name_symbol(f->kernel, '-', d->value, symbol);
		return store_text(f, d, symbol);
	}
	if ((p[0] == 'i' || p[0] == 'I') && (p[1] == '4' || p[1] == '6'))
		return store_ip(f, d, p[0], p[1]);
	return -EINVAL;
}

static void parse_flags(struct directive *d)
{
	for (;; d->end++) {
		if (*d->end == '0')
			d->zero = true;
		else if (*d->end == '+')
			d->plus = true;
		else if (*d->end == '-')
			d->left = true;
		else if (*d->end == ' ')
			d->space = true;
		else
			break;
	}
	if (*d->end < '1' || *d->end > '9')
		return;
	for (; isdigit((u8)*d->end); d->end++)
		if (d->width < 1 << 20)
			d->width = d->width * 10 + (*d->end - '0');
}

static int parse_directive(struct format *f, struct directive *d)
{
	u32 size = 4;
	char c;

	parse_flags(d);
	c = *d->end;
	if (c)
		d->end++;
	if (c == 'p')
		return parse_pointer(f, d);
	if (c == 's')
		return ends_directive(*d->end) ? store_string(f, d, 's', BU_ANY_SPACE) : -EINVAL;
	if (c == 'c')
		return store_char(f, d);
	for (int longs = 0; c == 'l' && longs < 2; longs++) {
		size = 8;
		c = *d->end;
		if (c)
			d->end++;
	}
	if (!c || !strchr("iduxX", c))
		return -EINVAL;
	return store_number(f, d, c == 'i' ? 'd' : c, size);
}

static int prepare(struct format *f, const char *fmt)
{
	struct directive *d;
	int err;

	for (const char *p = fmt; *p; p++) {
		u8 c = (u8)*p;

		if (c < 0x80 && !isprint(c) && !isspace(c))
			return -EINVAL;
		if (c != '%')
			continue;
		if (p[1] == '%') {
			p++;
			continue;
		}
		if (f->nr >= f->nr_args)
			return -EINVAL;
		d = &f->directives[f->nr];
		*d = (struct directive){ .begin = p, .end = p + 1, .value = f->args[f->nr] };
		err = parse_directive(f, d);
		if (err)
			return err;
		f->nr++;
		p = d->end - 1;
	}
	return 0;
}

/* Text that is cut to its buffer but counted in full. */
struct output {
	struct bu_kernel *kernel;
	char *text;
	u64 size, len;
};

static void put(struct output *o, char c)
{
	if (o->len < o->size)
		o->text[o->len] = c;
	o->len++;
}

static void put_padded(struct output *o, const struct directive *d, const char *text, int len)
{
	int pad = d->width - len;

	for (; !d->left && pad > 0; pad--)
		put(o, ' ');
	for (int i = 0; i < len; i++)
		put(o, text[i]);
	for (; pad > 0; pad--)
		put(o, ' ');
}

/* Digits with sign, zeros up to the width when asked for. */
static void put_number(struct output *o, const struct directive *d)
{
	bool negative = d->conv == 'd' && (d->wide ? (s64)d->value < 0 : (s32)d->value < 0);
	u64 value = d->wide ? d->value : (u32)d->value;
	const char *sign = "";
	char digits[24];
	int len, zeros;

	if (negative)
		value = d->wide ? -value : (u32)-value;
	if (d->conv == 'd')
		sign = negative ? "-" : d->plus ? "+" : d->space ? " " : "";
	len = snprintf(digits, sizeof(digits),
		       d->conv == 'x'   ? "%llx"
		       : d->conv == 'X' ? "%llX"
					: "%llu",
		       (unsigned long long)value);
	zeros = d->zero && !d->left ? d->width - len - (int)strlen(sign) : 0;
	for (int pad = d->width - len - (int)strlen(sign); !d->zero && !d->left && pad > 0; pad--)
		put(o, ' ');
	for (; *sign; sign++, len++)
		put(o, *sign);
	for (; zeros > 0; zeros--)
		put(o, '0');
	for (const char *p = digits; *p; p++)
		put(o, *p);
	for (int pad = d->width - len; d->left && pad > 0; pad--)
		put(o, ' ');
}

static void put_directive(struct output *o, const struct directive *d)
{
	struct directive hex = *d;
	char text[1], symbol[SYMBOL_SIZE];

	switch (d->conv) {
	case 't': /* the kernel ignores the width, and counts it only when there is room */
		for (const char *p = d->text; *p && (p != d->text || o->len < o->size); p++)
			put(o, *p);
		break;
	case 's':
		put_padded(o, d, d->text, (int)strlen(d->text));
		break;
	case 'c':
		text[0] = (char)d->value;
		put_padded(o, d, text, 1);
		break;
	case '@':
	case '+':
		put_padded(o, d, symbol, name_symbol(o->kernel, d->conv, d->value, symbol));
		break;
	case 'p':
		hex.conv = 'x';
		if (!d->width) {
			hex.width = 16;
			hex.zero = true;
		}
		put_number(o, &hex);
		break;
	default:
		put_number(o, d);
		break;
	}
}

static void write_text(const struct format *f, struct output *o, const char *fmt)
{
	const struct directive *d = f->directives, *end = d + f->nr;

	for (const char *p = fmt; *p;) {
		if (d < end && p == d->begin) {
			put_directive(o, d);
			p = d++->end;
		} else {
			put(o, *p);
			p += p[0] == '%' ? 2 : 1; /* "%%" */
		}
	}
}

int bu_format(struct bu_kernel *kernel, char *out, u32 out_size, const char *fmt, u32 fmt_size,
	      const u64 *args, u32 nr_args)
{
	struct output o = { .kernel = kernel, .text = out, .size = out_size };
	struct format f;
	int err;

	if (!memchr(fmt, 0, fmt_size))
		return -EINVAL;
	f.kernel = kernel;
	f.args = args;
	f.nr_args = nr_args;
	f.nr = 0;
	f.used = 0;
	err = prepare(&f, fmt);
	if (err)
		return err;
	write_text(&f, &o, fmt);
	if (out_size)
		out[BU_MIN(o.len, (u64)out_size - 1)] = 0;
	return (int)o.len;
}
