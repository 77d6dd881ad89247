/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of map elements, and how they print them. */
#include "framework/map_check.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "framework/btf_format.h"
#include "framework/btf_path.h"
#include "framework/padding.h"
#include "framework/state.h"

static void add_formatted(struct bu_text *text, char *formatted)
{
	bu_text_add(text, "%s", formatted ? formatted : "(out of memory)");
	free(formatted);
}

void bu_element_add_key(struct bu_text *text, const struct bu_element *e)
{
	add_formatted(text, bu_format_value(bu_map_btf(e->map), e->map->btf_key_type_id, e->key,
					    e->map->key_size));
}

void bu_element_add_value(struct bu_text *text, const struct bu_element *e, const void *value)
{
	add_formatted(text, bu_format_value(bu_map_btf(e->map), e->map->btf_value_type_id, value,
					    e->size));
}

/* "EXPECT_MAP_VALUE(map, key, value) does not hold: <words>\n  key: ..." */
static void headline(struct bu_text *text, const struct bu_element *e, const char *value,
		     const char *words)
{
	const struct bpfunit_check *check = e->check;

	bu_text_add(text, "%s(%s, %s%s%s) does not hold: %s", check->macro, check->left,
		    check->right, value[0] ? ", " : "", value, words);
	if (!e->key)
		return;
	bu_text_add(text, "\n  key:      ");
	bu_element_add_key(text, e);
}

static bool fail(const struct bu_element *e, struct bu_text *text)
{
	bu_test_fail(e->check->where, "%s", bu_text_str(text));
	bu_text_free(text);
	if (e->check->fatal)
		bu_test_end();
	return false;
}

static void add_values(struct bu_text *text, const struct bu_element *e, const void *expected,
		       const void *actual)
{
	char *diff = bu_diff_values(bu_map_btf(e->map), e->map->btf_value_type_id, expected, actual,
				    e->size);

	bu_text_add(text, "\n  expected: ");
	bu_element_add_value(text, e, expected);
	bu_text_add(text, "\n  value:    ");
	bu_element_add_value(text, e, actual);
	if (diff)
		bu_text_add(text, "\n%s", diff);
	free(diff);
}

/* What a lookup gives for a program or map that was put by its descriptor: its id. */
static const void *id_of_descriptor(const int *fd, bool is_prog)
{
	union {
		struct bpf_prog_info prog;
		struct bpf_map_info map;
	} info = { 0 };
	u32 size = is_prog ? sizeof(info.prog) : sizeof(info.map), *id = bu_test_alloc(sizeof(*id));

	if (!bpf_obj_get_info_by_fd(*fd, &info, &size))
		*id = is_prog ? info.prog.id : info.map.id;
	return id;
}

static bool gives_ids(const struct bu_element *e, const struct bpfunit_bytes *value)
{
	bool holds = e->map->type == BPF_MAP_TYPE_PROG_ARRAY ||
		     e->map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
		     e->map->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	return holds && value->kind >= BPFUNIT_BYTES_PROG;
}

bool bpfunit_check_map_value(const struct bpfunit_check *check, const struct bpf_map *map, int cpu,
			     const struct bpfunit_bytes *key, const struct bpfunit_bytes *value)
{
	struct bu_element e = bu_element(check, map, cpu, key);
	const void *expected = bu_element_value(&e, value);
	struct bu_text text = { 0 };
	int error;
	u8 *actual = bu_element_lookup(&e, &error);

	if (error && error != -ENOENT)
		bu_element_die(&e, error);
	if (gives_ids(&e, value))
		expected = id_of_descriptor(expected, value->kind == BPFUNIT_BYTES_PROG);
	bu_clear_padding(bu_map_btf(e.map), e.map->btf_value_type_id, actual, e.size);
	if (!error && !memcmp(actual, expected, e.size))
		return true;
	headline(&text, &e, value->text, error ? "there is no such key" : "the value is another");
	if (!error) {
		add_values(&text, &e, expected, actual);
		if (gives_ids(&e, value))
			bu_text_add(&text, "\n  (a lookup gives the ids of programs and maps)");
	} else {
		bu_text_add(&text, "\n  expected: ");
		bu_element_add_value(&text, &e, expected);
	}
	return fail(&e, &text);
}

bool bpfunit_check_map_key(const struct bpfunit_check *check, const struct bpf_map *map,
			   const struct bpfunit_bytes *key, bool there)
{
	struct bu_element e = bu_element(check, map, -1, key);
	struct bu_text text = { 0 };
	const u8 *actual;
	int error;

	actual = bu_element_lookup(&e, &error);
	if (error && error != -ENOENT)
		bu_element_die(&e, error);
	if (!error == there)
		return true;
	headline(&text, &e, "", there ? "there is no such key" : "the key is there");
	if (!there) {
		bu_text_add(&text, "\n  value:    ");
		bu_element_add_value(&text, &e, actual);
	}
	return fail(&e, &text);
}

