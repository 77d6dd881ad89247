/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps by value. Keys and values are C expressions of the map's key and value types:
 *
 *	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"), (struct bucket){ .tokens = 1 });
 *	struct bucket b = MAP_GET(skel->maps.buckets, ip4("10.0.0.1"), struct bucket);
 *	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){0}, (__u64){1});
 *	EXPECT_MAP_NO_KEY(skel->maps.buckets, ip4("10.0.0.2"));
 *
 * A size that is not the map's fails and ends the test. With a typed map the compiler finds it:
 *
 *	TYPED_MAP(buckets, __be32, struct bucket);                          (at file scope)
 *	struct buckets *buckets = TYPED(buckets, skel->maps.buckets);
 *	MAP_PUT(buckets, ip4("10.0.0.1"), (struct bucket){ .tokens = 1 });
 *
 * A per-CPU map's value is an array of one value a CPU: MAP_PUT_CPU / EXPECT_MAP_CPU_VALUE take one
 * CPU's; EXPECT_MAP_SUM compares the sum over all CPUs of an integer value.
 * On a mismatch both values are printed with their BTF field names.
 */
#ifndef BPFUNIT_MAP_H
#define BPFUNIT_MAP_H

#include <bpfunit/check.h>

struct bpfunit_untyped_map {
	char key[0];
	char value[0];
};
#define TYPED_MAP(name, key_type, value_type)                                                      \
	struct name {                                                                              \
		key_type key;                                                                      \
		value_type value;                                                                  \
	}
#define TYPED(name, map) ((struct name *)(map))

/* All by the framework helper: MAP_PUT, MAP_PUT_FLAGS, MAP_GET, MAP_DELETE, MAP_HAS, MAP_COUNT, *_CPU,
 * EXPECT_/ASSERT_ MAP_VALUE, MAP_HAS_KEY, MAP_NO_KEY, MAP_COUNT, MAP_SUM, MAP_CPU_VALUE. */

/* An IPv4 address in network byte order; ends the test when it is malformed. */
#define ip4(text) bpfunit_ip4(BPFUNIT_HERE, text)
BPFUNIT_API uint32_t bpfunit_ip4(struct bpfunit_where where, const char *text);
BPFUNIT_API struct in6_addr bpfunit_ip6(struct bpfunit_where where, const char *text);

#endif
