/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as text, differences by field, and paths, over the types of typed.bpf.c and over BTF made
 * here. */
#include <bpfunit/bpfunit.h>
#include <stdlib.h>
#include <string.h>

#include "framework/btf_format.h"
#include "framework/btf_path.h"
#include "framework/nearest.h"
#include "framework/state.h"
#include "typed.h"
#include "typed.skel.h"

static const struct btf *types(void)
{
	return bpf_object__btf(BPFUNIT_OPEN(typed_bpf)->obj);
}

static u32 type_of(const struct btf *btf, const char *name)
{
	s32 id = btf__find_by_name(btf, name);

	if (id <= 0)
		FAIL("no type %s", name);
	return id;
}

static const char *show(const struct btf *btf, u32 type, const void *data, size_t size)
{
	return bu_test_own(bu_format_value(btf, type, data, size));
}

static const char *differ(const struct btf *btf, u32 type, const void *expected, const void *actual,
			  size_t size)
{
	return bu_test_own(bu_diff_values(btf, type, expected, actual, size));
}

static const struct every sample = {
	.tiny = -1,
	.flag = true,
	.port = 0x3500, /* 53 */
	.addr = 0x0100000a,
	.color = GREEN,
	.name = "nginx \"x\"\n",
	.mac = { 2, 0, 0, 0, 0, 0xab },
	.bytes = { 1, 2, 0xff },
	.low = 5,
	.mid = -3,
	.high = 70000,
	.points = { { 1, -2 }, { 3, 4 } },
	.octets = { 1, 2, 3, 4 },
	.nested = { 7, { 8, 9 } },
	.pointer = (void *)0xffff800012345678,
	.large = 1ULL << 63,
	.negative = -10000000000,
	.addr6.s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
	.addr4.s_addr = 0x0200000a,
	.letter = 'q',
};

BPF_TEST(format, a_struct_with_everything)
{
	const struct btf *btf = types();

	EXPECT_STREQ(show(btf, type_of(btf, "every"), &sample, sizeof(sample)),
		     "{ .tiny = -1, .flag = true, .port = htons(53), .addr = 10.0.0.1, "
		     ".color = GREEN, .name = \"nginx \\\"x\\\"\\n\", .mac = 02:00:00:00:00:ab, "
		     ".bytes = 01 02 ff, .low = 5, .mid = -3, .high = 70000, "
		     ".points = [{ .x = 1, .y = -2 }, { .x = 3, .y = 4 }], "
		     "{ .word = 67305985, .octets = 01 02 03 04 }, "
		     ".nested = { .nested_a = 7, .nested_b = { .x = 8, .y = 9 } }, "
		     ".pointer = 0xffff800012345678, .large = 9223372036854775808, "
		     ".negative = -10000000000, .addr6 = 2001:db8::1, "
		     ".addr4 = { .s_addr = 10.0.0.2 }, .letter = 113 'q' }");
}

