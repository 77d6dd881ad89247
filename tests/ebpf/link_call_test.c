/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands about links, and links of raw tracepoints and perf events. */
#include "link_call.h"

#define CASE(name, expected) CASES(link_calls, name, expected)

/* RAW_TRACEPOINT_OPEN */

CASE(raw_tp, 0)
{
	return ok(make_raw_tp(bpf));
}

CASE(raw_tp_twice, 0)
{
	int prog = make_prog(bpf, RAW_TP, 0);

	OPEN(.name = (u64) "sched_switch", .prog_fd = prog);
	return ok(OPEN(.name = (u64) "sched_switch", .prog_fd = prog));
}

CASE(raw_tp_no_such_name, -ENOENT)
{
	return OPEN(.name = (u64) "no such tracepoint", .prog_fd = make_prog(bpf, RAW_TP, 0));
}

CASE(raw_tp_empty_name, -ENOENT)
{
	return OPEN(.name = (u64) "", .prog_fd = make_prog(bpf, RAW_TP, 0));
}

CASE(raw_tp_null_name, -EFAULT)
{
	return OPEN(.prog_fd = make_prog(bpf, RAW_TP, 0));
}

CASE(raw_tp_wild_name, -EFAULT)
{
	return OPEN(.name = 0xdead0000dead, .prog_fd = make_prog(bpf, RAW_TP, 0));
}

CASE(raw_tp_of_another_type, -EINVAL)
{
	return OPEN(.name = (u64) "sched_switch", .prog_fd = make_prog(bpf, FILTER, 0));
}

CASE(raw_tp_of_a_map, -EINVAL)
{
	return OPEN(.name = (u64) "sched_switch", .prog_fd = make_array(bpf));
}

CASE(raw_tp_behind_the_cookie, -EINVAL)
{
	union link_attr attr = { .raw_tp = { .name = (u64) "sched_switch" } };

	attr.raw_tp.prog_fd = make_prog(bpf, RAW_TP, 0);
	attr.bytes[24] = 1;
	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

/* LINK_CREATE */

CASE(create_of_a_type_without_links, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, FILTER, 0));
}

CASE(create_of_a_map, -EINVAL)
{
	return CREATE(.prog_fd = make_array(bpf), .attach_type = BPF_XDP);
}

CASE(create_with_an_unknown_attach_type, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_XDP, 0),
		      .attach_type = BU_ATTACH_MAX);
}

CASE(create_with_another_attach_type, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_XDP, 0), .attach_type = BPF_LSM_MAC);
}

CASE(create_raw_tp, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, RAW_TP, 0), .attach_type = BPF_TRACE_RAW_TP);
}

CASE(create_behind_the_last_field, -EINVAL)
{
	union link_attr attr = { .create = { .prog_fd = make_prog(bpf, FILTER, 0) } };

	attr.bytes[60] = 1;
	return bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

CASE(create_kprobe_loaded_for_many, -EINVAL)
{
	int prog = LOAD(two, .prog_type = BPF_PROG_TYPE_KPROBE,
			.expected_attach_type = BPF_TRACE_KPROBE_MULTI);

	return CREATE(.prog_fd = prog, .attach_type = BPF_PERF_EVENT);
}

CASE(create_kprobe_as_something_else, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_KPROBE, 0), .attach_type = BPF_XDP);
}

/* Perf events */

CASE(perf_link, 0)
{
	return ok(CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0),
			 .target = make_event(bpf), .attach_type = BPF_PERF_EVENT));
}

CASE(perf_link_with_flags, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0), .target = -1,
		      .attach_type = BPF_PERF_EVENT, .flags = 1);
}

CASE(perf_link_of_no_event, -EBADF)
{
	return CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0),
		      .target = make_array(bpf), .attach_type = BPF_PERF_EVENT);
}

CASE(perf_link_of_another_type, -EINVAL)
{
	return CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_KPROBE, 0), .target = make_event(bpf),
		      .attach_type = BPF_PERF_EVENT);
}

CASE(perf_link_twice, -EEXIST)
{
	int event = make_event(bpf), prog = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0);

	CREATE(.prog_fd = prog, .target = event, .attach_type = BPF_PERF_EVENT);
	return CREATE(.prog_fd = prog, .target = event, .attach_type = BPF_PERF_EVENT);
}

CASE(perf_link_again, 0)
{
	int event = make_event(bpf), prog = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0);

	close(CREATE(.prog_fd = prog, .target = event, .attach_type = BPF_PERF_EVENT));
	return ok(CREATE(.prog_fd = prog, .target = event, .attach_type = BPF_PERF_EVENT));
}

