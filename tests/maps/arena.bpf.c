// SPDX-License-Identifier: BSD-2-Clause
/* A list in an arena, as user space sees it: pointers in memory are user space's, casts are written out. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4); /* pages */
} arena SEC(".maps");

extern void *bpf_arena_alloc_pages(void *map, void *addr, __u32 page_cnt, int node_id,
				   __u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void *ptr, __u32 page_cnt) __ksym;

/* rN = addr_space_cast(rN, dst space, src space): 0xbf, registers, offset 1, immediate */
#define CAST(ptr, imm)                                                                             \
	asm volatile(".byte 0xbf\n\t"                                                              \
		     ".ifc %[reg], r0\n\t.byte 0x00\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r1\n\t.byte 0x11\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r2\n\t.byte 0x22\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r3\n\t.byte 0x33\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r4\n\t.byte 0x44\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r5\n\t.byte 0x55\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r6\n\t.byte 0x66\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r7\n\t.byte 0x77\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r8\n\t.byte 0x88\n\t.endif\n\t"                                 \
		     ".ifc %[reg], r9\n\t.byte 0x99\n\t.endif\n\t"                                 \
		     ".short 1\n\t.long %[immediate]"                                             \
		     : [reg] "+r"(ptr)                                                             \
		     : [immediate] "i"(imm))
#define cast_kern(ptr) CAST(ptr, 1)
#define cast_user(ptr) CAST(ptr, 1 << 16)

struct node {
	struct node *next; /* user space's address */
	__u64 value;
};

struct node *head;
__u64 value = 7;

SEC("syscall")
int push(void *ctx)
{
	struct node *node = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0), *user = node;

	if (!node)
		return -12;
	cast_kern(node);
	node->value = value;
	node->next = head;
	head = user;
	return 0;
}

SEC("syscall")
int sum(void *ctx)
{
	struct node *node = head, *back;
	__u64 total = 0;

	asm volatile("" : : "r"(&arena)); /* the program has to refer to its arena */
	for (int i = 0; i < 8 && node; i++) {
		cast_kern(node);
		total += node->value;
		back = node;
		cast_user(back);
		if (i == 0 && back != head)
			return -1;
		node = node->next;
	}
	return total;
}

SEC("syscall")
int pop(void *ctx)
{
	struct node *node = head, *user = head;

	cast_kern(node);
	head = node->next;
	bpf_arena_free_pages(&arena, user, 1);
	return 0;
}

SEC("syscall")
int read_freed(void *ctx)
{
	struct node *node = head;

	bpf_arena_free_pages(&arena, node, 1);
	cast_kern(node);
	return node->value;
}

/* The cast makes of any address one in the arena or far from it. */
SEC("syscall")
int write_elsewhere(void *ctx)
{
	volatile struct node *node = (struct node *)&head;

	asm volatile("" : : "r"(&arena));
	cast_kern(node);
	node->value = 5;
	return node->value;
}

/* Without the cast. */
SEC("syscall")
int forgets_cast(void *ctx)
{
	struct node *node = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);

	return node ? node->value : 0;
}

char LICENSE[] SEC("license") = "GPL";
