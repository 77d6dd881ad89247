/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) as a table: one row a command in ebpf/commands.def (name, last attribute field, handler).
 * The interposed libc symbols are in ebpf/boundary/interpose.c; raw system calls of our own go
 * through bu_host_*.
 */
#ifndef BU_SYSCALL_H
#define BU_SYSCALL_H

#include "ebpf/base.h"

struct bu_kernel;

/* bpf(cmd, attr, size) against `kernel`: >= 0, or -errno. */
long bu_sys_bpf(struct bu_kernel *kernel, unsigned int cmd, void *attr, unsigned int size);
/* perf_event_open(2) for the BPF output events of perf buffers: a descriptor, or -errno. */
long bu_sys_perf_event_open(struct bu_kernel *kernel, void *attr, int pid, int cpu, int group_fd,
			    unsigned long flags);

const char *bu_command_name(unsigned int cmd); /* "BPF_MAP_CREATE"; NULL: unknown */

/* The host's own system call, never interposed: its value, or -errno. */
long bu_host_syscall(long number, long a, long b, long c, long d, long e, long f);

struct bu_call {              /* one bpf(2) call, for its handler */
	union bpf_attr *attr; /* a copy, zero behind what the caller gave */
	u8 *user;             /* the caller's attributes */
	u32 user_size;
	unsigned int cmd;
};
typedef long (*bu_command_fn)(struct bu_kernel *kernel, struct bu_call *call);
/* Write a result field (offset, size in union bpf_attr) back to the caller, as put_user() does. */
int bu_call_put(struct bu_call *call, u32 offset, const void *value, u32 size);

/* Why the descriptor at this offset is no token: none is. Source: bpf_token_get_from_fd() (6.12).
 */
int bu_token_error(const union bpf_attr *attr, u32 at);

/* Copies between the machine and addresses that a caller gave: 0, or -EFAULT when the caller has no
 * such memory (ebpf/boundary/usercopy.c). */
int bu_copy_from_user(void *to, u64 from, size_t size);
int bu_copy_to_user(u64 to, const void *from, size_t size);
/* A caller's string into `size` bytes: its length; `size` when no NUL is among so many (none is put
 * there); -EFAULT. */
long bu_string_from_user(char *to, u64 from, size_t size);
/* 0; -E2BIG when the bytes of a caller's struct behind the `known` ones are not all zero. */
int bu_check_tail_zero(u64 user, u32 known, u32 size);

/* What the interposed calls fall back to: the host's calls, errno set. */
int bu_files_open(int dir, const char *path, int flags, unsigned int mode);
int bu_files_access(int dir, const char *path, int mode, int flags);
/* mmap of one of our descriptors: true and the result, or false for the host. */
bool bu_fd_mmap(void **result, void *addr, size_t size, int prot, int flags, int fd, u64 offset);
/* mremap of what such a call has mapped; false: other memory. */
bool bu_fd_mremap(void **result, void *old, size_t size, size_t to_size, int flags, void *to);
/* Whether mprotect may make the memory there executable: none that such a call has mapped. */
bool bu_fd_may_execute(const void *address);
/* ioctl of one of our descriptors; false: the host's. */
bool bu_fd_ioctl(int *result, int fd, unsigned long request, unsigned long arg);
/* read(2) of an iterator or a perf event (ebpf/boundary/fd_read.c); false: it is neither. */
bool bu_fd_read(long *result, int fd, void *buffer, size_t size);
bool bu_fd_is_read(int fd); /* one of the two */
/* Any other one of ours. */
bool bu_fd_cannot_be_read(int fd);

/* The descriptor that no process has: BPF_MAP_FREEZE of it is answered with -BU_CANARY_ERRNO by us
 * alone. */
#define BU_CANARY_FD    (-0x62707566)
#define BU_CANARY_ERRNO EXFULL

/* Whether libbpf's calls arrive here: 0, or -EXDEV when they would reach the host's kernel. */
int bu_canary(void);

#endif