CASE(perf_link_info, 0)
{
	int event = make_event(bpf), prog = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0);
	int link = CREATE(.prog_fd = prog, .target = event, .attach_type = BPF_PERF_EVENT,
			  .perf_event.cookie = 77);
	struct bu_link_info info = { 0 };
	long err;

	close(event); /* the link keeps it */
	err = link_info(bpf, link, &info);
	EXPECT_EQ(info.type, (u32)BU_LINK_PERF_EVENT);
	EXPECT_EQ(info.perf_event.type, (u32)BU_PERF_INFO_EVENT);
	EXPECT_EQ(info.perf_event.event.type, (u32)PERF_TYPE_SOFTWARE);
	EXPECT_EQ(info.perf_event.event.config, (u64)PERF_COUNT_SW_BPF_OUTPUT);
	EXPECT_EQ(info.perf_event.event.cookie, (u64)77);
	return err;
}

/* Info */

static int open_with_cookie(bpf_call bpf, int prog)
{
	return OPEN(.name = (u64) "sched_switch", .prog_fd = prog, .cookie = 0x1234567890);
}

CASE(info_of_a_raw_tp, 0)
{
	int prog = make_prog(bpf, RAW_TP, 0), link = open_with_cookie(bpf, prog);
	char name[32] = "";
	struct bu_link_info info = { .raw_tracepoint = { .tp_name = (u64)name,
							 .tp_name_len = sizeof(name) } };
	struct bpf_prog_info about = { 0 };

	EXPECT_OK(link_info(bpf, link, &info));
	EXPECT_OK(describe(bpf, prog, &about));
	EXPECT_EQ(info.type, (u32)BU_LINK_RAW_TRACEPOINT);
	EXPECT_EQ(info.prog_id, about.id);
	EXPECT_NE(info.id, 0u);
	EXPECT_STREQ(name, "sched_switch");
	EXPECT_EQ(info.raw_tracepoint.tp_name_len, (u32)sizeof("sched_switch"));
	return info.raw_tracepoint.cookie == 0x1234567890 ? 0 : -1;
}

CASE(info_without_a_buffer, 0)
{
	struct bu_link_info info = { 0 };
	long err = link_info(bpf, open_with_cookie(bpf, make_prog(bpf, RAW_TP, 0)), &info);

	EXPECT_EQ(info.raw_tracepoint.tp_name_len, (u32)sizeof("sched_switch"));
	return info.raw_tracepoint.cookie == 0x1234567890 ? err : -1;
}

CASE(info_with_a_short_buffer, -ENOSPC)
{
	char name[32] = "################";
	struct bu_link_info info = { .raw_tracepoint = { .tp_name = (u64)name, .tp_name_len = 6 } };
	long err = link_info(bpf, make_raw_tp(bpf), &info);

	EXPECT_STREQ(name, "sched");
	EXPECT_EQ(name[6], '#');
	EXPECT_EQ(info.type, 0u); /* nothing else is written */
	return err;
}

CASE(info_with_a_buffer_of_no_size, -EINVAL)
{
	char name[32];
	struct bu_link_info info = { .raw_tracepoint = { .tp_name = (u64)name, .tp_name_len = 0 } };

	return link_info(bpf, make_raw_tp(bpf), &info);
}

CASE(info_with_a_size_of_no_buffer, -EINVAL)
{
	struct bu_link_info info = { .raw_tracepoint = { .tp_name_len = 5 } };

	return link_info(bpf, make_raw_tp(bpf), &info);
}

CASE(info_with_a_wild_buffer, -EFAULT)
{
	struct bu_link_info info = { .raw_tracepoint = { .tp_name = 0xdead0000dead,
							 .tp_name_len = 32 } };

	return link_info(bpf, make_raw_tp(bpf), &info);
}

CASE(info_shorter, 12)
{
	union link_attr attr = { 0 };
	u32 info[4] = { 0, 0, 0, 77 };

	attr.info.fd = make_raw_tp(bpf);
	attr.info.info_len = 12;
	attr.info.info = (u64)info;
	EXPECT_OK(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)));
	EXPECT_EQ(info[0], (u32)BU_LINK_RAW_TRACEPOINT);
	EXPECT_EQ(info[3], 77u);
	return attr.info.info_len;
}

CASE(info_longer_and_not_zero, -E2BIG)
{
	struct {
		struct bu_link_info info;
		u64 more;
	} info = { .more = 1 };

	return LINK(
		BPF_OBJ_GET_INFO_BY_FD,
		.info = { .fd = make_raw_tp(bpf), .info_len = sizeof(info), .info = (u64)&info });
}

