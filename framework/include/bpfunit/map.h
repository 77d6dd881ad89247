/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps by value. Keys and values are C expressions of the map's key and value types:
 *
 *	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"), (struct bucket){ .tokens = 1 });
 *	struct bucket b = MAP_GET(skel->maps.buckets, ip4("10.0.0.1"), struct bucket);
 *	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){0}, (__u64){1});
 *	EXPECT_MAP_NO_KEY(skel->maps.buckets, ip4("10.0.0.2"));
 *
 * The last of the arguments may contain commas as it is; another that does, such as a key before a
 * value, needs parentheses: ((struct key){ 1, 2 }).
 * Text such as "eth0" may be shorter than an array of characters: zeroes follow. Programs and
 * maps stand for their descriptors: MAP_PUT(skel->maps.jumps, (__u32){1}, skel->progs.parse), and
 * EXPECT_MAP_VALUE compares them with what is there.
 *
 * A size that is not the map's fails and ends the test. With a typed map the compiler finds it:
 *
 *	TYPED_MAP(buckets, __be32, struct bucket);                          (at file scope)
 *	struct buckets *buckets = TYPED(buckets, skel->maps.buckets);
 *	MAP_PUT(buckets, ip4("10.0.0.1"), (struct bucket){ .tokens = 1 });
 *
 * A per-CPU map has a value for each CPU: the macros with CPU take one CPU's, by its number from 0;
 * MAP_SUM adds an integer value up over all CPUs.
 *
 * Padding within keys and values counts as zero, where BTF tells what is padding. On a mismatch
 * both values are printed with their BTF field names. Everything goes through bpf(2) as from user
 * space; keys and values are copied.
 */
#ifndef BPFUNIT_MAP_H
#define BPFUNIT_MAP_H

#include <bpfunit/check.h>
#include <netinet/in.h>

/* A map as its key and value types; never an object. */
#define TYPED_MAP(name, key_type, value_type)                                                      \
	struct name {                                                                              \
		key_type key;                                                                      \
		value_type value;                                                                  \
	}
#define TYPED(name, map) ((struct name *)(map))

__extension__ struct bpfunit_untyped_map {
	char key[0];
	char value[0];
};

