/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as values: the public functions, checks, and how events print. */
#include <bpf/btf.h>
#include <bpfunit/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "framework/btf_format.h"
#include "framework/event_queue.h"
#include "framework/padding.h"
#include "framework/state.h"

static struct bu_event_queue *queue_of(const struct bpf_map *map)
{
	int error = 0;
	struct bu_event_queue *queue = bu_event_queue(bu_map_of(bu_test_where(), map), &error);

	if (!queue)
		errno = -error;
	return queue;
}

const void *bpfunit_event_next(const struct bpf_map *map, size_t *size)
{
	struct bu_event_queue *queue = queue_of(map);
	const struct bu_event *event = queue ? bu_event_take(queue) : NULL;

	if (size)
		*size = event ? event->size : 0;
	if (queue && !event)
		errno = ENOENT;
	return event ? event->data : NULL;
}

size_t bpfunit_event_count(const struct bpf_map *map)
{
	struct bu_event_queue *queue = queue_of(map);

	return queue ? bu_event_waiting(queue) : 0;
}

uint64_t bpfunit_event_lost(const struct bpf_map *map)
{
	struct bu_event_queue *queue = queue_of(map);

	if (queue)
		bu_event_waiting(queue);
	return queue ? queue->lost : 0;
}

int bpfunit_capture_events(const struct bpf_map *map)
{
	struct bu_map *events = bu_map_of(bu_test_where(), map);
	int error = -EINVAL;

	if (events->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && bu_event_queue(events, &error))
		return 0;
	errno = -error;
	return error;
}

/* The queue of the map that a check names; ends the test when it is no event map. */
static struct bu_event_queue *checked_queue(const struct bpfunit_check *check,
					    const struct bpf_map *map)
{
	struct bu_event_queue *queue;

	bu_test_at(check->where);
	queue = queue_of(map);
	if (!queue)
		bu_test_die(check->where, "%s(%s, ...): no events of map '%s': %s", check->macro,
			    check->left, bpf_map__name(map),
			    errno == EINVAL ? "it is neither a ring buffer nor a perf event array"
					    : strerror(errno));
	return queue;
}

static void headline(struct bu_text *text, const struct bpfunit_check *check,
		     const struct bu_event_queue *queue, const char *words)
{
	bu_text_add(text, "%s(%s%s%s) does not hold: %s", check->macro, check->left,
		    check->right[0] ? ", " : "", check->right, words);
	if (queue->lost)
		bu_text_add(text,
			    "\n  %" PRIu64 " events were lost: they did not fit in the buffer",
			    queue->lost);
}

static bool fail(const struct bpfunit_check *check, struct bu_text *text)
{
	bu_test_fail(check->where, "%s", bu_text_str(text));
	bu_text_free(text);
	if (check->fatal)
		bu_test_end();
	return false;
}

const void *bpfunit_next_event(const struct bpfunit_check *check, const struct bpf_map *map,
			       size_t size)
{
	struct bu_event_queue *queue = checked_queue(check, map);
	const struct bu_event *event = bu_event_take(queue);
	struct bu_text text = { 0 };

	if (event && event->size >= size)
		return event->data;
	headline(&text, check, queue, event ? "the event is too short" : "there is no event");
	if (event) {
		bu_text_add(&text, "\n  %zu bytes, expected %zu\n", event->size, size);
		bu_text_hex(&text, "  ", event->data, event->size, 0);
	}
	fail(check, &text);
	return NULL;
}

struct named {            /* what "(struct event){ ... }" begins with */
	const char *word; /* "struct ", "union ", "" */
	u32 kind;
	char name[128];
};

static bool parse_name(struct named *named, const char *expression)
{
	static const struct named tags[] = { { "struct ", BTF_KIND_STRUCT, "" },
					     { "union ", BTF_KIND_UNION, "" },
					     { "", BTF_KIND_TYPEDEF, "" } };
	size_t i = 0;

	expression += strspn(expression, "( \t");
	if (!strncmp(expression, "const ", 6))
		expression += 6;
	while (strncmp(expression, tags[i].word, strlen(tags[i].word)))
		i++;
	*named = tags[i];
	return sscanf(expression + strlen(named->word), " %127[A-Za-z0-9_] )", named->name) == 1;
}

/* The type of that name in any BTF of the kernel. 0: none, or only of other sizes: `other` is one,
 * or 0. */
static u32 look_for_type(struct bu_kernel *kernel, const struct named *named, size_t size,
			 const struct btf **btf, size_t *other)
{
	u32 id = 0;

	*other = 0;
	while ((id = bu_object_next_id(kernel, BU_OBJECT_BTF, id))) {
		struct bu_object *object = bu_object_by_id(kernel, BU_OBJECT_BTF, id);
		s32 type;

		*btf = bu_btf_parsed(bu_container_of(object, struct bu_btf, object));
		type = *btf ? btf__find_by_name_kind(*btf, named->name, named->kind) : -1;
		if (type > 0 && btf__resolve_size(*btf, type) == (s64)size)
			return type;
		if (type > 0)
			*other = BU_MAX(btf__resolve_size(*btf, type), 0);
	}
	*btf = NULL;
	return 0;
}

