/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading programs. A program comes into being in the order of ebpf/vm/decode.h; until its last
 * step it has no id, so that whatever fails can be undone by destroy(). Source: bpf_prog_load(),
 * kernel/bpf/syscall.c; bpf_prog_calc_tag(), kernel/bpf/core.c; bpf_vlog_init(),
 * bpf_vlog_finalize(), kernel/bpf/log.c (6.12).
 */
#include "ebpf/prog/prog.h"

#include "ebpf/boundary/preload.h"
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/prog/prog_core.h"
#include "ebpf/prog/prog_patch.h"
#include "ebpf/prog/prog_tables.h"
#include "ebpf/prog/sha256.h"
#include "ebpf/syscall.h"
#include "ebpf/vm/coverage.h"
#include "ebpf/vm/decode.h"

#include <stdlib.h>
#include <string.h>

#define DEV_BOUND_ONLY (1U << 6)
#define WITH_TOKEN     (1U << 16)
#define MAX_INSNS      1000000 /* Source: BPF_COMPLEXITY_LIMIT_INSNS */
#define KNOWN_FLAGS                                                                                \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_RND_HI32 |                      \
	 BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS | DEV_BOUND_ONLY | 1U << 7)
#define LOG_LEVELS    0xf /* two levels, statistics, fixed buffer */
#define LOG_FIXED     8
#define LOG_TRUE_SIZE 140 /* offset of log_true_size in the attributes */
#define TOKEN         144 /* of prog_token_fd */
#define LICENSE_LEN   128

static void destroy(struct bu_object *object)
{
	struct bu_prog *prog = bu_container_of(object, struct bu_prog, object);

	if (object->id)
		bu_coverage_release(prog);
	bu_patch_free(prog);
	bu_prog_decode_free(prog);
	bu_prog_free_tables(prog);
	for (u32 i = 0; i < prog->nr_maps; i++)
		bu_object_put(&prog->maps[i]->object);
	if (prog->btf)
		bu_object_put(&prog->btf->object);
	bu_prog_drop_target(prog);
	free(prog->target.name);
	free(prog->streams[0].bytes);
	free(prog->streams[1].bytes);
	free(prog->maps);
	free(prog->lines);
	free(prog->line_info);
	free(prog->func_info);
	free(prog->insns);
	free(prog);
}

static const struct bu_object_class prog_class = {
	.kind = BU_OBJECT_PROG,
	.destroy = destroy,
};

/* Source: license_is_gpl_compatible(), include/linux/license.h */
static bool is_gpl(const char *license)
{
	static const char *const compatible[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; i < BU_ARRAY_SIZE(compatible); i++) {
		if (!strcmp(license, compatible[i]))
			return true;
	}
	return false;
}

static int copy_license(struct bu_prog *prog, u64 user)
{
	char license[LICENSE_LEN] = "";

	if (bu_string_from_user(license, user, LICENSE_LEN - 1) < 0)
		return -EFAULT;
	prog->gpl = is_gpl(license);
	memcpy(prog->license, license, sizeof(prog->license) - 1);
	return 0;
}

