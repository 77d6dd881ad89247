// SPDX-License-Identifier: BSD-2-Clause
/* Map macros over untyped and typed maps. */
#include <linux/types.h>

#include "framework.h"
#include "framework.skel.h"
#include "inner.h"

#include <string.h>

TYPED_MAP(flow_map, struct flow, struct counters);
TYPED_MAP(drop_map, __u32, __u64);
typedef char name_key[8];
TYPED_MAP(name_map, name_key, __u32);
TYPED_MAP(jump_map, __u32, __u32);

#define FLOW_A ((struct flow){ .source = 1, .destination = 2, .port = 80, .proto = 6 })

static struct framework_bpf *skel;

#define MAP_TEST(name_)                                                                            \
	static void name_##_body(void);                                                            \
	BPF_TEST(map, name_)                                                                       \
	{                                                                                          \
		skel = BPFUNIT_LOAD(framework_bpf);                                                \
		name_##_body();                                                                    \
	}                                                                                          \
	static void name_##_body(void)

#define MAP_FAILS(name_, golden)                                                                   \
	static void name_##_fails(void *self);                                                     \
	BPF_TEST(map_fails, name_)                                                                 \
	{                                                                                          \
		skel = BPFUNIT_LOAD(framework_bpf);                                                \
		EXPECT_STREQ(inner_run(name_##_fails).text, golden);                               \
	}                                                                                          \
	static void name_##_fails(void *self __attribute__((unused)))

MAP_TEST(put_and_get)
{
	struct counters got;

	MAP_PUT(skel->maps.flows, FLOW_A,
		(struct counters){ .packets = 3, .drift = -1, .name = "a" });
	got = MAP_GET(skel->maps.flows, FLOW_A, struct counters);
	EXPECT_EQ(got.packets, 3);
	EXPECT_EQ(got.drift, -1);
	EXPECT_STREQ(got.name, "a");
	MAP_PUT(skel->maps.flows, FLOW_A, got); /* overwrites */
	EXPECT_MAP_VALUE(skel->maps.flows, FLOW_A, (struct counters){ 3, -1, "a" });
	ASSERT_MAP_VALUE(skel->maps.flows, FLOW_A, got);
	EXPECT_MAP_COUNT(skel->maps.flows, 1);
}

MAP_TEST(flags_and_errors_are_the_kernels)
{
	__u64 value = 0;

	EXPECT_OK(MAP_PUT_FLAGS(skel->maps.drops, BPF_NOEXIST, (__u32){ 1 }, (__u64){ 5 }));
	EXPECT_ERR(MAP_PUT_FLAGS(skel->maps.drops, BPF_NOEXIST, (__u32){ 1 }, (__u64){ 6 }),
		   EEXIST);
	EXPECT_ERR(MAP_PUT_FLAGS(skel->maps.drops, BPF_EXIST, (__u32){ 2 }, (__u64){ 6 }), ENOENT);
	EXPECT_OK(MAP_LOOKUP(skel->maps.drops, (__u32){ 1 }, &value));
	EXPECT_EQ(value, 5);
	errno = 0;
	EXPECT_ERR(MAP_LOOKUP(skel->maps.drops, (__u32){ 2 }, &value), ENOENT);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(value, 5);
	EXPECT_OK(MAP_DELETE(skel->maps.drops, (__u32){ 1 }));
	EXPECT_ERR(MAP_DELETE(skel->maps.drops, (__u32){ 1 }), ENOENT);
	EXPECT_ERR(MAP_DELETE(skel->maps.slots, (__u32){ 1 }), EINVAL);
}

MAP_TEST(keys_are_there_or_not)
{
	MAP_PUT(skel->maps.drops, (__u32){ 1 }, (__u64){ 5 });
	EXPECT_TRUE(MAP_HAS(skel->maps.drops, (__u32){ 1 }));
	EXPECT_FALSE(MAP_HAS(skel->maps.drops, (__u32){ 2 }));
	EXPECT_MAP_HAS_KEY(skel->maps.drops, (__u32){ 1 });
	ASSERT_MAP_HAS_KEY(skel->maps.drops, (__u32){ 1 });
	EXPECT_MAP_NO_KEY(skel->maps.drops, (__u32){ 2 });
	ASSERT_MAP_NO_KEY(skel->maps.flows, (struct flow){ .source = 1, .port = 2 });
}

MAP_TEST(counts_keys)
{
	EXPECT_EQ(MAP_COUNT(skel->maps.drops), 0);
	for (__u32 i = 0; i < 4; i++)
		MAP_PUT(skel->maps.drops, i, (__u64){ i });
	EXPECT_EQ(MAP_COUNT(skel->maps.drops), 4);
	ASSERT_MAP_COUNT(skel->maps.drops, 4);
	EXPECT_MAP_COUNT(skel->maps.slots, 3);
}

MAP_TEST(text_fills_arrays_of_characters)
{
	const char eight[8] = "12345678";

	MAP_PUT(skel->maps.names, "eth0", (__u32){ 1 });
	EXPECT_MAP_VALUE(skel->maps.names, ((char[8]){ 'e', 't', 'h', '0' }), (__u32){ 1 });
	MAP_PUT(skel->maps.names, eight, (__u32){ 2 });
	EXPECT_MAP_VALUE(skel->maps.names, "12345678", (__u32){ 2 });
	EXPECT_MAP_COUNT(skel->maps.names, 2);
}

MAP_TEST(bytes_without_btf)
{
	MAP_PUT(skel->maps.untyped, ((char[5]){ 1, 2, 3, 4, 5 }), ((unsigned char[3]){ 7, 8, 9 }));
	EXPECT_MAP_VALUE(skel->maps.untyped, ((char[5]){ 1, 2, 3, 4, 5 }), (char[3]){ 7, 8, 9 });
}

MAP_TEST(programs_stand_for_descriptors)
{
	MAP_PUT(skel->maps.jumps, (__u32){ 1 }, skel->progs.xdp_strip);
	EXPECT_MAP_HAS_KEY(skel->maps.jumps, (__u32){ 1 });
	EXPECT_MAP_NO_KEY(skel->maps.jumps, (__u32){ 0 });
	EXPECT_MAP_VALUE(skel->maps.jumps, (__u32){ 1 }, skel->progs.xdp_strip);
	MAP_PUT(skel->maps.jumps, (__u32){ 0 }, bpf_program__fd(skel->progs.xdp_strip));
	MAP_PUT(TYPED(jump_map, skel->maps.jumps), 0, skel->progs.xdp_strip);
}

static void expect_another_program(void *unused)
{
	struct framework_bpf *skel = BPFUNIT_LOAD(framework_bpf);

	MAP_PUT(skel->maps.jumps, (__u32){ 0 }, skel->progs.xdp_strip);
	EXPECT_MAP_VALUE(skel->maps.jumps, (__u32){ 0 }, skel->progs.xdp_null);
}

BPF_TEST(map, another_program)
{
	struct inner inner = inner_run(expect_another_program);

	EXPECT_EQ(inner.failures, 1);
	EXPECT_NOT_NULL(strstr(inner.text, "\n  (a lookup gives the ids of programs and maps)"));
}

MAP_TEST(each_cpu_has_a_value)
{
	MAP_PUT_CPU(skel->maps.hits, 2, (__u32){ 1 }, (__u32){ 5 });
	MAP_PUT_CPU(skel->maps.hits, 3, (__u32){ 1 }, (__u32){ 6 });
	EXPECT_EQ(MAP_GET_CPU(skel->maps.hits, 2, (__u32){ 1 }, __u32), 5);
	EXPECT_EQ(MAP_GET_CPU(skel->maps.hits, 0, (__u32){ 1 }, __u32), 0);
	EXPECT_MAP_CPU_VALUE(skel->maps.hits, 3, (__u32){ 1 }, (__u32){ 6 });
	ASSERT_MAP_CPU_VALUE(skel->maps.hits, 3, (__u32){ 0 }, (__u32){ 0 });
	EXPECT_MAP_SUM(skel->maps.hits, (__u32){ 1 }, 11);
	ASSERT_MAP_SUM(skel->maps.hits, (__u32){ 0 }, 0);
	EXPECT_EQ(MAP_SUM(skel->maps.hits, (__u32){ 1 }), 11);
}

MAP_TEST(per_cpu_values_keep_sign_and_fields)
{
	struct counters counters;

	MAP_PUT_CPU(skel->maps.balance, 0, (__u32){ 9 }, (__s16){ -5 });
	MAP_PUT_CPU(skel->maps.balance, 1, (__u32){ 9 }, (__s16){ 3 });
	EXPECT_MAP_SUM(skel->maps.balance, (__u32){ 9 }, -2);
	MAP_PUT_CPU(skel->maps.by_cpu, 1, (__u32){ 9 }, (struct counters){ .packets = 4 });
	EXPECT_OK(MAP_LOOKUP_CPU(skel->maps.by_cpu, 1, (__u32){ 9 }, &counters));
	EXPECT_EQ(counters.packets, 4);
	EXPECT_ERR(MAP_LOOKUP_CPU(skel->maps.by_cpu, 1, (__u32){ 8 }, &counters), ENOENT);
}

MAP_TEST(typed_maps)
{
	struct flow_map *flows = TYPED(flow_map, skel->maps.flows);
	struct drop_map *drops = TYPED(drop_map, skel->maps.drops);
	struct name_map *names = TYPED(name_map, skel->maps.names);
	struct counters counters = { .packets = 1 };
	__u64 value;

	MAP_PUT(flows, FLOW_A, counters);
	EXPECT_EQ(MAP_GET(flows, FLOW_A, struct counters).packets, 1);
	EXPECT_MAP_VALUE(flows, FLOW_A, (struct counters){ .packets = 1 });
	MAP_PUT(drops, 1, (__s64){ 2 });
	EXPECT_OK(MAP_LOOKUP(drops, 1, &value));
	EXPECT_EQ(value, 2);
	EXPECT_MAP_HAS_KEY(drops, 1);
	EXPECT_MAP_NO_KEY(drops, 2);
	EXPECT_MAP_COUNT(drops, 1);
	EXPECT_TRUE(MAP_HAS(drops, 1));
	EXPECT_OK(MAP_DELETE(drops, 1));
	MAP_PUT(names, "lo", 1);
	EXPECT_MAP_VALUE(names, "lo", 1);
}

/* As a compiler may leave it that copies field by field. */
MAP_TEST(padding_does_not_count)
{
	struct flow dirty;
	struct bpfunit_bytes key = { &dirty, sizeof(dirty), BPFUNIT_BYTES_VALUE, "" };
	struct counters counters = { .packets = 1 };
	struct bpfunit_bytes value = { &counters, sizeof(counters), BPFUNIT_BYTES_VALUE, "" };
	const struct bpfunit_check *check = BPFUNIT_CHECK_("MAP_PUT", true, "flows", "dirty");

	memset(&dirty, 0xff, sizeof(dirty));
	dirty.source = 1;
	dirty.destination = 2;
	dirty.port = 80;
	dirty.proto = 6;
	EXPECT_OK(bpfunit_map_put(check, skel->maps.flows, -1, 0, &key, &value));
	EXPECT_MAP_HAS_KEY(skel->maps.flows, FLOW_A);
	EXPECT_TRUE(bpfunit_map_has(check, skel->maps.flows, &key));
	EXPECT_MAP_COUNT(skel->maps.flows, 1);
}

static int evaluations;

static struct bpf_map *map_once(struct bpf_map *map)
{
	evaluations++;
	return map;
}

static __u32 key_once(void)
{
	evaluations++;
	return 1;
}

static __u64 value_once(void)
{
	evaluations++;
	return 10;
}

MAP_TEST(arguments_are_evaluated_once)
{
	__u64 got;

	MAP_PUT(map_once(skel->maps.drops), key_once(), value_once());
	EXPECT_EQ(evaluations, 3);
	EXPECT_MAP_VALUE(map_once(skel->maps.drops), key_once(), value_once());
	EXPECT_EQ(evaluations, 6);
	EXPECT_EQ(MAP_GET(map_once(skel->maps.drops), key_once(), __u64), value_once());
	EXPECT_EQ(evaluations, 9);
	EXPECT_OK(MAP_LOOKUP(map_once(skel->maps.drops), key_once(), (evaluations++, &got)));
	EXPECT_EQ(evaluations, 12);
	EXPECT_MAP_HAS_KEY(map_once(skel->maps.drops), key_once());
	EXPECT_MAP_COUNT(map_once(skel->maps.drops), value_once() / 10);
	EXPECT_EQ(evaluations, 16);
	EXPECT_OK(MAP_DELETE(map_once(skel->maps.drops), key_once()));
	EXPECT_EQ(evaluations, 18);
	EXPECT_MAP_SUM(map_once(skel->maps.hits), key_once(), value_once() - 10);
	EXPECT_EQ(evaluations, 21);
}

MAP_TEST(addresses)
{
	struct in6_addr six = ip6("fe80::1");

	EXPECT_MEMEQ(&(uint32_t){ ip4("10.0.0.1") }, "\12\0\0\1", 4);
	EXPECT_MEMEQ(&six, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}

/* Failures */

MAP_FAILS(value_differs_by_field,
	  "EXPECT_MAP_VALUE(skel->maps.flows, FLOW_A, (struct counters){ 3, 7, \"b\" }) does not "
	  "hold: the value is "
	  "another\n"
	  "  key:      { .source = 1, .destination = 2, .port = 80, .proto = 6 }\n"
	  "  expected: { .packets = 3, .drift = 7, .name = \"b\" }\n"
	  "  value:    { .packets = 3, .drift = -1, .name = \"a\" }\n"
	  "  .drift: expected 7 (0x7), is -1 (0xffffffff)\n"
	  "  .name: expected \"b\", is \"a\"")
{
	MAP_PUT(skel->maps.flows, FLOW_A,
		(struct counters){ .packets = 3, .drift = -1, .name = "a" });
	EXPECT_MAP_VALUE(skel->maps.flows, FLOW_A, (struct counters){ 3, 7, "b" });
}

MAP_FAILS(value_of_a_missing_key, "ASSERT_MAP_VALUE(skel->maps.drops, (__u32){ 9 }, (__u64){ 300 "
				  "}) does not hold: there is no such key\n"
				  "  key:      9 (0x9)\n"
				  "  expected: 300 (0x12c)")
{
	ASSERT_MAP_VALUE(skel->maps.drops, (__u32){ 9 }, (__u64){ 300 });
	FAIL("went on");
}

MAP_FAILS(value_without_btf, "EXPECT_MAP_VALUE(skel->maps.untyped, \"abcde\", \"xyZ\") does not "
			     "hold: the value is another\n"
			     "  key:      61 62 63 64 65\n"
			     "  expected: 78 79 5a\n"
			     "  value:    78 79 7a\n"
			     "  +0: expected 78 79 5a, is 78 79 7a")
{
	MAP_PUT(skel->maps.untyped, "abcde", "xyz");
	EXPECT_MAP_VALUE(skel->maps.untyped, "abcde", "xyZ");
}

MAP_FAILS(key_has_another_size, "MAP_PUT(skel->maps.drops, (__u64){ 1 }): key is 8 bytes, map "
				"'drops' has 4-byte keys (__u32): "
				"write (__u32){...}")
{
	MAP_PUT(skel->maps.drops, (__u64){ 1 }, (__u64){ 1 });
	FAIL("went on");
}

MAP_FAILS(value_has_another_size, "MAP_PUT(skel->maps.drops, (__u32){ 1 }): value is 4 bytes, map "
				  "'drops' has 8-byte values (__u64): "
				  "write (__u64){...}")
{
	MAP_PUT(skel->maps.drops, (__u32){ 1 }, (__u32){ 1 });
	FAIL("went on");
}

MAP_FAILS(got_type_has_another_size, "MAP_GET(skel->maps.drops, (__u32){ 1 }): value is 4 bytes, "
				     "map 'drops' has 8-byte values (__u64): "
				     "write (__u64){...}")
{
	MAP_PUT(skel->maps.drops, (__u32){ 1 }, (__u64){ 1 });
	MAP_GET(skel->maps.drops, (__u32){ 1 }, __u32);
	FAIL("went on");
}

MAP_FAILS(size_without_btf,
	  "MAP_HAS(skel->maps.untyped, 1): key is 4 bytes, map 'untyped' has 5-byte keys")
{
	MAP_HAS(skel->maps.untyped, 1);
	FAIL("went on");
}

MAP_FAILS(text_too_long,
	  "MAP_PUT(skel->maps.names, \"123456789\"): key is 10 bytes, map 'names' has 8-byte "
	  "keys (char[8]): write (char[8]){...}")
{
	MAP_PUT(skel->maps.names, "123456789", (__u32){ 1 });
	FAIL("went on");
}

MAP_FAILS(get_of_a_missing_key,
	  "MAP_GET(skel->maps.drops, (__u32){ 9 }): map 'drops' has no such key\n"
	  "  key: 9 (0x9)")
{
	MAP_GET(skel->maps.drops, (__u32){ 9 }, __u64);
	FAIL("went on");
}

MAP_FAILS(put_that_the_kernel_refuses,
	  "MAP_PUT(skel->maps.slots, (__u32){ 3 }): map 'slots': E2BIG (Argument list too long)")
{
	MAP_PUT(skel->maps.slots, (__u32){ 3 }, (__u64){ 1 });
	FAIL("went on");
}

MAP_FAILS(key_is_missing,
	  "EXPECT_MAP_HAS_KEY(skel->maps.drops, (__u32){ 9 }) does not hold: there is no such "
	  "key\n  key:      9 (0x9)\nASSERT_MAP_HAS_KEY(skel->maps.drops, (__u32){ 8 }) does not "
	  "hold: "
	  "there is no such key\n  key:      8 (0x8)")
{
	EXPECT_MAP_HAS_KEY(skel->maps.drops, (__u32){ 9 });
	ASSERT_MAP_HAS_KEY(skel->maps.drops, (__u32){ 8 });
	FAIL("went on");
}

MAP_FAILS(key_is_there,
	  "EXPECT_MAP_NO_KEY(skel->maps.drops, (__u32){ 9 }) does not hold: the key is there\n"
	  "  key:      9 (0x9)\n  value:    7 (0x7)\n"
	  "ASSERT_MAP_NO_KEY(skel->maps.drops, (__u32){ 9 }) does not hold: the key is there\n"
	  "  key:      9 (0x9)\n  value:    7 (0x7)")
{
	MAP_PUT(skel->maps.drops, (__u32){ 9 }, (__u64){ 7 });
	EXPECT_MAP_NO_KEY(skel->maps.drops, (__u32){ 9 });
	ASSERT_MAP_NO_KEY(skel->maps.drops, (__u32){ 9 });
	FAIL("went on");
}

MAP_FAILS(count_differs,
	  "EXPECT_MAP_COUNT(skel->maps.drops, 2) does not hold: map 'drops' has 0 keys, not 2\n"
	  "ASSERT_MAP_COUNT(skel->maps.slots, 2) does not hold: map 'slots' has 3 keys, not 2")
{
	EXPECT_MAP_COUNT(skel->maps.drops, 2);
	ASSERT_MAP_COUNT(skel->maps.slots, 2);
	FAIL("went on");
}

MAP_FAILS(sum_differs,
	  "EXPECT_MAP_SUM(skel->maps.hits, (__u32){ 1 }, 4) does not hold: the sum is another\n"
	  "  key:      1 (0x1)\n"
	  "  expected: 4\n"
	  "  sum:      11\n"
	  "  by CPU:   0 0 5 6\n"
	  "ASSERT_MAP_SUM(skel->maps.balance, (__u32){ 1 }, -4) does not hold: the sum is another\n"
	  "  key:      1 (0x1)\n"
	  "  expected: -4\n"
	  "  sum:      -3\n"
	  "  by CPU:   -3 0 0 0")
{
	MAP_PUT_CPU(skel->maps.hits, 2, (__u32){ 1 }, (__u32){ 5 });
	MAP_PUT_CPU(skel->maps.hits, 3, (__u32){ 1 }, (__u32){ 6 });
	EXPECT_MAP_SUM(skel->maps.hits, (__u32){ 1 }, 4);
	MAP_PUT_CPU(skel->maps.balance, 0, (__u32){ 1 }, (__s16){ -3 });
	ASSERT_MAP_SUM(skel->maps.balance, (__u32){ 1 }, -4);
	FAIL("went on");
}

MAP_FAILS(cpu_value_differs, "EXPECT_MAP_CPU_VALUE(skel->maps.by_cpu, (__u32){ 9 }, (struct "
			     "counters){ .packets = 5 }) does not hold: "
			     "the value is another\n"
			     "  key:      9 (0x9)\n"
			     "  expected: { .packets = 5, .drift = 0, .name = \"\" }\n"
			     "  value:    { .packets = 4, .drift = 0, .name = \"\" }\n"
			     "  .packets: expected 5 (0x5), is 4 (0x4)")
{
	MAP_PUT_CPU(skel->maps.by_cpu, 1, (__u32){ 9 }, (struct counters){ .packets = 4 });
	EXPECT_MAP_CPU_VALUE(skel->maps.by_cpu, 1, (__u32){ 9 }, (struct counters){ .packets = 5 });
}

MAP_FAILS(whole_value_of_a_per_cpu_map, "MAP_PUT(skel->maps.hits, (__u32){ 1 }): value is 4 bytes, "
					"map 'hits' has 32-byte values (__u32): it "
					"is per-CPU; use the macros with CPU, or MAP_SUM")
{
	MAP_PUT(skel->maps.hits, (__u32){ 1 }, (__u32){ 5 });
	FAIL("went on");
}

MAP_FAILS(cpu_of_a_map_without,
	  "MAP_GET_CPU(skel->maps.drops, (__u32){ 1 }): map 'drops' is not per-CPU")
{
	MAP_GET_CPU(skel->maps.drops, 1, (__u32){ 1 }, __u64);
	FAIL("went on");
}

MAP_FAILS(no_such_cpu, "MAP_PUT_CPU(skel->maps.hits, (__u32){ 1 }): no CPU 4, there are 4")
{
	MAP_PUT_CPU(skel->maps.hits, 4, (__u32){ 1 }, (__u32){ 5 });
	FAIL("went on");
}

MAP_FAILS(sum_of_no_integers,
	  "MAP_SUM(skel->maps.by_cpu, ...): map 'by_cpu' is not a per-CPU map of integers")
{
	MAP_SUM(skel->maps.by_cpu, (__u32){ 1 });
	FAIL("went on");
}

MAP_FAILS(sum_of_one_cpu,
	  "MAP_SUM(skel->maps.drops, ...): map 'drops' is not a per-CPU map of integers")
{
	MAP_SUM(skel->maps.drops, (__u32){ 1 });
	FAIL("went on");
}

MAP_FAILS(map_is_null, "the map is NULL")
{
	EXPECT_MAP_COUNT((struct bpf_map *)NULL, 0);
	FAIL("went on");
}

MAP_FAILS(map_does_not_exist, "map 'drops' does not exist yet: load its object first")
{
	struct framework_bpf *other = BPFUNIT_OPEN(framework_bpf);

	MAP_PUT(other->maps.drops, (__u32){ 1 }, (__u64){ 1 });
	FAIL("went on");
}

MAP_FAILS(program_is_not_loaded,
	  "MAP_PUT(skel->maps.jumps, (__u32){ 1 }): the program is not loaded")
{
	struct framework_bpf *other = BPFUNIT_OPEN(framework_bpf);

	MAP_PUT(skel->maps.jumps, (__u32){ 1 }, other->progs.xdp_strip);
	FAIL("went on");
}

MAP_FAILS(malformed_ip4, "'10.0.0.256' is not an IPv4 address")
{
	ip4("10.0.0.256");
	FAIL("went on");
}

MAP_FAILS(malformed_ip6, "'NULL' is not an IPv6 address")
{
	ip6(NULL);
	FAIL("went on");
}
