/* SPDX-License-Identifier: BSD-2-Clause */
/* What is attached through libbpf, and what runs when a place is fired. */
#include "ebpf/kernel.h"
#include "ebpf/uapi.h"

#include "fire.skel.h"
#include "inner.h"
#include <asm/ptrace.h>
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libbpf 1.1 knows no sessions. */
static struct fire_bpf *load_with(int session)
{
	struct fire_bpf *skel = BPFUNIT_OPEN(fire_bpf);

	bpf_program__set_expected_attach_type(skel->progs.session, (enum bpf_attach_type)session);
	bpf_program__set_expected_attach_type(skel->progs.session_of_two,
					      (enum bpf_attach_type)session);
	ASSERT_OK(fire_bpf__load(skel));
	return skel;
}

static struct fire_bpf *load(void)
{
	return load_with(BU_ATTACH_KPROBE_SESSION);
}

static struct bpf_link *attach(const struct bpf_program *prog)
{
	return BPFUNIT_ATTACH(prog);
}

static struct bpf_link *attach_with(const struct bpf_program *prog, u64 cookie)
{
	LIBBPF_OPTS(bpf_trace_opts, opts, .cookie = cookie);

	return BPFUNIT_KEEP(bpf_program__attach_trace_opts(prog, &opts));
}

/* What ran since the last look: "3:7 4:0", program and cookie. */
static const char *ran(struct fire_bpf *skel)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (u32 i = 0; i + 1 < skel->bss->nr; i += 2)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu:%llu", i ? " " : "",
					(unsigned long long)skel->bss->words[i],
					(unsigned long long)skel->bss->words[i + 1]);
	skel->bss->nr = 0;
	return text;
}

static int bpf_create(const struct bu_link_create_attr *attr)
{
	return (int)syscall(__NR_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));
}

BPF_TEST(fire, fires_a_tracepoint)
{
	struct fire_bpf *skel = load();

	/* libbpf before 1.3 gives tp_btf programs no cookie. */
	EXPECT_GE(bpf_create(&(struct bu_link_create_attr){
			  .prog_fd = (u32)bpf_program__fd(skel->progs.tp_btf),
			  .attach_type = BPF_TRACE_RAW_TP,
			  .tracing.cookie = 21,
		  }),
		  0);
	EXPECT_EQ(bpfunit_attached("tp_btf/sched_switch"), 1u);
	EXPECT_EQ(bpfunit_attached("raw_tp/sched_switch"), 1u);
	EXPECT_EQ(bpfunit_attached("raw_tp/sched_waking"), 0u);
	EXPECT_EQ(bpfunit_attached("tp/sched/sched_switch"), 0u);
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("tp_btf/sched_switch", 1, 2, 3), 0);
	EXPECT_STREQ(ran(skel), "2:21");
	attach(skel->progs.raw_tp);
	EXPECT_EQ(bpfunit_attached("raw_tp/sched_switch"), 2u);
	EXPECT_EQ(bpfunit_attached("raw_tp/sched_*"), 2u);
	EXPECT_EQ(bpfunit_attached("*"), 2u);
	EXPECT_EQ(bpfunit_attached("?aw_tp/sched_switch"), 2u);
	EXPECT_EQ(bpfunit_attached("f*/sched_switch"), 0u);
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("raw_tp/sched_switch", 1, 2, 3), 0);
	EXPECT_EQ(skel->bss->nr, 3u);
	EXPECT_EQ(skel->bss->words[2], 1u); /* attached later, run later */
}

BPF_TEST(fire, trampolines_run_the_latest_first)
{
	struct fire_bpf *skel = load();
	LIBBPF_OPTS(bpf_trace_opts, opts, .cookie = 2);
	struct bpf_link *two;

	attach_with(skel->progs.fentry_one, 1);
	two = bpf_program__attach_trace_opts(skel->progs.fentry_two, &opts);
	ASSERT_OK(libbpf_get_error(two));
	attach_with(skel->progs.fexit, 3);
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("fentry/do_unlinkat", 0), 0);
	EXPECT_STREQ(ran(skel), "4:2 3:1");
	EXPECT_EQ(skel->bss->func_ip, bpfunit_symbol("do_unlinkat"));
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("fexit/do_unlinkat", 0, -2), 0);
	EXPECT_STREQ(ran(skel), "5:3");
	EXPECT_OK(bpf_link__destroy(two));
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("fentry/do_unlinkat", 0), 0);
	EXPECT_STREQ(ran(skel), "3:1");
}

