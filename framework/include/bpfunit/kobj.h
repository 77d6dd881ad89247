/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects: structs that programs read through BTF pointers, BPF_CORE_READ or probe reads
 * (task_struct, sock, ...). Their layout is that of the emulated kernel's BTF, so fields are set by
 * name. Programs may read them and not write them, but for KOBJ_WRITABLE() and what the kernel lets the members of a
 * struct_ops write (bpfunit/struct_ops.h).
 */
#ifndef BPFUNIT_KOBJ_H
#define BPFUNIT_KOBJ_H

#include <bpfunit/base.h>

/* A zeroed object of a kernel type ("task_struct"). Never NULL: ends the test when the opened objects'
 * BTF has no such type (naming the nearest). The address can be given to a program as an argument. */
#define BPFUNIT_KOBJ(type) bpfunit_kobj(BPFUNIT_HERE, type)
BPFUNIT_API void *bpfunit_kobj(struct bpfunit_where where, const char *type);

/* Set or get a field by its path: "pid", "cred.uid.val", "sk_addrs[2]"; members of anonymous structs by their
 * own names. Pointers are followed: "real_parent.tgid"; where one is NULL, setting makes a zeroed object
 * of its type, getting ends the test. "fd[3]" behind a pointer takes the fourth element of an array that is there.
 * Integers are stored in the field's size, also bit fields; a value that does not fit ends the test, as does a bad path.
 * KOBJ_SET_STR writes into a char array, or points a char pointer to a new string (of user space for __user). */
#define KOBJ_SET(kobj, path, value) bpfunit_kobj_set(BPFUNIT_HERE, kobj, path, (uint64_t)(value))
#define KOBJ_SET_STR(kobj, path, text) bpfunit_kobj_set_str(BPFUNIT_HERE, kobj, path, text)
#define KOBJ_GET(kobj, path) bpfunit_kobj_get(BPFUNIT_HERE, kobj, path)
BPFUNIT_API void bpfunit_kobj_set(struct bpfunit_where where, void *kobj, const char *path, uint64_t value);
BPFUNIT_API void bpfunit_kobj_set_str(struct bpfunit_where where, void *kobj, const char *path, const char *text);
BPFUNIT_API uint64_t bpfunit_kobj_get(struct bpfunit_where where, const void *kobj, const char *path);

/* Let programs write a field from now on (a whole object: ""), as a subsystem of the kernel does whose objects they
 * may change: KOBJ_WRITABLE(conn, "mark"). A bad path ends the test. */
#define KOBJ_WRITABLE(kobj, path) bpfunit_kobj_writable(BPFUNIT_HERE, kobj, path)
BPFUNIT_API void bpfunit_kobj_writable(struct bpfunit_where where, void *kobj, const char *path);

/* The current task (bpf_get_current_task): made when first needed. Those of its fields pid, tgid, comm,
 * real_parent (pid, tgid), group_leader, cred (uid, gid and the like) that the type has follow the environment:
 * they are written before a run when it has changed. start_time is the clock at the beginning; the rest is the test's.
 * Ends the test when the opened objects do not define struct task_struct. */
BPFUNIT_API void *bpfunit_current_task(void);
/* Make another object the current task; the environment is not written into it. NULL: back to the default. */
BPFUNIT_API void bpfunit_set_current_task(void *task);

/* What iterators find: besides the current task (iter/task) those that were added, by ascending pid; and the open files
 * (iter/task_file) and mappings (iter/task_vma, in the order in which they were added) of a task, which is added if it is
 * new; NULL: the current task. All are objects of BPFUNIT_KOBJ: "task_struct", "file", "vm_area_struct". Ids are read from
 * the task when an iterator looks for it. 0; -EINVAL: no such object; -EEXIST: the descriptor is in use (and errno). */
BPFUNIT_API int bpfunit_task_add(void *task);
BPFUNIT_API int bpfunit_task_add_file(void *task, uint32_t fd, void *file);
BPFUNIT_API int bpfunit_task_add_vma(void *task, void *vma);

/* `size` bytes of simulated user-space memory with a copy of `data` (NULL: zeroes), for
 * bpf_probe_read_user. Never NULL. */
BPFUNIT_API void *bpfunit_user_memory(const void *data, size_t size);

#endif
