// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that the host's verifier refuses, when that is to be no failure (BPFUNIT_REFUSED=skip).
 * An object loads as a whole or not at all, so in the place of such a program stands one that
 * returns 0: the object's others can be tested. No test sees it run: the first call that would run
 * or attach it skips the test, with the verifier's last words.
 */
#include <bpfunit/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/syscall.h"
#include "framework/host.h"
#include "framework/mirror.h"

struct bu_refused {
	struct bu_refused *next;
	u32 id; /* of what stands in its place */
	char name[BPF_OBJ_NAME_LEN];
	char words[120];
};

bool bu_refused_skips(void)
{
	const char *wanted = getenv("BPFUNIT_REFUSED");

	return wanted && !strcmp(wanted, "skip");
}

/* The line before the verifier's statistics. */
static void take_words(struct bu_refused *refused, char *log, int error)
{
	char *end = strstr(log, "processed "), *line;

	end = end ? end : log + strlen(log);
	while (end > log && end[-1] == '\n')
		end--;
	*end = '\0';
	line = strrchr(log, '\n');
	line = line ? line + 1 : log;
	snprintf(refused->words, sizeof(refused->words), "%.119s",
		 *line ? line : strerrorname_np(-error));
}

/* Load it again, for the words; the kernel keeps the end of a log that is longer. */
static void ask_why(struct bu_refused *refused, const union bpf_attr *attr, int error)
{
	union bpf_attr again = *attr;
	char log[2048] = "";

	again.log_level = 1;
	again.log_size = sizeof(log);
	again.log_buf = (u64)(uintptr_t)log;
	bu_host_bpf(BPF_PROG_LOAD, &again);
	log[sizeof(log) - 1] = '\0';
	take_words(refused, log, error);
}

static long id_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (u64)(uintptr_t)&info;
	return bu_host_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : info.id;
}

static long stand_in(const union bpf_attr *attr, long error)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr other = *attr;
	struct bu_refused *refused;
	long fd;

	other.insns = (u64)(uintptr_t)nothing;
	other.insn_cnt = BU_ARRAY_SIZE(nothing);
	other.log_level = other.log_size = other.log_buf = 0;
	other.func_info = other.func_info_cnt = 0;
	other.line_info = other.line_info_cnt = 0;
	other.core_relos = other.core_relo_cnt = 0;
	fd = bu_host_bpf(BPF_PROG_LOAD, &other);
	if (fd < 0) { /* the kernel may lack its type */
		other.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
		other.expected_attach_type = other.attach_btf_id = other.attach_prog_fd = 0;
		fd = bu_host_bpf(BPF_PROG_LOAD, &other);
	}
	if (fd < 0)
		return error;
	refused = bu_test_alloc(sizeof(*refused));
	refused->id = id_of((int)fd);
	memcpy(refused->name, attr->prog_name, sizeof(refused->name) - 1);
	ask_why(refused, attr, (int)error);
	refused->next = bu_test()->host_refused;
	bu_test()->host_refused = refused;
	return fd;
}

/* The program that a call would run or attach; -1: it does neither. */
static int used_by(int cmd, const union bpf_attr *attr)
{
	switch (cmd) {
	case BPF_PROG_TEST_RUN:
		return (int)attr->test.prog_fd;
	case BPF_PROG_ATTACH:
		return (int)attr->attach_bpf_fd;
	case BPF_RAW_TRACEPOINT_OPEN:
		return (int)attr->raw_tracepoint.prog_fd;
	case BPF_LINK_CREATE:
		return (int)attr->link_create.prog_fd;
	default:
		return -1;
	}
}

static void skip_if_refused(int fd)
{
	const struct bu_refused *refused = bu_test()->host_refused;
	long id = fd >= 0 && refused ? id_of(fd) : 0;

	while (refused && refused->id != id)
		refused = refused->next;
	if (refused && id)
		bpfunit_skip(bu_test_where(),
			     "needs the VM: this machine's kernel refuses '%s': %s", refused->name,
			     refused->words);
}

/* Of an object that bpfunit/load.h opened and that is being loaded: what a test loads by itself, it
 * may want to see refused. */
static bool is_of_object(const union bpf_attr *attr)
{
	const struct bpf_program *prog;

	for (struct bu_host_object *noted = bu_test()->host_objects; noted; noted = noted->next) {
		prog = bpf_object__next_program(noted->object, NULL);
		for (; prog; prog = bpf_object__next_program(noted->object, (void *)prog)) {
			if (bpf_program__fd(prog) < 0 &&
			    !strncmp(bpf_program__name(prog), attr->prog_name,
				     sizeof(attr->prog_name) - 1))
				return true;
		}
	}
	return false;
}

static bool is_refusal(int cmd, const union bpf_attr *attr, long result)
{
	return cmd == BPF_PROG_LOAD &&
	       (result == -EINVAL || result == -EACCES || result == -E2BIG || result == -EPERM) &&
	       is_of_object(attr);
}

void bu_refused_check(struct bpfunit_where where, const struct bpf_program *prog)
{
	if (bu_on_host() && bu_refused_skips() && !bpf_program__autoload(prog))
		bpfunit_skip(where,
			     "needs the VM: this machine's kernel lacks what '%s' (%s) names",
			     bpf_program__name(prog), bpf_program__section_name(prog));
}

/* What libbpf would refuse, since the kernel has no such function. */
void bu_refused_targets(const struct bpf_object *object)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object)
	{
		const char *target = strchr(bpf_program__section_name(prog), '/');
		enum bpf_attach_type type = bpf_program__expected_attach_type(prog);

		if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACING && target &&
		    libbpf_find_vmlinux_btf_id(target + 1, type) < 0)
			bpf_program__set_autoload(prog, false);
	}
}

long bu_refused_call(int cmd, void *from, u32 size)
{
	union bpf_attr attr = { 0 };
	long result;

	if (!bu_test() || !pthread_equal(bu_test()->thread, pthread_self()) || !from ||
	    bu_copy_from_user(&attr, (u64)(uintptr_t)from, BU_MIN(size, (u32)sizeof(attr))))
		return bu_host_syscall(SYS_bpf, cmd, (long)from, size, 0, 0, 0);
	skip_if_refused(used_by(cmd, &attr));
	result = bu_host_syscall(SYS_bpf, cmd, (long)from, size, 0, 0, 0);
	return is_refusal(cmd, &attr, result) ? stand_in(&attr, result) : result;
}