BPF_TEST(fire, a_verdict_ends_the_rest)
{
	struct fire_bpf *skel = load();

	attach_with(skel->progs.fmod_two, 2);
	attach_with(skel->progs.fmod_one, 1);
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("fmod_ret/do_unlinkat", 0, 0), 0);
	EXPECT_STREQ(ran(skel), "6:1 7:2");
	skel->bss->verdict = -EPERM;
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("fmod_ret/do_unlinkat", 0, 0), -EPERM);
	EXPECT_STREQ(ran(skel), "6:1");
	attach(skel->progs.lsm);
	EXPECT_EQ(BPFUNIT_FIRE_ARGS("lsm/file_open", 0, 0), -EPERM);
	EXPECT_STREQ(ran(skel), "8:0");
}

static const char *functions[] = { "vfs_write", "vfs_read" };

static struct bpf_link *attach_multi(struct fire_bpf *skel)
{
	__u64 cookies[] = { 20, 10 };
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = functions, .cookies = cookies, .cnt = 2);

	ASSERT_OK(bpfunit_symbol_add("vfs_write"));
	return BPFUNIT_KEEP(bpf_program__attach_kprobe_multi_opts(skel->progs.multi, NULL, &opts));
}

BPF_TEST(fire, fires_one_of_many)
{
	struct fire_bpf *skel = load();
	struct pt_regs regs = { 0 };

	attach_multi(skel);
	EXPECT_EQ(bpfunit_attached("kprobe.multi/vfs_*"), 2u);
	EXPECT_EQ(BPFUNIT_FIRE("kprobe/vfs_read", &regs), 0);
	EXPECT_STREQ(ran(skel), "9:10");
	EXPECT_EQ(skel->bss->func_ip, bpfunit_symbol("vfs_read"));
	EXPECT_EQ(BPFUNIT_FIRE("kprobe/vfs_write", &regs), 0);
	EXPECT_STREQ(ran(skel), "9:20");
	EXPECT_EQ(bpfunit_attached("kretprobe/vfs_read"), 0u);
}

BPF_TEST(fire, a_session_sees_the_return_if_it_wants)
{
	struct fire_bpf *skel = load();
	struct pt_regs regs = { 0 };
	int link;

	ASSERT_OK(bpfunit_symbol_add("vfs_write"));
	link = bpf_create(&(struct bu_link_create_attr){
		.prog_fd = (u32)bpf_program__fd(skel->progs.session),
		.attach_type = BU_ATTACH_KPROBE_SESSION,
		.kprobe_multi = { .syms = (u64)functions, .cnt = 2 },
	});
	ASSERT_GE(link, 0);
	EXPECT_EQ(BPFUNIT_FIRE("kprobe/vfs_read", &regs), 0);
	EXPECT_EQ(BPFUNIT_FIRE("kretprobe/vfs_read", &regs), 0);
	EXPECT_STREQ(ran(skel), "10:0 10:0");
	skel->bss->verdict = 1;
	EXPECT_EQ(BPFUNIT_FIRE("kprobe/vfs_read", &regs), 0);
	EXPECT_EQ(BPFUNIT_FIRE("kretprobe/vfs_read", &regs), 0);
	EXPECT_STREQ(ran(skel), "10:0");
}

BPF_TEST(fire, a_session_s_return_finds_what_the_entry_left)
{
	struct fire_bpf *skel = load();
	struct pt_regs regs = { 0 };
	int link;

	ASSERT_OK(bpfunit_symbol_add("vfs_write"));
	link = bpf_create(&(struct bu_link_create_attr){
		.prog_fd = (u32)bpf_program__fd(skel->progs.session_of_two),
		.attach_type = BU_ATTACH_KPROBE_SESSION,
		.kprobe_multi = { .syms = (u64)functions, .cnt = 2 },
	});
	ASSERT_GE(link, 0);
	BPFUNIT_FIRE("kprobe/vfs_read", &regs);
	BPFUNIT_FIRE("kprobe/vfs_write", &regs);
	BPFUNIT_FIRE("kretprobe/vfs_read", &regs);
	EXPECT_STREQ(ran(skel), "14:0 0:0 14:0 0:0 15:0 100:0");
	BPFUNIT_FIRE("kprobe/vfs_read", &regs); /* anew */
	EXPECT_STREQ(ran(skel), "14:0 0:0");
	close(link);
	EXPECT_EQ(bpfunit_attached("kprobe/vfs_read"), 0u);
}

