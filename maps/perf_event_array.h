/* SPDX-License-Identifier: BSD-2-Clause */
/* What bpf_perf_event_output and bpf_perf_event_read do, on maps of BPF_MAP_TYPE_PERF_EVENT_ARRAY.
 */
#ifndef BU_MAPS_PERF_EVENT_ARRAY_H
#define BU_MAPS_PERF_EVENT_ARRAY_H

#include "ebpf/link/perf_event.h"
#include "ebpf/map.h"

/* Output from a program on CPU `cpu`. `index`: that of the event, or BPF_F_CURRENT_CPU.
 * 0; -E2BIG: index beyond the map; -ENOENT: no event there; or what bu_perf_event_output() says. */
long bu_perf_event_array_output(struct bu_map *map, u64 index, u32 cpu, const void *data, u32 size);
/* What the event has counted: 0; -E2BIG, -ENOENT as above; or what bu_perf_count() says. */
int bu_perf_event_array_count(struct bu_map *map, u64 index, u32 cpu, struct bu_perf_count *count);

#endif
