// SPDX-License-Identifier: BSD-2-Clause
/* Mistakes with references and sections; `wrong` turns each on. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void *bpf_obj_new_impl(__u64 type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern void *bpf_task_acquire(void *task) __ksym;
extern void bpf_task_release(void *task) __ksym;
extern void *bpf_cgroup_acquire(void *cgroup) __ksym;
extern void bpf_cgroup_release(void *cgroup) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_throw(__u64 cookie) __ksym;
extern void bpf_unmodelled(void) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
			      __u32 buffer__szk) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 offset, void *buffer,
				   __u32 buffer__szk) __ksym;

struct node {
	__u64 a, b;
};

int wrong;

static __always_inline volatile struct node *make(void)
{
	return bpf_obj_new_impl(bpf_core_type_id_local(struct node), NULL);
}

SEC("tp")
int used_after_drop(void *ctx)
{
	volatile struct node *node = make();

	if (!node)
		return 0;
	node->a = 4;
	bpf_obj_drop_impl((void *)node, NULL);
	if (wrong)
		return node->b;
	return 0;
}

SEC("tp")
int dropped_twice(void *ctx)
{
	volatile struct node *node = make();

	if (!node)
		return 0;
	bpf_obj_drop_impl((void *)node, NULL);
	if (wrong)
		bpf_obj_drop_impl((void *)node, NULL);
	return 0;
}

SEC("tp")
int not_dropped(void *ctx)
{
	volatile struct node *node = make();

	if (node && !wrong)
		bpf_obj_drop_impl((void *)node, NULL);
	return 0;
}

/* Two references: the second outlives the first. */
SEC("tp")
int counted(void *ctx)
{
	volatile struct node *node = make(), *second;

	if (!node)
		return 0;
	second = bpf_refcount_acquire_impl((void *)node, NULL);
	node->b = 7;
	bpf_obj_drop_impl((void *)node, NULL);
	if (wrong == 1)
		bpf_obj_drop_impl((void *)second, NULL);
	wrong = (int)second->b;
	bpf_obj_drop_impl((void *)second, NULL);
	return wrong;
}

SEC("tp")
int task(void *ctx)
{
	void *task = bpf_task_acquire((void *)bpf_get_current_task_btf());

	bpf_task_release(task);
	return 0;
}

SEC("tp")
int cgroup(void *ctx)
{
	void *cgroup = bpf_cgroup_acquire((void *)bpf_get_current_task_btf());

	bpf_cgroup_release(cgroup);
	return 0;
}

SEC("raw_tp")
int section_left_open(void *ctx)
{
	bpf_rcu_read_lock();
	if (!wrong)
		bpf_rcu_read_unlock();
	return 0;
}

SEC("raw_tp")
int unlocked_twice(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	if (wrong)
		bpf_rcu_read_unlock();
	return 0;
}

SEC("tp")
int throws(void *ctx)
{
	if (wrong)
		bpf_throw(5);
	return 1;
}

SEC("raw_tp")
int slices(void *ctx)
{
	struct bpf_dynptr ptr;
	char *byte;

	bpf_dynptr_from_mem(&wrong, sizeof(wrong), 0, &ptr);
	byte = bpf_dynptr_slice(&ptr, 0, NULL, 1);
	if (!byte || *byte)
		return 0;
	byte = bpf_dynptr_slice_rdwr(&ptr, 0, NULL, 1);
	return byte && *byte;
}

SEC("raw_tp")
int calls_unmodelled(void *ctx)
{
	if (wrong)
		bpf_unmodelled();
	return 0;
}

SEC("lsm/file_open")
int null_object(void *ctx)
{
	const volatile __u32 *object = *(__u32 **)ctx;

	return wrong ? (int)object[2] : 0;
}

char LICENSE[] SEC("license") = "GPL";
