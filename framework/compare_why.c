// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which programs give the same result in two kernels that were given the same input: those whose
 * types BPF_PROG_TEST_RUN runs, and that ask for nothing but their input and their maps.
 */
#include "framework/compare.h"

#include <bpfunit/runner.h>

#include "ebpf/kernel.h"

#define NAMED(prefix_, name_) [BPF_FUNC_##name_] = prefix_ #name_
#define CALLS(name_)          NAMED("calls bpf_", name_)

/* Helpers whose results are of the machine, the moment or the task; some others are answered as in
 * the VM: framework/mirror_env.c. */
static const char *const helpers[] = {
	CALLS(get_ns_current_pid_tgid),
	CALLS(get_current_task),
	CALLS(get_current_task_btf),
	CALLS(get_current_ancestor_cgroup_id),
	CALLS(current_task_under_cgroup),
	CALLS(task_pt_regs),
	CALLS(probe_read),
	CALLS(probe_read_str),
	CALLS(probe_read_kernel),
	CALLS(probe_read_kernel_str),
	CALLS(probe_read_user),
	CALLS(probe_read_user_str),
	CALLS(probe_write_user),
	CALLS(copy_from_user),
	CALLS(copy_from_user_task),
	CALLS(get_stackid),
	CALLS(get_stack),
	CALLS(get_task_stack),
	CALLS(perf_event_read),
	CALLS(perf_event_read_value),
	CALLS(read_branch_records),
	CALLS(send_signal),
	CALLS(send_signal_thread),
	CALLS(get_func_ip),
	CALLS(get_attach_cookie),
	CALLS(get_socket_uid),
	CALLS(skb_cgroup_id),
	CALLS(skb_ancestor_cgroup_id),
	CALLS(skb_under_cgroup),
	CALLS(sk_lookup_tcp),
	CALLS(sk_lookup_udp),
	CALLS(skc_lookup_tcp),
	CALLS(fib_lookup),
	CALLS(clone_redirect),
	CALLS(ringbuf_query),
	CALLS(map_lookup_percpu_elem),
	CALLS(per_cpu_ptr),
	CALLS(this_cpu_ptr),
	CALLS(timer_init),
	CALLS(timer_set_callback),
	CALLS(timer_start),
	CALLS(timer_cancel),
	CALLS(sys_bpf),
	CALLS(sys_close),
	CALLS(btf_find_by_name_kind),
	CALLS(kallsyms_lookup_name),
	CALLS(task_storage_get),
	CALLS(sk_storage_get),
	CALLS(inode_storage_get),
	CALLS(get_local_storage),
	CALLS(d_path),
	CALLS(ima_inode_hash),
	CALLS(user_ringbuf_drain),
};

static bool has_test_run(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return true;
	default:
		return false;
	}
}

static bool uses_hash(const struct bu_prog *prog)
{
	for (u32 i = 0; i < prog->nr_maps; i++) {
		switch (prog->maps[i]->type) {
		case BPF_MAP_TYPE_HASH:
		case BPF_MAP_TYPE_PERCPU_HASH:
		case BPF_MAP_TYPE_LRU_HASH:
		case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		case BPF_MAP_TYPE_HASH_OF_MAPS:
			return true;
		default:
			break;
		}
	}
	return false;
}

static void look_at_call(struct bu_mirror *mirror, const struct bpf_insn *insn, bool has_hash)
{
	const struct bu_kernel *kernel = mirror->kernel;
	u32 id = insn->imm;

	if (insn->src_reg == BPF_PSEUDO_CALL)
		return;
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		bu_mirror_why(mirror, "calls kernel functions, whose ids are another kernel's");
		return;
	}
	if (id == BPF_FUNC_for_each_map_elem && has_hash)
		bu_mirror_why(mirror, "iterates over a hash map, which has no order");
	if (id < BU_ARRAY_SIZE(helpers) && helpers[id])
		bu_mirror_why(mirror, "%s", helpers[id]);
	if (id < BU_HELPER_MAX && kernel->helpers[id].mock && !bu_mirror_env_has(id))
		bu_mirror_why(mirror, "calls a helper that is mocked");
}

/* Source: Documentation/bpf/instruction-set.rst: wide instructions take two slots. */
static void look_at_code(struct bu_mirror *mirror, const struct bu_prog *prog)
{
	bool has_hash = uses_hash(prog);

	for (u32 i = 0; i < prog->nr_insns; i++) {
		const struct bpf_insn *insn = &prog->insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL))
			look_at_call(mirror, insn, has_hash);
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insn->src_reg == BPF_PSEUDO_BTF_ID)
			bu_mirror_why(mirror, "names a variable of the kernel");
		i++;
	}
}

void bu_compare_why(struct bu_mirror *mirror, const struct bu_prog *prog)
{
	if (!has_test_run(prog->prog_type))
		bu_mirror_why(mirror, "runs of %s programs are not compared", prog->type->name);
	if (prog->arena)
		bu_mirror_why(mirror, "uses an arena");
	look_at_code(mirror, prog);
}