BPF_TEST(format, scalars_alone_are_shown_both_ways)
{
	struct btf *btf = btf__new_empty();
	int u64_id = btf__add_int(btf, "u64", 8, 0),
	    s32_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int bool_id = btf__add_int(btf, "bool", 1, BTF_INT_BOOL);
	int double_id = btf__add_float(btf, "double", 8);
	int be16_id = btf__add_typedef(btf, "__be16", btf__add_int(btf, "u16", 2, 0));
	int big_id = btf__add_int(btf, "__int128", 16, 0);
	u64 number = 300;
	s32 negative = -2;
	u8 two = 2, bytes[16] = { 1, 2 };
	double half = 0.5;
	u16 port = 0x5000;

	EXPECT_STREQ(show(btf, u64_id, &number, 8), "300 (0x12c)");
	EXPECT_STREQ(show(btf, s32_id, &negative, 4), "-2 (0xfffffffe)");
	EXPECT_STREQ(show(btf, bool_id, &two, 1), "2 (not a bool)");
	EXPECT_STREQ(show(btf, double_id, &half, 8), "0.5");
	EXPECT_STREQ(show(btf, be16_id, &port, 2), "htons(80)");
	EXPECT_STREQ(show(btf, big_id, bytes, 16),
		     "01 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
	btf__free(btf);
}

BPF_TEST(format, enums)
{
	struct btf *btf = btf__new_empty();
	int id = btf__add_enum64(btf, "wide", 8, false);
	int plain = btf__add_enum(btf, "plain", 4);
	u64 value = 1ULL << 32;
	s32 code = -5;

	btf__add_enum_value(btf, "MINUS_FIVE", -5);
	EXPECT_STREQ(show(btf, plain, &code, 4), "MINUS_FIVE (-5)");
	code = 6;
	EXPECT_STREQ(show(btf, plain, &code, 4), "6 (0x6)");
	id = btf__add_enum64(btf, "wide2", 8, false);
	btf__add_enum64_value(btf, "WIDE", 1ULL << 32);
	EXPECT_STREQ(show(btf, id, &value, 8), "WIDE (4294967296)");
	btf__free(btf);
}

BPF_TEST(format, without_types)
{
	EXPECT_STREQ(show(NULL, 0, "\x01\x02\x00\x00", 4), "01 02 00 00 (513)");
	EXPECT_STREQ(show(NULL, 0, "\x01\x02\x03", 3), "01 02 03");
	EXPECT_STREQ(show(NULL, 0, "", 0), "");
}

BPF_TEST(format, fewer_bytes_than_the_type)
{
	const struct btf *btf = types();

	EXPECT_STREQ(show(btf, type_of(btf, "every"), &sample, 4),
		     "{ .tiny = -1, .flag = true, .port = htons(53) }");
	EXPECT_STREQ(show(btf, type_of(btf, "bucket"), &sample, 0), "{ }");
}

BPF_TEST(format, long_arrays_are_cut)
{
	struct btf *btf = btf__new_empty();
	int u32_id = btf__add_int(btf, "u32", 4, 0), id = btf__add_array(btf, u32_id, u32_id, 100);
	u32 values[100] = { 1 };
	const char *text = show(btf, id, values, sizeof(values));

	EXPECT_NOT_NULL(strstr(text, "[1, 0, "));
	EXPECT_NOT_NULL(strstr(text, ", ... 36 more]"));
	btf__free(btf);
}

BPF_TEST(format, section_of_globals)
{
	const struct btf *btf = types();
	s32 id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	u64 image[3] = { 5, 10, 20 };
	const char *text = show(btf, id, image, sizeof(image));

	EXPECT_NOT_NULL(strstr(text, ".min_duration_ns = "));
	EXPECT_NOT_NULL(strstr(text, ".tokens = "));
}

BPF_TEST(diff, equal_is_null)
{
	const struct btf *btf = types();
	struct every copy;

	memcpy(&copy, &sample, sizeof(copy));
	EXPECT_NULL(bu_diff_values(btf, type_of(btf, "every"), &sample, &copy, sizeof(copy)));
	EXPECT_NULL(bu_diff_values(NULL, 0, "ab", "ab", 2));
	EXPECT_NULL(bu_diff_values(NULL, 0, "", "", 0));
}

BPF_TEST(diff, differing_fields_by_path)
{
	const struct btf *btf = types();
	struct every is;

	memcpy(&is, &sample, sizeof(is));
	is.tiny = 1;
	is.flag = false;
	is.port = 0x5000;
	is.addr = 0x0300000a;
	is.color = RED;
	strncpy(is.name, "sshd", sizeof(is.name));
	is.mac[0] = 6;
	is.mid = 3;
	is.points[1].y = 5;
	is.octets[0] = 2;
	is.nested.nested_b.x = -8;
	is.pointer = NULL;
	is.addr6.s6_addr[15] = 2;
	is.addr4.s_addr = 0x0300000a;
	EXPECT_STREQ(
		differ(btf, type_of(btf, "every"), &sample, &is, sizeof(is)),
		"  .tiny: expected -1 (0xff), is 1 (0x1)\n"
		"  .flag: expected true, is false\n"
		"  .port: expected htons(53), is htons(80)\n"
		"  .addr: expected 10.0.0.1 (htonl(0xa000001)), is 10.0.0.3 (htonl(0xa000003))\n"
		"  .color: expected GREEN (2), is RED (1)\n"
		"  .name: expected \"nginx \\\"x\\\"\\n\", is \"sshd\"\n"
		"  .mac: expected 02:00:00:00:00:ab, is 06:00:00:00:00:ab\n"
		"  .mid: expected -3 (0x7d), is 3 (0x3)\n"
		"  .points[1].y: expected 4 (0x4), is 5 (0x5)\n"
		"  .word: expected 67305985 (0x4030201), is 67305986 (0x4030202)\n"
		"  .nested.nested_b.x: expected 8 (0x8), is -8 (0xfff8)\n"
		"  .pointer: expected 0xffff800012345678, is 0x0\n"
		"  .addr6: expected 2001:db8::1, is 2001:db8::2\n"
		"  .addr4.s_addr: expected 10.0.0.2 (htonl(0xa000002)), "
		"is 10.0.0.3 (htonl(0xa000003))");
}

BPF_TEST(diff, neighbouring_bit_fields_stay_apart)
{
	const struct btf *btf = types();
	struct every is;

	memcpy(&is, &sample, sizeof(is));
	is.high = 70001;
	EXPECT_STREQ(differ(btf, type_of(btf, "every"), &sample, &is, sizeof(is)),
		     "  .high: expected 70000 (0x11170), is 70001 (0x11171)");
}

BPF_TEST(diff, bytes_behind_the_end_of_a_string)
{
	const struct btf *btf = types();
	char a[16] = "sshd", b[16] = "sshd\0x";
	struct bu_field every, field;
	char error[128];

	bu_field_root(&every, btf, type_of(btf, "every"));
	ASSERT_OK(bu_field_member(&every, "name", 4, &field, error, sizeof(error)));
	EXPECT_STREQ(differ(btf, field.type_id, a, b, sizeof(a)),
		     "  expected \"sshd\", is \"sshd\\000x\"");
}

BPF_TEST(diff, a_scalar)
{
	const struct btf *btf = types();
	u64 two = 2, one = 1;

	EXPECT_STREQ(differ(btf, type_of(btf, "__u64"), &two, &one, 8),
		     "  expected 2 (0x2), is 1 (0x1)");
}

BPF_TEST(diff, padding_is_told)
{
	const struct btf *btf = types();
	struct flow_key a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	((u8 *)&b)[15] = 1; /* behind proto */
	EXPECT_STREQ(differ(btf, type_of(btf, "flow_key"), &a, &b, sizeof(a)),
		     "  only bytes that no field names differ (padding), the first at offset 15");
}

BPF_TEST(diff, without_types)
{
	u8 a[40] = { 0 }, b[40] = { 0 };

	b[17] = 1;
	b[39] = 0xff;
	EXPECT_STREQ(differ(NULL, 0, a, b, sizeof(a)),
		     "  +16: expected 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00, "
		     "is 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
		     "  +32: expected 00 00 00 00 00 00 00 00, is 00 00 00 00 00 00 00 ff");
}

BPF_TEST(diff, is_bounded)
{
	struct btf *btf = btf__new_empty();
	int u32_id = btf__add_int(btf, "u32", 4, 0), id = btf__add_array(btf, u32_id, u32_id, 100);
	u32 a[100] = { 0 }, b[100];
	const char *text;

	memset(b, 1, sizeof(b));
	text = differ(btf, id, a, b, sizeof(a));
	EXPECT_NOT_NULL(strstr(text, "  [31]: expected"));
	EXPECT_NULL(strstr(text, "  [32]: expected"));
	EXPECT_NOT_NULL(strstr(text, "\n  ... and 68 more differences"));
	btf__free(btf);
}

/* Paths. */
BPF_FIXTURE(path)
{
	struct bu_field field;
	char error[256];
};
BPF_FIXTURE_SETUP(path)
{
	const struct btf *btf = types();

	ASSERT_TRUE(bu_field_root(&self->field, btf, type_of(btf, "every")));
}
BPF_FIXTURE_TEARDOWN(path)
{
}

static u64 load_at(struct path_fixture *self, const char *path)
{
	struct bu_field field = self->field;

	self->error[0] = '\0';
	if (bu_field_walk(&field, path, self->error, sizeof(self->error)))
		FAIL("%s: %s", path, self->error);
	return bu_field_load(&field, &sample);
}

static const char *error_at(struct path_fixture *self, const char *path, int expected)
{
	struct bu_field field = self->field;

	EXPECT_EQ(bu_field_walk(&field, path, self->error, sizeof(self->error)), expected);
	return self->error;
}

BPF_TEST_F(path, loads)
{
	EXPECT_EQ((s64)load_at(self, "tiny"), -1);
	EXPECT_EQ(load_at(self, "points[1].x"), 3);
	EXPECT_EQ((s64)load_at(self, ".points[0].y"), -2);
	EXPECT_EQ(load_at(self, "octets[2]"), 3);
	EXPECT_EQ(load_at(self, "nested.nested_b.y"), 9);
	EXPECT_EQ(load_at(self, "low"), 5);
	EXPECT_EQ((s64)load_at(self, "mid"), -3);
	EXPECT_EQ(load_at(self, "high"), 70000);
	EXPECT_EQ(load_at(self, "name[4]"), 'x');
	EXPECT_EQ(load_at(self, "large"), 1ULL << 63);
}

BPF_TEST_F(path, stores_keep_neighbours)
{
	struct bu_field field = self->field;
	struct every value = sample;

	ASSERT_OK(bu_field_walk(&field, "mid", self->error, sizeof(self->error)));
	bu_field_store(&field, &value, (u64)-64);
	EXPECT_EQ(value.mid, -64);
	EXPECT_EQ(value.low, 5);
	EXPECT_EQ(value.high, 70000);
	bu_field_store(&field, &value, 200); /* wraps as in C */
	EXPECT_EQ(value.mid, -56);
}

BPF_TEST_F(path, errors)
{
	EXPECT_STREQ(error_at(self, "tinny", -ENOENT),
		     "no field 'tinny' in struct every; did you mean 'tiny'?");
	EXPECT_STREQ(error_at(self, "zzz", -ENOENT), "no field 'zzz' in struct every");
	EXPECT_STREQ(error_at(self, "points[2]", -ERANGE), "index 2 is outside of struct point[2]");
	EXPECT_STREQ(error_at(self, "points[0].z", -ENOENT), "no field 'z' in struct point");
	EXPECT_STREQ(error_at(self, "points.x", -EINVAL),
		     "struct point[2] has no fields, so none is 'x'");
	EXPECT_STREQ(error_at(self, "tiny.x", -EINVAL), "__s8 has no fields, so none is 'x'");
	EXPECT_STREQ(error_at(self, "tiny[0]", -EINVAL),
		     "__s8 is not an array, so it has no element [0]");
	EXPECT_STREQ(error_at(self, "points[x]", -EINVAL),
		     "'[x]' is not an index: it should look like [2]");
	EXPECT_STREQ(error_at(self, "points[1", -EINVAL),
		     "'[1' is not an index: it should look like [2]");
	EXPECT_STREQ(error_at(self, "points[99999999999999999999]", -ERANGE),
		     "index 18446744073709551615 is outside of struct point[2]");
	EXPECT_STREQ(error_at(self, "nested..nested_a", -EINVAL),
		     "a field's name is missing at '..nested_a'");
	EXPECT_STREQ(error_at(self, "", -EINVAL), "a field's name is missing at ''");
	EXPECT_STREQ(error_at(self, "nested.", -EINVAL), "a field's name is missing at '.'");
}

BPF_TEST(path_types, names)
{
	struct btf *btf = btf__new_empty();
	char text[64];
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int row = btf__add_array(btf, int_id, int_id, 3),
	    table = btf__add_array(btf, int_id, row, 2);
	int fwd = btf__add_fwd(btf, "sock", BTF_FWD_STRUCT), ptr = btf__add_ptr(btf, fwd);
	int void_ptr = btf__add_ptr(btf, 0), ptr_ptr = btf__add_ptr(btf, ptr);
	int constant = btf__add_const(btf, int_id), nameless = btf__add_struct(btf, NULL, 4);

	EXPECT_STREQ(bu_type_name(btf, table, text, sizeof(text)), "int[2][3]");
	EXPECT_STREQ(bu_type_name(btf, ptr, text, sizeof(text)), "struct sock *");
	EXPECT_STREQ(bu_type_name(btf, ptr_ptr, text, sizeof(text)), "struct sock **");
	EXPECT_STREQ(bu_type_name(btf, void_ptr, text, sizeof(text)), "void *");
	EXPECT_STREQ(bu_type_name(btf, constant, text, sizeof(text)), "int");
	EXPECT_STREQ(bu_type_name(btf, nameless, text, sizeof(text)), "an anonymous struct");
	EXPECT_STREQ(bu_type_name(btf, 999, text, sizeof(text)), "void");
	btf__free(btf);
}

BPF_TEST(path_types, types_without_a_size)
{
	struct btf *btf = btf__new_empty();
	int fwd = btf__add_fwd(btf, "sock", BTF_FWD_STRUCT);
	struct bu_field field;

	EXPECT_FALSE(bu_field_root(&field, btf, fwd));
	EXPECT_FALSE(bu_field_root(&field, btf, 0));
	EXPECT_FALSE(bu_field_root(&field, btf, 77));
	EXPECT_FALSE(bu_field_root(&field, NULL, 1));
	EXPECT_STREQ(show(btf, fwd, "ab", 2), "61 62 (25185)");
	btf__free(btf);
}

BPF_TEST(path_types, bit_field_over_nine_bytes)
{
	struct bu_field field = { .size = 9, .bit_offset = 5, .bit_size = 64 };
	struct btf *btf = btf__new_empty();
	u8 data[9];

	field.btf = btf;
	field.type_id = btf__add_int(btf, "u64", 8, 0);
	memset(data, 0xff, sizeof(data));
	bu_field_store(&field, data, 0x0123456789abcdef);
	EXPECT_EQ(bu_field_load(&field, data), 0x0123456789abcdef);
	EXPECT_EQ(data[0] & 31, 31);
	EXPECT_EQ(data[8] >> 5, 7);
	btf__free(btf);
}

static const char *nearest(const char *wanted, const char *const *names)
{
	static char text[128];
	struct bu_nearest n;

	bu_nearest_begin(&n, wanted, strlen(wanted));
	for (; *names; names++)
		bu_nearest_offer(&n, *names);
	return bu_nearest_hint(&n, text, sizeof(text));
}
#define NEAREST(wanted, ...) nearest(wanted, (const char *const[]){ __VA_ARGS__, NULL })

BPF_TEST(nearest, picks_the_likely_one)
{
	EXPECT_STREQ(NEAREST("token", "stamp", "tokens"), "; did you mean 'tokens'?");
	EXPECT_STREQ(NEAREST("tkoens", "tokens", "kens"), "; did you mean 'tokens'?");
	EXPECT_STREQ(NEAREST("PID", "pid", "gid"), "; did you mean 'pid'?");
	EXPECT_STREQ(NEAREST("bucket", "rate_limit_buckets", "packet_x"),
		     "; did you mean 'rate_limit_buckets'?");
	EXPECT_STREQ(NEAREST("zebra", "tokens", "stamp_ns"), "");
	EXPECT_STREQ(NEAREST("a", "b"), "");
	EXPECT_STREQ(NEAREST("", "b"), "");
}

BPF_TEST(nearest, distances)
{
	EXPECT_EQ(bu_edit_distance("kitten", 6, "sitting"), 3);
	EXPECT_EQ(bu_edit_distance("abcd", 4, "abdc"), 1);
	EXPECT_EQ(bu_edit_distance("", 0, "abc"), 3);
	EXPECT_EQ(bu_edit_distance("abc", 3, ""), 3);
	EXPECT_EQ(bu_edit_distance("abcXYZ", 3, "abc"), 0);
}
