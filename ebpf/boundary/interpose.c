/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libc and libelf symbols that libbpf and its users call and that this library defines in their
 * place. Each decides whether a call concerns the emulated kernel and otherwise makes the host's
 * system call, with errno as libc sets it. bpf(2) never reaches the host, whatever the descriptor.
 *
 * A process without a kernel (bu_kernel_if_any) has no descriptors of ours: its calls pass straight
 * on. So do all calls, bpf(2) too, when the backend is the host's kernel (ebpf/boundary/backend.h).
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/boundary/backend.h"
#include "ebpf/boundary/mounts.h"
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/syscall.h"

#include <dlfcn.h>
#include <libelf.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SOCKETS   0x89 /* the type of ioctls of sockets and devices: SOCK_IOC_TYPE */
#define NR_UPROBE 336  /* x86-64's uprobe(2): a trap unless the kernel placed it */

__attribute__((used)) static const char *const linked[] = { &bu_interpose_read, &bu_interpose_fd,
							    &bu_interpose_files,
							    &bu_interpose_ifaddrs,
							    &bu_interpose_net };

static bool is_canary(unsigned int cmd, const void *attr, unsigned int size)
{
	return cmd == BPF_MAP_FREEZE && attr && size >= sizeof(u32) &&
	       *(const s32 *)attr == BU_CANARY_FD;
}

static long host_bpf(unsigned int cmd, void *attr, unsigned int size)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (kernel && kernel->host_call)
		return kernel->host_call((int)cmd, attr, size);
	return bu_host_syscall(SYS_bpf, cmd, (long)attr, size, 0, 0, 0);
}

static long emulate_bpf(unsigned int cmd, void *attr, unsigned int size)
{
	struct bu_kernel *kernel;

	if (is_canary(cmd, attr, size))
		return -BU_CANARY_ERRNO;
	if (bu_on_host())
		return host_bpf(cmd, attr, size);
	kernel = bu_kernel();
	return kernel ? bu_sys_bpf(kernel, cmd, attr, size) : -ENOMEM;
}

static long emulate_perf_event_open(void *attr, int pid, int cpu, int group, unsigned long flags)
{
	struct bu_kernel *kernel;

	if (bu_on_host())
		return bu_host_syscall(SYS_perf_event_open, (long)attr, pid, cpu, group,
				       (long)flags, 0);
	kernel = bu_kernel();
	return kernel ? bu_sys_perf_event_open(kernel, attr, pid, cpu, group, flags) : -ENOMEM;
}

/* Not variadic, unlike its declaration in unistd.h: the six arguments are in registers or on the
 * stack whether the caller passed them or not, and reading them through va_arg is what sanitizers
 * object to. */
long bu_syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

BU_INTERPOSED long bu_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	switch (number) {
	case SYS_bpf:
		return bu_with_errno(emulate_bpf(a, (void *)b, c));
	case SYS_perf_event_open:
		return bu_with_errno(emulate_perf_event_open((void *)a, b, c, d, e));
	case SYS_fsopen:
		return bu_with_errno(bu_fs_open((const char *)a, b));
#ifdef __x86_64__
	case NR_UPROBE:
		if (!bu_on_host())
			return bu_with_errno(-ENXIO);
		return bu_with_errno(bu_host_syscall(number, a, b, c, d, e, f));
#endif
	default:
		bu_fd_numbers_syscall(number, a, b);
		return bu_with_errno(bu_host_syscall(number, a, b, c, d, e, f));
	}
}

static void *map_memory(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	int before = errno;
	void *result;

	if (fd >= 0 && !(flags & MAP_ANONYMOUS) && !bu_on_host() &&
	    bu_fd_mmap(&result, addr, size, prot, flags, fd, offset))
		return (void *)bu_set_errno((long)result, before);
	return (void *)bu_with_errno(
		bu_host_syscall(SYS_mmap, (long)addr, size, prot, flags, fd, offset));
}

BU_INTERPOSED void *mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	return map_memory(addr, size, prot, flags, fd, offset);
}

BU_INTERPOSED void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
	return map_memory(addr, size, prot, flags, fd, offset);
}

