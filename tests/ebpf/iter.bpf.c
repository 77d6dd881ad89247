/* SPDX-License-Identifier: BSD-2-Clause */
/* Iterators over all that the emulated kernel has, with its types as objects describe them. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define KERNEL __attribute__((preserve_access_index))

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} KERNEL;
struct bpf_map {
	__u32 id;
	char name[16];
	int map_type;
	__u32 max_entries;
} KERNEL;
struct bpf_prog_aux {
	__u32 id;
	const char *attach_func_name;
	char name[16];
} KERNEL;
struct bpf_prog {
	int type;
	struct bpf_prog_aux *aux;
} KERNEL;
struct bpf_link {
	__u32 id, type;
	struct bpf_prog *prog;
} KERNEL;
struct task_struct {
	int pid, tgid;
	char comm[16];
} KERNEL;
struct inode {
	unsigned long i_ino;
} KERNEL;
struct file {
	struct inode *f_inode;
} KERNEL;
struct vm_area_struct {
	unsigned long vm_start, vm_end;
} KERNEL;
struct kernfs_node {
	const char *name;
	__u64 id;
} KERNEL;
struct cgroup {
	int level;
	struct kernfs_node *kn;
} KERNEL;
struct kallsym_iter {
	unsigned long value;
	char type;
	char name[128];
	char module_name[56];
} KERNEL;
struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
} KERNEL;
struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key, *value;
} KERNEL;
struct bpf_iter__bpf_prog {
	struct bpf_iter_meta *meta;
	struct bpf_prog *prog;
} KERNEL;
struct bpf_iter__bpf_link {
	struct bpf_iter_meta *meta;
	struct bpf_link *link;
} KERNEL;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} KERNEL;
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd __attribute__((aligned(8)));
	struct file *file;
} KERNEL;
struct bpf_iter__task_vma {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
} KERNEL;
struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
} KERNEL;
struct bpf_iter__ksym {
	struct bpf_iter_meta *meta;
	struct kallsym_iter *ksym;
} KERNEL;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} squares SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} counts SEC(".maps");

__s64 bpf_map_sum_elem_count(const struct bpf_map *map) __ksym;

int retry;
int big;
__u64 ends, end_seq_num;
char line[500];

SEC("iter/bpf_map")
int maps(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;

	if (!map) {
		BPF_SEQ_PRINTF(ctx->meta->seq, "end %llu\n", ctx->meta->seq_num);
		return 0;
	}
	BPF_SEQ_PRINTF(ctx->meta->seq, "%llu %s type %d max %u\n", ctx->meta->seq_num, map->name,
		       map->map_type, map->max_entries);
	return 0;
}

SEC("iter/bpf_prog")
int progs(struct bpf_iter__bpf_prog *ctx)
{
	struct bpf_prog *prog = ctx->prog;

	if (prog)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%s type %d at %s\n", prog->aux->name, prog->type,
			       prog->aux->attach_func_name);
	return 0;
}

SEC("iter/bpf_link")
int links(struct bpf_iter__bpf_link *ctx)
{
	struct bpf_link *link = ctx->link;

	if (link)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%u type %u of %s\n", link->id, link->type,
			       link->prog->aux->name);
	return 0;
}

SEC("iter.s/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d %s\n", task->pid, task->tgid, task->comm);
	return 0;
}

SEC("iter/bpf_map_elem")
int elements(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;

	if (!key || !value) {
		ends++;
		end_seq_num = ctx->meta->seq_num;
		return 0;
	}
	if (retry) {
		retry--;
		return 1;
	}
	if (big) {
		for (int i = 0; i < big; i++)
			bpf_seq_write(ctx->meta->seq, line, 500);
		return 0;
	}
	BPF_SEQ_PRINTF(ctx->meta->seq, "%u=%llu\n", *key, *value);
	*value += 1;
	return 0;
}

SEC("iter/bpf_map_elem")
int sums(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *values = ctx->value;

	if (values)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%llu %llu\n", values[0], values[1]);
	return 0;
}

SEC("iter/bpf_map_elem")
int beyond(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *value = ctx->value;

	return value ? value[1] & 1 : 0;
}

SEC("iter.s/task_file")
int files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (task && file)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %u %lu\n", task->pid, ctx->fd,
			       file->f_inode->i_ino);
	else
		end_seq_num = ctx->fd;
	return 0;
}

SEC("iter.s/task_vma")
int mappings(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;

	if (task && vma)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %lx-%lx\n", task->pid, vma->vm_start,
			       vma->vm_end);
	else
		ends++;
	return 0;
}

int stop_at; /* the level at which the walk ends */

SEC("iter.s/cgroup")
int cgroups(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *cgroup = ctx->cgroup;
	char name[16] = "";

	if (!cgroup) {
		BPF_SEQ_PRINTF(ctx->meta->seq, "end\n");
		ends++;
		return 0;
	}
	bpf_probe_read_kernel_str(name, sizeof(name), cgroup->kn->name);
	BPF_SEQ_PRINTF(ctx->meta->seq, "%llu %s\n", ctx->meta->seq_num, name);
	return stop_at && cgroup->level == stop_at;
}

SEC("iter/bpf_map_elem")
int typed(struct bpf_iter__bpf_map_elem *ctx)
{
	static struct inode place = { .i_ino = 3 };
	struct btf_ptr what = { .ptr = &place, .type_id = bpf_core_type_id_kernel(struct inode) };

	place.i_ino++;
	if (ctx->key)
		ends += bpf_seq_printf_btf(ctx->meta->seq, &what, sizeof(what), 1) == 0;
	return 0;
}

SEC("iter/ksym")
int symbols(struct bpf_iter__ksym *ctx)
{
	struct kallsym_iter *ksym = ctx->ksym;

	if (ksym)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%lx %c %s\n", ksym->value, ksym->type, ksym->name);
	return 0;
}

SEC("iter/tcp")
int unknown(void *ctx)
{
	return 0;
}

SEC("iter/bpf_map")
int sizes(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%s %lld\n", ctx->map->name,
			       bpf_map_sum_elem_count(ctx->map));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
