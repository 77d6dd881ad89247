/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Joining: raw BTF is concatenated in the order of the sources, ids and string offsets are shifted.
 * All sources' strings come first; names of attach targets follow.
 *
 * CO-RE looks for candidates by name, so a type that must not be one loses its name: `x___flavor`,
 * and the later definitions of a name.
 */
#include "ebpf/btf/btf_join.h"

#include <stdlib.h>
#include <string.h>

#define INFO(kind, vlen) ((u32)(kind) << 24 | (vlen))

void bu_bytes_add(struct bu_bytes *bytes, const void *data, u32 size)
{
	u32 capacity = BU_MAX(bytes->capacity, 4096u);
	u8 *grown;

	while (capacity - bytes->size < size)
		capacity *= 2;
	if (capacity != bytes->capacity) {
		grown = realloc(bytes->data, capacity);
		if (!grown) {
			bytes->failed = true;
			return;
		}
		bytes->data = grown;
		bytes->capacity = capacity;
	}
	if (size)
		memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

struct definition {       /* the first of a name */
	const char *name; /* NULL: free */
	struct bu_btf_source *source;
	u32 id;
};

struct join {
	struct bu_bytes types, strings;
	u32 nr_types; /* with void */
	struct definition
		*table; /* a hash table; its size is a power of two, at most half is used */
	u32 nr_names, table_size;
	bool failed;
};

static u32 hash(const char *name)
{
	u32 h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (u8)*name) * 16777619;
	return h;
}

