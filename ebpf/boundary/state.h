/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is pinned, in a file: a later process begins with it (`bpfunit exec --state`). The file is a
 * line that names the format, then records: a struct bu_state_record and its bytes. Loading replays
 * them in order, as the bpf(2) calls that would make the same objects, each under its old id.
 * Numbers are in the host's byte order, ids stand where calls have descriptors. docs/exec.md
 * describes it.
 */
#ifndef BU_STATE_H
#define BU_STATE_H

#include "ebpf/object.h"
#include "ebpf/uapi.h"

#define BU_STATE_FORMAT "bpfunit-state 1\n"

enum bu_state_kind {
	BU_STATE_TREE = 1,  /* a file system: its type's name and its path, each with a NUL */
	BU_STATE_DIRECTORY, /* id: mode. Its path */
	BU_STATE_SYMLINK,   /* target and path, each with a NUL */
	BU_STATE_BTF,       /* the BTF */
	BU_STATE_MAP,       /* struct bu_state_map */
	BU_STATE_PROG,      /* struct bu_state_prog, then what it counts */
	BU_STATE_ELEMENTS,  /* id: of the map. Keys and values in turn */
	BU_STATE_FREEZE,    /* id: of the map */
	BU_STATE_PIN,       /* struct bu_state_pin, then its path */
	BU_STATE_BIND,      /* id: of the program. The ids of its maps */
	BU_STATE_LINK,      /* struct bu_state_link, then the tracepoint's name or "" */
	BU_STATE_NEXT,      /* the first record: the next id of each enum bu_object_kind, from 0 */
	BU_STATE_TYPES,     /* the kernel's BTF, where that was made of the opened objects */
	BU_STATE_TARGET,    /* id: BTF_KIND_... Name of what the next program attaches to */
};

struct bu_state_record {
	u32 kind;
	u32 id; /* of what the record makes */
	u64 size;
};

struct bu_state_map {
	u32 type, key_size, value_size, max_entries, flags;
	u32 btf_id, btf_key_type_id, btf_value_type_id;
	u64 map_extra;
	struct { /* what maps that it holds are like; type 0: it holds none */
		u32 type, key_size, value_size, max_entries, flags;
	} inner;
	char name[BU_OBJ_NAME_LEN];
};

struct bu_state_prog {
	u32 type, expected_attach_type, attach_btf_id, flags, btf_id;
	u32 nr_insns, nr_func_info, nr_line_info;
	u64 load_time, run_cnt, run_time_ns;
	char name[BU_OBJ_NAME_LEN], license[16];
	/* nr_insns struct bpf_insn, nr_func_info struct bpf_func_info, nr_line_info struct
	 * bpf_line_info */
};

struct bu_state_link {
	u32 type; /* BU_LINK_... */
	u32 prog_id;
	struct bu_link_create_attr attr; /* without descriptors and addresses */
};

struct bu_state_pin {
	u32 kind; /* enum bu_object_kind */
	u32 mode;
};

/* Write all that is pinned to the file. 0 or -errno. */
int bu_state_save(struct bu_kernel *kernel, const char *path);
/* Make what the file says, in a kernel that has nothing yet. 0, also when there is no file;
 * -EINVAL: it is damaged; -errno. What cannot be made is noted and left out. */
int bu_state_load(struct bu_kernel *kernel, const char *path);

#endif
