// SPDX-License-Identifier: BSD-2-Clause
/* Strings. Source: kernel/bpf/helpers.c; lib/kstrtox.c (6.12). */
#include "ebpf/kernel.h"

#include <ctype.h>
#include <string.h>

#define BASE_MASK  0x1f /* Source: BPF_STRTOX_BASE_MASK */
#define MAX_DIGITS 63   /* characters after sign that are looked at */

/* "0x" and "0" choose the base when it is 0; "0x" may precede hexadecimal digits. */
static const char *skip_radix(const char *s, u32 *base)
{
	bool hex = s[0] == '0' && tolower((u8)s[1]) == 'x';

	if (!*base)
		*base = hex && isxdigit((u8)s[2]) ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

/* Characters consumed; 0: no digit; -ERANGE: more than 64 bits. */
static int parse_digits(const char *s, u32 base, u64 *value)
{
	bool overflow = false;
	int n;

	*value = 0;
	for (n = 0; isxdigit((u8)s[n]); n++) {
		u32 digit = isdigit((u8)s[n]) ? s[n] - '0' : tolower((u8)s[n]) - 'a' + 10;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(*value, (u64)base, value) ||
		    __builtin_add_overflow(*value, (u64)digit, value))
			overflow = true;
	}
	return overflow ? -ERANGE : n;
}

/* Characters consumed, or -EINVAL, -ERANGE. */
static int parse_number(const char *buf, u64 size, u64 flags, u64 *value, bool *negative)
{
	u32 base = flags & BASE_MASK;
	char digits[MAX_DIGITS + 1];
	const char *p = buf, *start;
	u64 left;
	int n;

	if ((base != 0 && base != 8 && base != 10 && base != 16) || flags & ~(u64)BASE_MASK)
		return -EINVAL;
	while (p < buf + size && isspace((u8)*p))
		p++;
	*negative = p < buf + size && *p == '-';
	p += *negative;
	left = (u64)(buf + size - p);
	if (!left)
		return -EINVAL;
	left = BU_MIN(left, (u64)MAX_DIGITS);
	memcpy(digits, p, left);
	digits[left] = 0;
	start = skip_radix(digits, &base);
	n = parse_digits(start, base, value);
	if (n <= 0)
		return n ? n : -EINVAL;
	return (int)(p - buf + (start - digits) + n);
}

BU_HELPER_4(strtol, const char *, buf, u64, size, u64, flags, s64 *, res)
{
	bool negative;
	u64 value;
	int n;

	*res = 0;
	n = parse_number(buf, size, flags, &value, &negative);
	if (n < 0)
		return (s64)n;
	if (negative ? (s64)-value > 0 : (s64)value < 0)
		return -ERANGE;
	*res = (s64)(negative ? -value : value);
	return (u64)n;
}

BU_HELPER_4(strtoul, const char *, buf, u64, size, u64, flags, u64 *, res)
{
	bool negative;
	u64 value;
	int n;

	*res = 0;
	n = parse_number(buf, size, flags, &value, &negative);
	if (n < 0)
		return (s64)n;
	if (negative)
		return -EINVAL;
	*res = value;
	return (u64)n;
}

/* Source: strncmp(), lib/string.c: -1, 0 or 1. */
BU_HELPER_3(strncmp, const u8 *, s1, u32, size, const u8 *, s2)
{
	for (u32 i = 0; i < size; i++) {
		if (s1[i] != s2[i])
			return s1[i] < s2[i] ? (u64)-1 : 1;
		if (!s1[i])
			break;
	}
	return 0;
}
