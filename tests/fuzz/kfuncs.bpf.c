// SPDX-License-Identifier: BSD-2-Clause
/* Kernel functions that vm_fuzz's programs may call: the emulated kernel's types name those that
 * an object declares. The program is not run. */
#include <linux/bpf.h>

/* Newer headers declare these with their types. */
#define bpf_iter_num_new     typed_iter_num_new
#define bpf_iter_num_next    typed_iter_num_next
#define bpf_iter_num_destroy typed_iter_num_destroy
#include <bpf/bpf_helpers.h>
#undef bpf_iter_num_new
#undef bpf_iter_num_next
#undef bpf_iter_num_destroy

#define KFUNCS(F)                                                                                  \
	F(throw)                                                                                   \
	F(iter_num_new)                                                                            \
	F(iter_num_next)                                                                           \
	F(iter_num_destroy)                                                                        \
	F(iter_bits_new)                                                                           \
	F(iter_bits_next)                                                                          \
	F(iter_bits_destroy)                                                                       \
	F(rcu_read_lock)                                                                           \
	F(rcu_read_unlock)                                                                         \
	F(preempt_disable)                                                                         \
	F(preempt_enable)                                                                          \
	F(local_irq_save)                                                                          \
	F(local_irq_restore)                                                                       \
	F(cast_to_kern_ctx)                                                                        \
	F(rdonly_cast)                                                                             \
	F(arena_alloc_pages)                                                                       \
	F(arena_free_pages)                                                                        \
	F(obj_new_impl)                                                                            \
	F(obj_drop_impl)                                                                           \
	F(refcount_acquire_impl)                                                                   \
	F(task_acquire)                                                                            \
	F(task_release)                                                                            \
	F(dynptr_size)                                                                             \
	F(dynptr_is_null)                                                                          \
	F(dynptr_is_rdonly)                                                                        \
	F(dynptr_adjust)                                                                           \
	F(dynptr_clone)                                                                            \
	F(dynptr_slice)                                                                            \
	F(dynptr_slice_rdwr)                                                                       \
	F(dynptr_from_skb)                                                                         \
	F(dynptr_from_xdp)                                                                         \
	F(dynptr_copy)                                                                             \
	F(dynptr_memset)                                                                           \
	F(unmodelled)

#define DECLARE(name) extern void bpf_##name(void) __ksym;
#define CALL(name)    bpf_##name();

KFUNCS(DECLARE)

const volatile int never; /* programs of no type may call all of them */

SEC("socket")
int declares(void *ctx)
{
	if (never) {
		KFUNCS(CALL)
	}
	return 0;
}
