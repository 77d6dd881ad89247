/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeding from a YAML file: environment, global variables and maps, by BTF field name.
 *
 *	env:
 *	  pid: 42
 *	  comm: nginx
 *	  clock_ns: 5000000000
 *	globals:
 *	  enabled: true
 *	maps:
 *	  buckets:
 *	    - key: 10.0.0.1
 *	      value: { tokens: 1, stamp_ns: 5000000000 }
 *
 * docs/seeding.md tells how each type is written. Nothing is kept of the file.
 */
#ifndef BPFUNIT_SEED_H
#define BPFUNIT_SEED_H

#include <bpfunit/base.h>

/* Apply a file to an object: skeletons pass skel->obj. A relative path is tried in the working directory, then
 * beside the test's source. Variables in .rodata can be seeded before load only, maps after load only.
 * Errors end the test with file:line:column and the nearest valid name. */
#define BPFUNIT_SEED(object, path) bpfunit_seed(BPFUNIT_HERE, object, path)
BPFUNIT_API void bpfunit_seed(struct bpfunit_where where, struct bpf_object *object, const char *path);
/* The same from text; `name` stands for the file in messages. */
BPFUNIT_API void bpfunit_seed_text(struct bpfunit_where where, struct bpf_object *object, const char *name, const char *text);

#endif
