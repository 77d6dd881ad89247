// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sessions: a link runs its program at a function's entry and at its return, which have a word in
 * common. A run that is made by no such link has none; the verifier refuses such programs. Source:
 * bpf_session_is_return(), bpf_session_cookie() in kernel/trace/bpf_trace.c (6.12).
 */
#include "ebpf/kernel.h"

static struct bu_run_session *session_of(struct bu_run *run)
{
	if (!run->session)
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "there is no session: attach the program as kprobe.session or "
			       "uprobe.session, and fire the function's entry or return");
	return run->session;
}

BU_HELPER_0(session_is_return)
{
	const struct bu_run_session *session = session_of(run);

	return session && session->is_return;
}

BU_HELPER_0(session_cookie)
{
	const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "session cookie" };
	struct bu_run_session *session = session_of(run);

	if (!session)
		return 0;
	if (!session->memory) {
		session->memory =
			bu_arena_scratch(&run->kernel->arena, sizeof(session->value), BU_RW, &info);
		if (session->memory)
			*session->memory = session->value;
		else
			bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "out of memory");
	}
	return (u64)session->memory;
}
