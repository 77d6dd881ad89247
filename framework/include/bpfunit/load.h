/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading objects. Skeletons and bpf_object__open() work as everywhere; these release what they
 * opened when the test ends, and fail the test with libbpf's own messages when loading fails. What
 * they return is owned by the test: destroy or close none of it.
 *
 * Perf event arrays of a loaded object collect events from then on (bpfunit/event.h).
 */
#ifndef BPFUNIT_LOAD_H
#define BPFUNIT_LOAD_H

#include <bpfunit/base.h>

/* Open and load a skeleton by its struct's name:
 *	struct rate_limit_bpf *skel = BPFUNIT_LOAD(rate_limit_bpf);
 * Return: never NULL: a failure ends the test. */
#define BPFUNIT_LOAD(name)                                                                         \
	__extension__({                                                                            \
		struct name *bu_skel_ = BPFUNIT_OPEN(name);                                        \
		bpfunit_loaded(BPFUNIT_HERE, #name, name##__load(bu_skel_));                       \
		bu_skel_;                                                                          \
	})

/* Open only: set ->rodata or map sizes, then ASSERT_OK(rate_limit_bpf__load(skel)). Options of
 * bpf_object__open_file() can follow: BPFUNIT_OPEN(rate_limit_bpf, .kconfig = "CONFIG_HZ=1000\n").
 * Return: never NULL: a failure ends the test. */
#define BPFUNIT_OPEN(name, ...)                                                                    \
	__extension__({                                                                            \
		LIBBPF_OPTS(bpf_object_open_opts, bu_opts_, __VA_ARGS__);                          \
		struct name *bu_opened_ = name##__open_opts(&bu_opts_);                            \
		bpfunit_opened(BPFUNIT_HERE, #name, bu_opened_,                                    \
			       bu_opened_ ? bu_opened_->skeleton : NULL);                          \
		bu_opened_;                                                                        \
	})

/* Open and load the object file at `path`. Return: never NULL: a file that is missing, unreadable,
 * truncated, not an ELF object for BPF, of the wrong byte order, without programs, or that libbpf
 * refuses ends the test with the reason. */
#define BPFUNIT_LOAD_FILE(path) bpfunit_load_file(BPFUNIT_HERE, path)
/* Open only; then ASSERT_OK(bpf_object__load(object)). */
#define BPFUNIT_OPEN_FILE(path) bpfunit_open_file(BPFUNIT_HERE, path)
BPFUNIT_API struct bpf_object *bpfunit_load_file(struct bpfunit_where where, const char *path);
BPFUNIT_API struct bpf_object *bpfunit_open_file(struct bpfunit_where where, const char *path);

/* Attach a program as its section says, and destroy the link when the test ends. Return: never
 * NULL: a failure ends the test with libbpf's messages. BPFUNIT_KEEP does the same for a link that
 * another function of libbpf made:
 *	BPFUNIT_KEEP(bpf_program__attach_usdt(prog, -1, "/usr/bin/app", "app", "started", NULL)); */
#define BPFUNIT_ATTACH(prog) bpfunit_keep(BPFUNIT_HERE, #prog, bpf_program__attach(prog))
#define BPFUNIT_KEEP(link)   bpfunit_keep(BPFUNIT_HERE, #link, link)
BPFUNIT_API struct bpf_link *bpfunit_keep(struct bpfunit_where where, const char *what,
					  struct bpf_link *link);

/* A program by its C function name, or a map by its name, as libbpf knows them.
 * Return: never NULL: ends the test when there is none (naming the nearest). Owned by the object.
 */
#define BPFUNIT_PROG(object, name) bpfunit_find_prog(BPFUNIT_HERE, object, name)
#define BPFUNIT_MAP(object, name)  bpfunit_find_map(BPFUNIT_HERE, object, name)
BPFUNIT_API struct bpf_program *
bpfunit_find_prog(struct bpfunit_where where, const struct bpf_object *object, const char *name);
BPFUNIT_API struct bpf_map *bpfunit_find_map(struct bpfunit_where where,
					     const struct bpf_object *object, const char *name);

/* What libbpf printed in this test so far (warnings and info), "" when nothing. Valid until libbpf
 * prints again or the test ends. */
BPFUNIT_API const char *bpfunit_libbpf_log(void);

/* Used by the macros. */
BPFUNIT_API void bpfunit_opened(struct bpfunit_where where, const char *name, void *skel,
				struct bpf_object_skeleton *skeleton);
BPFUNIT_API void bpfunit_loaded(struct bpfunit_where where, const char *name, int error);

#endif
