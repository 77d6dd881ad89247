/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel's types: the BTF that CO-RE relocates against and that attach targets, kernel functions
 * and kernel objects (bpfunit/kobj.h) are looked up in; and what CO-RE made of an object with it.
 */
#ifndef BPFUNIT_BTF_H
#define BPFUNIT_BTF_H

#include <bpfunit/base.h>

struct bpf_program;

/*
 * Choose the emulated kernel's BTF for the rest of the test:
 *
 *	"objects"  made of the types of the objects that the test opens (the default)
 *	"host"     of the machine's kernel: /sys/kernel/btf/vmlinux
 *	"none"     the kernel has none
 *	a path     of a file: raw BTF, or an ELF file with a section .BTF, such as a vmlinux or what
 *	           clang -g -target bpf made of a C file with types (bpfunit_btf() in CMake)
 *
 * A relative path is tried in the working directory, then beside the test's source. NULL: what
 * BPFUNIT_BTF in the environment says. The test option .btf does the same before the test begins:
 * BPF_TEST(suite, name, .btf = "none").
 * Files are read once in a process. Refused are compressed files, split BTF (that of kernel modules), other
 * byte orders, and what is damaged.
 *
 * Ends the test when it cannot be done: the message says why. Choose before loading programs that
 * attach by BTF id (fentry, LSM, ...), and before making kernel objects: those that exist keep their layout.
 */
#define BPFUNIT_BTF_USE(what) bpfunit_btf_use(BPFUNIT_HERE, what)
BPFUNIT_API void bpfunit_btf_use(struct bpfunit_where where, const char *what);

/* For runners that fork: read BPFUNIT_BTF's file now, and the one that the options of `test` name (NULL:
 * no test), so that all children share what was read. Failures show up again in the tests. */
struct bpfunit_test;
BPFUNIT_API void bpfunit_btf_preload(const struct bpfunit_test *test);
/* Whether a kernel can have this BTF: a path, or "host"; all else can. 0, or -errno with what is wrong in `message`. */
BPFUNIT_API int bpfunit_btf_check(const char *what, char *message, size_t size);

enum bpfunit_core_kind { /* what a relocation asks; as in enum bpf_core_relo_kind */
	BPFUNIT_CORE_BYTE_OFF,
	BPFUNIT_CORE_BYTE_SZ,
	BPFUNIT_CORE_FIELD_EXISTS,
	BPFUNIT_CORE_SIGNED,
	BPFUNIT_CORE_LSHIFT_U64,
	BPFUNIT_CORE_RSHIFT_U64,
	BPFUNIT_CORE_LOCAL_TYPE_ID,
	BPFUNIT_CORE_TARGET_TYPE_ID,
	BPFUNIT_CORE_TYPE_EXISTS,
	BPFUNIT_CORE_TYPE_SIZE,
	BPFUNIT_CORE_ENUMVAL_EXISTS,
	BPFUNIT_CORE_ENUMVAL_VALUE,
	BPFUNIT_CORE_TYPE_MATCHES,
};

enum bpfunit_core_state {
	BPFUNIT_CORE_UNCHANGED, /* the instruction is as the compiler wrote it */
	BPFUNIT_CORE_CHANGED,
	BPFUNIT_CORE_POISONED,  /* what it asks for does not exist: executing it is a fault */
};

/* A CO-RE relocation of a loaded program. Strings are "" where nothing is known. */
struct bpfunit_core_relo {
	enum bpfunit_core_kind kind;
	enum bpfunit_core_state state;
	const char *access;    /* "task_struct.group_leader.pid", "enum phase.PHASE_TWO" */
	const char *kind_name; /* "byte_off" */
	const char *program, *function;
	const char *file, *source; /* path, and text of the line */
	uint32_t line, column;
	uint32_t insn;                /* index in the program */
	uint64_t compiled, relocated; /* the value before and after; relocated: 0 when poisoned */
	/* Bytes of the memory access of an instruction that is one, before and after; else 0. */
	uint32_t compiled_size, relocated_size;
	const char *missing; /* poisoned: "struct task_struct has no field 'foo' in BTF 'old.btf'" */
};

/* The relocations of a loaded program by instruction, of all that are loaded now when `prog` is NULL: their
 * number. *relos (may be NULL) is valid until the test ends. They come from the object's .BTF.ext and from
 * the instructions that were loaded; light skeletons have none. */
BPFUNIT_API size_t bpfunit_core_relos(const struct bpf_program *prog,
				      const struct bpfunit_core_relo **relos);
/* The same as text: a line a program and one a relocation; `all`: also those that changed nothing. "" when
 * there is none. Valid until the test ends. BPFUNIT_CORE=1 (all) or BPFUNIT_CORE=changed in the environment writes
 * it into the test's output when a program is loaded. */
BPFUNIT_API const char *bpfunit_core_report(const struct bpf_program *prog, bool all);

#endif
