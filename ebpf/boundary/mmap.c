/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap(2) of our descriptors: pages of the arena's memfd, so that user space and programs see the
 * same memory. What was mapped without PROT_WRITE stays so, by mapping a descriptor that can only
 * read. Source: bpf_map_mmap(), kernel/bpf/syscall.c (6.12). Differs: an arena's mapping may be
 * moved, and unmapped in parts.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/perf_event.h"
#include "ebpf/syscall.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct mapping {
	u8 *addr;
	size_t size;
	int prot, flags, memfd;
	u64 offset; /* in what is mapped */
};

static long host_mmap(void *addr, size_t size, int prot, int flags, int fd, u64 offset)
{
	return bu_host_syscall(SYS_mmap, (long)addr, size, prot, flags, fd, offset);
}

static int check_map(const struct bu_map *map, u32 mode, const struct mapping *mapping)
{
	bool writes = mapping->prot & PROT_WRITE;

	if (!(mode & BU_FD_READ) || (writes && !(mode & BU_FD_WRITE)))
		return -EACCES;
	if (mapping->prot & PROT_EXEC)
		return -EPERM;
	if (map->special)
		return -BU_ENOTSUPP;
	if ((mapping->flags & MAP_TYPE) == MAP_PRIVATE)
		return -EINVAL;
	if (writes && map->frozen)
		return -EPERM;
	return writes && map->flags & BPF_F_RDONLY_PROG ? -EACCES : 0;
}

/* Bytes from `at` on that are consecutive in the memfd, and where they begin there; or -errno. */
static s64 next_run(struct bu_map *map, const struct mapping *mapping, size_t at, s64 *offset)
{
	size_t page = sysconf(_SC_PAGESIZE), end = at + page;
	s64 next;

	*offset = map->ops->mmap_offset(map, mapping->offset + at, page, mapping->prot);
	if (*offset < 0)
		return *offset;
	for (; end < mapping->size; end += page) {
		next = map->ops->mmap_offset(map, mapping->offset + end, page, mapping->prot);
		if (next != *offset + (s64)(end - at))
			break;
	}
	return end - at;
}

/* Several runs over addresses that are reserved first. */
static long map_runs(struct bu_map *map, const struct mapping *mapping, size_t at)
{
	int flags = (mapping->flags & (MAP_TYPE | MAP_POPULATE | MAP_LOCKED)) | MAP_FIXED;
	s64 offset, run = 0;
	long result;

	for (; at < mapping->size; at += run) {
		run = next_run(map, mapping, at, &offset);
		if (run < 0)
			return run;
		result = host_mmap(mapping->addr + at, run, mapping->prot, flags, mapping->memfd,
				   offset);
		if (result < 0 && result >= -4095)
			return result;
	}
	return (long)mapping->addr;
}

