// SPDX-License-Identifier: BSD-2-Clause
/*
 * Address space casts. In memory, arena pointers are those of user space; a program casts them
 * before it dereferences them (compilers see to it). The lower half of a pointer says where in the
 * arena it points, as in the kernel, whose casts keep 32 bits. What lies outside the arena is left
 * as an address where nothing is. Source: do_misc_fixups() in kernel/bpf/verifier.c,
 * kernel/bpf/arena.c (6.12).
 */
#include "ebpf/map.h"
#include "ebpf/prog/prog.h"
#include "ebpf/vm/vm.h"

u64 bu_cast_kern(const struct bu_prog *prog, u64 address)
{
	const struct bu_map *map = prog->arena;
	u32 offset = (u32)address - (u32)map->arena.user;

	if (!address)
		return 0;
	if (address >= (u64)map->arena.memory && address - (u64)map->arena.memory < map->arena.size)
		return address;
	return offset < map->arena.size ? (u64)map->arena.memory + offset : (u32)address;
}

u64 bu_cast_user(const struct bu_prog *prog, u64 address)
{
	const struct bu_map *map = prog->arena;
	u64 offset = address - (u64)map->arena.memory;

	if (offset < map->arena.size)
		address = map->arena.user + offset;
	/* Also of the arena's first byte, when it is at a multiple of 4 GiB: as 6.18 does. */
	return (u32)address ? (map->arena.user & ~(u64)UINT32_MAX) | (u32)address : 0;
}
