// SPDX-License-Identifier: BSD-2-Clause
/* Draining a ring that user space fills. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

__u64 sum, sizes, flags;
long nested, beyond, writes;
__u64 *stale;
int stop_after = -1, nest;

static long nothing(struct bpf_dynptr *ptr, void *ctx)
{
	return 0;
}

static long add(struct bpf_dynptr *ptr, __u32 *ctx)
{
	__u64 value, *data;

	if (bpf_dynptr_read(&value, sizeof(value), ptr, 0, 0))
		return 1;
	sum += value;
	*ctx += 1;
	beyond = bpf_dynptr_read(&value, sizeof(value), ptr, 4096, 0);
	data = bpf_dynptr_data(ptr, 0, sizeof(*data));
	if (data)
		*data = 0, stale = data;
	writes = bpf_dynptr_write(ptr, 0, &value, sizeof(value), 0);
	if (nest)
		nested = bpf_user_ringbuf_drain(&ring, nothing, 0, 0);
	return stop_after >= 0 && *ctx >= (__u32)stop_after;
}

SEC("raw_tp/drain")
int drain(void *ctx)
{
	__u32 count = 0;
	long result = bpf_user_ringbuf_drain(&ring, add, &count, flags);

	sizes = count;
	return result;
}

/* Keeps what only the callback may use. */
SEC("raw_tp/stale")
int use_stale(void *ctx)
{
	return stale ? *stale : 0;
}

static long overwrite(struct bpf_dynptr *ptr, void *ctx)
{
	*(volatile __u64 *)ptr = 0;
	return 0;
}

SEC("raw_tp/overwrite")
int overwrite_dynptr(void *ctx)
{
	return bpf_user_ringbuf_drain(&ring, overwrite, 0, 0);
}

char LICENSE[] SEC("license") = "GPL";
