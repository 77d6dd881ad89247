/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ring buffer and perf events as values, oldest first. Reading one here consumes it.
 *
 *	const struct event *e = NEXT_EVENT(skel->maps.events, struct event);
 *	EXPECT_EVENT(skel->maps.events, (struct event){ .pid = 42, .comm = "nginx" });
 *	EXPECT_NO_EVENT(skel->maps.events);
 *
 * Ring buffers: libbpf's ring_buffer__poll() works too and sees what is left.
 *
 * Perf event arrays: as in a kernel, a program's output goes to the perf event of its CPU, and is
 * refused with -ENOENT where there is none. So that tests need not open a perf buffer, each slot
 * that is still empty gets an event of bpfunit's: when BPFUNIT_LOAD or BPFUNIT_LOAD_FILE has loaded
 * the map, else before the first BPFUNIT_RUN after that, or by bpfunit_capture_events(). A perf
 * buffer that the test opens itself takes over and gets what is output from then on; to see
 * -ENOENT, MAP_DELETE the CPU's key. The kernel pads perf samples to 8 bytes (less 4): up to 7
 * bytes behind an event are ignored.
 *
 * Events are owned by the test.
 */
#ifndef BPFUNIT_EVENT_H
#define BPFUNIT_EVENT_H

#include <bpfunit/check.h>
#include <bpfunit/map.h>

/* The next event as a pointer to a const `type`. Without one, or with one shorter than the type,
 * the test ends. Longer ones (arrays at the end) are fine. */
#define NEXT_EVENT(map, type)                                                                      \
	((const type *)bpfunit_next_event(BPFUNIT_CHECK_("NEXT_EVENT", true, #map, #type),         \
					  BPFUNIT_MAP_OF_(map), sizeof(type)))

/* There is an event, and the oldest is this value: all bytes equal. Consumes it. When the value is
 * written as (struct name){...} and the object's BTF knows that struct, padding does not count and
 * differences are shown by field; of other expressions padding counts, so memset() a variable
 * first. */
#define EXPECT_EVENT(map, ...)                                                                     \
	BPFUNIT_EVENT_(BPFUNIT_CHECK_("EXPECT_EVENT", false, #map, #__VA_ARGS__), map,             \
		       (__VA_ARGS__))
#define ASSERT_EVENT(map, ...)                                                                     \
	BPFUNIT_EVENT_(BPFUNIT_CHECK_("ASSERT_EVENT", true, #map, #__VA_ARGS__), map, (__VA_ARGS__))
/* No event waits, and none was lost. */
#define EXPECT_NO_EVENT(map)                                                                       \
	BPFUNIT_EVENTS_(BPFUNIT_CHECK_("EXPECT_NO_EVENT", false, #map, ""), map, 0)
#define ASSERT_NO_EVENT(map)                                                                       \
	BPFUNIT_EVENTS_(BPFUNIT_CHECK_("ASSERT_NO_EVENT", true, #map, ""), map, 0)
/* So many events wait; consumes none. */
#define EXPECT_EVENT_COUNT(map, count)                                                             \
	BPFUNIT_EVENTS_(BPFUNIT_CHECK_("EXPECT_EVENT_COUNT", false, #map, #count), map, count)
#define ASSERT_EVENT_COUNT(map, count)                                                             \
	BPFUNIT_EVENTS_(BPFUNIT_CHECK_("ASSERT_EVENT_COUNT", true, #map, #count), map, count)

/* The next event's bytes and, unless `size` is NULL, its size in bytes. NULL: none left (errno
 * ENOENT), or not an event map (EINVAL). */
BPFUNIT_API const void *bpfunit_event_next(const struct bpf_map *map, size_t *size);
/* How many events wait; 0 with errno EINVAL when it is not an event map. */
BPFUNIT_API size_t bpfunit_event_count(const struct bpf_map *map);
/* How many perf events did not fit in the buffer (64 KiB a CPU and run), as far as the kernel has
 * told: it does so with the next event that fits. Ring buffers lose none: their helpers fail. */
BPFUNIT_API uint64_t bpfunit_event_lost(const struct bpf_map *map);
/* Collect the events of a perf event array from now on (see above).
 * Return: 0, or -EINVAL (and errno) when the map is none, or -errno of the perf events. */
BPFUNIT_API int bpfunit_capture_events(const struct bpf_map *map);

/* Used by the macros. */
#define BPFUNIT_EVENT_(check, map, value_)                                                         \
	__extension__({                                                                            \
		const struct bpf_map *bu_map_ = BPFUNIT_MAP_OF_(map);                              \
		typedef __typeof__(value_) bu_value_type_;                                         \
		__auto_type bu_value_ = value_;                                                    \
		BPFUNIT_BYTES_(bu_value_bytes_, bu_value_, "", bu_value_type_);                    \
		bpfunit_check_event(check, bu_map_, &bu_value_bytes_);                             \
	})
#define BPFUNIT_EVENTS_(check, map, count) bpfunit_check_events(check, BPFUNIT_MAP_OF_(map), count)
BPFUNIT_API const void *bpfunit_next_event(const struct bpfunit_check *check,
					   const struct bpf_map *map, size_t size);
BPFUNIT_API bool bpfunit_check_event(const struct bpfunit_check *check, const struct bpf_map *map,
				     const struct bpfunit_bytes *value);
BPFUNIT_API bool bpfunit_check_events(const struct bpfunit_check *check, const struct bpf_map *map,
				      uint64_t count);

#endif
