/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and loading objects for the running test, and keeping what libbpf says meanwhile. */
#include <bpf/btf.h>
#include <bpfunit/load.h>
#include <bpfunit/test.h>
#include <stdlib.h>
#include <string.h>

#include "framework/host.h"
#include "framework/nearest.h"
#include "framework/object_file.h"
#include "framework/state.h"

static int keep_message(enum libbpf_print_level level, const char *format, va_list args)
{
	struct bu_test *test = bu_test();
	va_list again;

	if (!test || level == LIBBPF_DEBUG)
		return 0;
	va_copy(again, args);
	bu_text_vadd(&test->libbpf_log, format, args);
	/* Of a map that has no BTF in a kernel either: libbpf gets over it. */
	if (level == LIBBPF_WARN && !strstr(format, "Retrying without BTF"))
		bu_text_vadd(&test->libbpf_new, format, again);
	va_end(again);
	return 0;
}

void bu_load_begin(struct bu_test *test)
{
	if (!test->outer)
		test->libbpf_print = libbpf_set_print(keep_message);
}

void bu_load_end(struct bu_test *test)
{
	if (!test->outer)
		libbpf_set_print(test->libbpf_print);
	bu_text_free(&test->libbpf_log);
	bu_text_free(&test->libbpf_new);
}

const char *bpfunit_libbpf_log(void)
{
	return bu_test() ? bu_text_str(&bu_test()->libbpf_log) : "";
}

static void check_programs(struct bpfunit_where where, const char *name,
			   const struct bpf_object *object)
{
	if (!bpf_object__next_program(object, NULL))
		bu_test_die(where, "'%s' has no programs: no function in it is in a SEC(\"...\")",
			    name);
}

static void close_object(void *object)
{
	bpf_object__close(object);
}

/* With free() of the struct, what a skeleton's own __destroy() does. */
static void destroy_skeleton(void *skeleton)
{
	bpf_object__destroy_skeleton(skeleton);
}

struct owned {
	void (*release)(void *what);
	void *what;
	char name[]; /* for the report of a crash: tests are prone to release it, too */
};

static void release_owned(void *arg)
{
	struct owned *owned = arg;

	bu_test_releasing(owned->name);
	owned->release(owned->what);
	bu_test_releasing(NULL);
	free(owned);
}

static void own_or_die(struct bpfunit_where where, void (*release)(void *), void *what,
		       const char *name)
{
	struct owned *owned = malloc(sizeof(*owned) + strlen(name) + 1);

	if (owned) {
		*owned = (struct owned){ release, what };
		strcpy(owned->name, name);
		if (!bpfunit_defer(release_owned, owned))
			return;
	}
	free(owned);
	release(what);
	bu_test_die(where, "out of memory");
}

struct bpf_object *bpfunit_open_file(struct bpfunit_where where, const char *path)
{
	char reason[BU_OBJECT_FILE_REASON];
	struct bpf_object *object;

	bu_test_at(where);
	if (bu_object_file_check(path, reason))
		bu_test_die(where, "cannot open '%s': %s", path, reason);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		bu_test_die(where, "cannot open '%s': %s", path, strerror(errno));
	own_or_die(where, close_object, object, path);
	bu_host_note_object(object);
	check_programs(where, path, object);
	return object;
}

struct bpf_object *bpfunit_load_file(struct bpfunit_where where, const char *path)
{
	struct bpf_object *object = bpfunit_open_file(where, path);

	bpfunit_loaded(where, path, bpf_object__load(object));
	return object;
}

void bpfunit_opened(struct bpfunit_where where, const char *name, void *skel,
		    struct bpf_object_skeleton *skeleton)
{
	int error = errno;

	bu_test_at(where);
	if (!skel)
		bu_test_die(where, "cannot open '%s': %s", name, strerror(error));
	own_or_die(where, free, skel, name);
	own_or_die(where, destroy_skeleton, skeleton, name);
	bu_host_note_object(*skeleton->obj);
	check_programs(where, name, *skeleton->obj);
}

void bpfunit_loaded(struct bpfunit_where where, const char *name, int error)
{
	bu_test_at(where);
	if (error)
		bu_test_die(where, "cannot load '%s': %s", name, strerror(abs(error)));
	bu_events_capture_new();
}

static void destroy_link(void *link)
{
	bpf_link__destroy(link);
}

struct bpf_link *bpfunit_keep(struct bpfunit_where where, const char *what, struct bpf_link *link)
{
	long error = libbpf_get_error(link);

	bu_test_at(where);
	if (error || !link)
		bu_test_die(where, "cannot attach (%s): %s", what,
			    strerror(error ? (int)-error : errno));
	own_or_die(where, destroy_link, link, what);
	return link;
}

struct bpf_program *bpfunit_find_prog(struct bpfunit_where where, const struct bpf_object *object,
				      const char *name)
{
	struct bpf_program *prog;
	struct bu_nearest nearest;
	char hint[128];

	bu_test_at(where);
	bu_nearest_begin(&nearest, name, strlen(name));
	bpf_object__for_each_program(prog, object)
	{
		if (!strcmp(bpf_program__name(prog), name))
			return prog;
		bu_nearest_offer(&nearest, bpf_program__name(prog));
	}
	bu_test_die(where, "no program '%s' in '%s'%s", name, bpf_object__name(object),
		    bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

struct bpf_map *bpfunit_find_map(struct bpfunit_where where, const struct bpf_object *object,
				 const char *name)
{
	struct bpf_map *map;
	struct bu_nearest nearest;
	char hint[128];

	bu_test_at(where);
	bu_nearest_begin(&nearest, name, strlen(name));
	bpf_object__for_each_map(map, object)
	{
		if (!strcmp(bpf_map__name(map), name))
			return map;
		bu_nearest_offer(&nearest, bpf_map__name(map));
	}
	bu_test_die(where, "no map '%s' in '%s'%s", name, bpf_object__name(object),
		    bu_nearest_hint(&nearest, hint, sizeof(hint)));
}
