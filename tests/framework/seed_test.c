/* SPDX-License-Identifier: BSD-2-Clause */
/* Seeding: what each kind of value becomes, when things can be seeded, and what errors say. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framework/seed_internal.h"
#include "framework/state.h"
#include "tests/framework/inner.h"
#include "typed.h"
#include "typed.skel.h"

#define SEED(skel, text) bpfunit_seed_text(BPFUNIT_HERE, (skel)->obj, "seed", text)

static int line_of_seed;

static void fails_in_a_seed(void *self)
{
	line_of_seed = __LINE__ + 1;
	BPFUNIT_SEED(BPFUNIT_OPEN(typed_bpf)->obj, "nowhere.yaml");
}

BPF_FIXTURE(seed)
{
	struct typed_bpf *skel;
};
BPF_FIXTURE_SETUP(seed)
{
	self->skel = BPFUNIT_LOAD(typed_bpf);
}
BPF_FIXTURE_TEARDOWN(seed)
{
}

static void lookup(const struct bpf_map *map, const void *key, void *value)
{
	if (bpf_map_lookup_elem(bpf_map__fd(map), key, value))
		FAIL("no such key in %s", bpf_map__name(map));
}

BPF_TEST_F(seed, each_kind_of_field)
{
	struct every v;
	struct in6_addr address;
	u32 key = 7;

	BPFUNIT_SEED(self->skel->obj, "data/everything.yaml"); /* beside this source */
	lookup(self->skel->maps.everything, &key, &v);
	EXPECT_EQ(v.tiny, -128);
	EXPECT_EQ(v.flag, true);
	EXPECT_EQ(v.port, htons(53));
	EXPECT_EQ(v.addr, ip4("10.0.0.1"));
	EXPECT_EQ(v.color, GREEN);
	EXPECT_STREQ(v.name, "a name");
	EXPECT_MEMEQ(v.mac, "\x02\0\0\0\0\xab", 6);
	EXPECT_MEMEQ(v.bytes, "\x01\x02\xff", 3);
	EXPECT_EQ(v.low, 7);
	EXPECT_EQ(v.mid, -64);
	EXPECT_EQ(v.high, 0x3fffff);
	EXPECT_EQ(v.points[0].x, -1);
	EXPECT_EQ(v.points[0].y, 32767);
	EXPECT_EQ(v.points[1].x, 8);
	EXPECT_EQ(v.word, 0x04030201);
	EXPECT_EQ(v.nested.nested_a, 3);
	EXPECT_EQ(v.nested.nested_b.y, 9);
	EXPECT_EQ((uintptr_t)v.pointer, 0xffff800012345678);
	EXPECT_EQ(v.large, UINT64_MAX);
	EXPECT_EQ(v.negative, INT64_MIN);
	inet_pton(AF_INET6, "2001:db8::1", &address);
	EXPECT_MEMEQ(&v.addr6, &address, 16);
	EXPECT_EQ(v.addr4.s_addr, ip4("10.0.0.2"));
	EXPECT_EQ(v.letter, 'q');
	EXPECT_EQ(bu_kernel()->env.tgid, 42);
}