/* Not variadic, for the same reason as `syscall` above. */
void *bu_mremap(void *old, size_t size, size_t to_size, int flags, void *to) __asm__("mremap");

BU_INTERPOSED void *bu_mremap(void *old, size_t size, size_t to_size, int flags, void *to)
{
	int before = errno;
	void *result;

	if (!bu_on_host() && bu_fd_mremap(&result, old, size, to_size, flags, to))
		return (void *)bu_set_errno((long)result, before);
	return (void *)bu_with_errno(
		bu_host_syscall(SYS_mremap, (long)old, size, to_size, flags, (long)to, 0));
}

BU_INTERPOSED int mprotect(void *addr, size_t size, int prot)
{
	if (prot & PROT_EXEC && !bu_on_host() && !bu_fd_may_execute(addr))
		return bu_with_errno(-EACCES);
	return bu_with_errno(bu_host_syscall(SYS_mprotect, (long)addr, size, prot, 0, 0, 0));
}

BU_INTERPOSED int epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout,
			      const sigset_t *mask)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (kernel)
		bu_fd_settle(kernel);
	return bu_with_errno(bu_host_syscall(SYS_epoll_pwait, epfd, (long)events, max, timeout,
					     (long)mask, _NSIG / 8));
}

BU_INTERPOSED int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
	return epoll_pwait(epfd, events, max, timeout, NULL);
}

BU_INTERPOSED int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			const sigset_t *mask)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct timespec left;

	if (kernel)
		bu_fd_settle(kernel);
	if (timeout)
		left = *timeout; /* the system call writes what is left of it */
	return bu_with_errno(bu_host_syscall(SYS_ppoll, (long)fds, count,
					     (long)(timeout ? &left : NULL), (long)mask, _NSIG / 8,
					     0));
}

BU_INTERPOSED int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec wait = { timeout / 1000, timeout % 1000 * 1000000L };

	return ppoll(fds, count, timeout < 0 ? NULL : &wait, NULL);
}

BU_INTERPOSED int ioctl(int fd, unsigned long request, ...)
{
	int before = errno, result;
	unsigned long arg;
	va_list args;

	va_start(args, request);
	arg = va_arg(args, unsigned long);
	va_end(args);
	if (_IOC_TYPE(request) == '$' && !bu_on_host() && bu_fd_ioctl(&result, fd, request, arg))
		return bu_set_errno(result, before);
	if (_IOC_TYPE(request) == SOCKETS && !bu_on_host() &&
	    bu_netdev_ioctl(&result, fd, request, arg))
		return bu_set_errno(result, before);
	return bu_with_errno(bu_host_syscall(SYS_ioctl, fd, request, arg, 0, 0, 0));
}

/* libbpf asks for the kernel's version (LINUX_KERNEL_VERSION, some distributions put it into
 * `version`), and so do programs that choose by it how to load. */
BU_INTERPOSED int uname(struct utsname *name)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	long result = bu_host_syscall(SYS_uname, (long)name, 0, 0, 0, 0, 0);

	if (result || bu_on_host())
		return bu_with_errno(result);
	strcpy(name->release,
	       kernel && *kernel->env.release ? kernel->env.release : BU_KERNEL_RELEASE);
	strcpy(name->version, "#1 SMP PREEMPT_DYNAMIC");
	return 0;
}

/* Where there is no libelf behind us to ask (a static program), its other entry does the same work.
 */
static Elf *open_copy(const char *image, size_t size)
{
	int fd = memfd_create("bpfunit-elf", MFD_CLOEXEC);
	Elf *elf = NULL;

	if (fd < 0)
		return NULL;
	if (write(fd, image, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0)
		elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		elf_cntl(elf, ELF_C_FDREAD);
	close(fd);
	return elf;
}

BU_INTERPOSED Elf *elf_memory(char *image, size_t size)
{
	Elf *(*next)(char *, size_t) = (Elf * (*)(char *, size_t)) dlsym(RTLD_NEXT, "elf_memory");

	bu_vmlinux_note_object(image, size);
	return next ? next(image, size) : open_copy(image, size);
}