BPF_TEST(fire, a_session_of_a_file)
{
	struct fire_bpf *skel = load_with(BU_ATTACH_UPROBE_SESSION);
	struct pt_regs regs = { 0 };
	u64 offset = 64;
	int link;

	link = bpf_create(&(struct bu_link_create_attr){
		.prog_fd = (u32)bpf_program__fd(skel->progs.session_of_two),
		.attach_type = BU_ATTACH_UPROBE_SESSION,
		.uprobe_multi = { .path = (u64) "/bin/true", .offsets = (u64)&offset, .cnt = 1 },
	});
	ASSERT_GE(link, 0);
	BPFUNIT_FIRE("uprobe/*true:0x40", &regs);
	BPFUNIT_FIRE("uretprobe/*true:0x40", &regs);
	EXPECT_STREQ(ran(skel), "14:0 0:0 15:0 100:0");
	close(link);
}

BPF_TEST(fire, a_run_without_a_session)
{
	struct fire_bpf *skel = load();
	struct pt_regs regs = { 0 };

	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, BPFUNIT_RUN(skel->progs.session_of_two, &regs));
}

BPF_TEST(fire, fires_perf_events)
{
	struct fire_bpf *skel = load();
	struct pt_regs regs = { 0 };
	u64 record[8] = { 0 };
	LIBBPF_OPTS(bpf_kprobe_opts, probe, .bpf_cookie = 5);
	LIBBPF_OPTS(bpf_tracepoint_opts, tracepoint, .bpf_cookie = 6);
	struct bpf_link *link;

	BPFUNIT_KEEP(bpf_program__attach_kprobe_opts(skel->progs.on_kprobe, "vfs_read", &probe));
	link = bpf_program__attach_tracepoint_opts(skel->progs.tracepoint, "sched", "sched_switch",
						   &tracepoint);
	ASSERT_OK(libbpf_get_error(link));
	EXPECT_EQ(BPFUNIT_FIRE("kprobe/vfs_read", &regs), 0);
	EXPECT_STREQ(ran(skel), "11:5");
	EXPECT_EQ(BPFUNIT_FIRE("tp/sched/sched_switch", &record), 0);
	EXPECT_STREQ(ran(skel), "12:6");
	EXPECT_OK(bpf_link__destroy(link));
	EXPECT_EQ(bpfunit_attached("tracepoint/sched/sched_switch"), 0u);
}

BPF_TEST(fire, fires_uprobes)
{
	struct fire_bpf *skel = load();
	struct pt_regs regs = { 0 };

	BPFUNIT_KEEP(bpf_program__attach_uprobe(skel->progs.on_uprobe, false, -1, "/bin/true", 64));
	EXPECT_EQ(bpfunit_attached("uprobe/*true:0x40"), 1u);
	EXPECT_EQ(BPFUNIT_FIRE("uprobe//bin/true:0x40", &regs), 0);
	EXPECT_STREQ(ran(skel), "13:0");
}

BPF_TEST(fire, lists_what_there_is)
{
	struct fire_bpf *skel = load();
	struct bpfunit_attachment list[8];

	EXPECT_EQ(bpfunit_attachments(NULL, 0), 0u);
	attach(skel->progs.fentry_one);
	attach_multi(skel);
	ASSERT_EQ(bpfunit_attachments(list, 8), 3u);
	EXPECT_STREQ(list[0].place, "fentry/do_unlinkat");
	EXPECT_STREQ(list[0].program, "fentry_one");
	EXPECT_EQ(list[0].link_id, 1u);
	EXPECT_NE(list[0].program_id, 0u);
	EXPECT_STREQ(list[1].place, "kprobe/vfs_read");
	EXPECT_EQ(list[1].cookie, 10u);
	EXPECT_STREQ(list[2].place, "kprobe/vfs_write");
	EXPECT_EQ(list[2].link_id, 2u);
	EXPECT_EQ(bpfunit_attachments(list, 1), 3u);
}

BPF_TEST(fire, faults_are_told)
{
	struct fire_bpf *skel = load();

	attach(skel->progs.fentry_one);
	attach(skel->progs.faulty);
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_FIRE_ARGS("fentry/do_unlinkat", 0));
	EXPECT_STREQ(ran(skel), "3:0"); /* the others run all the same */
}

/* Trampolines: who may be attached. Source: __bpf_trampoline_link_prog() */

