/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a seed: the file, the YAML document, its sections. */
#include "framework/nearest.h"
#include "framework/seed_internal.h"
#include "framework/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct seed_section {
	const char *name;
	int (*apply)(struct bu_seed *seed, yaml_node_t *node);
} sections[] = {
	{ "env", bu_seed_env },
	{ "globals", bu_seed_globals },
	{ "maps", bu_seed_maps },
};

static int error_at(struct bu_seed *seed, const yaml_mark_t *mark, const char *format, va_list args)
{
	int len = snprintf(seed->error, sizeof(seed->error), "%s:%zu:%zu: ", seed->name,
			   mark->line + 1, mark->column + 1);

	if (len > 0 && (size_t)len < sizeof(seed->error))
		vsnprintf(seed->error + len, sizeof(seed->error) - len, format, args);
	return -EINVAL;
}

int bu_seed_error(struct bu_seed *seed, const yaml_node_t *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_at(seed, &node->start_mark, format, args);
	va_end(args);
	return -EINVAL;
}

static int error_mark(struct bu_seed *seed, const yaml_mark_t *mark, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_at(seed, mark, format, args);
	va_end(args);
	return -EINVAL;
}

yaml_node_t *bu_seed_node(const struct bu_seed *seed, yaml_node_item_t index)
{
	return yaml_document_get_node(seed->document, index);
}

const char *bu_seed_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

bool bu_seed_is_null(const yaml_node_t *node)
{
	const char *text = bu_seed_text(node);

	if (!text || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	return !text[0] || !strcmp(text, "~") || !strcmp(text, "null");
}

const char *bu_seed_kind(const yaml_node_t *node, char *text, size_t size)
{
	if (bu_seed_is_null(node))
		snprintf(text, size, "nothing");
	else if (node->type == YAML_MAPPING_NODE)
		snprintf(text, size, "a mapping");
	else if (node->type == YAML_SEQUENCE_NODE)
		snprintf(text, size, "a sequence");
	else
		snprintf(text, size, "'%s'", bu_seed_text(node));
	return text;
}

static bool same_key(const yaml_node_t *a, const yaml_node_t *b)
{
	return a->data.scalar.length == b->data.scalar.length &&
	       !memcmp(a->data.scalar.value, b->data.scalar.value, a->data.scalar.length);
}

/* The key of a pair, checked against those before it. */
static int check_key(struct bu_seed *seed, const yaml_node_t *node, const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = bu_seed_node(seed, pair->key), *earlier;

	if (!bu_seed_text(key))
		return bu_seed_error(seed, key, "a name is expected here, not %s",
				     key->type == YAML_MAPPING_NODE ? "a mapping" : "a sequence");
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < pair; p++) {
		earlier = bu_seed_node(seed, p->key);
		if (same_key(earlier, key))
			return bu_seed_error(seed, key, "'%s' is given twice, first in line %zu",
					     bu_seed_text(key), earlier->start_mark.line + 1);
	}
	return 0;
}

int bu_seed_each_pair(struct bu_seed *seed, const yaml_node_t *node, const char *what,
		      bu_seed_pair_fn fn, void *arg)
{
	char kind[128];
	int err = 0;

	if (node->type != YAML_MAPPING_NODE)
		return bu_seed_error(seed, node, "%s should be a mapping (name: value), but is %s",
				     what, bu_seed_kind(node, kind, sizeof(kind)));
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     !err && pair < node->data.mapping.pairs.top; pair++) {
		err = check_key(seed, node, pair);
		if (!err)
			err = fn(seed, bu_seed_node(seed, pair->key),
				 bu_seed_node(seed, pair->value), arg);
	}
	return err;
}

