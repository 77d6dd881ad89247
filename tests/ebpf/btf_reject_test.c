// SPDX-License-Identifier: BSD-2-Clause
/*
 * What BTF_LOAD refuses, and what it says: each row of btf_reject.h, with the errno and the last
 * line of the log that Linux 6.18 gave; and the header, the log's buffer, attributes. With
 * BPFUNIT_HOST_BPF=1 the same is put to the machine's kernel.
 */
#include <linux/btf.h>

#include "call.h"

#define CASE(name, expected) CASES(btf_load, name, expected)

struct reject {
	const char *name;
	long expected;
	const char *says;
	u32 words[20], size;
};

#define WORDS(...)                        { __VA_ARGS__ }, sizeof((const u32[]){ __VA_ARGS__ })
#define BAD(name_, expected_, says_, ...) { #name_, expected_, says_, WORDS(__VA_ARGS__) },

static const struct reject rejects[] = {
#include "btf_reject.h"
};

struct blob {
	struct btf_header header;
	u8 data[512];
};

static char text[8192];

/* An int, the types, the strings. Its size. */
static u32 make_blob(struct blob *blob, const void *types, u32 size)
{
	const u32 integer[] = { INT(N_INT, 4, 32, 0, 1) };
	u32 types_size = sizeof(integer) + size;

	memset(blob, 0, sizeof(*blob));
	blob->header = (struct btf_header){ .magic = BTF_MAGIC,
					    .version = 1,
					    .hdr_len = sizeof(blob->header),
					    .type_len = types_size,
					    .str_off = types_size,
					    .str_len = sizeof(BTF_STRINGS) - 1 };
	memcpy(blob->data, integer, sizeof(integer));
	if (size)
		memcpy(blob->data + sizeof(integer), types, size);
	memcpy(blob->data + types_size, BTF_STRINGS, sizeof(BTF_STRINGS) - 1);
	return sizeof(blob->header) + types_size + sizeof(BTF_STRINGS) - 1;
}

/* 0 for a descriptor, which is closed. */
static long load(bpf_call bpf, const struct blob *blob, u32 size, u32 log_size, u32 level)
{
	long fd;

	memset(text, 0, sizeof(text));
	fd = CALL(BPF_BTF_LOAD, .btf = (u64)blob, .btf_size = size, .btf_log_buf = (u64)text,
		  .btf_log_size = log_size, .btf_log_level = level);
	if (fd >= 0)
		close(fd);
	return BU_MIN(fd, 0L);
}

