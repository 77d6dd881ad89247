/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalars of a seed: numbers, addresses, bytes. */
#include "framework/seed_internal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int digit_of(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return 99;
}

static const char *skip_prefix(const char *text, unsigned int *base)
{
	*base = 10;
	if (text[0] != '0' || !text[1])
		return text;
	switch (text[1]) {
	case 'x':
	case 'X':
		*base = 16;
		return text + 2;
	case 'o':
		*base = 8;
		return text + 2;
	case 'b':
		*base = 2;
		return text + 2;
	default:
		return text;
	}
}

enum bu_number_status bu_parse_number(const char *text, struct bu_number *number)
{
	bool too_large = false, any = false;
	unsigned int base;

	*number = (struct bu_number){ .negative = *text == '-' };
	text = skip_prefix(text + (*text == '-' || *text == '+'), &base);
	for (; *text; text++) {
		unsigned int digit = digit_of(*text);

		if (*text == '_' && any && text[1])
			continue;
		if (digit >= base)
			return BU_NUMBER_NOT_ONE;
		any = true;
		too_large |=
			__builtin_mul_overflow(number->magnitude, (u64)base, &number->magnitude);
		too_large |=
			__builtin_add_overflow(number->magnitude, (u64)digit, &number->magnitude);
	}
	if (!any)
		return BU_NUMBER_NOT_ONE;
	return too_large ? BU_NUMBER_TOO_LARGE : BU_NUMBER_OK;
}

bool bu_number_fits(const struct bu_number *number, bool is_signed, u32 bits, u64 *value)
{
	u64 most = bits >= 64 ? ~0ULL : (1ULL << bits) - 1;
	u64 least = 1ULL << (bits - 1); /* magnitude of the least negative one */

	*value = number->negative ? -number->magnitude : number->magnitude;
	if (number->negative)
		return !number->magnitude || (is_signed && number->magnitude <= least);
	return number->magnitude <= (is_signed ? least - 1 : most);
}

static bool parse_mac(const char *text, u8 *data)
{
	unsigned int byte[6];
	int end = 0;

	if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3],
		   &byte[4], &byte[5], &end) != 6 ||
	    end != 17)
		return false;
	for (int i = 0; i < 6; i++)
		data[i] = byte[i];
	return true;
}

bool bu_parse_address(const char *text, void *data, size_t size)
{
	switch (size) {
	case 4:
		return inet_pton(AF_INET, text, data) == 1;
	case 6:
		return parse_mac(text, data);
	case 16:
		return inet_pton(AF_INET6, text, data) == 1;
	default:
		return false;
	}
}

bool bu_parse_hex(const char *text, void *data, size_t size)
{
	u8 *out = data;
	size_t len = 0;

	/* One byte alone would look like a number. */
	if (!strchr(text, ' '))
		return false;
	while (*text) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    len == size)
			return false;
		out[len++] = digit_of(text[0]) << 4 | digit_of(text[1]);
		text += 2;
		if (*text && *text != ' ')
			return false;
		while (*text == ' ')
			text++;
	}
	return len == size;
}

int bu_seed_number(struct bu_seed *seed, const yaml_node_t *node, u64 max, u64 *value)
{
	const char *text = bu_seed_text(node);
	struct bu_number number = { 0 };
	char kind[128];

	if (!text || bu_parse_number(text, &number) == BU_NUMBER_NOT_ONE)
		return bu_seed_error(seed, node, "a number is expected here, not %s",
				     bu_seed_kind(node, kind, sizeof(kind)));
	if (bu_parse_number(text, &number) == BU_NUMBER_TOO_LARGE ||
	    !bu_number_fits(&number, false, 64, value) || *value > max)
		return bu_seed_error(seed, node, "%s is out of range: 0 to %llu are possible", text,
				     (unsigned long long)max);
	return 0;
}
