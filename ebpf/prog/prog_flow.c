// SPDX-License-Identifier: BSD-2-Clause
/*
 * Flow dissectors: they see the packet from its link header on, and fill in the keys that their
 * context points to. Source: flow_dissector_is_valid_access(), net/core/filter.c;
 * bpf_flow_dissect(), net/core/flow_dissector.c; bpf_prog_test_run_flow_dissector(),
 * net/bpf/test_run.c (6.12).
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define PROTOCOL_OFFSET 12 /* of the link header */

struct keys {
	struct bpf_flow_keys given, result;
	u8 *seen; /* the program's, in the run's memory */
};

/* The packet and the keys, nothing else. */
void bu_flow_guard(struct bu_run *run)
{
	static const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct __sk_buff, flow_keys, BU_READ),
	};

	bu_ctx_guard(run, BU_NONE, fields, BU_ARRAY_SIZE(fields));
}

static int give_keys(struct bu_run *run, struct bu_test_io *io)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "bpf_flow_keys" };
	struct keys *keys = io->arg;

	keys->seen =
		bu_arena_scratch(&run->kernel->arena, sizeof(struct bpf_flow_keys), BU_RW, &info);
	if (!keys->seen)
		return -ENOMEM;
	memcpy(keys->seen, &keys->given, sizeof(keys->given));
	memcpy((u8 *)run->ctx + offsetof(struct __sk_buff, flow_keys), &keys->seen,
	       sizeof(keys->seen));
	return 0;
}

static u16 clamp(u16 value, u16 least, u16 most)
{
	return BU_MIN(BU_MAX(value, least), most);
}

/* The offsets stay in the packet, whatever the program says. */
static void take_keys(struct bu_run *run, struct bu_test_io *io)
{
	struct keys *keys = io->arg;
	struct bpf_flow_keys *result = &keys->result;

	(void)run;
	memcpy(result, keys->seen, sizeof(*result));
	result->nhoff = clamp(result->nhoff, BU_ETH_BYTES, (u16)io->data_size);
	result->thoff = clamp(result->thoff, result->nhoff, (u16)io->data_size);
}

/* A caller may set the flags. */
static int check_keys(const struct bpf_flow_keys *given)
{
	size_t flags = offsetof(struct bpf_flow_keys, flags);

	return bu_is_zero(given, 0, flags) &&
			       bu_is_zero(given, flags + sizeof(given->flags), sizeof(*given))
		       ? 0
		       : -EINVAL;
}

static int dissect(struct bu_prog *prog, union bpf_attr *attr, const u8 *frame,
		   const struct bpf_flow_keys *given)
{
	struct keys keys = { .given = { .nhoff = BU_ETH_BYTES, .thoff = BU_ETH_BYTES } };
	struct bu_test_io io = {
		.data = frame,
		.data_size = attr->test.data_size_in,
		.cpu = -1,
		.before = give_keys,
		.after = take_keys,
		.arg = &keys,
	};
	u32 duration;
	int err;

	memcpy(&keys.given.n_proto, frame + PROTOCOL_OFFSET, sizeof(keys.given.n_proto));
	keys.given.flags = given ? given->flags : 0;
	err = bu_test_repeat(prog, &io, attr->test.repeat, &duration);
	if (!err)
		err = bu_test_finish(prog->object.kernel, attr, &keys.result, sizeof(keys.result),
				     (u32)io.retval, duration);
	free(io.data_out);
	return err;
}

int bu_flow_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct bpf_flow_keys *given = NULL;
	u8 *frame;
	int err = bu_test_data_in(attr, BU_ETH_BYTES, BU_TEST_PAGE, &frame);

	if (!err)
		err = bu_test_ctx_in(attr, sizeof(*given), (void **)&given);
	if (!err && given)
		err = check_keys(given);
	if (!err)
		err = dissect(prog, attr, frame, given);
	if (!err)
		err = bu_test_ctx_out(attr, given, sizeof(*given));
	free(given);
	free(frame);
	return err;
}
