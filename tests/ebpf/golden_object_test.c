// SPDX-License-Identifier: BSD-2-Clause
/* Faults with what a program acquires and releases: records, allocated objects, dynptrs; and calls
 * of kernel functions. See golden.h. */
#include "golden.h"

#include "faulty_object.skel.h"

#include <bpf/btf.h>

/*
 * Records of a ring buffer: the bad pointer itself is outside the record.
 *
 * r6 = a record, r7 = its neighbour.
 */
#define RESERVE_TWO                                                                                \
	RESERVE, MOV64_X(8, 6), RESERVE, MOV64_X(7, 6), MOV64_X(6, 8), JMP_K(BPF_JNE, 7, 0, 2),    \
		RETURN(0)
#define DISCARD(reg) MOV64_X(1, reg), MOV64_K(2, 0), CALL(BPF_FUNC_ringbuf_discard)

/* Far behind the last record, where none has been. */
GOLDEN(record_overrun, BPFUNIT_FAULT_OUT_OF_BOUNDS, RESERVE, JMP_K(BPF_JNE, 6, 0, 2), RETURN(0),
       MOV64_X(1, 6), ALU64_K(BPF_ADD, 1, w ? 40 : 8), ST(BPF_DW, 1, 0, 1), SUBMIT, RETURN(0))

GOLDEN(record_underrun, BPFUNIT_FAULT_OUT_OF_BOUNDS, RESERVE, JMP_K(BPF_JNE, 6, 0, 2), RETURN(0),
       MOV64_X(1, 6), ALU64_K(BPF_ADD, 1, w ? -4 : 4), ST(BPF_W, 1, 0, 1), SUBMIT, RETURN(0))

/* The header of the next record. */
GOLDEN(record_header, BPFUNIT_FAULT_OUT_OF_BOUNDS, RESERVE_TWO, MOV64_X(1, 6),
       ALU64_K(BPF_ADD, 1, w ? 20 : 12), ST(BPF_W, 1, 0, 1), DISCARD(6), DISCARD(7), RETURN(0))

/* Into the next record, which has been submitted: released memory. As long as it is open, the
 * access is one to it: nothing tells that another was meant. */
GOLDEN(record_neighbour, BPFUNIT_FAULT_USE_AFTER_FREE, RESERVE_TWO, MOV64_K(1, w),
       JMP_K(BPF_JEQ, 1, 0, 3), DISCARD(7), MOV64_X(1, 6), ALU64_K(BPF_ADD, 1, 24),
       ST(BPF_W, 1, 0, 1), DISCARD(6), MOV64_K(1, w), JMP_K(BPF_JNE, 1, 0, 3), DISCARD(7),
       RETURN(0))

/* From a record to the end of the ring's memory. */
#define RESERVE_QUARTER                                                                            \
	MAP(1, world.ring), MOV64_K(2, 1016), MOV64_K(3, 0), CALL(BPF_FUNC_ringbuf_reserve),       \
		MOV64_X(6, 0), JMP_K(BPF_JNE, 6, 0, 2), RETURN(0)

GOLDEN(ring_end, BPFUNIT_FAULT_OUT_OF_BOUNDS, RESERVE_QUARTER, MOV64_X(1, 6),
       ALU64_K(BPF_ADD, 1, w ? 8192 - 1032 : 1008), ST(BPF_DW, 1, 0, 1), SUBMIT, RETURN(0))

/* An older record than the open one. */
GOLDEN(discarded_record, BPFUNIT_FAULT_USE_AFTER_FREE, RESERVE_TWO, ST(BPF_DW, 6, 0, 1), DISCARD(6),
       ST(BPF_DW, 7, 0, 1), LDX(BPF_DW, 0, w ? 6 : 7, 0), DISCARD(7), RETURN(0))

/* With the kernel functions that faulty_object.bpf.c declares, and a type to allocate. */
static void make_objects(void)
{
	struct btf *btf = btf__new_empty();

	BPFUNIT_LOAD(faulty_object_bpf);
	make_world();
	ASSERT_NOT_NULL(btf);
	ASSERT_OK(bpfunit_defer((void (*)(void *))btf__free, btf));
	ASSERT_EQ(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), 1);
	ASSERT_EQ(btf__add_struct(btf, "node", 16), 2);
	ASSERT_OK(btf__add_field(btf, "a", 1, 0, 0));
	ASSERT_EQ(btf__add_func_proto(btf, 1), 3);
	ASSERT_EQ(btf__add_func(btf, "asm", BTF_FUNC_STATIC, 3), WORLD_FUNC);
	ASSERT_OK(btf__load_into_kernel(btf));
	world.btf = btf__fd(btf);
}