static void set_tag(struct bu_prog *prog, struct bpf_insn *copy)
{
	u32 i;

	memcpy(copy, prog->insns, prog->nr_insns * sizeof(*copy));
	for (i = 0; i + 1 < prog->nr_insns; i++) {
		if (copy[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (copy[i].src_reg == BPF_PSEUDO_MAP_FD || copy[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			copy[i].imm = copy[i + 1].imm = 0;
		i++;
	}
	bu_sha256(copy, prog->nr_insns * sizeof(*copy), prog->digest);
	memcpy(prog->tag, prog->digest, sizeof(prog->tag));
}

static int copy_insns(struct bu_prog *prog, const union bpf_attr *attr)
{
	size_t size = attr->insn_cnt * sizeof(*prog->insns);
	struct bpf_insn *scratch = malloc(size);
	int err = -ENOMEM;

	prog->nr_insns = attr->insn_cnt;
	prog->insns = malloc(size);
	if (scratch && prog->insns)
		err = bu_copy_from_user(prog->insns, attr->insns, size);
	if (!err)
		set_tag(prog, scratch);
	free(scratch);
	return err;
}

static int set_type(struct bu_prog *prog, const union bpf_attr *attr)
{
	prog->prog_type = attr->prog_type;
	prog->expected_attach_type = attr->expected_attach_type;
	prog->attach_btf_id = attr->attach_btf_id;
	prog->flags = attr->prog_flags;
	prog->type = bu_prog_type_of(attr->prog_type);
	if (!prog->type) {
		bu_note(prog->object.kernel,
			"program '%.15s' has type %u, which is unknown (EINVAL)", attr->prog_name,
			attr->prog_type);
		return -EINVAL;
	}
	memcpy(prog->name, attr->prog_name, sizeof(prog->name) - 1);
	return bu_check_name(attr->prog_name);
}

/* The last step that can refuse. Source: bpf_check_tail_call(), kernel/bpf/core.c (6.12). */
static int check_maps(const struct bu_prog *prog)
{
	int err = 0;

	for (u32 i = 0; !err && i < prog->nr_maps; i++)
		err = prog->maps[i]->ops->used_by(prog->maps[i], prog);
	return err;
}

/* What needs the whole program: functions, references, information. */
static int check_whole(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	int err = bu_prog_find_exception(prog, attr, log);

	if (!err)
		err = bu_prog_find_tables(prog, attr, log);
	if (!err)
		err = bu_prog_find_funcs(prog, log);
	if (!err)
		err = bu_preload_check(prog, log);
	if (!err)
		err = bu_prog_set_info(prog, attr, log);
	if (!err && prog->prog_type == BPF_PROG_TYPE_EXT)
		err = bu_prog_match(prog, prog->target.prog, prog->attach_btf_id, log);
	if (!err)
		err = bu_prog_resolve(prog, attr, log);
	if (err)
		bu_log_add(log, "processed 0 insns (limit %d)\n", MAX_INSNS);
	return err;
}

/* And its instructions, one after the other. */
static int check_program(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log)
{
	int err = check_whole(prog, attr, log);

	if (!err)
		err = bu_prog_validate(prog, log);
	if (!err)
		err = bu_prog_check_calls(prog, log);
	if (!err)
		err = bu_prog_decode(prog);
	if (!err)
		err = check_maps(prog);
	if (!err && attr->log_level)
		bu_log_add(log,
			   "%u instructions are well formed (bpfunit has no verifier)\n"
			   "processed %u insns (limit %d)\n",
			   prog->nr_insns, prog->nr_insns, MAX_INSNS);
	return err;
}

/* Source: bpf_prog_dev_bound_init(), kernel/bpf/offload.c (6.12) */
static int check_device(const struct bu_prog *prog, const union bpf_attr *attr)
{
	bool bound = attr->prog_flags & DEV_BOUND_ONLY;

	if (!attr->prog_ifindex)
		return 0;
	if (attr->prog_type != BPF_PROG_TYPE_XDP &&
	    (attr->prog_type != BPF_PROG_TYPE_SCHED_CLS || bound))
		return -EINVAL;
	if (attr->prog_flags & ~(u32)(DEV_BOUND_ONLY | BPF_F_XDP_HAS_FRAGS) ||
	    (attr->prog_flags & BPF_F_XDP_HAS_FRAGS && !bound))
		return -EINVAL;
	return bu_offload_check(prog->object.kernel, attr->prog_ifindex, bound);
}

/* Differs: no keys, as a kernel without CONFIG_SYSTEM_DATA_VERIFICATION. */
static int check_newer(struct bu_prog *prog, const union bpf_attr *attr,
		       const struct bu_prog_newer *newer, struct bu_log *log)
{
	int err = newer->signature ? -EOPNOTSUPP : check_device(prog, attr);

	if (!err)
		err = set_type(prog, attr);
	return err ? err : bu_prog_use_fds(prog, attr->fd_array, newer->fd_array_cnt, log);
}

static int fill(struct bu_prog *prog, union bpf_attr *attr, const struct bu_prog_newer *newer,
		struct bu_log *log)
{
	int err = bu_prog_check_attach(prog->object.kernel, attr, log);

	if (!err)
		err = copy_insns(prog, attr);
	if (!err)
		err = copy_license(prog, attr->license);
	if (!err)
		err = check_newer(prog, attr, newer, log);
	if (!err)
		err = bu_prog_check_sleepable(prog, log);
	if (!err)
		err = bu_prog_relocate(prog, attr, log);
	if (!err)
		err = bu_prog_set_target(prog, attr, log);
	if (!err)
		err = check_program(prog, attr, log);
	if (!err)
		err = bu_object_init(&prog->object, prog->object.kernel, &prog_class);
	return err;
}

static int check_log(const union bpf_attr *attr)
{
	if (!attr->log_buf != !attr->log_size || (attr->log_buf && !attr->log_level))
		return -EINVAL;
	if (attr->log_level & ~LOG_LEVELS || attr->log_size > UINT32_MAX >> 2)
		return -EINVAL;
	return 0;
}

/* The text to the caller's buffer: its end, or with LOG_FIXED its beginning. 0, -ENOSPC or -EFAULT.
 */
static int write_log(const union bpf_attr *attr, const struct bu_log *log, u32 *true_size)
{
	u32 len = log->len, skip = 0;
	int err;

	*true_size = attr->log_level ? len + 1 : 0;
	if (!attr->log_level || !attr->log_buf)
		return 0;
	if (len + 1 > attr->log_size) {
		len = attr->log_size - 1;
		if (!(attr->log_level & LOG_FIXED))
			skip = log->len - len;
	}
	err = len ? bu_copy_to_user(attr->log_buf, log->text + skip, len) : 0;
	if (!err)
		err = bu_copy_to_user(attr->log_buf + len, "", 1);
	return !err && len < log->len ? -ENOSPC : err;
}

static int finish_log(const union bpf_attr *attr, const struct bu_log *log, int err)
{
	u32 true_size;
	int failed = write_log(attr, log, &true_size);

	*(u32 *)((u8 *)attr + LOG_TRUE_SIZE) = true_size;
	return failed ? failed : err;
}

static int check_attr(const union bpf_attr *attr)
{
	if (attr->prog_flags & ~(u32)(KNOWN_FLAGS | WITH_TOKEN))
		return -EINVAL;
	if (attr->prog_flags & WITH_TOKEN)
		return bu_token_error(attr, TOKEN);
	if (!attr->insn_cnt || attr->insn_cnt > MAX_INSNS)
		return -E2BIG;
	return check_log(attr);
}

static struct bu_prog *load(struct bu_kernel *kernel, union bpf_attr *attr, bool beyond_linux,
			    const struct bu_prog_newer *newer, int *error)
{
	struct bu_log log = { 0 };
	struct bu_prog *prog;

	*error = check_attr(attr);
	if (*error)
		return NULL;
	*error = -ENOMEM;
	prog = calloc(1, sizeof(*prog));
	if (!prog)
		return NULL;
	prog->object.kernel = kernel;
	prog->beyond_linux = beyond_linux;
	*error = fill(prog, attr, newer, &log);
	*error = finish_log(attr, &log, *error);
	bu_log_free(&log);
	if (!*error) {
		prog->load_time = kernel->env.clock_ns + kernel->env.boot_offset_ns;
		bu_coverage_describe(prog);
		return prog;
	}
	bu_prog_release_tables(prog);
	if (prog->object.id)
		bu_object_put(&prog->object);
	else
		destroy(&prog->object);
	return NULL;
}

static const struct bu_prog_newer none;

/* Defaults and log_true_size in the attributes are results. */
struct bu_prog *bu_prog_load(struct bu_kernel *kernel, const union bpf_attr *attr, int *error)
{
	return bu_prog_load_newer(kernel, attr, &none, error);
}

struct bu_prog *bu_prog_load_newer(struct bu_kernel *kernel, const union bpf_attr *attr,
				   const struct bu_prog_newer *newer, int *error)
{
	return load(kernel, (union bpf_attr *)attr, false, newer, error);
}

struct bu_prog *bu_prog_load_rfc(struct bu_kernel *kernel, const union bpf_attr *attr, int *error)
{
	return load(kernel, (union bpf_attr *)attr, true, &none, error);
}

int bu_prog_bind_map(struct bu_prog *prog, struct bu_map *map)
{
	struct bu_map **maps;

	for (u32 i = 0; i < prog->nr_maps; i++) {
		if (prog->maps[i] == map)
			return 0;
	}
	maps = reallocarray(prog->maps, prog->nr_maps + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	bu_object_get(&map->object);
	maps[prog->nr_maps++] = map;
	prog->maps = maps;
	return 0;
}

const struct bu_func *bu_prog_func(const struct bu_prog *prog, u32 insn)
{
	u32 low = 0, high = prog->nr_funcs;

	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (prog->funcs[middle].start <= insn)
			low = middle;
		else
			high = middle;
	}
	return &prog->funcs[low];
}

const struct bu_line *bu_prog_line(const struct bu_prog *prog, u32 insn)
{
	u32 low = 0, high = prog->nr_lines;

	if (!high || prog->lines[0].insn > insn)
		return NULL;
	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (prog->lines[middle].insn <= insn)
			low = middle;
		else
			high = middle;
	}
	return &prog->lines[low];
}
