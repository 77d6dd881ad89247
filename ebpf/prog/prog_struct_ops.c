// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_PROG_TEST_RUN of struct_ops programs: of struct bpf_dummy_ops alone. Its context is the
 * function's arguments, of which the first is the address of a state of the caller's, or 0.
 * Source: bpf_struct_ops_test_run(), net/bpf/bpf_dummy_struct_ops.c (6.12).
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/link/struct_ops.h"
#include "ebpf/syscall.h"

#include <string.h>

#define MAX_ARGS 12 /* Source: MAX_BPF_FUNC_ARGS */

struct function {
	const struct bu_btf *btf;
	const char *name;
	const struct btf_type *proto;
};

struct state { /* Source: struct bpf_dummy_ops_state */
	s32 value;
	u8 *seen; /* the program's, in the run's memory */
};

static int find_function(const struct bu_prog *prog, struct function *function)
{
	struct bu_btf *btf = bu_vmlinux_btf(prog->object.kernel);
	const struct btf_member *member;
	struct bu_struct_ops_type ops;

	if (!btf || !bu_struct_ops_of_type(btf, prog->attach_btf_id, &ops) ||
	    !bu_struct_ops_is_dummy(btf, &ops))
		return -EOPNOTSUPP;
	member = bu_struct_ops_member(&ops, prog->expected_attach_type);
	function->btf = btf;
	function->name = bu_btf_string(btf, member->name_off);
	function->proto = bu_struct_ops_proto(btf, member);
	return 0;
}

/* Source: the argument that bpf_dummy_ops__test_1() calls "cb__nullable". */
static bool may_be_null(const struct function *function)
{
	return !strcmp(function->name, "test_1");
}

static int check_args(const struct function *function, const u64 *args)
{
	const struct btf_param *params = (const struct btf_param *)(function->proto + 1);
	const struct btf_type *type;

	for (u32 i = 0; i < BTF_INFO_VLEN(function->proto->info); i++) {
		type = bu_btf_skip_modifiers(function->btf, params[i].type);
		if (!args[i] && type && BTF_INFO_KIND(type->info) == BTF_KIND_PTR &&
		    !may_be_null(function))
			return -EINVAL;
	}
	return 0;
}

static int give_state(struct bu_run *run, struct bu_test_io *io)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "bpf_dummy_ops_state" };
	struct state *state = io->arg;

	state->seen = bu_arena_scratch(&run->kernel->arena, sizeof(state->value), BU_RW, &info);
	if (!state->seen)
		return -ENOMEM;
	memcpy(state->seen, &state->value, sizeof(state->value));
	memcpy(run->ctx, &state->seen, sizeof(state->seen));
	return 0;
}

static void take_state(struct bu_run *run, struct bu_test_io *io)
{
	struct state *state = io->arg;

	(void)run;
	memcpy(&state->value, state->seen, sizeof(state->value));
}

static int run_function(struct bu_prog *prog, union bpf_attr *attr, u64 *args, u32 size, s32 value)
{
	u64 user = args[0]; /* of the state */
	struct state state = { .value = value };
	struct bu_test_io io = { .ctx = args, .ctx_size = size, .cpu = -1, .arg = &state };
	u32 duration;
	int err;

	if (user) {
		io.before = give_state;
		io.after = take_state;
	}
	err = bu_test_repeat(prog, &io, 1, &duration);
	if (!err && user)
		err = bu_copy_to_user(user, &state.value, sizeof(state.value));
	if (!err)
		attr->test.retval = (u32)io.retval;
	return err;
}

int bu_struct_ops_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct function function;
	u64 args[MAX_ARGS] = { 0 };
	s32 value = 0;
	u32 size;
	int err = find_function(prog, &function);

	if (err)
		return err;
	size = BTF_INFO_VLEN(function.proto->info) * sizeof(u64);
	if (attr->test.ctx_size_in != size || size > sizeof(args))
		return -EINVAL;
	err = bu_copy_from_user(args, attr->test.ctx_in, size);
	if (!err && args[0])
		err = bu_copy_from_user(&value, args[0], sizeof(value));
	if (!err)
		err = check_args(&function, args);
	return err ? err : run_function(prog, attr, args, size, value);
}
