/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tracing, LSM and extension programs attach to, as PROG_LOAD names it: a function or
 * tracepoint of the kernel, or a function of another program. Source: bpf_check_attach_target(),
 * check_attach_btf_id(), kernel/bpf/verifier.c (6.18).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/struct_ops.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

#include <stdlib.h>
#include <string.h>

#define TRACE_PREFIX "btf_trace_"

/* Index of the function of a program that a type id stands for, or -1. */
static int func_of(const struct bu_prog *prog, u32 btf_id)
{
	for (u32 i = 0; i < prog->nr_func_info; i++) {
		if (prog->func_info[i].type_id == btf_id)
			return (int)i;
	}
	return -1;
}

static int refuse(struct bu_log *log, const char *why)
{
	bu_log_add(log, "%s\n", why);
	return -EINVAL;
}

static int check_extension(const struct bu_prog *target, const struct btf_type *func,
			   struct bu_log *log)
{
	if (BTF_INFO_VLEN(func->info) == BTF_FUNC_STATIC)
		return refuse(log, "Cannot replace static functions");
	if (target->prog_type == BPF_PROG_TYPE_EXT)
		return refuse(log, "Cannot recursively attach");
	if (target->prog_type == BPF_PROG_TYPE_TRACING &&
	    (target->expected_attach_type == BPF_TRACE_FENTRY ||
	     target->expected_attach_type == BPF_TRACE_FEXIT))
		return refuse(log, "Cannot extend fentry/fexit");
	return 0;
}

static bool goes_to_progs(const struct bu_prog *prog)
{
	switch (prog->expected_attach_type) {
	case BPF_MODIFY_RETURN:
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
		return prog->prog_type == BPF_PROG_TYPE_TRACING;
	}
	return prog->prog_type == BPF_PROG_TYPE_EXT;
}

/* An extension is made for programs of the type that it was loaded for. */
static bool same_kind(const struct bu_prog_target *loaded, const struct bu_prog *target)
{
	return !loaded->of_prog || (loaded->prog_type == target->prog_type &&
				    loaded->attach_type == target->expected_attach_type);
}

int bu_prog_check_target(const struct bu_prog *prog, const struct bu_prog *target, u32 btf_id,
			 struct bu_log *log)
{
	const struct btf_type *type = target->btf ? bu_btf_type(target->btf, btf_id) : NULL;
	bool extension = prog->prog_type == BPF_PROG_TYPE_EXT;
	int func = func_of(target, btf_id);

	if (!btf_id)
		return refuse(log, "Tracing programs must provide btf_id");
	if (!target->btf)
		return refuse(log, "FENTRY/FEXIT program can only be attached to another program "
				   "annotated with BTF");
	if (!type) {
		bu_log_add(log, "attach_btf_id %u is invalid\n", btf_id);
		return -EINVAL;
	}
	if (func < 0) {
		bu_log_add(log, "Subprog %s doesn't exist\n",
			   bu_btf_string(target->btf, type->name_off));
		return -EINVAL;
	}
	if (target->exception_insn && target->funcs[func].start == target->exception_insn)
		return refuse(log, extension ? "Extension programs cannot attach to exception "
					       "callback"
					     : "FENTRY/FEXIT programs cannot attach to exception "
					       "callback");
	if (extension && check_extension(target, type, log))
		return -EINVAL;
	if (!extension && target->target.of_prog && target->prog_type == BPF_PROG_TYPE_TRACING)
		return refuse(log, "Cannot nest tracing program attach more than once");
	if (!goes_to_progs(prog))
		return refuse(log, "Only FENTRY/FEXIT progs are attachable to another BPF prog");
	if (extension && prog->func_info && bu_prog_match(prog, target, btf_id, log))
		return -EINVAL;
	if (!same_kind(&prog->target, target))
		return -EINVAL;
	if (prog->expected_attach_type == BPF_MODIFY_RETURN && !extension)
		return refuse(log, "can't modify return codes of BPF programs");
	return 0;
}

static int set_name(struct bu_prog *prog, const struct bu_btf *btf)
{
	const struct btf_type *type = bu_btf_type(btf, prog->attach_btf_id);
	const char *name = type ? bu_btf_string(btf, type->name_off) : NULL;

	if (!name)
		return -EINVAL;
	if (prog->expected_attach_type == BPF_TRACE_RAW_TP &&
	    !strncmp(name, TRACE_PREFIX, strlen(TRACE_PREFIX)))
		name += strlen(TRACE_PREFIX);
	prog->target.name = strdup(name);
	return prog->target.name ? 0 : -ENOMEM;
}

static int set_prog(struct bu_prog *prog, struct bu_prog *target, struct bu_log *log)
{
	int err = bu_prog_check_target(prog, target, prog->attach_btf_id, log);

	if (!err)
		err = set_name(prog, target->btf);
	if (err)
		return err;
	bu_object_get(&target->object);
	prog->target.prog = target;
	prog->target.of_prog = true;
	prog->target.prog_type = target->prog_type;
	prog->target.attach_type = target->expected_attach_type;
	if (prog->prog_type == BPF_PROG_TYPE_EXT)
		prog->type = bu_prog_type_of(bu_prog_kind(prog));
	return 0;
}

int bu_prog_set_target(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	struct bu_kernel *kernel = prog->object.kernel;
	struct bu_object *object = NULL;
	int err;

	if (prog->prog_type == BPF_PROG_TYPE_STRUCT_OPS) {
		err = bu_prog_check_struct_ops(prog, log);
		return err ? err : set_name(prog, bu_vmlinux_btf(kernel));
	}
	if (!prog->attach_btf_id)
		return 0;
	if (attr->attach_prog_fd)
		object = bu_fd_object(kernel, attr->attach_prog_fd, BU_OBJECT_PROG, &err);
	if (object)
		return set_prog(prog, bu_container_of(object, struct bu_prog, object), log);
	return set_name(prog, bu_vmlinux_btf(kernel));
}

void bu_prog_drop_target(struct bu_prog *prog)
{
	if (prog->target.prog)
		bu_object_put(&prog->target.prog->object);
	prog->target.prog = NULL;
}