CASE(info_longer, sizeof(struct bu_link_info))
{
	struct {
		struct bu_link_info info;
		u64 more;
	} info = { 0 };
	union link_attr attr = { 0 };

	attr.info.fd = make_raw_tp(bpf);
	attr.info.info_len = sizeof(info);
	attr.info.info = (u64)&info;
	EXPECT_OK(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)));
	return attr.info.info_len;
}

CASE(info_to_a_wild_pointer, -EFAULT)
{
	return LINK(BPF_OBJ_GET_INFO_BY_FD, .info = { .fd = make_raw_tp(bpf),
						      .info_len = sizeof(struct bu_link_info),
						      .info = 0xdead0000dead });
}

/* Ids */

CASE(by_id, 0)
{
	struct bu_link_info info = { 0 }, again = { 0 };
	int link = make_raw_tp(bpf), other;

	EXPECT_OK(link_info(bpf, link, &info));
	other = LINK(BPF_LINK_GET_FD_BY_ID, .id.id = info.id);
	close(link);
	EXPECT_OK(link_info(bpf, other, &again));
	return again.id == info.id ? 0 : -1;
}

CASE(by_id_after_its_end, -ENOENT)
{
	struct bu_link_info info = { 0 };
	int link = make_raw_tp(bpf);

	EXPECT_OK(link_info(bpf, link, &info));
	close(link);
	return LINK(BPF_LINK_GET_FD_BY_ID, .id.id = info.id);
}

CASE(by_id_0, -ENOENT)
{
	return LINK(BPF_LINK_GET_FD_BY_ID, .id.id = 0);
}

CASE(by_id_with_flags, -EINVAL)
{
	return LINK(BPF_LINK_GET_FD_BY_ID, .id = { .id = 1, .open_flags = 1 });
}

CASE(next_id, 0)
{
	struct bu_link_info info = { 0 };
	union link_attr attr = { 0 };
	long err;

	EXPECT_OK(link_info(bpf, make_raw_tp(bpf), &info));
	attr.id.id = info.id - 1;
	err = bpf(BPF_LINK_GET_NEXT_ID, &attr, 12);
	return err ? err : (long)attr.id.next_id - info.id;
}

CASE(next_id_after_the_last, -ENOENT)
{
	return LINK(BPF_LINK_GET_NEXT_ID, .id.id = 0x7ffffffe);
}

CASE(next_id_out_of_range, -EINVAL)
{
	return LINK(BPF_LINK_GET_NEXT_ID, .id.id = 0x7fffffff);
}

/* LINK_UPDATE, LINK_DETACH */

CASE(update_of_a_type_without, -EINVAL)
{
	return UPDATE(.link_fd = make_raw_tp(bpf), .new_fd = make_prog(bpf, RAW_TP, 0));
}

CASE(update_with_unknown_flags, -EINVAL)
{
	return UPDATE(.link_fd = NO_FD, .flags = 1);
}

CASE(update_of_no_link, -EBADF)
{
	return UPDATE(.link_fd = NO_FD, .new_fd = NO_FD);
}

CASE(update_of_a_program, -EINVAL)
{
	int prog = make_prog(bpf, RAW_TP, 0);

	return UPDATE(.link_fd = prog, .new_fd = prog);
}

CASE(update_to_no_program, -EBADF)
{
	return UPDATE(.link_fd = make_raw_tp(bpf), .new_fd = NO_FD);
}

CASE(update_to_a_map, -EINVAL)
{
	return UPDATE(.link_fd = make_raw_tp(bpf), .new_fd = make_array(bpf));
}

CASE(update_of_an_old_one_that_is_none, -EBADF)
{
	return UPDATE(.link_fd = make_raw_tp(bpf), .new_fd = make_prog(bpf, RAW_TP, 0),
		      .flags = BU_F_REPLACE, .old_fd = NO_FD);
}

CASE(update_of_an_old_one_without_the_flag, -EINVAL)
{
	return UPDATE(.link_fd = make_raw_tp(bpf), .new_fd = make_prog(bpf, RAW_TP, 0),
		      .old_fd = NO_FD);
}

CASE(update_behind_the_last_field, -EINVAL)
{
	union link_attr attr = { .update.link_fd = NO_FD };

	attr.bytes[16] = 1;
	return bpf(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

CASE(detach_of_a_type_without, -EOPNOTSUPP)
{
	return DETACH(make_raw_tp(bpf));
}

CASE(detach_of_no_link, -EBADF)
{
	return DETACH(NO_FD);
}

CASE(detach_of_a_program, -EINVAL)
{
	return DETACH(make_prog(bpf, RAW_TP, 0));
}

CASE(detach_behind_the_last_field, -EINVAL)
{
	return LINK(BPF_LINK_DETACH, .update = { .link_fd = NO_FD, .new_fd = 1 });
}