#define GOLDEN_OBJECT(name, kind, ...)                                                             \
	PROGRAM(name, BPF_PROG_TYPE_TRACEPOINT, __VA_ARGS__)                                       \
	BPF_TEST(golden, name)                                                                     \
	{                                                                                          \
		make_objects();                                                                    \
		EXPECT_NO_FAULT(name##_run(0));                                                    \
		ASSERT_FAULT(kind, name##_run(1));                                                 \
		expect_report(#name);                                                              \
	}

/* r6 = a new object. */
#define NEW                                                                                        \
	MOV64_K(1, 2), MOV64_K(2, 0), KFUNC("bpf_obj_new_impl"), JMP_K(BPF_JNE, 0, 0, 1), EXIT,    \
		MOV64_X(6, 0)
#define DROP MOV64_X(1, 6), MOV64_K(2, 0), KFUNC("bpf_obj_drop_impl")
/* Skip `count` instructions in the near miss, in the wrong program. */
#define SKIP_UNLESS_WRONG(count) MOV64_K(1, w), JMP_K(BPF_JEQ, 1, 0, count)
#define SKIP_IF_WRONG(count)     MOV64_K(1, w), JMP_K(BPF_JNE, 1, 0, count)

GOLDEN_OBJECT(dropped_object, BPFUNIT_FAULT_USE_AFTER_FREE, NEW, ST(BPF_DW, 6, 8, 1), DROP,
	      SKIP_UNLESS_WRONG(1), LDX(BPF_DW, 7, 6, 8), RETURN(0))

GOLDEN_OBJECT(dropped_twice, BPFUNIT_FAULT_DOUBLE_RELEASE, NEW, DROP, SKIP_UNLESS_WRONG(3), DROP,
	      RETURN(0))

GOLDEN_OBJECT(leaked_object, BPFUNIT_FAULT_LEAK, NEW, SKIP_IF_WRONG(3), DROP, RETURN(0))

GOLDEN_OBJECT(allocated_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, NEW, ST(BPF_DW, 6, w ? 16 : 8, 1),
	      DROP, RETURN(0))

GOLDEN_OBJECT(counted_object, BPFUNIT_FAULT_LEAK, NEW, MOV64_X(1, 6), MOV64_K(2, 0),
	      KFUNC("bpf_refcount_acquire_impl"), SKIP_IF_WRONG(3), DROP, DROP, RETURN(0))

/* One of two references dropped leaves the object; the second frees it. */
GOLDEN_OBJECT(last_reference, BPFUNIT_FAULT_USE_AFTER_FREE, NEW, ST(BPF_DW, 6, 8, 1), MOV64_X(1, 6),
	      MOV64_K(2, 0), KFUNC("bpf_refcount_acquire_impl"), DROP, SKIP_UNLESS_WRONG(3), DROP,
	      LDX(BPF_DW, 7, 6, 8), SKIP_IF_WRONG(3), DROP, RETURN(0))

/* The kernel's own objects; world.object is one. */
#define ACQUIRE LDDW(1, world.object), KFUNC("bpf_task_acquire"), MOV64_X(6, 0)
#define RELEASE MOV64_X(1, 6), KFUNC("bpf_task_release")

GOLDEN_OBJECT(task_released_twice, BPFUNIT_FAULT_DOUBLE_RELEASE, ACQUIRE, RELEASE,
	      SKIP_UNLESS_WRONG(2), RELEASE, RETURN(0))

GOLDEN_OBJECT(leaked_task, BPFUNIT_FAULT_LEAK, ACQUIRE, SKIP_IF_WRONG(2), RELEASE, RETURN(0))

#define ACQUIRE_CGROUP LDDW(1, world.object), KFUNC("bpf_cgroup_acquire"), MOV64_X(6, 0)
#define RELEASE_CGROUP MOV64_X(1, 6), KFUNC("bpf_cgroup_release")

GOLDEN_OBJECT(cgroup_released_twice, BPFUNIT_FAULT_DOUBLE_RELEASE, ACQUIRE_CGROUP, RELEASE_CGROUP,
	      SKIP_UNLESS_WRONG(2), RELEASE_CGROUP, RETURN(0))

GOLDEN_OBJECT(leaked_cgroup, BPFUNIT_FAULT_LEAK, ACQUIRE_CGROUP, SKIP_IF_WRONG(2), RELEASE_CGROUP,
	      RETURN(0))

GOLDEN_OBJECT(acquired_value, BPFUNIT_FAULT_BAD_ARGUMENT, ACQUIRE, RELEASE, SKIP_UNLESS_WRONG(3),
	      VALUE(1, world.globals), KFUNC("bpf_task_acquire"), RETURN(0))

/* Something else than what bpf_obj_new() gave. */
GOLDEN_OBJECT(dropped_inside, BPFUNIT_FAULT_BAD_ARGUMENT, NEW, MOV64_X(7, 6),
	      ALU64_K(BPF_ADD, 7, w ? 8 : 0), MOV64_X(1, 7), MOV64_K(2, 0),
	      KFUNC("bpf_obj_drop_impl"), RETURN(0))

GOLDEN_OBJECT(no_kfunc_model, BPFUNIT_FAULT_NO_MODEL, SKIP_UNLESS_WRONG(1), KFUNC("bpf_unmodelled"),
	      RETURN(0))

/* Dynptrs: of a map's value at fp-16, of a reservation. */
#define FROM_VALUE(size)                                                                           \
	VALUE(1, world.globals), MOV64_K(2, size), MOV64_K(3, 0), MOV64_X(4, 10),                  \
		ALU64_K(BPF_ADD, 4, -16), CALL(BPF_FUNC_dynptr_from_mem)
#define FROM_RING                                                                                  \
	MAP(1, world.ring), MOV64_K(2, 16), MOV64_K(3, 0), MOV64_X(4, 10),                         \
		ALU64_K(BPF_ADD, 4, -16), CALL(BPF_FUNC_ringbuf_reserve_dynptr)
#define SLICE(offset, len)                                                                         \
	MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -16), MOV64_K(2, offset), MOV64_K(3, len),             \
		CALL(BPF_FUNC_dynptr_data), JMP_K(BPF_JNE, 0, 0, 1), EXIT
#define SLICE_BY(kfunc, offset, len)                                                               \
	MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -16), MOV64_K(2, offset), MOV64_K(3, 0),               \
		MOV64_K(4, len), KFUNC(kfunc), JMP_K(BPF_JNE, 0, 0, 1), EXIT
#define SUBMIT_DYNPTR                                                                              \
	MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -16), MOV64_K(2, 0),                                   \
		CALL(BPF_FUNC_ringbuf_submit_dynptr)