static long map_map(struct bu_map *map, struct mapping *mapping)
{
	s64 offset = map->ops->mmap_offset(map, mapping->offset, mapping->size, mapping->prot), run;
	long result;

	if (offset < 0)
		return offset;
	run = next_run(map, mapping, 0, &offset);
	if (run < 0)
		return run;
	if (run >= (s64)mapping->size)
		return host_mmap(mapping->addr, mapping->size, mapping->prot, mapping->flags,
				 mapping->memfd, offset);
	result = host_mmap(
		mapping->addr, mapping->size, PROT_NONE,
		(mapping->flags & ~MAP_TYPE) | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (result < 0 && result >= -4095)
		return result;
	mapping->addr = (u8 *)result;
	result = map_runs(map, mapping, 0);
	if (result < 0 && result >= -4095)
		munmap(mapping->addr, mapping->size);
	return result;
}

static long map_event(struct bu_object *event, const struct mapping *mapping)
{
	s64 offset = bu_perf_event_mmap(event, mapping->offset, mapping->size);

	if (offset < 0)
		return offset;
	return host_mmap(mapping->addr, mapping->size, mapping->prot, mapping->flags,
			 mapping->memfd, offset);
}

/* An arena is mapped where its map_extra says, else its first mapping decides where it is and how
 * much of it. Source: arena_get_unmapped_area(), arena_map_mmap(), kernel/bpf/arena.c (6.12), and
 * as 6.18 does. Differs: a first mapping is not larger than the arena. */
static long check_arena(const struct bu_map *map, const struct mapping *mapping)
{
	if (mapping->offset)
		return -EINVAL;
	if (!map->arena.user)
		return mapping->size > 1ULL << 32 ? -E2BIG : 0;
	if (mapping->size > map->arena.user_size)
		return -E2BIG;
	if (mapping->size < map->arena.user_size || (u64)mapping->addr != map->arena.user)
		return -EINVAL;
	return 0;
}

static long map_arena(struct bu_map *map, struct mapping *mapping)
{
	long result = check_arena(map, mapping);

	if (result)
		return result;
	if (map->arena.user && !(mapping->flags & MAP_FIXED))
		mapping->flags |= MAP_FIXED_NOREPLACE;
	result = map_map(map, mapping);
	if (result == -EEXIST)
		return -EBUSY;
	if (result > 0 || result < -4095) {
		map->arena.user = (u64)result;
		map->arena.user_size = mapping->size;
	}
	return result;
}

static long map_memory(struct bu_map *map, struct mapping *mapping)
{
	long result;

	if (!(mapping->prot & PROT_WRITE))
		mapping->memfd = bu_arena_read_only_memfd(&map->object.kernel->arena);
	result = map->type == (enum bpf_map_type)BU_MAP_TYPE_ARENA ? map_arena(map, mapping)
								   : map_map(map, mapping);

	if (mapping->prot & PROT_WRITE && (result > 0 || result < -4095))
		map->written_size = BU_MAX(map->written_size, mapping->offset + mapping->size);
	return result;
}

struct line { /* of /proc/self/maps */
	u64 start, end, offset, inode;
	char access[8];
};

static bool parse_line(const char *text, struct line *line)
{
	return sscanf(text, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %" SCNu64, &line->start,
		      &line->end, line->access, &line->offset, &line->inode) == 5;
}

/* Whether user space can write to bytes of [begin, begin + size) of the memfd there. */
static bool is_written(const struct bu_arena *arena, const struct line *line, u64 begin, u64 size)
{
	return line->access[1] == 'w' && line->offset < begin + size &&
	       begin < line->offset + (line->end - line->start) &&
	       !bu_arena_contains(arena, (void *)line->start);
}

bool bu_map_is_written(struct bu_kernel *kernel, struct bu_map *map)
{
	s64 begin = map->written_size ? map->ops->mmap_offset(map, 0, map->written_size, PROT_READ)
				      : -1;
	struct stat memfd;
	bool found = false;
	struct line line;
	char text[512];
	FILE *maps;

	if (begin < 0 || fstat(kernel->arena.memfd, &memfd))
		return false;
	maps = fopen("/proc/self/maps", "re");
	while (maps && !found && fgets(text, sizeof(text), maps))
		found = parse_line(text, &line) && line.inode == memfd.st_ino &&
			is_written(&kernel->arena, &line, begin, map->written_size);
	if (maps)
		fclose(maps);
	return found;
}

/* So that calls about memory that is none of ours are told apart without asking the host. */
static void note_place(struct bu_kernel *kernel, u64 begin, u64 size)
{
	if (!kernel->mapped_end || begin < kernel->mapped_begin)
		__atomic_store_n(&kernel->mapped_begin, begin, __ATOMIC_RELAXED);
	if (begin + size > kernel->mapped_end)
		__atomic_store_n(&kernel->mapped_end, begin + size, __ATOMIC_RELAXED);
}

static bool is_mapped(struct bu_kernel *kernel, u64 address)
{
	struct stat memfd;
	bool found = false;
	struct line line;
	char text[512];
	FILE *maps;

	if (address < __atomic_load_n(&kernel->mapped_begin, __ATOMIC_RELAXED) ||
	    address >= __atomic_load_n(&kernel->mapped_end, __ATOMIC_RELAXED) ||
	    fstat(kernel->arena.memfd, &memfd))
		return false;
	maps = fopen("/proc/self/maps", "re");
	while (maps && !found && fgets(text, sizeof(text), maps))
		found = parse_line(text, &line) && line.start <= address && address < line.end &&
			line.inode == memfd.st_ino;
	if (maps)
		fclose(maps);
	return found;
}

bool bu_fd_may_execute(const void *address)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	return !kernel || !is_mapped(kernel, (u64)address);
}

/* What is malformed the host refuses. Source: mm/mremap.c (6.12) of mappings with VM_DONTEXPAND. */
static int check_remap(u64 size, u64 to_size, int flags)
{
	if (flags & MREMAP_DONTUNMAP)
		return flags & MREMAP_MAYMOVE && size == to_size ? -EINVAL : 0;
	if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE))
		return 0;
	return to_size > size ? -EFAULT : 0;
}

bool bu_fd_mremap(void **result, void *old, size_t size, size_t to_size, int flags, void *to)
{
	const int known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
	struct bu_kernel *kernel = bu_kernel_if_any();
	u64 page = sysconf(_SC_PAGESIZE);

	if (!kernel || flags & ~known || (u64)old % page || !is_mapped(kernel, (u64)old))
		return false;
	bu_kernel_lock(kernel);
	*result = (void *)(long)check_remap(BU_ROUND_UP(size, page), BU_ROUND_UP(to_size, page),
					    flags);
	if (!*result) {
		*result = (void *)bu_host_syscall(SYS_mremap, (long)old, size, to_size, flags,
						  (long)to, 0);
		if ((u64)*result < (u64)-4095)
			note_place(kernel, (u64)*result, to_size);
	}
	bu_kernel_unlock(kernel);
	return true;
}

static long map_object(const struct bu_fd *fd, struct mapping *mapping)
{
	struct bu_map *map;
	int err;

	switch (fd->object->kind) {
	case BU_OBJECT_MAP:
		map = bu_container_of(fd->object, struct bu_map, object);
		err = check_map(map, fd->mode, mapping);
		return err ? err : map_memory(map, mapping);
	case BU_OBJECT_PERF_EVENT:
		return map_event(fd->object, mapping);
	default:
		return -ENODEV;
	}
}

bool bu_fd_mmap(void **result, void *addr, size_t size, int prot, int flags, int user, u64 offset)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	u64 page = sysconf(_SC_PAGESIZE);
	struct bu_fd *fd;
	int err;

	if (!kernel)
		return false;
	bu_kernel_lock(kernel);
	fd = bu_fd_verify(kernel, user, &err);
	if (fd) {
		struct mapping mapping = {
			.addr = addr,
			.size = BU_ROUND_UP(size, page),
			.prot = prot,
			.flags = flags,
			.memfd = kernel->arena.memfd,
			.offset = offset,
		};

		*result = (void *)(!size || offset % page ? -EINVAL : map_object(fd, &mapping));
		if ((u64)*result < (u64)-4095)
			note_place(kernel, (u64)*result, mapping.size);
	}
	bu_kernel_unlock(kernel);
	return fd;
}
