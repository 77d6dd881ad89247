/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of all kinds: in maps, which can be read as text, and for bpf_snprintf_btf(). */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "show.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct key);
	__type(value, struct inner);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, enum tiny);
	__type(value, struct ends_with_tiny);
} ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct inner);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, int);
} percpu_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} progs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} without_btf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

int counter SEC(".data.shown") = 7;
char title[6] SEC(".data.shown") = "hello";

/* Of types that Linux has, too. */
struct bpf_insn insn;
struct new_utsname names;
struct __sk_buff packet;

char text[2048];
__u32 little_room, wrong_type, wrong_size;
__u64 flags;
long result;

#define SHOW(object) show(&object, bpf_core_type_id_kernel(__typeof__(object)))

static __always_inline int show(void *object, __u32 type)
{
	struct btf_ptr what = { .ptr = object, .type_id = wrong_type ? wrong_type - 1 : type };

	if (wrong_size)
		result = bpf_snprintf_btf(text, sizeof(text), &what, sizeof(what) - 8, flags);
	else if (little_room)
		result = bpf_snprintf_btf(text, 10, &what, sizeof(what), flags);
	else
		result = bpf_snprintf_btf(text, sizeof(text), &what, sizeof(what), flags);
	return 0;
}

SEC("raw_tp/show")
int show_insn(void *ctx)
{
	return SHOW(insn);
}

SEC("raw_tp/show")
int show_names(void *ctx)
{
	return SHOW(names);
}

SEC("raw_tp/show")
int show_packet(void *ctx)
{
	return SHOW(packet);
}

char LICENSE[] SEC("license") = "GPL";