static u32 kind_of(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

/* Where the definition of a name as a type of this kind is, or would be. */
static struct definition *find(const struct join *join, const char *name, u32 kind)
{
	struct definition *at;
	u32 i = hash(name);

	for (;; i++) {
		at = &join->table[i & (join->table_size - 1)];
		if (!at->name)
			return at;
		if (!strcmp(at->name, name) &&
		    kind_of(bu_btf_type(&at->source->btf, at->id)) == kind)
			return at;
	}
}

static void grow(struct join *join)
{
	struct definition *old = join->table;
	u32 old_size = join->table_size;

	join->table_size = old_size ? old_size * 2 : 256;
	join->table = calloc(join->table_size, sizeof(*join->table));
	if (!join->table) {
		join->table = old;
		join->table_size = old_size;
		join->failed = true;
		return;
	}
	for (u32 i = 0; i < old_size; i++) {
		if (old[i].name)
			*find(join, old[i].name,
			      kind_of(bu_btf_type(&old[i].source->btf, old[i].id))) = old[i];
	}
	free(old);
}

/* Whether CO-RE would take the name for a variant of another type's. */
static bool is_flavor(const char *name)
{
	const char *mark = strstr(name, "___");

	return mark && mark != name;
}

static bool is_data_type(u32 kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM ||
	       kind == BTF_KIND_ENUM64 || kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_INT ||
	       kind == BTF_KIND_FLOAT;
}

static void add_more(struct join *join, struct definition *first,
		     const struct bu_btf_source *source, u32 id)
{
	struct bu_btf_more **end = &first->source->more[first->id];

	while (*end)
		end = &(*end)->next;
	*end = calloc(1, sizeof(**end));
	if (!*end) {
		join->failed = true;
		return;
	}
	(*end)->source = source;
	(*end)->id = id;
}

/* Give a type its name or take it, as it is the first of the name or a later one. Types of one
 * object do not compete: what C calls by the same name there is told apart by the object itself. */
static void define(struct join *join, struct bu_btf_source *source, u32 id)
{
	const struct btf_type *type = bu_btf_type(&source->btf, id);
	const char *name = bu_btf_string(&source->btf, type->name_off);
	struct definition *at;

	source->nameless[id] = is_flavor(name);
	if (!*name || source->nameless[id] || !is_data_type(kind_of(type)))
		return;
	if (join->nr_names * 2 >= join->table_size)
		grow(join);
	if (join->failed)
		return;
	at = find(join, name, kind_of(type));
	if (!at->name) {
		*at = (struct definition){ name, source, id };
		join->nr_names++;
	} else if (at->source != source) {
		source->nameless[id] = true;
		add_more(join, at, source, id);
	}
}

/* Sections that attach by BTF id: what their targets are called in the kernel's BTF. */
static const struct target {
	const char *section, *prefix;
	u32 kind;
} targets[] = {
	{ "tp_btf/", "btf_trace_", BTF_KIND_TYPEDEF },
	{ "lsm/", "bpf_lsm_", BTF_KIND_FUNC },
	{ "lsm.s/", "bpf_lsm_", BTF_KIND_FUNC },
	{ "lsm_cgroup/", "bpf_lsm_", BTF_KIND_FUNC },
	{ "iter/", "bpf_iter_", BTF_KIND_FUNC },
	{ "iter.s/", "bpf_iter_", BTF_KIND_FUNC },
	{ "fentry/", "", BTF_KIND_FUNC },
	{ "fentry.s/", "", BTF_KIND_FUNC },
	{ "fexit/", "", BTF_KIND_FUNC },
	{ "fexit.s/", "", BTF_KIND_FUNC },
	{ "fmod_ret/", "", BTF_KIND_FUNC },
	{ "fmod_ret.s/", "", BTF_KIND_FUNC },
};

/* The row of a section, and what follows in its name; or NULL. */
static const struct target *target_of(const char **section)
{
	const char *name = *section + (**section == '?'); /* not loaded by default */

	for (size_t i = 0; i < BU_ARRAY_SIZE(targets); i++) {
		size_t len = strlen(targets[i].section);

		if (!strncmp(name, targets[i].section, len) && name[len]) {
			*section = name + len;
			return &targets[i];
		}
	}
	return NULL;
}

static bool is_struct_ops(const char *section)
{
	section += *section == '?';
	return !strcmp(section, ".struct_ops") || !strcmp(section, ".struct_ops.link");
}

/* The struct behind the nth variable of a section, 0: there are no more; or not NULL and no struct.
 */
static const struct btf_type *variable_type(const struct bu_btf_source *source,
					    const struct btf_type *section, u32 n)
{
	const struct btf_var_secinfo *info = (const struct btf_var_secinfo *)(section + 1);

	return n < BTF_INFO_VLEN(section->info) ? bu_btf_skip_modifiers(&source->btf, info[n].type)
						: NULL;
}

/* Call for each variable of the source that defines an implementation of a struct of functions;
 * their number. */
static u32 each_struct_ops(struct join *join, const struct bu_btf_source *source,
			   void (*fn)(struct join *join, const struct bu_btf_source *source,
				      const struct btf_type *type))
{
	const struct btf_type *type;
	u32 count = 0;

	for (u32 id = 1; id < source->btf.nr_types; id++) {
		const struct btf_type *section = bu_btf_type(&source->btf, id);

		if (kind_of(section) != BTF_KIND_DATASEC ||
		    !is_struct_ops(bu_btf_string(&source->btf, section->name_off)))
			continue;
		for (u32 n = 0; (type = variable_type(source, section, n)); n++, count++) {
			if (fn)
				fn(join, source, type);
		}
	}
	return count;
}

static u32 count_target_ids(const struct bu_btf_source *source)
{
	const char *section;
	u32 count = 2 * each_struct_ops(NULL, source, NULL);

	for (u32 at = 0; at < source->sections_size; at += strlen(source->sections + at) + 1) {
		const struct target *target;

		section = source->sections + at;
		target = target_of(&section);
		if (target)
			count += target->kind == BTF_KIND_FUNC ? 2 : 1;
	}
	return count;
}

static int prepare(struct join *join, struct bu_btf_source *source, u32 *nr_types)
{
	u32 own = source->btf.nr_types ? source->btf.nr_types - 1 : 0;

	source->ids = *nr_types - 1;
	source->strings = join->strings.size;
	*nr_types += own + count_target_ids(source);
	bu_bytes_add(&join->strings, source->btf.strings, source->btf.strings_size);
	source->nameless = calloc(own + 1, sizeof(*source->nameless));
	source->more = calloc(own + 1, sizeof(struct bu_btf_more *));
	if (!source->nameless || !source->more)
		return -ENOMEM;
	for (u32 id = 1; id <= own; id++)
		define(join, source, id);
	return 0;
}

static void clean_up(struct bu_btf_source *source)
{
	for (u32 id = 0; source->more && id < source->btf.nr_types; id++) {
		while (source->more[id]) {
			struct bu_btf_more *next = source->more[id]->next;

			free(source->more[id]);
			source->more[id] = next;
		}
	}
	free(source->more);
	free(source->nameless);
	source->more = NULL;
	source->nameless = NULL;
}

static void add_type(struct join *join, const struct btf_type *type)
{
	bu_bytes_add(&join->types, type, sizeof(*type));
	join->nr_types++;
}

static void add_target(struct join *join, const struct target *target, const char *name)
{
	struct btf_type proto = { .info = INFO(BTF_KIND_FUNC_PROTO, 0) };
	struct btf_type type = { .name_off = join->strings.size, .info = INFO(target->kind, 0) };

	bu_bytes_add(&join->strings, target->prefix, strlen(target->prefix));
	bu_bytes_add(&join->strings, name, strlen(name) + 1);
	if (target->kind == BTF_KIND_FUNC) {
		type.type = join->nr_types;
		add_type(join, &proto);
	}
	add_type(join, &type);
}

static u32 add_name(struct join *join, const char *prefix, const char *name, size_t len)
{
	u32 offset = join->strings.size;

	bu_bytes_add(&join->strings, prefix, strlen(prefix));
	bu_bytes_add(&join->strings, name, len);
	bu_bytes_add(&join->strings, "", 1);
	return offset;
}

/* The joined id of the struct that a name, without its flavor, belongs to; 0: none. */
static u32 struct_id(const struct join *join, const char *name, size_t len)
{
	char *bare = strndup(name, len);
	const struct definition *at =
		bare && join->table_size ? find(join, bare, BTF_KIND_STRUCT) : NULL;

	free(bare);
	return at && at->name ? at->source->ids + at->id : 0;
}

/* What user space gives the kernel as a value of a struct_ops map: bookkeeping, then the struct in
 * a cache line of its own. libbpf looks it up by its name. Always two types. Source: struct
 * bpf_struct_ops_common_value, include/linux/bpf.h; BPF_STRUCT_OPS_VALUE (6.12). */
static void add_struct_ops(struct join *join, const struct bu_btf_source *source,
			   const struct btf_type *type)
{
	const char *name = bu_btf_string(&source->btf, type->name_off), *mark = strstr(name, "___");
	size_t len = mark && mark != name ? (size_t)(mark - name) : strlen(name);
	u32 common_id = join->nr_types, cache_line = 64;
	struct btf_type common = { .info = INFO(BTF_KIND_STRUCT, 2), .size = 8 };
	struct btf_type value = { .info = INFO(BTF_KIND_STRUCT, 2) };
	struct btf_member members[2] = { { .type = 1 }, { .type = 1, .offset = 32 } };

	common.name_off = add_name(join, "bpf_struct_ops_", "common_value", 12);
	members[0].name_off = add_name(join, "refcnt", "", 0);
	members[1].name_off = add_name(join, "state", "", 0);
	add_type(join, &common);
	bu_bytes_add(&join->types, members, sizeof(members));
	value.name_off = add_name(join, "bpf_struct_ops_", name, len);
	value.size = cache_line + BU_ROUND_UP(type->size, cache_line);
	members[0] = (struct btf_member){ add_name(join, "common", "", 0), common_id, 0 };
	members[1] = (struct btf_member){ add_name(join, "data", "", 0), struct_id(join, name, len),
					  cache_line * 8 };
	add_type(join, &value);
	bu_bytes_add(&join->types, members, sizeof(members));
}

static void add_source(struct join *join, const struct bu_btf_source *source)
{
	for (u32 id = 1; id < source->btf.nr_types; id++, join->nr_types++)
		bu_btf_add_merged(&join->types, source, id);
	for (u32 at = 0; at < source->sections_size; at += strlen(source->sections + at) + 1) {
		const char *section = source->sections + at;
		const struct target *target = target_of(&section);

		if (target)
			add_target(join, target, section);
	}
	each_struct_ops(join, source, add_struct_ops);
}

static int put_together(const struct join *join, struct bu_bytes *blob)
{
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = join->types.size,
		.str_off = join->types.size,
		.str_len = join->strings.size,
	};

	bu_bytes_add(blob, &header, sizeof(header));
	bu_bytes_add(blob, join->types.data, join->types.size);
	bu_bytes_add(blob, join->strings.data, join->strings.size);
	return blob->failed || join->types.failed || join->strings.failed ? -ENOMEM : 0;
}

