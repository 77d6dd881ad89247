/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of fentry, fexit, fmod_ret and LSM programs, and of extensions (freplace). What they attach
 * to is a trampoline: a function of the kernel, known by its name, or of another program. One
 * exists while links refer to it, and no more of it than these links.
 * Source: bpf_tracing_prog_attach(), kernel/bpf/syscall.c; __bpf_trampoline_link_prog(),
 * kernel/bpf/trampoline.c (6.18).
 */
#include "ebpf/link/link_tracing.h"

#include "ebpf/kernel.h"
#include "ebpf/prog/prog_patch.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LINKS 38 /* of a trampoline. Source: BPF_MAX_TRAMP_LINKS on x86-64 */

static bool same_place(const struct bu_trampoline *a, const struct bu_trampoline *b)
{
	if (a->target || b->target)
		return a->target == b->target && a->btf_id == b->btf_id;
	return !strcmp(a->name, b->name);
}

/* What a new link meets at its trampoline. */
struct meeting {
	const struct bu_trampoline *place;
	const struct bu_prog *prog;
	u32 count;
	bool extended; /* by an extension */
	bool again;    /* the program is there already */
};

static int meet(struct bu_link *link, void *arg)
{
	struct meeting *meeting = arg;

	if (link->type->type != BU_LINK_TRACING || !same_place(link->priv, meeting->place))
		return 0;
	meeting->count++;
	meeting->extended |= link->prog->prog_type == BPF_PROG_TYPE_EXT;
	meeting->again |= link->prog == meeting->prog;
	return 0;
}

/* What tail calls lead to is not replaced: that could be a loop without end. Source:
 * bpf_freplace_check_tgt_prog(), kernel/bpf/trampoline.c (6.12). */
static int check_place(const struct bu_trampoline *place, const struct bu_prog *prog)
{
	struct meeting meeting = { .place = place, .prog = prog };

	bu_link_for_each(prog->object.kernel, meet, &meeting);
	if (meeting.extended)
		return -EBUSY;
	if (prog->prog_type == BPF_PROG_TYPE_EXT)
		return meeting.count || place->target->tail_slots ? -EBUSY : 0;
	if (meeting.count >= MAX_LINKS)
		return -E2BIG;
	return meeting.again ? -EBUSY : 0;
}

static bool is_served(const struct bu_prog *prog)
{
	u32 attach_type = prog->expected_attach_type;

	switch (prog->prog_type) {
	case BPF_PROG_TYPE_TRACING:
		return attach_type == BPF_TRACE_FENTRY || attach_type == BPF_TRACE_FEXIT ||
		       attach_type == BPF_MODIFY_RETURN;
	case BPF_PROG_TYPE_LSM:
		return attach_type == BPF_LSM_MAC;
	default:
		return prog->prog_type == BPF_PROG_TYPE_EXT;
	}
}

/* Another program than the one that PROG_LOAD named: extensions only. */
static int find_other(struct bu_trampoline *place, const struct bu_link_request *request)
{
	struct bu_prog *prog = request->prog;
	struct bu_object *object;
	int err;

	if (prog->prog_type != BPF_PROG_TYPE_EXT)
		return -EINVAL;
	object = bu_fd_object(request->kernel, (int)request->attr->target, BU_OBJECT_PROG, &err);
	if (!object)
		return err;
	place->target = bu_container_of(object, struct bu_prog, object);
	place->btf_id = request->attr->tracing.target_btf_id;
	if (!prog->target.used && place->target == prog->target.prog &&
	    place->btf_id == prog->attach_btf_id)
		return 0;
	return bu_prog_check_target(prog, place->target, place->btf_id, NULL);
}

/* Where PROG_LOAD said. A function of another program is remembered for one link only. */
static int find_loaded(struct bu_trampoline *place, const struct bu_prog *prog)
{
	if (prog->target.used && prog->target.of_prog)
		return -EINVAL;
	place->target = prog->target.prog;
	place->btf_id = prog->attach_btf_id;
	return 0;
}

static int find_place(struct bu_trampoline *place, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;

	if (!is_served(request->prog) || !attr->target != !attr->tracing.target_btf_id)
		return -EINVAL;
	return attr->target ? find_other(place, request) : find_loaded(place, request->prog);
}

static const char *name_at(const struct bu_trampoline *place, const struct bu_prog *prog)
{
	const struct bu_btf *btf = place->target ? place->target->btf : NULL;

	return btf ? bu_btf_string(btf, bu_btf_type(btf, place->btf_id)->name_off)
		   : prog->target.name;
}

/* The target that PROG_LOAD named is no longer kept, but by this link. */
static void keep(struct bu_trampoline *place, struct bu_prog *prog)
{
	const struct bu_btf *vmlinux = prog->object.kernel->vmlinux;

	if (place->target) {
		bu_object_get(&place->target->object);
		place->object_id = place->target->object.id;
	} else if (vmlinux) {
		place->object_id = vmlinux->object.id;
	}
	bu_prog_drop_target(prog);
	prog->target.used = true;
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	struct bu_trampoline place = { 0 }, *copy;
	int err = find_place(&place, request);

	if (err)
		return err;
	place.name = name_at(&place, request->prog);
	err = check_place(&place, request->prog);
	if (err)
		return err;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	link->attach_type = request->prog->expected_attach_type;
	if (place.target)
		err = bu_patch_add(place.target, place.btf_id, link);
	if (err) {
		free(copy);
		return err;
	}
	keep(&place, request->prog);
	*copy = place;
	link->priv = copy;
	link->cookie = request->attr->tracing.cookie;
	return 0;
}

static void detach(struct bu_link *link)
{
	const struct bu_trampoline *place = link->priv;

	if (place->target)
		bu_patch_remove(place->target, place->btf_id, link);
}

static void release(struct bu_link *link)
{
	struct bu_trampoline *place = link->priv;

	if (place->target)
		bu_object_put(&place->target->object);
	free(place);
}

static int describe(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_trampoline *place = link->priv;

	info->tracing.attach_type = link->attach_type;
	info->tracing.target_obj_id = place->object_id;
	info->tracing.target_btf_id = place->btf_id;
	info->tracing.cookie = link->cookie;
	return 0;
}

const struct bu_link_type bu_link_tracing = {
	.type = BU_LINK_TRACING,
	.name = "tracing",
	.attach = attach,
	.detach = detach,
	.release = release,
	.info = describe,
};