static const char *last_line(void)
{
	size_t len = strlen(text);
	char *line;

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static void expect_all(bpf_call bpf)
{
	struct blob blob;

	for (size_t i = 0; i < BU_ARRAY_SIZE(rejects); i++) {
		const struct reject *reject = &rejects[i];
		u32 size = make_blob(&blob, reject->words, reject->size);
		long result = load(bpf, &blob, size, sizeof(text), 1);

		if (result != reject->expected)
			EXPECT_FAIL("%s: %ld, not %ld\n%s", reject->name, result, reject->expected,
				    text);
		else if (result && strcmp(last_line(), reject->says))
			EXPECT_FAIL("%s says \"%s\", not \"%s\"", reject->name, last_line(),
				    reject->says);
	}
}

BPF_TEST(btf_load, refuses_what_linux_refuses)
{
	EXPECT_GT(BU_ARRAY_SIZE(rejects), 150);
	expect_all(emulated_bpf);
	if (getenv("BPFUNIT_HOST_BPF"))
		expect_all(host_bpf);
}

/* clang-format off: the change of the blob is the last argument */
#define HEADER(name_, expected_, says_, ...)                                                       \
	CASE(header_##name_, expected_)                                                            \
	{                                                                                          \
		struct blob blob;                                                                  \
		u32 size = make_blob(&blob, NULL, 0);                                              \
		long result;                                                                       \
                                                                                                   \
		__VA_ARGS__;                                                                       \
		result = load(bpf, &blob, size, sizeof(text), 1);                                  \
		return strstr(last_line(), says_) ? result : -1;                                   \
	}

HEADER(good, 0, "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED", (void)0)
HEADER(magic, -EINVAL, "Invalid magic", blob.header.magic = 0x1234)
HEADER(version, -BU_ENOTSUPP, "Unsupported version", blob.header.version = 2)
HEADER(flags, -BU_ENOTSUPP, "Unsupported flags", blob.header.flags = 1)
HEADER(alone, -EINVAL, "No data", size = sizeof(blob.header))
HEADER(cut, -EINVAL, "hdr_len not found", size = 7)
HEADER(longer_than_all, -EINVAL, "btf_header not found", blob.header.hdr_len = 4000)
HEADER(longer_with_something, -E2BIG, "Unsupported btf_header", blob.header.hdr_len = 28)
HEADER(gap, -EINVAL, "Unsupported section found", blob.header.str_off++; blob.header.str_len--)
HEADER(overlap, -EINVAL, "Section overlap found", blob.header.str_off--)
HEADER(strings_beyond, -EINVAL, "Total section length too long", blob.header.str_len++)
HEADER(strings_far, -EINVAL, "Invalid section offset", blob.header.str_off = 4000)
HEADER(rest, -EINVAL, "Unsupported section found", size++)
HEADER(no_strings, -EINVAL, "Invalid string section", size -= blob.header.str_len;
       blob.header.str_len = 0)
HEADER(strings_unterminated, -EINVAL, "Invalid string section", ((u8 *)&blob)[size - 1] = 'x')
HEADER(strings_begin_wrong, -EINVAL, "Invalid string section",
       blob.data[blob.header.type_len] = 'x')
HEADER(no_types, -EINVAL, "No type found", memmove(blob.data, BTF_STRINGS, sizeof(BTF_STRINGS) - 1);
       size -= blob.header.type_len; blob.header.type_len = 0; blob.header.str_off = 0)
HEADER(strings_first, -EINVAL, "String section is not at the end",
       blob.header.type_off = blob.header.str_len;
       blob.header.str_off = 0)
/* clang-format on */

/* The buffer */

static long good(bpf_call bpf, u32 log_size, u32 level)
{
	struct blob blob;
	u32 size = make_blob(&blob, NULL, 0);

	return load(bpf, &blob, size, log_size, level);
}

static u32 whole_log(bpf_call bpf)
{
	good(bpf, sizeof(text), 1);
	return strlen(text) + 1;
}

CASE(log_fits, 0)
{
	return good(bpf, whole_log(bpf), 1);
}

CASE(log_too_small, -ENOSPC)
{
	return good(bpf, whole_log(bpf) - 1, 1);
}

/* What is kept is the end. */
CASE(log_keeps_the_end, 0)
{
	long result = good(bpf, 16, 1);

	return result == -ENOSPC && !strcmp(text, "ncoding=SIGNED\n") ? 0 : -1;
}

CASE(log_fixed_keeps_the_beginning, 0)
{
	long result = good(bpf, 16, 1 | 8);

	return result == -ENOSPC && !strcmp(text, "magic: 0xeb9f\nv") ? 0 : -1;
}

#define ATTR(name_, expected_, ...)                                                                \
	CASE(attr_##name_, expected_)                                                              \
	{                                                                                          \
		struct blob blob;                                                                  \
		u32 size = make_blob(&blob, NULL, 0);                                              \
                                                                                                   \
		return CALL(BPF_BTF_LOAD, .btf = (u64)&blob, .btf_size = size, __VA_ARGS__);       \
	}

ATTR(log_buffer_without_size, -EINVAL, .btf_log_buf = (u64)text, .btf_log_level = 1)
ATTR(log_size_without_buffer, -EINVAL, .btf_log_size = 100, .btf_log_level = 1)
ATTR(log_without_level, -EINVAL, .btf_log_buf = (u64)text, .btf_log_size = 100)
ATTR(log_unknown_level, -EINVAL, .btf_log_buf = (u64)text, .btf_log_size = 100, .btf_log_level = 16)
ATTR(log_too_large, -EINVAL, .btf_log_buf = (u64)text, .btf_log_size = 0x40000000,
     .btf_log_level = 1)
ATTR(log_nowhere, -EFAULT, .btf_log_buf = 16, .btf_log_size = 100, .btf_log_level = 1)

/* Later fields than our header has. */
static long load_with(bpf_call bpf, u32 flags, u32 token)
{
	struct {
		u64 btf, log;
		u32 size, log_size, log_level, log_true_size, flags, token;
	} attr = { .flags = flags, .token = token };
	struct blob blob;

	attr.size = make_blob(&blob, NULL, 0);
	attr.btf = (u64)&blob;
	return bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

CASE(attr_unknown_flag, -EINVAL)
{
	return load_with(bpf, 1, 0);
}

CASE(attr_token_that_is_none, -EBADF)
{
	return load_with(bpf, 1U << 16, NO_FD);
}

CASE(attr_token_without_flag, 0)
{
	return ok(load_with(bpf, 0, NO_FD));
}

CASE(attr_size_0, -EINVAL)
{
	struct blob blob;

	make_blob(&blob, NULL, 0);
	return CALL(BPF_BTF_LOAD, .btf = (u64)&blob, .btf_size = 0);
}

/* The other commands about BTF */

static int loaded(bpf_call bpf)
{
	struct blob blob;
	u32 size = make_blob(&blob, NULL, 0);

	return CALL(BPF_BTF_LOAD, .btf = (u64)&blob, .btf_size = size);
}

CASE(fd_by_id_0, -ENOENT)
{
	return CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = 0);
}

CASE(fd_by_id_of_none, -ENOENT)
{
	return CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = 0x7ffffffe);
}

/* next_id lies before the fields of tokens, which make it known. */
CASE(fd_by_id_with_next_id, 0)
{
	return ok(CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = 1, .next_id = 5));
}

CASE(fd_by_id_with_a_token_that_is_none, -EBADF)
{
	u32 attr[4] = { 1, 0, 1U << 16, NO_FD };

	return bpf(BPF_BTF_GET_FD_BY_ID, attr, sizeof(attr));
}

CASE(fd_by_id_with_more, -EINVAL)
{
	u32 attr[5] = { 1, 0, 0, 0, 1 };

	return bpf(BPF_BTF_GET_FD_BY_ID, attr, sizeof(attr));
}

CASE(fd_by_id_with_flags, -EINVAL)
{
	return CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = 1, .open_flags = 1);
}

