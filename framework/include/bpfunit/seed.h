/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeding from a YAML file: environment, global variables and maps, by BTF field name.
 *
 *	env:
 *	  pid: 42
 *	  comm: nginx
 *	  clock_ns: 5000000000
 *	globals:
 *	  min_duration_ns: 1000
 *	maps:
 *	  buckets:
 *	    - key: 10.0.0.1
 *	      value: { tokens: 1, stamp_ns: 5000000000 }
 */
#ifndef BPFUNIT_SEED_H
#define BPFUNIT_SEED_H

#include <bpfunit/base.h>

/* Apply a file to an object: skeletons pass skel->obj. Before load it sets .rodata too. Errors end the
 * test with file:line:column and the nearest valid name. */
#define BPFUNIT_SEED(object, path) bpfunit_seed(BPFUNIT_HERE, object, path)
BPFUNIT_API void bpfunit_seed(struct bpfunit_where where, struct bpf_object *object, const char *path);
/* The same from text; `name` stands for the file in messages. */
BPFUNIT_API void bpfunit_seed_text(struct bpfunit_where where, struct bpf_object *object, const char *name, const char *text);

#endif
