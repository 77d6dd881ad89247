/* SPDX-License-Identifier: BSD-2-Clause */
/* One element of a map that a macro names, with sizes checked; for the functions behind the macros.
 */
#ifndef BU_MAP_CHECK_H
#define BU_MAP_CHECK_H

#include <bpfunit/map.h>

#include "ebpf/map.h"
#include "framework/text.h"

struct bu_element {
	const struct bpfunit_check *check;
	struct bu_map *map;
	int fd;
	int cpu;      /* -1: the whole value */
	u32 size;     /* of the value that the macro means */
	u32 all_size; /* of the value in user space */
	u32 stride;   /* from one CPU's value to the next */
	const void *key;
};

/* Ends the test when the map does not exist or the key has the wrong size. NULL `key`: none. */
struct bu_element bu_element(const struct bpfunit_check *check, const struct bpf_map *map, int cpu,
			     const struct bpfunit_bytes *key);
/* The bytes of a value that a macro was given; ends the test when they are not e->size. */
const void *bu_element_value(const struct bu_element *e, const struct bpfunit_bytes *value);
/* The element's value (of e->cpu), owned by the test, zeroes with *error < 0; never NULL. */
u8 *bu_element_lookup(const struct bu_element *e, int *error);
/* End the test with what the kernel answered. */
void bu_element_die(const struct bu_element *e, int error) __attribute__((noreturn));
/* The key / a value as text by BTF. */
void bu_element_add_key(struct bu_text *text, const struct bu_element *e);
void bu_element_add_value(struct bu_text *text, const struct bu_element *e, const void *value);

#endif