bool bpfunit_check_map_count(const struct bpfunit_check *check, const struct bpf_map *map,
			     uint64_t count)
{
	struct bu_element e = bu_element(check, map, -1, NULL);
	size_t is = bpfunit_map_count(check, map);
	struct bu_text text = { 0 };

	if (is == count)
		return true;
	headline(&text, &e, "", "");
	bu_text_add(&text, "map '%s' has %zu keys, not %" PRIu64, e.map->name, is, count);
	return fail(&e, &text);
}

/* Whether a value is an integer to sum, and whether a signed one. */
static bool summable(const struct bu_element *e, bool *is_signed)
{
	const struct btf *btf = bu_map_btf(e->map);
	struct bu_field field;
	u32 size = e->map->value_size;

	*is_signed = false;
	if (btf && e->map->btf_value_type_id &&
	    bu_field_root(&field, btf, e->map->btf_value_type_id)) {
		*is_signed = bu_field_is_scalar(&field) && bu_field_is_signed(&field);
		if (!bu_field_is_scalar(&field))
			return false;
	}
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static u64 load(const u8 *from, u32 size, bool is_signed)
{
	u32 shift = 64 - 8 * size;
	u64 value = 0;

	memcpy((u8 *)&value + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - size : 0), from, size);
	return is_signed ? (u64)((s64)(value << shift) >> shift) : value;
}

/* The values of all CPUs, one after the other, owned by the test; their sum in *sum. */
static u64 *sum_up(struct bu_element *e, u64 *sum, bool *is_signed)
{
	u32 cpus = bu_test_kernel()->nr_cpus;
	u64 *values = bu_test_alloc(cpus * sizeof(*values));
	const u8 *all;
	int error;

	if (!e->map->ops->per_cpu || !summable(e, is_signed))
		bu_test_die(e->check->where,
			    "%s(%s, ...): map '%s' is not a per-CPU map of integers",
			    e->check->macro, e->check->left, e->map->name);
	all = bu_element_lookup(e, &error);
	if (error)
		bu_element_die(e, error);
	*sum = 0;
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		values[cpu] = load(all + (size_t)cpu * e->stride, e->map->value_size, *is_signed);
		*sum += values[cpu];
	}
	return values;
}

uint64_t bpfunit_map_sum(const struct bpfunit_check *check, const struct bpf_map *map,
			 const struct bpfunit_bytes *key)
{
	struct bu_element e = bu_element(check, map, -1, key);
	bool is_signed;
	u64 sum;

	sum_up(&e, &sum, &is_signed);
	return sum;
}

static void add_integer(struct bu_text *text, u64 value, bool is_signed)
{
	bu_text_add(text, is_signed ? "%" PRId64 : "%" PRIu64, value);
}

bool bpfunit_check_map_sum(const struct bpfunit_check *check, const struct bpf_map *map,
			   const struct bpfunit_bytes *key, struct bpfunit_value sum)
{
	struct bu_element e = bu_element(check, map, -1, key);
	u32 cpus = bu_test_kernel()->nr_cpus;
	struct bu_text text = { 0 };
	bool is_signed;
	u64 is, *values = sum_up(&e, &is, &is_signed);

	if (is == sum.bits)
		return true;
	headline(&text, &e, "", "the sum is another");
	bu_text_add(&text, "\n  expected: ");
	add_integer(&text, sum.bits, is_signed || sum.kind == BPFUNIT_SIGNED);
	bu_text_add(&text, "\n  sum:      ");
	add_integer(&text, is, is_signed);
	bu_text_add(&text, "\n  by CPU:  ");
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		bu_text_add(&text, " ");
		add_integer(&text, values[cpu], is_signed);
	}
	return fail(&e, &text);
}

uint32_t bpfunit_ip4(struct bpfunit_where where, const char *text)
{
	struct in_addr address = { 0 };

	if (!text || inet_pton(AF_INET, text, &address) != 1)
		bu_test_die(where, "'%s' is not an IPv4 address", text ? text : "NULL");
	return address.s_addr;
}

struct in6_addr bpfunit_ip6(struct bpfunit_where where, const char *text)
{
	struct in6_addr address = { 0 };

	if (!text || inet_pton(AF_INET6, text, &address) != 1)
		bu_test_die(where, "'%s' is not an IPv6 address", text ? text : "NULL");
	return address;
}
