/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program's instructions name outside it: maps, their values, kernel symbols, kfuncs. A
 * program holds a reference of each map that it names; what it cannot resolve yields 0 and faults
 * when used. Source: resolve_pseudo_ldimm64(), kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/btf/ksyms.h"
#include "ebpf/kernel.h"
#include "ebpf/prog/kfunc.h"
#include "ebpf/syscall.h"
#include "ebpf/vm/decode.h"

#include <stdlib.h>
#include <string.h>

#define MAX_USED_MAPS    64
#define MAX_VALUE_OFFSET (1U << 29) /* Source: BPF_MAX_VAR_OFF */

/* Not in the oldest header that we build with. */
#define PSEUDO_MAP_IDX       5
#define PSEUDO_MAP_IDX_VALUE 6

int bu_prog_map_fd(const struct bpf_insn *insn, const union bpf_attr *attr, struct bu_log *log,
		   int *fd)
{
	*fd = insn->imm;
	if (insn->src_reg != PSEUDO_MAP_IDX && insn->src_reg != PSEUDO_MAP_IDX_VALUE)
		return 0;
	if (!attr->fd_array) {
		bu_log_add(log, "fd_idx without fd_array is invalid\n");
		return -EPROTO;
	}
	return bu_copy_from_user(fd, attr->fd_array + (u64)(u32)insn->imm * sizeof(*fd),
				 sizeof(*fd));
}

static int use_map(struct bu_prog *prog, struct bu_map *map, struct bu_log *log)
{
	u32 before = prog->nr_maps;
	int err;

	if (map->is_exclusive && memcmp(map->exclusive, prog->digest, sizeof(prog->digest))) {
		bu_log_add(log, "program's hash doesn't match map's excl_prog_hash\n");
		return -EACCES;
	}
	err = bu_prog_bind_map(prog, map);
	if (err || prog->nr_maps == before)
		return err;
	if (prog->nr_maps <= MAX_USED_MAPS)
		return bu_prog_check_map(prog, map, log);
	bu_log_add(log, "The total number of maps per program has reached the limit of %u\n",
		   MAX_USED_MAPS);
	return -E2BIG;
}

/* Source: check_map_prog_compatibility(), resolve_pseudo_ldimm64(), kernel/bpf/verifier.c (6.12).
 */
static int use_arena(struct bu_prog *prog, struct bu_map *map, struct bu_log *log)
{
	if (map->type != (enum bpf_map_type)BU_MAP_TYPE_ARENA)
		return 0;
	if (prog->arena && prog->arena != map) {
		bu_log_add(log, "Only one arena per program\n");
		return -EBUSY;
	}
	if (!map->arena.user) {
		bu_log_add(log, "arena's user address must be set via map_extra or mmap()\n");
		return -EINVAL;
	}
	prog->arena = map;
	return 0;
}

/* A map becomes the program's; the kernel's BTF is there anyway. */
static int use_fd(struct bu_prog *prog, int fd, struct bu_log *log)
{
	struct bu_kernel *kernel = prog->object.kernel;
	struct bu_object *object;
	int err, other;

	object = bu_fd_object(kernel, fd, BU_OBJECT_MAP, &err);
	if (object) {
		struct bu_map *map = bu_container_of(object, struct bu_map, object);

		if (map->is_exclusive)
			return -EACCES; /* no hash has been made yet */
		err = use_map(prog, map, log);
		return err ? err : use_arena(prog, map, log);
	}
	object = bu_fd_object(kernel, fd, BU_OBJECT_BTF, &other);
	if (object)
		return bu_container_of(object, struct bu_btf, object)->kernel_btf ? 0 : -EINVAL;
	bu_log_add(log, "fd %d is not pointing to valid bpf_map or btf\n", fd);
	return err;
}

/* Source: process_fd_array(), kernel/bpf/verifier.c (6.18) */
int bu_prog_use_fds(struct bu_prog *prog, u64 fds, u32 count, struct bu_log *log)
{
	int fd, err = 0;

	if (count >= UINT32_MAX / sizeof(fd)) {
		bu_log_add(log, "fd_array_cnt is too big (%u)\n", count);
		return -EINVAL;
	}
	for (u32 i = 0; !err && i < count; i++) {
		err = bu_copy_from_user(&fd, fds + i * sizeof(fd), sizeof(fd));
		if (!err)
			err = use_fd(prog, fd, log);
	}
	return err;
}

