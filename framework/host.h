/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framework on the host's kernel (ebpf/boundary/backend.h). The emulated kernel still holds the
 * test's state, but knows none of its maps and programs: what asks about a map gets a description
 * of the host's, in the shape that the emulated kernel's maps have. Such a map has no storage, and
 * only its description may be used: type, sizes, flags, name, types, object.id, object.kernel, and
 * the booleans of its ops.
 */
#ifndef BU_HOST_H
#define BU_HOST_H

#include <bpfunit/packet.h>
#include <bpfunit/run.h>

#include "framework/state.h"

struct bu_host_object {
	struct bu_host_object *next;
	const struct bpf_object *object;
};

/* On the host's kernel, end the running test as skipped, because it needs `what`. */
void bu_needs_vm(const char *what);

/* The same when the machine has no such CPU. */
void bu_needs_cpu(u32 cpu);

/* Begin a test: 0, or < 0 when it is skipped: the backend cannot be used, or the test not on it. */
int bu_host_begin(struct bu_test *test);

/* Opened by the running test: its types name events, its perf event arrays are to be captured. */
void bu_host_note_object(const struct bpf_object *object);
/* Capture the events of the noted objects' perf event arrays. */
void bu_host_capture(void);

/* A map's description, owned by the test; NULL and -errno: not a map's descriptor. */
struct bu_map *bu_host_map(int fd, int *error);
/* A new descriptor of a described map, or -errno. */
int bu_host_map_open(const struct bu_map *map);

/* Whether a program that the host's verifier refuses is no failure (BPFUNIT_REFUSED=skip): it is
 * then skipped where it would run, in the kernel backend by the calls of bpf(2) going through this.
 */
bool bu_refused_skips(void);
long bu_refused_call(int cmd, void *attr, u32 size);
/* Do not load the object's programs for functions that the host's kernel does not have. */
void bu_refused_targets(const struct bpf_object *object);
/* Skip the test if it is to run one of them. */
void bu_refused_check(struct bpfunit_where where, const struct bpf_program *prog);

/* The runs of bpfunit/run.h as BPF_PROG_TEST_RUN. What it does not take skips the test. */
int64_t bu_host_run(const struct bpf_program *prog, void *ctx, size_t size);
/* `ctx`: a struct xdp_md or struct __sk_buff, whose fields come back as far as the host tells. */
int64_t bu_host_run_packet(const struct bpf_program *prog, struct bpfunit_packet *packet, void *ctx,
			   u32 ctx_size);
/* Before a run of a socket buffer program: the frame is for this host; or not, as BPF_PROG_TEST_RUN
 * has it unless told otherwise. */
void bu_host_receive(const void *frame, u32 size);
void bu_host_receive_as_a_stranger(void);
/* Run on this CPU from now on: 0, or -EINVAL. */
int bu_host_set_cpu(u32 cpu);

#endif
