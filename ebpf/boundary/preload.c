/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel of a program that `bpfunit exec` runs. A state directory belongs to one process at a
 * time: whoever has the lock on its file `lock`, from the first call that concerns BPF until the
 * process ends. Who waits longer than LOCK_WAIT_MS, or for a process that waits for it (a parent),
 * gets EBUSY from every bpf(2) call, and the note says why.
 */
#include "ebpf/boundary/preload.h"

#include "ebpf/boundary/redirect.h"
#include "ebpf/boundary/state.h"
#include "ebpf/kernel.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS  30000
#define LOCK_PAUSE_MS 10
#define MAX_ANCESTORS 16

struct bu_preload {
	pid_t owner;
	int lock; /* of the state directory; -1: none */
	int error;
	char *file; /* of the state; NULL: none */
};

static pid_t parent_of(pid_t pid)
{
	char path[32];
	int parent = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	in = fopen(path, "r");
	if (!in)
		return 0;
	if (fscanf(in, "%*d (%*[^)]) %*c %d", &parent) != 1)
		parent = 0;
	fclose(in);
	return parent;
}

static bool is_ancestor(pid_t pid)
{
	pid_t at = getpid();

	for (int i = 0; pid > 1 && at > 1 && i < MAX_ANCESTORS; i++) {
		at = parent_of(at);
		if (at == pid)
			return true;
	}
	return false;
}

static pid_t holder_of(int fd)
{
	char text[16] = { 0 };

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
}

static void sign(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, len, 0) != len)
		ftruncate(fd, 0);
}

static int take_lock(struct bu_kernel *kernel, int fd, const char *dir)
{
	const struct timespec pause = { 0, LOCK_PAUSE_MS * 1000000L };

	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_PAUSE_MS) {
		pid_t holder = holder_of(fd);

		if (errno != EWOULDBLOCK)
			return -errno;
		if (waited < LOCK_WAIT_MS && !is_ancestor(holder)) {
			nanosleep(&pause, NULL);
			continue;
		}
		bu_note(kernel, "process %d uses the state directory %s%s (EBUSY)", holder, dir,
			waited ? "" : ", and this process is its child");
		return -EBUSY;
	}
	sign(fd);
	return 0;
}

static int open_lock(const char *dir)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/lock", dir) < 0)
		return -ENOMEM;
	fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CREAT | O_CLOEXEC, 0666,
			     0, 0);
	free(path);
	return fd < 0 ? fd : bu_fd_move_high(fd);
}

static int begin_state(struct bu_kernel *kernel, const char *dir)
{
	struct bu_preload *preload = kernel->preload;
	int err;

	if (asprintf(&preload->file, "%s/state", dir) < 0) {
		preload->file = NULL;
		return -ENOMEM;
	}
	preload->lock = open_lock(dir);
	err = preload->lock < 0 ? preload->lock : take_lock(kernel, preload->lock, dir);
	if (err)
		return err;
	err = bu_state_load(kernel, preload->file);
	if (err)
		bu_note(kernel, "the state in %s cannot be loaded: %s", dir, strerror(-err));
	return err;
}

/* As a program sees the system that it runs on. */
static void begin_env(struct bu_env *env)
{
	struct timespec mono, boot, tai;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_TAI, &tai);
	env->pid = env->tgid = getpid();
	env->ppid = getppid();
	env->uid = getuid();
	env->gid = getgid();
	snprintf(env->comm, sizeof(env->comm), "%s", program_invocation_short_name);
	env->clock_ns = mono.tv_sec * 1000000000ULL + mono.tv_nsec;
	env->boot_offset_ns = boot.tv_sec * 1000000000ULL + boot.tv_nsec - env->clock_ns;
	env->tai_offset_ns = tai.tv_sec * 1000000000ULL + tai.tv_nsec - env->clock_ns;
}

void bu_preload_begin(struct bu_kernel *kernel)
{
	const char *state = getenv("BPFUNIT_STATE");

	if (!getenv("BPFUNIT_EXEC_NOTES"))
		return;
	kernel->preload = calloc(1, sizeof(*kernel->preload));
	if (!kernel->preload)
		return;
	kernel->preload->owner = getpid();
	kernel->preload->lock = -1;
	begin_env(&kernel->env);
	kernel->arenas_forgive = true;
	if (state)
		kernel->preload->error = begin_state(kernel, state);
}

int bu_preload_error(const struct bu_kernel *kernel)
{
	return kernel->preload ? kernel->preload->error : 0;
}

int bu_preload_check(const struct bu_prog *prog, struct bu_log *log)
{
	const struct bpf_insn *call = prog->insns;
	const struct bu_helper *helper;

	if (!prog->object.kernel->preload || prog->nr_insns != 2 ||
	    call->code != (BPF_JMP | BPF_CALL) || call->src_reg ||
	    call[1].code != (BPF_JMP | BPF_EXIT))
		return 0;
	helper = bu_helper_of(call->imm);
	if (helper->fn)
		return 0;
	if (helper->name)
		bu_log_add(log, "unknown func bpf_%s#%d\n", helper->name, call->imm);
	else
		bu_log_add(log, "invalid func unknown#%d\n", call->imm);
	return -EINVAL;
}

static void write_notes(struct bu_kernel *kernel, const char *path)
{
	FILE *out = path && kernel->notes ? fopen(path, "a") : NULL;

	for (struct bu_note *note = kernel->notes; out && note; note = note->next)
		fprintf(out, "%s: %s\n", program_invocation_short_name, note->text);
	if (out)
		fclose(out);
}

void bu_preload_end(struct bu_kernel *kernel)
{
	struct bu_preload *preload = kernel->preload;
	int err = 0;

	if (!preload || preload->owner != getpid())
		return;
	bu_kernel_lock(kernel);
	if (preload->file && !preload->error)
		err = bu_state_save(kernel, preload->file);
	if (err)
		bu_note(kernel, "the state cannot be saved to %s: %s", preload->file,
			strerror(-err));
	write_notes(kernel, getenv("BPFUNIT_EXEC_NOTES"));
	bu_kernel_unlock(kernel);
}

void bu_preload_free(struct bu_kernel *kernel)
{
	struct bu_preload *preload = kernel->preload;

	if (!preload)
		return;
	if (preload->lock >= 0)
		close(preload->lock);
	free(preload->file);
	free(preload);
	kernel->preload = NULL;
}