/* Set an element, also one that exists. A failure ends the test. */
#define MAP_PUT(map, key, ...)                                                                     \
	((void)BPFUNIT_MAP_PUT_(BPFUNIT_CHECK_("MAP_PUT", true, #map, #key), #__VA_ARGS__, map,    \
				-1, BPF_ANY, key, __VA_ARGS__))
/* The same with BPF_NOEXIST, ... Return: 0, or -errno (and errno) as bpf_map_update_elem(). */
#define MAP_PUT_FLAGS(map, flags, key, ...)                                                        \
	BPFUNIT_MAP_PUT_(BPFUNIT_CHECK_("MAP_PUT_FLAGS", false, #map, #key), #__VA_ARGS__, map,    \
			 -1, flags, key, __VA_ARGS__)
/* Set the value of one CPU; the other CPUs' stay. A failure ends the test. */
#define MAP_PUT_CPU(map, cpu, key, ...)                                                            \
	((void)BPFUNIT_MAP_PUT_(BPFUNIT_CHECK_("MAP_PUT_CPU", true, #map, #key), #__VA_ARGS__,     \
				map, cpu, BPF_ANY, key, __VA_ARGS__))

/* An element's value (of one CPU), of the given type. A missing key ends the test. */
#define MAP_GET(map, key, type)                                                                    \
	BPFUNIT_MAP_GET_(BPFUNIT_CHECK_("MAP_GET", true, #map, #key), map, -1, key, type)
#define MAP_GET_CPU(map, cpu, key, type)                                                           \
	BPFUNIT_MAP_GET_(BPFUNIT_CHECK_("MAP_GET_CPU", true, #map, #key), map, cpu, key, type)
/* Copy a value to *out. Return: 0, or -ENOENT, ... (and errno) as bpf_map_lookup_elem(). */
#define MAP_LOOKUP(map, key, out)                                                                  \
	BPFUNIT_MAP_LOOKUP_(BPFUNIT_CHECK_("MAP_LOOKUP", false, #map, #key), map, -1, key, out)
#define MAP_LOOKUP_CPU(map, cpu, key, out)                                                         \
	BPFUNIT_MAP_LOOKUP_(BPFUNIT_CHECK_("MAP_LOOKUP_CPU", false, #map, #key), map, cpu, key, out)
/* Return: 0, or -ENOENT, ... (and errno) as bpf_map_delete_elem(). */
#define MAP_DELETE(map, ...)                                                                       \
	BPFUNIT_MAP_KEYED_(                                                                        \
		map, (__VA_ARGS__),                                                                \
		bpfunit_map_delete(BPFUNIT_CHECK_("MAP_DELETE", false, #map, #__VA_ARGS__),        \
				   bu_map_, &bu_key_bytes_))
/* Whether the key is there. */
#define MAP_HAS(map, ...)                                                                          \
	BPFUNIT_MAP_KEYED_(map, (__VA_ARGS__),                                                     \
			   bpfunit_map_has(BPFUNIT_CHECK_("MAP_HAS", false, #map, #__VA_ARGS__),   \
					   bu_map_, &bu_key_bytes_))
/* How many keys a map has (size_t); an array: all of them, always. */
#define MAP_COUNT(map)                                                                             \
	bpfunit_map_count(BPFUNIT_CHECK_("MAP_COUNT", false, #map, ""), BPFUNIT_MAP_OF_(map))
/* The sum over all CPUs of an integer value of 1, 2, 4 or 8 bytes (uint64_t, modulo 2^64; signed
 * when the map's BTF says so). A missing key ends the test. */
#define MAP_SUM(map, ...)                                                                          \
	BPFUNIT_MAP_KEYED_(map, (__VA_ARGS__),                                                     \
			   bpfunit_map_sum(BPFUNIT_CHECK_("MAP_SUM", true, #map, #__VA_ARGS__),    \
					   bu_map_, &bu_key_bytes_))

/* The element is there and has this value: all bytes equal. */
#define EXPECT_MAP_VALUE(map, key, ...)                                                            \
	BPFUNIT_MAP_VALUE_(BPFUNIT_CHECK_("EXPECT_MAP_VALUE", false, #map, #key), #__VA_ARGS__,    \
			   map, -1, key, __VA_ARGS__)
#define ASSERT_MAP_VALUE(map, key, ...)                                                            \
	BPFUNIT_MAP_VALUE_(BPFUNIT_CHECK_("ASSERT_MAP_VALUE", true, #map, #key), #__VA_ARGS__,     \
			   map, -1, key, __VA_ARGS__)
/* The value of one CPU. */
#define EXPECT_MAP_CPU_VALUE(map, cpu, key, ...)                                                   \
	BPFUNIT_MAP_VALUE_(BPFUNIT_CHECK_("EXPECT_MAP_CPU_VALUE", false, #map, #key),              \
			   #__VA_ARGS__, map, cpu, key, __VA_ARGS__)
#define ASSERT_MAP_CPU_VALUE(map, cpu, key, ...)                                                   \
	BPFUNIT_MAP_VALUE_(BPFUNIT_CHECK_("ASSERT_MAP_CPU_VALUE", true, #map, #key), #__VA_ARGS__, \
			   map, cpu, key, __VA_ARGS__)
/* Whether a key is there. */
#define EXPECT_MAP_HAS_KEY(map, ...)                                                               \
	BPFUNIT_MAP_KEY_CHECK_(BPFUNIT_CHECK_("EXPECT_MAP_HAS_KEY", false, #map, #__VA_ARGS__),    \
			       map, (__VA_ARGS__), true)
#define ASSERT_MAP_HAS_KEY(map, ...)                                                               \
	BPFUNIT_MAP_KEY_CHECK_(BPFUNIT_CHECK_("ASSERT_MAP_HAS_KEY", true, #map, #__VA_ARGS__),     \
			       map, (__VA_ARGS__), true)
#define EXPECT_MAP_NO_KEY(map, ...)                                                                \
	BPFUNIT_MAP_KEY_CHECK_(BPFUNIT_CHECK_("EXPECT_MAP_NO_KEY", false, #map, #__VA_ARGS__),     \
			       map, (__VA_ARGS__), false)
#define ASSERT_MAP_NO_KEY(map, ...)                                                                \
	BPFUNIT_MAP_KEY_CHECK_(BPFUNIT_CHECK_("ASSERT_MAP_NO_KEY", true, #map, #__VA_ARGS__), map, \
			       (__VA_ARGS__), false)
/* MAP_COUNT(map) is `count`. */
#define EXPECT_MAP_COUNT(map, count)                                                               \
	bpfunit_check_map_count(BPFUNIT_CHECK_("EXPECT_MAP_COUNT", false, #map, #count),           \
				BPFUNIT_MAP_OF_(map), count)
#define ASSERT_MAP_COUNT(map, count)                                                               \
	bpfunit_check_map_count(BPFUNIT_CHECK_("ASSERT_MAP_COUNT", true, #map, #count),            \
				BPFUNIT_MAP_OF_(map), count)
/* MAP_SUM(map, key) is `sum`; on a mismatch each CPU's value is printed. */
#define EXPECT_MAP_SUM(map, key, sum)                                                              \
	BPFUNIT_MAP_SUM_(BPFUNIT_CHECK_("EXPECT_MAP_SUM", false, #map ", " #key, #sum), map, key,  \
			 sum)
#define ASSERT_MAP_SUM(map, key, sum)                                                              \
	BPFUNIT_MAP_SUM_(BPFUNIT_CHECK_("ASSERT_MAP_SUM", true, #map ", " #key, #sum), map, key,   \
			 sum)

/* An IPv4 address (__be32) or IPv6 address in network byte order; a malformed one ends the test. */
#define ip4(text) bpfunit_ip4(BPFUNIT_HERE, text)
#define ip6(text) bpfunit_ip6(BPFUNIT_HERE, text)

BPFUNIT_API uint32_t bpfunit_ip4(struct bpfunit_where where, const char *text);
BPFUNIT_API struct in6_addr bpfunit_ip6(struct bpfunit_where where, const char *text);

/* The rest is used by the macros. */

enum bpfunit_bytes_kind {
	BPFUNIT_BYTES_VALUE, /* `storage` holds the bytes */
	BPFUNIT_BYTES_ARRAY, /* `storage` holds a pointer to them */
	BPFUNIT_BYTES_TEXT,  /* the same, and may be shorter than wanted */
	BPFUNIT_BYTES_PROG,  /* `storage` holds a pointer to a bpf_program / bpf_map */
	BPFUNIT_BYTES_MAP,
};
struct bpfunit_bytes {
	const void *storage;
	size_t size;
	enum bpfunit_bytes_kind kind;
	const char *text; /* a value's expression */
};

BPFUNIT_API int bpfunit_map_put(const struct bpfunit_check *check, const struct bpf_map *map,
				int cpu, uint64_t flags, const struct bpfunit_bytes *key,
				const struct bpfunit_bytes *value);
BPFUNIT_API int bpfunit_map_get(const struct bpfunit_check *check, const struct bpf_map *map,
				int cpu, const struct bpfunit_bytes *key, void *value, size_t size);
BPFUNIT_API int bpfunit_map_delete(const struct bpfunit_check *check, const struct bpf_map *map,
				   const struct bpfunit_bytes *key);
BPFUNIT_API bool bpfunit_map_has(const struct bpfunit_check *check, const struct bpf_map *map,
				 const struct bpfunit_bytes *key);
BPFUNIT_API size_t bpfunit_map_count(const struct bpfunit_check *check, const struct bpf_map *map);
BPFUNIT_API uint64_t bpfunit_map_sum(const struct bpfunit_check *check, const struct bpf_map *map,
				     const struct bpfunit_bytes *key);
BPFUNIT_API bool bpfunit_check_map_value(const struct bpfunit_check *check,
					 const struct bpf_map *map, int cpu,
					 const struct bpfunit_bytes *key,
					 const struct bpfunit_bytes *value);
BPFUNIT_API bool bpfunit_check_map_key(const struct bpfunit_check *check, const struct bpf_map *map,
				       const struct bpfunit_bytes *key, bool there);
BPFUNIT_API bool bpfunit_check_map_count(const struct bpfunit_check *check,
					 const struct bpf_map *map, uint64_t count);
BPFUNIT_API bool bpfunit_check_map_sum(const struct bpfunit_check *check, const struct bpf_map *map,
				       const struct bpfunit_bytes *key, struct bpfunit_value sum);

/* Of a map as a pointer to its TYPED_MAP struct, or to bpfunit_untyped_map; never evaluated. */
#define BPFUNIT_TYPE_OF_(map)                                                                      \
	_Generic((map), struct bpf_map *: (struct bpfunit_untyped_map *)0,                         \
		 const struct bpf_map *: (struct bpfunit_untyped_map *)0, default: (map))
#define BPFUNIT_MAP_OF_(map) ((const struct bpf_map *)(const void *)(map))

/* What `var`, made by __auto_type from an expression of type `type`, is: arrays became pointers.
 * Only the type is passed on: clang takes no compound literal of variables within a constant. */
#define BPFUNIT_BYTES_KIND_(var, type)                                                             \
	_Generic((var), struct bpf_program *: BPFUNIT_BYTES_PROG,                                  \
		 const struct bpf_program *: BPFUNIT_BYTES_PROG, struct bpf_map *: BPFUNIT_BYTES_MAP, \
		 const struct bpf_map *: BPFUNIT_BYTES_MAP,                                        \
		 default: __builtin_types_compatible_p(__typeof__(var), type)                      \
			  ? BPFUNIT_BYTES_VALUE                                                    \
			  : _Generic((var), char *: BPFUNIT_BYTES_TEXT,                            \
				     const char *: BPFUNIT_BYTES_TEXT, default: BPFUNIT_BYTES_ARRAY))

/* Copying a struct leaves its padding undefined; BTF clears it, where there is some, else the
 * compiler, where it can. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
#define BPFUNIT_CLEAR_PADDING_(var) __builtin_clear_padding(&(var))
#endif
#endif
#ifndef BPFUNIT_CLEAR_PADDING_
#define BPFUNIT_CLEAR_PADDING_(var) ((void)0)
#endif

/* Declare `name`, the bytes of `var`, which comes from an expression of type `type`. */
#define BPFUNIT_BYTES_(name, var, text, type)                                                      \
	BPFUNIT_CLEAR_PADDING_(var);                                                               \
	const struct bpfunit_bytes name = { &(var), sizeof(type), BPFUNIT_BYTES_KIND_(var, type),  \
					    text }

/* Whether an expression can stand for a member of a TYPED_MAP (untyped ones have size 0): the same
 * type, an integer of the same size, a short text, a program or map for its descriptor. */
#define BPFUNIT_FITS_(member, var, type)                                                           \
	(sizeof(member) == 0 || __builtin_types_compatible_p(__typeof__(member), type) ||          \
	 BPFUNIT_BYTES_KIND_(var, type) >= BPFUNIT_BYTES_PROG ||                                   \
	 (BPFUNIT_BYTES_KIND_(var, type) == BPFUNIT_BYTES_TEXT &&                                  \
	  sizeof(type) <= sizeof(member)) ||                                                       \
	 (BPFUNIT_BYTES_KIND_(var, type) == BPFUNIT_BYTES_VALUE &&                                 \
	  sizeof(type) == sizeof(member) && __builtin_classify_type(var) < 5 &&                    \
	  __builtin_classify_type(member) < 5))

/* Declarations of bu_map_ and bu_key_bytes_ / bu_value_bytes_ inside a statement expression. */
#define BPFUNIT_MAP_KEY_(map, expression)                                                          \
	__auto_type bu_typed_ = (map);                                                             \
	const struct bpf_map *bu_map_ = BPFUNIT_MAP_OF_(bu_typed_);                                \
	typedef __typeof__(expression) bu_key_type_;                                               \
	__auto_type bu_key_ = (expression);                                                        \
	enum {                                                                                     \
		bu_key_fits_ =                                                                     \
			BPFUNIT_FITS_(BPFUNIT_TYPE_OF_(bu_typed_)->key, bu_key_, bu_key_type_)     \
	};                                                                                         \
	_Static_assert(bu_key_fits_, "the key is not of this TYPED_MAP's key type");               \
	BPFUNIT_BYTES_(bu_key_bytes_, bu_key_, "", bu_key_type_)
#define BPFUNIT_MAP_VALUE_BYTES_(text, expression)                                                 \
	typedef __typeof__(expression) bu_value_type_;                                             \
	__auto_type bu_value_ = (expression);                                                      \
	enum {                                                                                     \
		bu_value_fits_ = BPFUNIT_FITS_(BPFUNIT_TYPE_OF_(bu_typed_)->value, bu_value_,      \
					       bu_value_type_)                                     \
	};                                                                                         \
	_Static_assert(bu_value_fits_, "the value is not of this TYPED_MAP's value type");         \
	BPFUNIT_BYTES_(bu_value_bytes_, bu_value_, text, bu_value_type_)

#define BPFUNIT_MAP_KEYED_(map, key, call)                                                         \
	__extension__({                                                                            \
		BPFUNIT_MAP_KEY_(map, key);                                                        \
		call;                                                                              \
	})
#define BPFUNIT_MAP_PUT_(check, text, map, cpu, flags, key, ...)                                   \
	__extension__({                                                                            \
		BPFUNIT_MAP_KEY_(map, key);                                                        \
		BPFUNIT_MAP_VALUE_BYTES_(text, (__VA_ARGS__));                                     \
		bpfunit_map_put(check, bu_map_, cpu, flags, &bu_key_bytes_, &bu_value_bytes_);     \
	})
/* A type that is not the TYPED_MAP's value type does not compile. */
#define BPFUNIT_VALUE_TYPE_(type)                                                                  \
	enum {                                                                                     \
		bu_type_fits_ = sizeof(BPFUNIT_TYPE_OF_(bu_typed_)->value) == 0 ||                 \
				__builtin_types_compatible_p(                                      \
					__typeof__(BPFUNIT_TYPE_OF_(bu_typed_)->value), type)      \
	};                                                                                         \
	_Static_assert(bu_type_fits_, "the type is not this TYPED_MAP's value type")
#define BPFUNIT_MAP_GET_(check, map, cpu, key, type)                                               \
	__extension__({                                                                            \
		BPFUNIT_MAP_KEY_(map, key);                                                        \
		type bu_got_;                                                                      \
		BPFUNIT_VALUE_TYPE_(type);                                                         \
		bpfunit_map_get(check, bu_map_, cpu, &bu_key_bytes_, &bu_got_, sizeof(bu_got_));   \
		bu_got_;                                                                           \
	})
#define BPFUNIT_MAP_LOOKUP_(check, map, cpu, key, out)                                             \
	__extension__({                                                                            \
		BPFUNIT_MAP_KEY_(map, key);                                                        \
		__auto_type bu_out_ = (out);                                                       \
		BPFUNIT_VALUE_TYPE_(__typeof__(*bu_out_));                                         \
		bpfunit_map_get(check, bu_map_, cpu, &bu_key_bytes_, bu_out_, sizeof(*bu_out_));   \
	})
#define BPFUNIT_MAP_VALUE_(check, text, map, cpu, key, ...)                                        \
	__extension__({                                                                            \
		BPFUNIT_MAP_KEY_(map, key);                                                        \
		BPFUNIT_MAP_VALUE_BYTES_(text, (__VA_ARGS__));                                     \
		bpfunit_check_map_value(check, bu_map_, cpu, &bu_key_bytes_, &bu_value_bytes_);    \
	})
#define BPFUNIT_MAP_KEY_CHECK_(check, map, key, there)                                             \
	BPFUNIT_MAP_KEYED_(map, key, bpfunit_check_map_key(check, bu_map_, &bu_key_bytes_, there))
#define BPFUNIT_MAP_SUM_(check, map, key, sum)                                                     \
	BPFUNIT_MAP_KEYED_(                                                                        \
		map, key,                                                                          \
		bpfunit_check_map_sum(check, bu_map_, &bu_key_bytes_, BPFUNIT_VALUE_(sum)))

#endif