BPF_TEST_F(seed, files_by_absolute_name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.*s/data/everything.yaml",
		 (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
	BPFUNIT_SEED(self->skel->obj, path);
	EXPECT_EQ(bu_kernel()->env.tgid, 42);
}

BPF_TEST_F(seed, environment)
{
	const struct bu_env *env = &bu_kernel()->env;

	SEED(self->skel, "env:\n"
			 "  tgid: 5\n  tid: 6\n  ppid: 7\n  uid: 8\n  gid: 9\n"
			 "  comm: fifteen_letters\n  cpu: 3\n  cgroup_id: 0x100000000\n"
			 "  clock_ns: 1_000\n  boot_offset_ns: 5\n  random_seed: 1\n");
	EXPECT_EQ(env->tgid, 5);
	EXPECT_EQ(env->pid, 6);
	EXPECT_EQ(env->ppid, 7);
	EXPECT_EQ(env->uid, 8);
	EXPECT_EQ(env->gid, 9);
	EXPECT_STREQ(env->comm, "fifteen_letters");
	EXPECT_EQ(env->cpu, 3);
	EXPECT_EQ(env->cgroup_id, 0x100000000);
	EXPECT_EQ(env->clock_ns, 1000);
	EXPECT_EQ(env->boot_offset_ns, 5);
	SEED(self->skel, "env: { pid: 10 }");
	EXPECT_EQ(env->pid, 10);
	EXPECT_EQ(env->tgid, 10);
}

BPF_TEST_F(seed, random_numbers_repeat)
{
	u64 first;

	SEED(self->skel, "env: { random_seed: 77 }");
	first = bu_kernel()->env.random_state;
	bpfunit_set_random_seed(78);
	SEED(self->skel, "env: { random_seed: 77 }");
	EXPECT_EQ(bu_kernel()->env.random_state, first);
}

BPF_TEST_F(seed, globals_after_load)
{
	struct bpfunit_packet *packet = bpfunit_packet_ipv4_udp("1.1.1.1", "2.2.2.2", 1, 2, NULL);

	SEED(self->skel, "globals:\n"
			 "  counter: 3\n  limits: [10, 20]\n  label: ready\n  ratio: 1.5\n"
			 "  custom: 11\n  limits[3]: 40\n"
			 "  settings: { tiny: -1, points: [{ y: 5 }] }\n"
			 "  settings.nested.nested_b.x: 9\n");
	EXPECT_EQ(self->skel->bss->counter, 3);
	EXPECT_EQ(self->skel->data->limits[0], 10);
	EXPECT_EQ(self->skel->data->limits[1], 20);
	EXPECT_EQ(self->skel->data->limits[2], 3);
	EXPECT_EQ(self->skel->data->limits[3], 40);
	EXPECT_STREQ(self->skel->data->label, "ready");
	EXPECT_TRUE(self->skel->data->ratio == 1.5);
	EXPECT_EQ(self->skel->data_custom->custom, 11);
	EXPECT_EQ(self->skel->bss->settings.tiny, -1);
	EXPECT_EQ(self->skel->bss->settings.points[0].y, 5);
	EXPECT_EQ(self->skel->bss->settings.nested.nested_b.x, 9);
	EXPECT_RUN_SKB(self->skel->progs.first, packet, 5 + 3);
}

BPF_TEST(seeding, globals_before_load)
{
	struct bpfunit_packet *packet = bpfunit_packet_ipv4_udp("1.1.1.1", "2.2.2.2", 1, 2, NULL);
	struct typed_bpf *skel = BPFUNIT_OPEN(typed_bpf);

	SEED(skel, "globals: { min_duration_ns: 100, counter: 7, limits: [5],\n"
		   "  defaults: { tokens: 1000 } }");
	EXPECT_EQ(skel->rodata->min_duration_ns, 100);
	EXPECT_EQ(skel->rodata->defaults.stamp_ns, 20);
	ASSERT_OK(typed_bpf__load(skel));
	EXPECT_EQ(skel->data->limits[0], 5);
	EXPECT_RUN_SKB(skel->progs.first, packet, 107);
	SEED(skel, "globals: { min_duration_ns: 100 }"); /* no change: no harm */
}

BPF_TEST_F(seed, keys_of_many_shapes)
{
	struct flow_key flow;
	struct mac_key mac = { { 2, 0, 0, 0, 0, 1 } };
	u64 number;
	u32 value;

	SEED(self->skel,
	     "maps:\n"
	     "  flows:\n"
	     "    - { key: { saddr: 10.0.0.1, daddr: 167772169, sport: 40000, dport: 80,\n"
	     "               proto: 6 }, value: 18446744073709551615 }\n"
	     "  stations:\n"
	     "    - { key: '02:00:00:00:00:01', value: 1 }\n"
	     "    - { key: { mac: [2, 0, 0, 0, 0, 2] }, value: 2 }\n");
	memset(&flow, 0, sizeof(flow)); /* padding is part of the key */
	flow.saddr = ip4("10.0.0.1");
	flow.daddr = ip4("10.0.0.9");
	flow.sport = htons(40000);
	flow.dport = htons(80);
	flow.proto = 6;
	lookup(self->skel->maps.flows, &flow, &number);
	EXPECT_EQ(number, UINT64_MAX);
	lookup(self->skel->maps.stations, &mac, &value);
	EXPECT_EQ(value, 1);
	mac.mac[5] = 2;
	lookup(self->skel->maps.stations, &mac, &value);
	EXPECT_EQ(value, 2);
}

BPF_TEST_F(seed, maps_without_types)
{
	u8 value[12];
	u32 key = 1;

	SEED(self->skel,
	     "maps:\n  untyped:\n"
	     "    - { key: 1, value: '00 01 02 03 04 05 06 07 08 09 0a FF' }\n"
	     "    - { key: 10.0.0.1, value: '00 01 02 03 04 05 06 07 08 09 0a 0b' }\n"
	     "    - { key: '01 00 00 01', value: '00 01 02 03 04 05 06 07 08 09 0a 0c' }\n"
	     "    - { key: -1, value: '00 01 02 03 04 05 06 07 08 09 0a 0d' }\n");
	lookup(self->skel->maps.untyped, &key, value);
	EXPECT_MEMEQ(value, "\0\1\2\3\4\5\6\7\x8\x9\xa\xff", 12);
	key = ip4("10.0.0.1");
	lookup(self->skel->maps.untyped, &key, value);
	EXPECT_EQ(value[11], 0x0b);
	key = 0x01000001;
	lookup(self->skel->maps.untyped, &key, value);
	EXPECT_EQ(value[11], 0x0c);
	key = UINT32_MAX;
	lookup(self->skel->maps.untyped, &key, value);
	EXPECT_EQ(value[11], 0x0d);
}

BPF_TEST_F(seed, per_cpu_values)
{
	u64 values[4];
	u32 key = 0;

	SEED(self->skel, "maps:\n  drops:\n"
			 "    - { key: 0, values: [1, 2, 3] }\n    - { key: 1, value: 5 }\n");
	lookup(self->skel->maps.drops, &key, values);
	EXPECT_EQ(values[0], 1);
	EXPECT_EQ(values[2], 3);
	EXPECT_EQ(values[3], 0);
	key = 1;
	lookup(self->skel->maps.drops, &key, values);
	for (int cpu = 0; cpu < 4; cpu++)
		EXPECT_EQ(values[cpu], 5);
}

BPF_TEST_F(seed, programs_by_name)
{
	struct bpfunit_packet *packet = bpfunit_packet_ipv4_udp("1.1.1.1", "2.2.2.2", 1, 2, NULL);

	SEED(self->skel, "globals: { counter: 1000 }\nmaps: { jumps: [{ key: 0, value: first }] }");
	EXPECT_RUN_SKB(self->skel->progs.second, packet, 1005);
}

BPF_TEST_F(seed, inner_maps_by_name)
{
	SEED(self->skel, "maps: { outer: [{ key: 10.0.0.1, value: other_inner }] }");
	EXPECT_MAP_VALUE(self->skel->maps.outer, ip4("10.0.0.1"), self->skel->maps.other_inner);
}

BPF_TEST_F(seed, a_struct_around_one_value)
{
	struct wrapper key = { 5 };
	u64 value;

	SEED(self->skel,
	     "maps: { wrapped: [{ key: 5, value: -2.5 }, { key: { id: 6 }, value: 3 }] }");
	lookup(self->skel->maps.wrapped, &key, &value);
	EXPECT_EQ(value, 0xc004000000000000); /* IEEE 754: -2.5 */
	key.id = 6;
	lookup(self->skel->maps.wrapped, &key, &value);
	EXPECT_EQ(value, 0x4008000000000000);
}

BPF_TEST_F(seed, flags)
{
	u32 key = ip4("1.1.1.1");
	struct bucket bucket;

	SEED(self->skel, "maps:\n  buckets:\n"
			 "    - { key: 1.1.1.1, value: { tokens: 1 }, flags: noexist }\n");
	SEED(self->skel, "maps:\n  buckets:\n"
			 "    - { key: 1.1.1.1, value: { stamp_ns: 2 }, flags: exist }\n"
			 "    - { key: 2.2.2.2, value: {}, flags: 0 }\n"
			 "    - { key: 3.3.3.3, value: {}, flags: any }\n");
	lookup(self->skel->maps.buckets, &key, &bucket);
	EXPECT_EQ(bucket.tokens, 0); /* a value is written whole */
	EXPECT_EQ(bucket.stamp_ns, 2);
}

BPF_TEST_F(seed, enumerators_stand_for_integers)
{
	SEED(self->skel, "globals: { counter: GREEN, settings.color: DARK }");
	EXPECT_EQ(self->skel->bss->counter, GREEN);
	EXPECT_EQ((int)self->skel->bss->settings.color, -5);
	SEED(self->skel, "globals: { settings.color: -5, settings.flag: off, counter: true }");
	EXPECT_EQ((int)self->skel->bss->settings.color, -5);
	EXPECT_EQ(self->skel->bss->counter, 1);
}

BPF_TEST_F(seed, a_failure_is_told_at_the_test_s_line)
{
	struct inner inner = inner_run(fails_in_a_seed);

	EXPECT_EQ(inner.where.line, line_of_seed);
	EXPECT_STREQ(inner.where.file, __FILE__);
}

/* The guide's YAML is what its reader will copy. */
static char *yaml_of_guide(void)
{
	char path[4096], *text, *begin, *end;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%.*s/../../docs/seeding.md",
		 (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
	file = fopen(path, "r");
	ASSERT_NOT_NULL(file);
	text = bu_test_alloc(65536);
	size = fread(text, 1, 65535, file);
	fclose(file);
	ASSERT_GT(size, 0);
	begin = strstr(text, "```yaml\n");
	ASSERT_NOT_NULL(begin);
	end = strstr(begin, "\n```\n");
	ASSERT_NOT_NULL(end);
	end[1] = '\0';
	return begin + strlen("```yaml\n");
}

BPF_TEST_F(seed, example_of_the_guide)
{
	struct bucket bucket;
	u32 key = ip4("10.0.0.1");

	SEED(self->skel, yaml_of_guide());
	lookup(self->skel->maps.buckets, &key, &bucket);
	EXPECT_EQ(bucket.tokens, 1);
	EXPECT_EQ(bucket.stamp_ns, 5 * NSEC_PER_SEC);
	EXPECT_EQ(bpfunit_clock_ns(), 5 * NSEC_PER_SEC);
	EXPECT_STREQ(self->skel->data->label, "ready");
	EXPECT_EQ(self->skel->data->limits[2], 3);
	EXPECT_EQ(self->skel->bss->settings.nested.nested_b.x, 9);
	EXPECT_EQ(self->skel->bss->settings.points[0].y, -1);
}

/* Errors. A seed of a loaded object must fail with exactly this text. */
#define BAD(name, yaml, text)                                                                      \
	FAILS(seed_bad, name, text)                                                                \
	{                                                                                          \
		SEED(BPFUNIT_LOAD(typed_bpf), yaml);                                               \
	}
#define BAD_GLOBAL(name, yaml, text) BAD(name, "globals: { " yaml " }", "seed:1:" text)
#define BAD_ELEMENT(name, map, yaml, text)                                                         \
	BAD(name, "maps:\n  " map ":\n    - { " yaml " }", "seed:3:" text)

BAD(not_yaml, "env: [1, 2",
    "seed:2:1: this is not YAML: while parsing a flow sequence from line 1 on, did not find "
    "expected ',' or ']'")
BAD(tabs, "env:\n\tpid: 1\n",
    "seed:2:1: this is not YAML: while scanning for the next token from line 2 on, found character "
    "that cannot start any token")
BAD(empty, "", "seed:1:1: the seed is empty: it should have env:, globals: or maps:")
BAD(only_comment, "# nothing\n",
    "seed:1:1: the seed is empty: it should have env:, globals: or maps:")
BAD(scalar, "hello", "seed:1:1: a seed should be a mapping (name: value), but is 'hello'")
BAD(list, "- env", "seed:1:1: a seed should be a mapping (name: value), but is a sequence")
BAD(bad_bytes, "env: { comm: \xff\xfe }", "seed:1:1: this is not YAML: invalid leading UTF-8 octet")
BAD(bad_second_document, "env: { pid: 1 }\n---\n]",
    "seed:3:1: this is not YAML: while parsing a block node from line 3 on, did not find expected "
    "node "
    "content")
BAD(two_documents, "env: { pid: 1 }\n---\nenv: { pid: 2 }\n",
    "seed:3:1: a second document begins here: a seed is one")
BAD(unknown_section, "env: { pid: 1 }\nglobal: {}",
    "seed:2:1: unknown section 'global'; did you mean 'globals'? (there are env, globals and maps)")
BAD(section_twice, "env: {}\nmaps: {}\nenv: {}", "seed:3:1: 'env' is given twice, first in line 1")
BAD(key_is_no_name, "? [a]\n: 1", "seed:1:3: a name is expected here, not a sequence")
BAD(empty_section, "env:\n", "seed:1:5: env should be a mapping (name: value), but is nothing")

BAD(env_unknown, "env: { pidd: 1 }", "seed:1:8: the environment has no 'pidd'; did you mean 'pid'?")
BAD(env_twice, "env: { pid: 1, pid: 2 }", "seed:1:16: 'pid' is given twice, first in line 1")
BAD(env_not_number, "env: { pid: nginx }", "seed:1:13: a number is expected here, not 'nginx'")
BAD(env_negative, "env: { pid: -1 }", "seed:1:13: -1 is out of range: 0 to 4294967295 are possible")
BAD(env_too_large, "env: { uid: 4294967296 }",
    "seed:1:13: 4294967296 is out of range: 0 to 4294967295 are possible")
BAD(env_beyond_64_bits, "env: { clock_ns: 18446744073709551616 }",
    "seed:1:18: 18446744073709551616 is out of range: 0 to 18446744073709551615 are possible")
BAD(env_cpu, "env: { cpu: 4 }", "seed:1:13: there is no CPU 4: the test has 4")
BAD(env_long_comm, "env: { comm: sixteen__letters }",
    "seed:1:14: 'sixteen__letters' is too long for comm: 15 characters")
BAD(env_comm_kind, "env: { comm: [a] }", "seed:1:14: text is expected here, not a sequence")
BAD(env_comm_null, "env: { comm: ~ }", "seed:1:14: text is expected here, not nothing")

BAD_GLOBAL(global_unknown, "count: 1",
	   "12: no global variable 'count' in typed_bpf; did you mean 'counter'?")
BAD_GLOBAL(global_field, "settings: { tinny: 1 }",
	   "24: no field 'tinny' in struct every; did you mean 'tiny'?")
BAD_GLOBAL(global_path, "'settings.points[2].x': 1", "12: index 2 is outside of struct point[2]")
BAD_GLOBAL(global_constant, "min_duration_ns: 1",
	   "12: 'min_duration_ns' is constant (.rodata) once the object is loaded: seed it between "
	   "open and load")
BAD_GLOBAL(global_kind, "counter: [1]", "21: __u32 is expected here, not a sequence")
BAD_GLOBAL(global_nothing, "counter: ", "22: __u32 is expected here, not nothing")
BAD_GLOBAL(global_mapping, "counter: { a: 1 }", "21: __u32 is expected here, not a mapping")
BAD_GLOBAL(global_word, "counter: many", "21: 'many' is no value of __u32")
BAD_GLOBAL(global_range, "counter: 4294967296",
	   "21: 4294967296 does not fit into __u32: 0 to 4294967295")
BAD_GLOBAL(global_negative, "counter: -1", "21: -1 does not fit into __u32: 0 to 4294967295")
BAD_GLOBAL(global_signed_range, "settings.tiny: 128", "27: 128 does not fit into __s8: -128 to 127")
BAD_GLOBAL(global_bit_range, "settings.low: 8", "26: 8 does not fit into __u32 bit field: 0 to 7")
BAD_GLOBAL(global_signed_bit_range, "settings.mid: -65",
	   "26: -65 does not fit into __s32 bit field: -64 to 63")
BAD_GLOBAL(global_bool, "settings.flag: 2", "27: 2 is neither true nor false")
BAD_GLOBAL(global_enum, "settings.color: GREN",
	   "28: 'GREN' is no value of enum color; did you mean 'GREEN'?")
BAD_GLOBAL(global_enum_of_another, "settings.color: true", "28: 'true' is no value of enum color")
BAD_GLOBAL(global_text, "label: 'nine chars'",
	   "19: 'nine chars' does not fit into char[8]: it has 10 characters")
BAD_GLOBAL(global_elements, "limits: [1, 2, 3, 4, 5]", "33: __u32[4] has no room for element 5")
BAD_GLOBAL(global_element, "limits: [1, x]", "24: 'x' is no value of __u32")
BAD_GLOBAL(global_sequence_of_struct, "settings: [1]",
	   "22: struct every is expected here, not a sequence")
BAD_GLOBAL(global_struct_scalar, "settings: 1",
	   "22: struct every is expected here as a mapping of its fields, not '1'")
BAD_GLOBAL(global_array_scalar, "limits: 1", "20: __u32[4] is expected here, not '1'")
BAD_GLOBAL(global_bytes, "settings.mac: '02:00'",
	   "26: '02:00' is no value of __u8[6]: write [1, 2, ...] or 6 bytes as hex digits ('01 02 "
	   "...') or an Ethernet address")
BAD_GLOBAL(global_few_bytes, "settings.bytes: '01 02'",
	   "28: '01 02' is no value of __u8[3]: write [1, 2, ...] or 3 bytes as hex digits ('01 02 "
	   "...')")
BAD_GLOBAL(global_address, "settings.addr: 10.0.0.256", "27: '10.0.0.256' is no value of __be32")
BAD_GLOBAL(global_float, "ratio: half", "19: float is expected here, not 'half'")
BAD_GLOBAL(global_beyond_64_bits, "settings.large: 18446744073709551616",
	   "28: 18446744073709551616 does not fit into __u64: 0 to 18446744073709551615")
BAD_GLOBAL(global_least, "settings.negative: -9223372036854775809",
	   "31: -9223372036854775809 does not fit into __s64: -9223372036854775808 to "
	   "9223372036854775807")
BAD_GLOBAL(global_twice, "counter: 1, counter: 2", "24: 'counter' is given twice, first in line 1")
BAD_GLOBAL(global_port, "settings.port: 65536", "27: 65536 does not fit into __be16: 0 to 65535")

BAD(map_unknown, "maps: { bucket: [] }",
    "seed:1:9: no map 'bucket' in typed_bpf; did you mean 'buckets'?")
BAD(map_internal, "maps: { .bss: [] }", "seed:1:9: no map '.bss' in typed_bpf")
BAD(map_not_a_list, "maps: { buckets: { key: 1 } }",
    "seed:1:18: a list of elements (- key: ...) is expected here, not a mapping")
BAD_ELEMENT(map_field, "buckets", "key: 10.0.0.1, value: { token: 1 }",
	    "33: no field 'token' in struct bucket; did you mean 'tokens'?")
BAD_ELEMENT(map_field_twice, "buckets", "key: 10.0.0.1, value: { tokens: 1, tokens: 2 }",
	    "44: 'tokens' is given twice, first in line 3")
BAD_ELEMENT(map_no_key, "buckets", "value: {}", "7: this element of 'buckets' has no key")
BAD_ELEMENT(map_no_value, "buckets", "key: 1", "7: this element of 'buckets' has no value")
BAD_ELEMENT(map_part, "buckets", "kye: 1, value: {}",
	    "9: an element has key, value (or values) and flags, not 'kye'; did you mean 'key'?")
BAD_ELEMENT(map_both, "drops", "key: 0, value: 1, values: [1]",
	    "35: this element has a value and values: one of them is enough")
BAD_ELEMENT(map_values, "buckets", "key: 0, values: [1]",
	    "25: 'buckets' is no per-CPU map: it has one value for each key")
BAD_ELEMENT(map_values_kind, "drops", "key: 0, values: 1",
	    "25: values should be a sequence, but is '1'")
BAD_ELEMENT(map_many_values, "drops", "key: 0, values: [1, 2, 3, 4, 5]",
	    "38: more values than CPUs: the test has 4")
BAD_ELEMENT(map_flags, "buckets", "key: 0, value: {}, flags: never",
	    "35: flags are any, noexist, exist or a number, not 'never'")
BAD_ELEMENT(map_refuses, "drops", "key: 2, value: 1",
	    "7: map 'drops' refuses this element: Argument list too long")
BAD_ELEMENT(map_missing, "buckets", "key: 0, value: {}, flags: exist",
	    "7: map 'buckets' refuses this element: No such file or directory")
BAD_ELEMENT(map_program, "jumps", "key: 0, value: frist",
	    "24: no program 'frist' in typed_bpf; did you mean 'first'?")
BAD_ELEMENT(map_program_kind, "jumps", "key: 0, value: [1]",
	    "24: the name of a program is expected here")
BAD_ELEMENT(map_inner, "outer", "key: 0, value: iner",
	    "24: no map 'iner' in typed_bpf; did you mean 'inner'?")
BAD_ELEMENT(map_inner_kind, "outer", "key: 0, value: [1]",
	    "24: the name of a map is expected here")
BAD_ELEMENT(map_inner_refused, "outer", "key: 0, value: flows",
	    "7: map 'outer' refuses this element: Invalid argument")
BAD_ELEMENT(map_raw_number, "untyped", "key: 4294967296, value: 1",
	    "14: 4294967296 does not fit into 4 bytes")
BAD_ELEMENT(map_raw_word, "untyped", "key: word, value: 1",
	    "14: 'word' is no value of 4 bytes without a type: write a number, or them as hex "
	    "digits ('01 02 ...')")
BAD_ELEMENT(
	map_raw_size, "untyped", "key: 1, value: 1",
	"24: '1' is no value of 12 bytes without a type: write them as hex digits ('01 02 ...')")
BAD_ELEMENT(map_raw_kind, "untyped", "key: 1, value: { a: 1 }",
	    "24: the type is unknown (no BTF): write a number or bytes as hex digits ('01 02 "
	    "...'), not a mapping")
BAD(map_key_twice,
    "maps:\n  buckets:\n    - { key: 1.1.1.1, value: {} }\n    - { key: 0x01010101, value: {} }",
    "seed:4:14: this key of 'buckets' is given twice: element 1 has it too")
FAILS(seed_bad, global_of_an_object_without_btf,
      "seed:1:10: bare has no BTF, so its variables have no names: compile it with -g")
{
	SEED(&(struct { struct bpf_object *obj; }){ BPFUNIT_OPEN_FILE(BPFUNIT_OBJECT_bare) },
	     "globals: { x: 1 }");
}

BAD(global_of_kconfig, "globals: { LINUX_KERNEL_VERSION: 1 }",
    "seed:1:12: 'LINUX_KERNEL_VERSION' is filled in by libbpf (.kconfig): give it to "
    "bpf_object__open_file() in opts.kconfig")

FAILS(seed_bad, program_that_is_not_loaded, "seed:1:34: program 'first' is not loaded")
{
	struct typed_bpf *skel = BPFUNIT_OPEN(typed_bpf);

	bpf_program__set_autoload(skel->progs.first, false);
	ASSERT_OK(typed_bpf__load(skel));
	SEED(skel, "maps: { jumps: [{ key: 0, value: first }] }");
}

FAILS(seed_bad, frozen_map,
      "seed:1:19: map 'buckets' refuses this element: Operation not permitted")
{
	struct typed_bpf *skel = BPFUNIT_LOAD(typed_bpf);

	ASSERT_OK(bpf_map_freeze(bpf_map__fd(skel->maps.buckets)));
	SEED(skel, "maps: { buckets: [{ key: 0, value: {} }] }");
}

BAD(map_full,
    "maps: { buckets: [{ key: 1, value: {} }, { key: 2, value: {} }, { key: 3, value: {} },\n"
    "  { key: 4, value: {} }, { key: 5, value: {} }] }",
    "seed:2:26: map 'buckets' refuses this element: Argument list too long")

FAILS(seed_bad, map_before_load,
      "seed:1:9: map 'buckets' does not exist yet: seed maps after the object is loaded (from a "
      "file of their own)")
{
	SEED(BPFUNIT_OPEN(typed_bpf), "maps: { buckets: [] }");
}

FAILS(seed_bad, file_with_error,
      "data/wrong_field.yaml:4:16: no field 'token' in struct bucket; did you mean 'tokens'?")
{
	BPFUNIT_SEED(BPFUNIT_LOAD(typed_bpf)->obj, "data/wrong_field.yaml");
}

FAILS(seed_bad, empty_file,
      "data/empty.yaml:1:1: the seed is empty: it should have env:, globals: or maps:")
{
	BPFUNIT_SEED(BPFUNIT_LOAD(typed_bpf)->obj, "data/empty.yaml");
}

FAILS(seed_bad, missing_file, "nowhere.yaml: cannot open it: No such file or directory")
{
	BPFUNIT_SEED(BPFUNIT_LOAD(typed_bpf)->obj, "nowhere.yaml");
}

FAILS(seed_bad, a_directory, "/: cannot read it: Is a directory")
{
	BPFUNIT_SEED(BPFUNIT_LOAD(typed_bpf)->obj, "/");
}

FAILS(seed_bad, no_object, "BPFUNIT_SEED: the object is NULL")
{
	BPFUNIT_SEED(NULL, "x.yaml");
}

FAILS(seed_bad, no_text, "BPFUNIT_SEED: the text is NULL")
{
	SEED(BPFUNIT_OPEN(typed_bpf), NULL);
}

FAILS(seed_bad, no_path, "BPFUNIT_SEED: the path is NULL")
{
	BPFUNIT_SEED(BPFUNIT_OPEN(typed_bpf)->obj, NULL);
}

BPF_TEST(seed_number, forms)
{
	static const struct {
		const char *text;
		enum bu_number_status status;
		bool negative;
		u64 magnitude;
	} cases[] = {
		{ "0", BU_NUMBER_OK, false, 0 },
		{ "+7", BU_NUMBER_OK, false, 7 },
		{ "-0x10", BU_NUMBER_OK, true, 16 },
		{ "0o17", BU_NUMBER_OK, false, 15 },
		{ "0b101", BU_NUMBER_OK, false, 5 },
		{ "007", BU_NUMBER_OK, false, 7 },
		{ "1_000", BU_NUMBER_OK, false, 1000 },
		{ "18446744073709551615", BU_NUMBER_OK, false, UINT64_MAX },
		{ "18446744073709551616", BU_NUMBER_TOO_LARGE, false, 0 },
		{ "99999999999999999999x", BU_NUMBER_NOT_ONE, false, 0 },
		{ "", BU_NUMBER_NOT_ONE, false, 0 },
		{ "-", BU_NUMBER_NOT_ONE, false, 0 },
		{ "0x", BU_NUMBER_NOT_ONE, false, 0 },
		{ "1_", BU_NUMBER_NOT_ONE, false, 0 },
		{ "_1", BU_NUMBER_NOT_ONE, false, 0 },
		{ "1.5", BU_NUMBER_NOT_ONE, false, 0 },
		{ "0b2", BU_NUMBER_NOT_ONE, false, 0 },
		{ " 1", BU_NUMBER_NOT_ONE, false, 0 },
	};
	struct bu_number number;

	for (size_t i = 0; i < BU_ARRAY_SIZE(cases); i++) {
		enum bu_number_status status = bu_parse_number(cases[i].text, &number);

		if (status != cases[i].status)
			EXPECT_FAIL("'%s': status %d", cases[i].text, status);
		if (status != BU_NUMBER_OK)
			continue;
		if (number.magnitude != cases[i].magnitude || number.negative != cases[i].negative)
			EXPECT_FAIL("'%s': %d %llu", cases[i].text, number.negative,
				    (unsigned long long)number.magnitude);
	}
}
