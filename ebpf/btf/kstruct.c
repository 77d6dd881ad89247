/* SPDX-License-Identifier: BSD-2-Clause */
/* Structs of the kernel's, made for one run from what the kernel's BTF says of them. */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"

#include <string.h>

#define UNKNOWN_SIZE 64
#define MAX_DEPTH    8

struct place {
	u32 offset, size;
};

/* A member by its name, also in unnamed structs and unions. Bit fields are not found. */
static bool find(const struct bu_btf *btf, const struct btf_type *type, const char *name,
		 struct place *place, int depth)
{
	const struct btf_member *member = (const struct btf_member *)(type + 1);

	for (u32 i = 0; depth && i < BTF_INFO_VLEN(type->info); i++, member++) {
		bool bit_fields = BTF_INFO_KFLAG(type->info);
		u32 bits = bit_fields ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
		const struct btf_type *inner = bu_btf_skip_modifiers(btf, member->type);
		u32 kind = inner ? BTF_INFO_KIND(inner->info) : BTF_KIND_UNKN;

		place->offset = bits / 8;
		if (!member->name_off && (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION)) {
			if (!find(btf, inner, name, place, depth - 1))
				continue;
			place->offset += bits / 8;
			return true;
		}
		if (strcmp(bu_btf_string(btf, member->name_off), name))
			continue;
		place->size = BU_MAX(bu_btf_size_of(btf, member->type), 0);
		return !bit_fields || !BTF_MEMBER_BITFIELD_SIZE(member->offset);
	}
	return false;
}

bool bu_kstruct_make(struct bu_run *run, const char *name, struct bu_kstruct *made)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = name };
	struct bu_btf *btf = bu_vmlinux_btf(run->kernel);
	u32 id = btf ? bu_btf_find(btf, name, BTF_KIND_STRUCT) : 0;

	made->btf = btf;
	made->type = id ? bu_btf_type(btf, id) : NULL;
	made->bytes = bu_arena_scratch(&run->kernel->arena,
				       made->type ? BU_MAX(made->type->size, 8U) : UNKNOWN_SIZE,
				       BU_READ, &info);
	return made->bytes;
}

void bu_kstruct_copy(struct bu_kstruct *to, const char *field, const void *bytes, u32 size)
{
	struct place place;

	if (to->type && find(to->btf, to->type, field, &place, MAX_DEPTH) &&
	    place.offset + place.size <= to->type->size)
		memcpy(to->bytes + place.offset, bytes, BU_MIN(size, place.size));
}

/* The lower bytes of a field narrower than the value. */
void bu_kstruct_set(struct bu_kstruct *to, const char *field, u64 value)
{
	bu_kstruct_copy(to, field, &value, sizeof(value));
}

u64 bu_kstruct_get(struct bu_kernel *kernel, const char *name, const void *bytes, const char *field,
		   u64 otherwise)
{
	struct bu_btf *btf = bu_vmlinux_btf(kernel);
	u32 id = btf ? bu_btf_find(btf, name, BTF_KIND_STRUCT) : 0;
	struct place place;
	u64 value = 0;

	if (!id || !find(btf, bu_btf_type(btf, id), field, &place, MAX_DEPTH) ||
	    place.size > sizeof(value))
		return otherwise;
	memcpy(&value, (const u8 *)bytes + place.offset, place.size);
	return value;
}
