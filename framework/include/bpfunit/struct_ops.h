/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calling what a struct_ops map implements, as the kernel does once it is registered (by
 * bpf_map__attach_struct_ops()). Maps and arguments stay the caller's.
 *
 * In kernel objects among the arguments the function may write the fields that the kernel lets it
 * write: of tcp_congestion_ops, sched_ext_ops, Qdisc_ops and bpf_dummy_ops. For other structs the
 * test names them by KOBJ_WRITABLE() (bpfunit/kobj.h).
 */
#ifndef BPFUNIT_STRUCT_OPS_H
#define BPFUNIT_STRUCT_OPS_H

#include <bpfunit/run.h>

/* Call a member with its arguments, which are passed as numbers of 64 bits:
 *
 *	BPFUNIT_STRUCT_OPS_CALL(skel->maps.my_congestion, "ssthresh", (uintptr_t)sk)
 *
 * Yields what the function returned, as wide as its type says (0 for void), or BPFUNIT_FAULTED. A map
 * that is not registered, a member that does not exist, is no function or was left NULL, and a wrong
 * number of arguments fail the test, with BPFUNIT_FAULTED as the result. */
#define BPFUNIT_STRUCT_OPS_CALL(map, member, ...)                                                  \
	bpfunit_struct_ops_call(BPFUNIT_HERE, map, member, (uint64_t[]){ __VA_ARGS__ },            \
				sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))
BPFUNIT_API int64_t bpfunit_struct_ops_call(struct bpfunit_where where, const struct bpf_map *map,
					    const char *member, const uint64_t *args,
					    size_t nr_args);

#endif