CASE(fd_of_the_kernels, 0)
{
	return ok(CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = 1));
}

CASE(next_id_of_the_last, -ENOENT)
{
	return CALL(BPF_BTF_GET_NEXT_ID, .start_id = 0x7ffffffe);
}

CASE(next_id_beyond, -EINVAL)
{
	return CALL(BPF_BTF_GET_NEXT_ID, .start_id = 0x80000000);
}

CASE(next_id_with_more, -EINVAL)
{
	return CALL(BPF_BTF_GET_NEXT_ID, .open_flags = 1);
}

static long info_of(bpf_call bpf, int fd, struct bpf_btf_info *info, u32 len)
{
	return CALL(BPF_OBJ_GET_INFO_BY_FD,
		    .info = { .bpf_fd = fd, .info_len = len, .info = (u64)info });
}

/* The size is told even when there is no room. */
CASE(info_without_room, 0)
{
	u8 byte = 0;
	struct bpf_btf_info info = { .btf = (u64)&byte, .btf_size = 1 };
	long result = info_of(bpf, loaded(bpf), &info, sizeof(info));

	return result ? result : !(info.btf_size > 50 && byte == 0x9f);
}

CASE(info_only_the_size, 0)
{
	struct bpf_btf_info info = { 0 };
	long result = info_of(bpf, loaded(bpf), &info, sizeof(info));

	return result ? result : !(info.btf_size > 50 && info.id);
}

CASE(info_to_nowhere, -EFAULT)
{
	struct bpf_btf_info info = { .btf = 16, .btf_size = 100 };

	return info_of(bpf, loaded(bpf), &info, sizeof(info));
}

CASE(info_short, 0)
{
	struct bpf_btf_info info = { 0 };

	return info_of(bpf, loaded(bpf), &info, 16);
}

CASE(info_longer_with_something, -E2BIG)
{
	u8 longer[sizeof(struct bpf_btf_info) + 8] __attribute__((aligned(8))) = { 0 };

	longer[sizeof(longer) - 1] = 1;
	return info_of(bpf, loaded(bpf), (struct bpf_btf_info *)longer, sizeof(longer));
}

static long info_of_kernel(bpf_call bpf, struct bpf_btf_info *info)
{
	return info_of(bpf, CALL(BPF_BTF_GET_FD_BY_ID, .btf_id = 1), info, sizeof(*info));
}

CASE(info_of_the_kernels_name_cut, -ENOSPC)
{
	char name[4] = "";
	struct bpf_btf_info info = { .name = (u64)name, .name_len = sizeof(name) };
	long result = info_of_kernel(bpf, &info);

	return strcmp(name, "vml") ? -1 : result;
}

CASE(info_of_the_kernels, 0)
{
	char name[16] = "";
	struct bpf_btf_info info = { .name = (u64)name, .name_len = sizeof(name) };
	long result = info_of_kernel(bpf, &info);

	return result ? result
		      : !(info.kernel_btf == 1 && info.id == 1 && !strcmp(name, "vmlinux") &&
			  info.name_len == 7);
}
