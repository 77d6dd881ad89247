/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings of perf events in shared memory, whose consumer is user space (libbpf's perf_buffer). The
 * producer's position is data_head of the control page; data_tail is the consumer's and trusted in
 * no way: space is computed modulo the ring. Source: kernel/events/core.c,
 * kernel/events/ring_buffer.c (6.12). Differs: only BPF output events write to theirs; records of
 * lost samples say nothing else (sample_id_all); a ring lives until its event's descriptor is
 * closed, not until it is unmapped.
 */
#include "ebpf/link/perf_state.h"

#include <string.h>
#include <unistd.h>

bool bu_perf_ring_readable(struct bu_object *object)
{
	struct bu_perf_ring *ring = &bu_perf_event(object)->ring;

	return ring->control &&
	       __atomic_load_n(&ring->control->data_head, __ATOMIC_SEQ_CST) !=
		       __atomic_load_n(&ring->control->data_tail, __ATOMIC_SEQ_CST);
}

static int make_ring(struct bu_perf_event *event, u64 size)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "perf ring" };
	struct bu_perf_ring *ring = &event->ring;
	u64 page = sysconf(_SC_PAGESIZE);
	u8 *memory = bu_arena_alloc_shared(&event->object.kernel->arena, size, BU_NONE, &info,
					   &ring->offset);

	if (!memory)
		return -ENOMEM;
	ring->control = (void *)memory;
	ring->data = memory + page;
	ring->size = size - page;
	ring->control->data_offset = page;
	ring->control->data_size = ring->size;
	return 0;
}

s64 bu_perf_event_mmap(struct bu_object *object, u64 offset, u64 size)
{
	struct bu_perf_event *event = bu_perf_event(object);
	u64 page = sysconf(_SC_PAGESIZE), data = size - page;
	int err = 0;

	if (offset || size < page || data & (data - 1))
		return -EINVAL;
	if (event->ring.control && event->ring.size != data)
		return -EINVAL;
	if (!event->ring.control)
		err = make_ring(event, size);
	return err ? err : (s64)event->ring.offset;
}

static void put(struct bu_perf_ring *ring, u64 *head, const void *bytes, u64 size)
{
	u64 at = *head & (ring->size - 1), first = BU_MIN(size, ring->size - at);

	memcpy(ring->data + at, bytes, first);
	memcpy(ring->data, (const u8 *)bytes + first, size - first);
	*head += size;
}

static void put_lost(struct bu_perf_event *event, u64 *head)
{
	struct {
		struct perf_event_header header;
		u64 id, lost;
	} record = {
		.header = { .type = PERF_RECORD_LOST, .size = sizeof(record) },
		.id = event->object.id,
		.lost = event->ring.lost,
	};

	put(&event->ring, head, &record, sizeof(record));
	event->ring.lost = 0;
}

/* What precedes the raw data as sample_type asks for, in the ABI's order; how many. */
static u32 sample_words(const struct bu_perf_event *event, u32 cpu, u64 words[9])
{
	const struct bu_env *env = &event->object.kernel->env;
	u64 id = event->object.id;
	const struct {
		u64 flag, value;
	} fields[] = {
		{ PERF_SAMPLE_IDENTIFIER, id },
		{ PERF_SAMPLE_IP, 0 },
		{ PERF_SAMPLE_TID, (u64)env->pid << 32 | env->tgid },
		{ PERF_SAMPLE_TIME, env->clock_ns },
		{ PERF_SAMPLE_ADDR, 0 },
		{ PERF_SAMPLE_ID, id },
		{ PERF_SAMPLE_STREAM_ID, id },
		{ PERF_SAMPLE_CPU, cpu },
		{ PERF_SAMPLE_PERIOD, 1 },
	};
	u32 count = 0;

	for (size_t i = 0; i < BU_ARRAY_SIZE(fields); i++) {
		if (event->attr.sample_type & fields[i].flag)
			words[count++] = fields[i].value;
	}
	return count;
}

struct sample {
	u64 words[9];
	u32 nr_words, size, raw_size; /* raw_size: with padding */
	const void *data;
};

static u64 sample_size(const struct sample *sample)
{
	return sizeof(struct perf_event_header) + sample->nr_words * sizeof(u64) + sizeof(u32) +
	       sample->raw_size;
}

/* A sample: header, words, u32 number of raw bytes with padding, the bytes, padding to 8. */
static void put_sample(struct bu_perf_ring *ring, u64 *head, const struct sample *sample)
{
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.misc = PERF_RECORD_MISC_KERNEL,
		.size = sample_size(sample),
	};

	put(ring, head, &header, sizeof(header));
	put(ring, head, sample->words, sample->nr_words * sizeof(u64));
	put(ring, head, &sample->raw_size, sizeof(sample->raw_size));
	put(ring, head, sample->data, sample->size);
	put(ring, head, "\0\0\0\0\0\0\0", sample->raw_size - sample->size);
}

/* Whether so many more bytes (one more sample) are a reason to wake the consumer. */
static bool wakes(struct bu_perf_ring *ring, u64 bytes)
{
	u64 every = ring->wakeup ? ring->wakeup : ring->size / 2;

	ring->since_wakeup += ring->watermark || !ring->wakeup ? bytes : 1;
	if (ring->since_wakeup < every)
		return false;
	ring->since_wakeup -= every;
	return true;
}

static int write_sample(struct bu_perf_event *event, const struct sample *sample)
{
	struct bu_perf_ring *ring = &event->ring;
	u64 lost_size = sizeof(struct perf_event_header) + 2 * sizeof(u64);
	u64 needed = sample_size(sample) + (ring->lost ? lost_size : 0);
	u64 head = ring->control->data_head;
	u64 tail = __atomic_load_n(&ring->control->data_tail, __ATOMIC_ACQUIRE);

	if (((tail - head - 1) & (ring->size - 1)) < needed) {
		ring->lost++;
		return -ENOSPC;
	}
	if (ring->lost)
		put_lost(event, &head);
	put_sample(ring, &head, sample);
	__atomic_store_n(&ring->control->data_head, head, __ATOMIC_SEQ_CST);
	if (wakes(ring, needed))
		bu_fd_wake(&event->object);
	return 0;
}

int bu_perf_event_output(struct bu_object *object, const void *data, u32 size, u32 cpu)
{
	struct bu_perf_event *event = bu_perf_event(object);
	struct sample sample = { .data = data, .size = size };

	if (object->kind != BU_OBJECT_PERF_EVENT || event->info.type != PERF_TYPE_SOFTWARE ||
	    event->info.config != PERF_COUNT_SW_BPF_OUTPUT)
		return -EINVAL;
	if (!event->info.enabled || (event->info.cpu >= 0 && (u32)event->info.cpu != cpu))
		return -EOPNOTSUPP;
	if (!event->ring.size || event->paused)
		return -ENOSPC;
	sample.raw_size = BU_ROUND_UP(size + (u32)sizeof(u32), 8) - sizeof(u32);
	sample.nr_words = sample_words(event, cpu, sample.words);
	return sample_size(&sample) > UINT16_MAX ? -E2BIG : write_sample(event, &sample);
}
