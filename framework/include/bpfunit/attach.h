/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attached programs. The code under test attaches its programs as it does on a real system
 * (bpf_program__attach(), links, perf_event_open()); in the emulated kernel nothing happens by
 * itself, so the test says what happens: it fires a place, and all programs that are attached there
 * run, each with the cookie it was attached with.
 *
 *	flow_bpf__attach(skel);
 *	EXPECT_EQ(bpfunit_attached("tp_btf/sched_switch"), 1u);
 *	BPFUNIT_FIRE_ARGS("tp_btf/sched_switch", 0, (uintptr_t)prev, (uintptr_t)next);
 *	EXPECT_EQ(BPFUNIT_FIRE_ARGS("lsm/file_open", (uintptr_t)file), -EPERM);
 *
 * A place is written as in a section's name: "raw_tp/NAME" (also for tp_btf), "tp/CATEGORY/NAME",
 * "fentry/FUNCTION", "fexit/...", "fmod_ret/...", "lsm/HOOK", "kprobe/FUNCTION", "kretprobe/...",
 * "ksyscall/NAME", "kretsyscall/...", "uprobe/PATH:0xOFFSET", "uretprobe/...",
 * "perf_event/TYPE:CONFIG". What follows a dot in the first word (kprobe.multi, lsm.s) is ignored.
 * Programs that are attached to devices are run by packets: bpfunit/run.h.
 */
#ifndef BPFUNIT_ATTACH_H
#define BPFUNIT_ATTACH_H

#include <bpfunit/run.h>

/* How many programs are attached to a place. It may be a pattern of fnmatch(3), as
 * "kprobe/vfs_*"; also of the whole, as bpfunit_attachments() spells places: "*". */
BPFUNIT_API size_t bpfunit_attached(const char *place);

struct bpfunit_attachment {
	char place[256];  /* "fentry/do_unlinkat"; of other links their type: "xdp" */
	char program[32]; /* its name in the kernel */
	uint32_t program_id;
	uint32_t link_id; /* 0: attached to a perf event without a link */
	uint64_t cookie;
};
/* What is attached, in the order of attaching: at most `room` are written. How many there are. */
BPFUNIT_API size_t bpfunit_attachments(struct bpfunit_attachment *list, size_t room);

/* Run the programs that are attached to a place, with a context as of BPFUNIT_RUN or arguments as
 * of BPFUNIT_RUN_ARGS: in the order of attaching, those of fentry, fexit, fmod_ret and lsm latest
 * first, as the kernel does. Each program gets the context as the one before left it. What they
 * decide: of fmod_ret and lsm the first value other than 0, which ends it; else 0. BPFUNIT_FAULTED
 * when a program faulted, and after failing the test because nothing is attached. */
#define BPFUNIT_FIRE(place, ctx) bpfunit_fire(BPFUNIT_HERE, place, BPFUNIT_CTX_(ctx))
#define BPFUNIT_FIRE_ARGS(place, ...)                                                              \
	bpfunit_fire(BPFUNIT_HERE, place, (uint64_t[]){ __VA_ARGS__ },                             \
		     sizeof((uint64_t[]){ __VA_ARGS__ }))
BPFUNIT_API int64_t bpfunit_fire(struct bpfunit_where where, const char *place, void *ctx,
				 size_t size);

#endif