/* There is always one type: libbpf refuses BTF without. It is not to compete with a source's int.
 */
static void add_int(struct join *join)
{
	bool taken = join->table_size && find(join, "int", BTF_KIND_INT)->name;
	struct btf_type type = { .name_off = add_name(join, "", taken ? "s32" : "int", 3),
				 .info = INFO(BTF_KIND_INT, 0),
				 .size = sizeof(int) };
	u32 encoding = BTF_INT_SIGNED << 24 | 32;

	add_type(join, &type);
	bu_bytes_add(&join->types, &encoding, sizeof(encoding));
}

int bu_btf_join(struct bu_btf_source *first, struct bu_bytes *blob)
{
	struct join join = { .nr_types = 1 };
	struct bu_btf_source *source;
	u32 nr_types = 2;
	int err = 0;

	bu_bytes_add(&join.strings, "", 1);
	for (source = first; source && !err; source = source->next)
		err = prepare(&join, source, &nr_types);
	if (join.failed)
		err = -ENOMEM;
	if (!err)
		add_int(&join);
	for (source = first; source && !err; source = source->next)
		add_source(&join, source);
	if (!err)
		err = put_together(&join, blob);
	for (source = first; source; source = source->next)
		clean_up(source);
	free(join.table);
	free(join.types.data);
	free(join.strings.data);
	return err;
}