static int value_address(struct bu_map *map, u32 offset, struct bu_log *log, u64 *address)
{
	void *value;

	if (offset >= MAX_VALUE_OFFSET) {
		bu_log_add(log, "direct value offset of %u is not allowed\n", offset);
		return -EINVAL;
	}
	if (!map->ops->direct_value) {
		bu_log_add(log, "no direct value access support for this map type\n");
		return -EINVAL;
	}
	value = map->ops->direct_value(map, offset);
	if (!value) {
		bu_log_add(log, "invalid access to map value pointer, value_size=%u off=%u\n",
			   map->value_size, offset);
		return map->type == (enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY ? -EACCES : -EINVAL;
	}
	*address = (u64)value;
	return 0;
}

/* A descriptor's number means nothing later on. Source: bpf_insn_prepare_dump(),
 * kernel/bpf/syscall.c */
static void name_by_id(struct bpf_insn *insn, u32 id, bool value)
{
	insn->src_reg = value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
	insn->imm = id;
}

static int resolve_map(struct bu_prog *prog, u32 i, const union bpf_attr *attr, struct bu_log *log)
{
	const struct bpf_insn *insn = &prog->insns[i];
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == PSEUDO_MAP_IDX_VALUE;
	struct bu_object *object;
	struct bu_map *map;
	int fd, err;

	if (!value && insn[1].imm) {
		bu_log_add(log, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	err = bu_prog_map_fd(insn, attr, log, &fd);
	if (err)
		return err;
	object = bu_fd_object(prog->object.kernel, fd, BU_OBJECT_MAP, &err);
	if (!object) {
		bu_log_add(log, "fd %d is not pointing to valid bpf_map\n", fd);
		return err;
	}
	map = bu_container_of(object, struct bu_map, object);
	err = use_map(prog, map, log);
	if (!err)
		err = use_arena(prog, map, log);
	if (err)
		return err;
	prog->resolved[i] = (u64)map->handle;
	name_by_id(&prog->insns[i], map->object.id, value);
	return value ? value_address(map, insn[1].imm, log, &prog->resolved[i]) : 0;
}

/* The upper half would name the BTF of a module. Source: check_pseudo_btf_id() */
static int resolve_ksym(struct bu_prog *prog, u32 i, struct bu_log *log)
{
	const struct bpf_insn *insn = &prog->insns[i];
	int err;

	if (insn[1].imm) {
		bu_log_add(log, "invalid module BTF object FD specified.\n");
		return -EINVAL;
	}
	prog->resolved[i] = bu_ksym_address(prog->object.kernel, insn->imm, &err);
	if (err == -EINVAL)
		bu_log_add(log, "ldimm64 insn specifies invalid btf_id %d.\n", insn->imm);
	return err;
}

static int resolve_lddw(struct bu_prog *prog, u32 i, const union bpf_attr *attr, struct bu_log *log)
{
	switch (prog->insns[i].src_reg) {
	case 0:
	case BPF_PSEUDO_FUNC:
		return 0;
	case BPF_PSEUDO_BTF_ID:
		return resolve_ksym(prog, i, log);
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
	case PSEUDO_MAP_IDX:
	case PSEUDO_MAP_IDX_VALUE:
		return resolve_map(prog, i, attr, log);
	default:
		bu_log_add(log, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
}

static bool is_kfunc_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

/* Differs: a function that the kernel does not have, or that the program's type may not call,
 * loads; calling it is a fault. */
static void resolve_kfunc(struct bu_prog *prog, u32 i)
{
	const char *name = bu_kfunc_of_btf(prog->object.kernel, prog->insns[i].imm);

	if (name)
		prog->resolved[i] = bu_kfunc_id(prog->object.kernel, name);
}

static int check_casts(const struct bu_prog *prog, struct bu_log *log)
{
	for (u32 i = 0; !prog->arena && i < prog->nr_insns; i++) {
		const struct bpf_insn *insn = &prog->insns[i];

		if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->off == BU_INSN_CAST) {
			bu_log_add(log,
				   "addr_space_cast insn can only be used in a program that has an "
				   "associated arena\n");
			return -EINVAL;
		}
	}
	return 0;
}

int bu_prog_resolve(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	int err = 0;

	prog->resolved = calloc(prog->nr_insns, sizeof(*prog->resolved));
	if (!prog->resolved)
		return -ENOMEM;
	for (u32 i = 0; !err && i < prog->nr_insns; i++) {
		err = bu_prog_check_opcode(prog, i, log);
		if (!err && is_kfunc_call(&prog->insns[i]))
			resolve_kfunc(prog, i);
		if (err || prog->insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		err = resolve_lddw(prog, i, attr, log);
		i++;
	}
	return err ? err : check_casts(prog, log);
}
