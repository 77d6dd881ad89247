/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Padding: a compiler leaves it undefined when it copies a struct, so that two equal C expressions
 * may differ there. What a test writes down is therefore cleared by BTF before it meets the kernel.
 */
#include "framework/padding.h"

#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "framework/btf_path.h"

static void cover(const struct bu_field *field, u8 *covered, size_t size);

static void cover_members(const struct bu_field *field, u32 count, u8 *covered, size_t size)
{
	for (u32 i = 0; i < count; i++) {
		struct bu_field member = bu_field_nth(field, i);

		cover(&member, covered, size);
	}
}

static void cover_elements(const struct bu_field *field, u32 count, u8 *covered, size_t size)
{
	struct bu_field element;
	char error[64];

	for (u32 i = 0; i < count; i++) {
		if (!bu_field_element(field, i, &element, error, sizeof(error)))
			cover(&element, covered, size);
	}
}

/* Mark the bytes that the members of a field cover, below `size`. */
static void cover(const struct bu_field *field, u8 *covered, size_t size)
{
	const struct btf_type *type = bu_field_type(field);

	if (type && btf_is_composite(type))
		cover_members(field, btf_vlen(type), covered, size);
	else if (type && btf_is_array(type))
		cover_elements(field, btf_array(type)->nelems, covered, size);
	else if (field->offset < size)
		memset(covered + field->offset, 1, BU_MIN(field->size, size - field->offset));
}

void bu_clear_padding(const struct btf *btf, u32 type_id, void *data, size_t size)
{
	struct bu_field field;
	u8 *covered;

	if (!btf || !type_id || !bu_field_root(&field, btf, type_id) || field.size > size)
		return;
	covered = calloc(1, size + 1);
	if (!covered)
		return;
	/* Per-CPU values: what lies behind the type is not its padding. */
	memset(covered + field.size, 1, size - field.size);
	cover(&field, covered, size);
	for (size_t i = 0; i < size; i++) {
		if (!covered[i])
			((u8 *)data)[i] = 0;
	}
	free(covered);
}
