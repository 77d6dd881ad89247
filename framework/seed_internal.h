/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeding, shared among its files. Functions return 0, or -EINVAL with seed->error, which begins
 * with file:line:column of the node that is wrong. Nothing here ends the test: bpfunit_seed does,
 * when all has been released.
 */
#ifndef BU_SEED_INTERNAL_H
#define BU_SEED_INTERNAL_H

#include "framework/btf_path.h"

#include <bpfunit/seed.h>
#include <yaml.h>

struct bu_seed {
	struct bpf_object *object;
	const struct btf *btf; /* the object's; NULL without */
	const char *name;      /* of the file, for messages */
	yaml_document_t *document;
	char error[1024];
};

/* Always -EINVAL. */
int bu_seed_error(struct bu_seed *seed, const yaml_node_t *node, const char *format, ...)
	BU_PRINTF(3, 4);

yaml_node_t *bu_seed_node(const struct bu_seed *seed, yaml_node_item_t index);
/* A scalar's text; NULL when the node is none. */
const char *bu_seed_text(const yaml_node_t *node);
bool bu_seed_is_null(const yaml_node_t *node);
/* "a mapping", "a sequence", "'text'", "nothing". Written to `text`, which is returned. */
const char *bu_seed_kind(const yaml_node_t *node, char *text, size_t size);

/* Call `fn` for each pair of a mapping with scalar keys, none of them twice. `what`: what the node
 * should hold. */
typedef int (*bu_seed_pair_fn)(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value,
			       void *arg);
int bu_seed_each_pair(struct bu_seed *seed, const yaml_node_t *node, const char *what,
		      bu_seed_pair_fn fn, void *arg);

/* An integer as people write them: decimal, 0x, 0o, 0b, sign, underscores. */
struct bu_number {
	bool negative;
	u64 magnitude;
};
enum bu_number_status {
	BU_NUMBER_OK,
	BU_NUMBER_NOT_ONE,
	BU_NUMBER_TOO_LARGE, /* for 64 bits */
};
enum bu_number_status bu_parse_number(const char *text, struct bu_number *number);
/* Whether `bits` bits hold it; *value: in two's complement. */
bool bu_number_fits(const struct bu_number *number, bool is_signed, u32 bits, u64 *value);
/* An address of exactly `size` bytes (4: IPv4, 6: Ethernet, 16: IPv6) in network order. */
bool bu_parse_address(const char *text, void *data, size_t size);
/* Exactly `size` bytes as pairs of hex digits with spaces between. */
bool bu_parse_hex(const char *text, void *data, size_t size);
/* A node as an integer from 0 to `max`. */
int bu_seed_number(struct bu_seed *seed, const yaml_node_t *node, u64 max, u64 *value);

/* Write a node into a value by its type; fields that it does not name keep their bytes. */
int bu_seed_store(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field, u8 *data);
/* The same without a type. */
int bu_seed_store_raw(struct bu_seed *seed, yaml_node_t *node, u8 *data, size_t size);

/* Sections. */
int bu_seed_env(struct bu_seed *seed, yaml_node_t *node);
int bu_seed_globals(struct bu_seed *seed, yaml_node_t *node);
int bu_seed_maps(struct bu_seed *seed, yaml_node_t *node);

#endif
