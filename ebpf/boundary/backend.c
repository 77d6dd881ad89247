// SPDX-License-Identifier: BSD-2-Clause
/*
 * The choice of the backend, and a process's entry into the host's kernel. Programs that a test
 * runs or attaches there must not reach devices or pins of others, so the process leaves their
 * namespaces first; where that is refused nothing runs.
 */
#include "ebpf/boundary/backend.h"

#include "ebpf/syscall.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

enum bu_backend bu_backend;

static const char *const names[] = {
	[BU_BACKEND_VM] = "vm",
	[BU_BACKEND_KERNEL] = "kernel",
	[BU_BACKEND_DIFF] = "diff",
};

int bu_backend_choose(const char *name)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], name)) {
			bu_backend = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *bu_backend_name(void)
{
	return names[bu_backend];
}

/* A runner's option comes too late for what a test's constructors may do. What is no backend's name
 * is the runner's to refuse. */
__attribute__((constructor)) static void choose_by_environment(void)
{
	const char *name = getenv("BPFUNIT_BACKEND");

	if (name && *name)
		bu_backend_choose(name);
}

/* The commonest of maps: 0, or -errno. */
static long try_bpf(void)
{
	union bpf_attr attr = { 0 };
	long fd;

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	fd = bu_host_syscall(SYS_bpf, BPF_MAP_CREATE, (long)&attr, sizeof(attr), 0, 0, 0);
	if (fd < 0)
		return fd;
	close((int)fd);
	return 0;
}

static long mount_on(const char *target, const char *type, unsigned long flags)
{
	return bu_host_syscall(SYS_mount, (long)type, (long)target, (long)type, (long)flags, 0, 0);
}

static long leave_namespaces(void)
{
	long err = bu_host_syscall(SYS_unshare, CLONE_NEWNET | CLONE_NEWNS, 0, 0, 0, 0, 0);

	if (!err)
		err = mount_on("/", "none", MS_REC | MS_PRIVATE);
	if (!err)
		err = mount_on("/sys/fs/bpf", "bpf", 0);
	return err == -ENOENT || err == -ENODEV ? 0 : err; /* no bpffs there: no pins */
}

static const char *refused(const char *what, long err)
{
	static char reason[128];

	snprintf(reason, sizeof(reason), "backend %s: %s: %s%s", bu_backend_name(), what,
		 strerror((int)-err),
		 err == -EPERM || err == -EACCES ? " (it takes root's rights)" : "");
	return reason;
}

const char *bu_backend_enter(void)
{
	static const char *reason;
	static bool entered;
	long err;

	if (entered || bu_backend == BU_BACKEND_VM)
		return reason;
	entered = true;
	err = try_bpf();
	if (err)
		return reason = refused("this machine's bpf(2) refuses", err);
	err = leave_namespaces();
	if (err)
		reason = refused("no network and mount namespace of its own", err);
	return reason;
}
