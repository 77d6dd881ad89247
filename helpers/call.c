// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calling a helper: count, mock, check the arguments, run the model. A call of a helper that is
 * neither modelled nor mocked is a fault that says so.
 */
#include "ebpf/prog/kfunc.h"
#include "ebpf/vm/view.h"
#include "helpers/args.h"

static u64 no_kfunc_model(struct bu_run *run, u32 id)
{
	char name[128];

	if (bu_kfunc_name(run->kernel, id, name, sizeof(name)))
		bu_fault_raise(run, BU_FAULT_NO_MODEL,
			       "the kernel function (kfunc) %s has no model: mock it with "
			       "BPFUNIT_MOCK_KFUNC(\"%s\", .returns = 0)",
			       name, name);
	else
		bu_fault_raise(run, BU_FAULT_NO_MODEL, "no kernel function has the number %u", id);
	return 0;
}

static u64 no_model(struct bu_run *run, const struct bu_helper *helper, u32 id)
{
	if (id >= BU_HELPER_MAX)
		return no_kfunc_model(run, id);
	if (helper->name)
		bu_fault_raise(run, BU_FAULT_NO_MODEL,
			       "bpf_%s (#%u): mock it with BPFUNIT_MOCK(BPF_FUNC_%s, .returns = 0)",
			       helper->name, id, helper->name);
	else
		bu_fault_raise(run, BU_FAULT_NO_MODEL, "helper #%u: the kernel has no such helper",
			       id);
	return 0;
}

static inline u64 call_model(struct bu_run *run, u32 id, const u64 args[5])
{
	const struct bu_helper *helper = bu_helper_of(id);
	u64 a[5] = { 0 };

	if (bu_unlikely(!helper->fn))
		return no_model(run, helper, id);
	if (helper->args[0] == BU_ARG_NONE)
		return helper->fn(run, 0, 0, 0, 0, 0);
	if (bu_unlikely(!bu_args_check(run, helper, id, args, a)))
		return 0;
	return helper->fn(run, a[0], a[1], a[2], a[3], a[4]);
}

u64 bu_helper_call_real(struct bu_run *run, u32 id, const u64 args[5])
{
	return call_model(run, id, args);
}

/* A mock reads memory by itself. */
static bool call_mock(struct bu_run *run, const struct bu_helper_slot *slot, u32 id,
		      const u64 args[5], u64 *result)
{
	u64 seen[5];

	if (bu_likely(!run->views))
		return slot->mock(slot->mock_arg, run, id, args, result);
	for (int i = 0; i < 5; i++)
		seen[i] = bu_mem_seen(&run->kernel->arena, args[i]);
	return slot->mock(slot->mock_arg, run, id, seen, result);
}

u64 bu_helper_call(struct bu_run *run, u32 id, const u64 args[5])
{
	struct bu_helper_slot *slot;
	u64 result = 0;

	if (bu_unlikely(id >= BU_CALLEE_MAX))
		return no_model(run, bu_helper_of(0), id);
	slot = &run->kernel->helpers[id];
	slot->calls++;
	if (bu_unlikely(slot->mock) && call_mock(run, slot, id, args, &result)) {
		bu_args_mark_written(run, bu_helper_of(id), args);
		return result;
	}
	return call_model(run, id, args);
}