GOLDEN(dynptr_slice_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, FROM_VALUE(8), SLICE(4, 4),
       LDX(BPF_W, 0, 0, w ? 4 : 0), RETURN(0))

/* However long the memory is. */
GOLDEN(dynptr_length, BPFUNIT_FAULT_OUT_OF_BOUNDS, FROM_VALUE(8), SLICE(0, w ? 4 : 8),
       LDX(BPF_W, 0, 0, 4), RETURN(0))

GOLDEN_OBJECT(dynptr_read_only_slice, BPFUNIT_FAULT_READ_ONLY, FROM_VALUE(8),
	      SLICE_BY(w ? "bpf_dynptr_slice" : "bpf_dynptr_slice_rdwr", 4, 4), LDX(BPF_W, 1, 0, 0),
	      STX(BPF_W, 0, 1, 0), RETURN(0))

GOLDEN_OBJECT(dynptr_writable_slice, BPFUNIT_FAULT_OUT_OF_BOUNDS, FROM_RING,
	      SLICE_BY("bpf_dynptr_slice_rdwr", 4, 6), ST(BPF_H, 0, w ? 6 : 4, 1), SUBMIT_DYNPTR,
	      RETURN(0))

/* A helper writes there. */
GOLDEN_OBJECT(dynptr_slice_argument, BPFUNIT_FAULT_OUT_OF_BOUNDS, FROM_VALUE(8),
	      SLICE_BY("bpf_dynptr_slice_rdwr", 0, 6), MOV64_X(1, 0), MOV64_K(2, w ? 8 : 6),
	      CALL(BPF_FUNC_get_current_comm), RETURN(0))

GOLDEN(dynptr_record_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, FROM_RING, SLICE(8, 8),
       ST(BPF_DW, 0, w ? 8 : 0, 1), SUBMIT_DYNPTR, RETURN(0))

GOLDEN(dynptr_overwritten, BPFUNIT_FAULT_BAD_ARGUMENT, FROM_VALUE(8),
       ST(BPF_W, 10, w ? -16 : -24, 1), SLICE(0, 4), RETURN(0))

GOLDEN(dynptr_leaked, BPFUNIT_FAULT_LEAK, FROM_RING, SKIP_IF_WRONG(4), SUBMIT_DYNPTR, RETURN(0))

GOLDEN(dynptr_submitted_twice, BPFUNIT_FAULT_DOUBLE_RELEASE, FROM_RING, SUBMIT_DYNPTR,
       SKIP_UNLESS_WRONG(4), SUBMIT_DYNPTR, RETURN(0))

GOLDEN(dynptr_slice_after_submit, BPFUNIT_FAULT_USE_AFTER_FREE, FROM_RING, SLICE(0, 8),
       MOV64_X(6, 0), ST(BPF_DW, 6, 0, 1), SUBMIT_DYNPTR, SKIP_UNLESS_WRONG(1),
       LDX(BPF_DW, 0, 6, 0), RETURN(0))