static u32 find_type(const struct named *named, size_t size, const struct btf **btf, size_t *other)
{
	struct bu_kernel *kernel = bu_test_kernel();
	u32 type;

	bu_kernel_lock(kernel);
	type = look_for_type(kernel, named, size, btf, other);
	bu_kernel_unlock(kernel);
	return type;
}

static void add_value(struct bu_text *text, const char *label, const struct btf *btf, u32 type,
		      const void *data, size_t size)
{
	char *formatted = bu_format_value(btf, type, data, size);

	bu_text_add(text, "\n  %s%s", label, formatted ? formatted : "(out of memory)");
	free(formatted);
}

struct typed { /* an expected event */
	const struct btf *btf;
	u32 type;
	u8 *bytes; /* owned by the test, padding cleared */
	size_t size;
	struct named named; /* word NULL: the expression begins with no type's name */
	size_t other_size;
};

static struct typed typed_of(const struct bpfunit_check *check, const struct bpfunit_bytes *value)
{
	struct typed typed = { .size = value->size, .bytes = bu_test_alloc(value->size) };
	const void *from = value->storage;

	if (value->kind == BPFUNIT_BYTES_ARRAY || value->kind == BPFUNIT_BYTES_TEXT)
		from = *(const void *const *)value->storage;
	memcpy(typed.bytes, from, value->size);
	if (parse_name(&typed.named, check->right))
		typed.type = find_type(&typed.named, value->size, &typed.btf, &typed.other_size);
	else
		typed.named.word = NULL;
	bu_clear_padding(typed.btf, typed.type, typed.bytes, typed.size);
	return typed;
}

/* Why a struct that has a name is shown as bytes. */
static void add_untyped(struct bu_text *text, const struct typed *typed)
{
	const struct named *named = &typed->named;

	if (typed->type || !named->word || named->kind == BTF_KIND_TYPEDEF)
		return;
	if (typed->other_size)
		bu_text_add(text, "\n  %s%s is %zu bytes in the object, %zu in the test",
			    named->word, named->name, typed->other_size, typed->size);
	else
		bu_text_add(
			text,
			"\n  the object's BTF does not describe %s%s: to see its fields, declare "
			"'%s%s *unused;' in the BPF source, outside of functions",
			named->word, named->name, named->word, named->name);
}

static bool fail_event(const struct bpfunit_check *check, struct bu_event_queue *queue,
		       const struct bu_event *event, const struct typed *typed)
{
	const struct btf *btf = typed->btf;
	const void *expected = typed->bytes;
	size_t size = typed->size;
	u32 type = typed->type;
	struct bu_text text = { 0 };
	char *diff = NULL;

	headline(&text, check, queue, event ? "the event is another" : "there is no event");
	add_value(&text, "expected: ", btf, type, expected, size);
	if (event)
		add_value(&text, "event:    ", btf, type, event->data, BU_MIN(event->size, size));
	if (event && event->size >= size)
		diff = bu_diff_values(btf, type, expected, event->data, size);
	else if (event)
		bu_text_add(&text, "\n  it is %zu bytes, expected %zu", event->size, size);
	if (diff)
		bu_text_add(&text, "\n%s", diff);
	else if (event && event->size > size)
		bu_text_add(&text, "\n  it is %zu bytes, expected %zu", event->size, size);
	free(diff);
	add_untyped(&text, typed);
	return fail(check, &text);
}

/* Perf samples are padded so that header, size and data are whole 8-byte words. */
static bool same_size(const struct bu_event_queue *queue, size_t actual, size_t expected)
{
	if (queue->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return actual >= expected && actual < expected + 8;
	return actual == expected;
}

bool bpfunit_check_event(const struct bpfunit_check *check, const struct bpf_map *map,
			 const struct bpfunit_bytes *value)
{
	struct bu_event_queue *queue = checked_queue(check, map);
	struct bu_event *event = bu_event_take(queue);
	struct typed typed = typed_of(check, value);

	if (event && event->size >= typed.size)
		bu_clear_padding(typed.btf, typed.type, event->data, typed.size);
	if (event && same_size(queue, event->size, typed.size) &&
	    !memcmp(event->data, typed.bytes, typed.size))
		return true;
	return fail_event(check, queue, event, &typed);
}

bool bpfunit_check_events(const struct bpfunit_check *check, const struct bpf_map *map,
			  uint64_t count)
{
	struct bu_event_queue *queue = checked_queue(check, map);
	size_t waiting = bu_event_waiting(queue);
	const struct bu_event *event;
	struct bu_text text = { 0 };

	if (waiting == count && (count || !queue->lost))
		return true;
	headline(&text, check, queue, "");
	bu_text_add(&text, "%s%zu event%s", queue->lost ? "\n  " : "", waiting,
		    waiting == 1 ? " waits" : "s wait");
	event = waiting && !count ? bu_event_take(queue) : NULL;
	if (event) {
		bu_text_add(&text, "; the oldest is %zu bytes:\n", event->size);
		bu_text_hex(&text, "  ", event->data, event->size, 0);
	}
	return fail(check, &text);
}