BPF_TEST(fire, a_program_once_to_a_function)
{
	struct fire_bpf *skel = load();
	struct bpf_link *link = bpf_program__attach(skel->progs.fentry_one);

	ASSERT_OK(libbpf_get_error(link));
	EXPECT_EQ(libbpf_get_error(bpf_program__attach(skel->progs.fentry_one)), -EBUSY);
	EXPECT_OK(bpf_link__destroy(link));
	attach(skel->progs.fentry_one);
}

BPF_TEST(fire, no_more_than_38_to_a_function)
{
	struct bpf_program *progs[38];

	for (int i = 0; i < 38; i++) {
		progs[i] = load()->progs.fentry_one;
		attach(progs[i]);
	}
	EXPECT_EQ(libbpf_get_error(bpf_program__attach(load()->progs.fexit)), -E2BIG);
	EXPECT_EQ(bpfunit_attached("fentry/do_unlinkat"), 38u);
}

static long create(const struct bpf_program *prog, u32 attach_type, u32 target, u32 btf_id)
{
	struct bu_link_create_attr attr = {
		.prog_fd = (u32)bpf_program__fd(prog),
		.target = target,
		.attach_type = attach_type,
		.target_btf_id = btf_id,
	};
	int link = bpf_create(&attr);

	return link < 0 ? -errno : 0;
}

BPF_TEST(fire, of_tracing_programs_and_its_errnos)
{
	struct fire_bpf *skel = load();
	const struct bpf_program *prog = skel->progs.fentry_one;
	u32 fd = (u32)bpf_program__fd(skel->progs.lsm);

	EXPECT_EQ(create(prog, BPF_TRACE_FEXIT, 0, 0), -EINVAL);
	EXPECT_EQ(create(prog, BPF_LSM_MAC, 0, 0), -EINVAL);
	EXPECT_EQ(create(prog, BPF_TRACE_FENTRY, fd, 0), -EINVAL);
	EXPECT_EQ(create(prog, BPF_TRACE_FENTRY, 0, 1), -EINVAL);
	EXPECT_EQ(create(prog, BPF_TRACE_FENTRY, fd, 1), -EINVAL); /* extensions only */
	EXPECT_EQ(create(prog, BPF_TRACE_FENTRY, 0, 0), 0);
	EXPECT_EQ(create(skel->progs.lsm, BPF_LSM_MAC, 0, 0), 0);
	EXPECT_EQ(create(skel->progs.tp_btf, BPF_TRACE_RAW_TP, 0, 0), 0);
}

BPF_TEST(fire, raw_tracepoint_open_of_tracing_programs)
{
	struct fire_bpf *skel = load();
	int fd = bpf_raw_tracepoint_open(NULL, bpf_program__fd(skel->progs.fentry_one));

	EXPECT_GE(fd, 0);
	EXPECT_EQ(bpf_raw_tracepoint_open("x", bpf_program__fd(skel->progs.fexit)), -EINVAL);
	close(fd);
	EXPECT_EQ(bpfunit_attached("fentry/do_unlinkat"), 0u);
}

BPF_TEST(fire, tracing_link_info)
{
	struct fire_bpf *skel = load();
	struct bu_link_info info = { 0 };
	struct bpf_prog_info prog = { 0 };
	u32 len = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_link__fd(attach_with(skel->progs.fexit, 99)), &info,
					 &len));
	len = sizeof(prog);
	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.fexit), &prog, &len));
	EXPECT_EQ(info.type, (u32)BU_LINK_TRACING);
	EXPECT_EQ(info.prog_id, prog.id);
	EXPECT_EQ(info.tracing.attach_type, (u32)BPF_TRACE_FEXIT);
	EXPECT_EQ(info.tracing.target_btf_id, prog.attach_btf_id);
	EXPECT_EQ(info.tracing.target_obj_id, prog.attach_btf_obj_id);
	EXPECT_EQ(info.tracing.cookie, 99u);
}

/* Failures of firing */

FAILS(fire, nothing_is_there,
      "no program is attached to 'fentry/no_one'; attached are: fentry/do_unlinkat")
{
	attach(load()->progs.fentry_one);
	BPFUNIT_FIRE_ARGS("fentry/no_one", 0);
}

FAILS(fire, nothing_is_anywhere, "no program is attached to 'kprobe/x'; attached are: none")
{
	BPFUNIT_FIRE_ARGS("kprobe/x", 0);
}

FAILS(fire, no_place,
      "'do_unlinkat' is no place that programs are attached to: write it as a section's name, such "
      "as \"fentry/do_unlinkat\"")
{
	BPFUNIT_FIRE_ARGS("do_unlinkat", 0);
}