static int apply_section(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value,
			 void *arg)
{
	const char *name = bu_seed_text(key);
	struct bu_nearest nearest;
	char hint[128];

	bu_nearest_begin(&nearest, name, strlen(name));
	for (size_t i = 0; i < BU_ARRAY_SIZE(sections); i++) {
		if (!strcmp(sections[i].name, name))
			return sections[i].apply(seed, value);
		bu_nearest_offer(&nearest, sections[i].name);
	}
	return bu_seed_error(seed, key, "unknown section '%s'%s (there are env, globals and maps)",
			     name, bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

static int apply_document(struct bu_seed *seed)
{
	yaml_node_t *root = yaml_document_get_root_node(seed->document);

	if (!root)
		return error_mark(seed, &(yaml_mark_t){ 0 },
				  "the seed is empty: it should have env:, globals: or maps:");
	return bu_seed_each_pair(seed, root, "a seed", apply_section, NULL);
}

static int parse_error(struct bu_seed *seed, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "unreadable";

	if (!parser->context)
		return error_mark(seed, &parser->problem_mark, "this is not YAML: %s", problem);
	return error_mark(seed, &parser->problem_mark, "this is not YAML: %s from line %zu on, %s",
			  parser->context, parser->context_mark.line + 1, problem);
}

/* A second document would silently be left out. */
static int check_end(struct bu_seed *seed, yaml_parser_t *parser)
{
	yaml_document_t next;
	yaml_node_t *root;
	int err = 0;

	if (!yaml_parser_load(parser, &next))
		return parse_error(seed, parser);
	root = yaml_document_get_root_node(&next);
	if (root)
		err = bu_seed_error(seed, root, "a second document begins here: a seed is one");
	yaml_document_delete(&next);
	return err;
}

static int apply_parsed(struct bu_seed *seed, yaml_parser_t *parser)
{
	yaml_document_t document;
	int err;

	if (!yaml_parser_load(parser, &document))
		return parse_error(seed, parser);
	seed->document = &document;
	err = yaml_document_get_root_node(&document) ? check_end(seed, parser) : 0;
	if (!err)
		err = apply_document(seed);
	yaml_document_delete(&document);
	return err;
}

static int apply_text(struct bu_seed *seed, const char *text, size_t size)
{
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser)) {
		snprintf(seed->error, sizeof(seed->error), "%s: out of memory", seed->name);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	err = apply_parsed(seed, &parser);
	yaml_parser_delete(&parser);
	return err;
}

static void seed_or_die(struct bpfunit_where where, struct bpf_object *object, const char *name,
			const char *text, size_t size)
{
	struct bu_seed seed = { .object = object, .name = name };

	seed.btf = bpf_object__btf(object);
	if (apply_text(&seed, text, size))
		bu_test_die(where, "%s", seed.error);
}

/* Tests run in whatever directory; a relative name is tried there, then beside the test's source.
 */
static FILE *open_seed(struct bpfunit_where where, const char *path, char *found, size_t size)
{
	const char *slash = where.file ? strrchr(where.file, '/') : NULL;
	FILE *file = fopen(path, "re");

	snprintf(found, size, "%s", path);
	if (file || path[0] == '/' || !slash)
		return file;
	snprintf(found, size, "%.*s/%s", (int)(slash - where.file), where.file, path);
	file = fopen(found, "re");
	if (!file)
		snprintf(found, size, "%s", path);
	return file;
}

/* The whole file, malloc'ed, or NULL with errno. */
static char *read_all(FILE *file, size_t *size)
{
	size_t cap = 4096, len;
	char *data = NULL, *more;

	for (*size = 0;; cap *= 2) {
		more = realloc(data, cap);
		if (!more)
			break;
		data = more;
		len = fread(data + *size, 1, cap - *size, file);
		*size += len;
		if (*size < cap && !ferror(file))
			return data;
		if (ferror(file))
			break;
	}
	free(data);
	return NULL;
}

void bpfunit_seed(struct bpfunit_where where, struct bpf_object *object, const char *path)
{
	char found[4096], *text;
	size_t size;
	FILE *file;
	int err;

	bu_test_at(where);
	if (!object || !path)
		bu_test_die(where, "BPFUNIT_SEED: the %s is NULL", object ? "path" : "object");
	file = open_seed(where, path, found, sizeof(found));
	if (!file)
		bu_test_die(where, "%s: cannot open it: %s", path, strerror(errno));
	text = read_all(file, &size);
	err = errno;
	fclose(file);
	if (!text)
		bu_test_die(where, "%s: cannot read it: %s", found, strerror(err));
	seed_or_die(where, object, path, bu_test_own(text), size);
}

void bpfunit_seed_text(struct bpfunit_where where, struct bpf_object *object, const char *name,
		       const char *text)
{
	bu_test_at(where);
	if (!object || !text)
		bu_test_die(where, "BPFUNIT_SEED: the %s is NULL", object ? "text" : "object");
	seed_or_die(where, object, name ? name : "seed", text, strlen(text));
}
