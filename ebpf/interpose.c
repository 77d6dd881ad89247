/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libc and libelf symbols that libbpf and its users call and that this library defines in their
 * place. Each decides whether a call concerns the emulated kernel and otherwise makes the host's
 * system call, with errno as libc sets it. bpf(2) never reaches the host, whatever the descriptor.
 *
 * A process without a kernel (bu_kernel_if_any) has no descriptors of ours: its calls pass straight
 * on.
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <libelf.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define INTERPOSED BU_EXPORT __attribute__((used))
#define NR_UPROBE  336 /* x86-64's uprobe(2): a trap unless the kernel placed it */

static long with_errno(long result)
{
	if (result < 0 && result >= -4095) {
		errno = -result;
		return -1;
	}
	return result;
}

static bool is_canary(unsigned int cmd, const void *attr, unsigned int size)
{
	return cmd == BPF_MAP_FREEZE && attr && size >= sizeof(u32) &&
	       *(const s32 *)attr == BU_CANARY_FD;
}

static long emulate_bpf(unsigned int cmd, void *attr, unsigned int size)
{
	struct bu_kernel *kernel;

	if (is_canary(cmd, attr, size))
		return -BU_CANARY_ERRNO;
	kernel = bu_kernel();
	return kernel ? bu_sys_bpf(kernel, cmd, attr, size) : -ENOMEM;
}

static long emulate_perf_event_open(void *attr, int pid, int cpu, int group, unsigned long flags)
{
	struct bu_kernel *kernel = bu_kernel();

	return kernel ? bu_sys_perf_event_open(kernel, attr, pid, cpu, group, flags) : -ENOMEM;
}

/* Not variadic, unlike its declaration in unistd.h: the six arguments are in registers or on the
 * stack whether the caller passed them or not, and reading them through va_arg is what sanitizers
 * object to. */
long bu_syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

INTERPOSED long bu_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	switch (number) {
	case SYS_bpf:
		return with_errno(emulate_bpf(a, (void *)b, c));
	case SYS_perf_event_open:
		return with_errno(emulate_perf_event_open((void *)a, b, c, d, e));
#ifdef __x86_64__
	case NR_UPROBE:
		return with_errno(-ENXIO);
#endif
	default:
		return with_errno(bu_host_syscall(number, a, b, c, d, e, f));
	}
}

static void *map_memory(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *result;

	if (fd >= 0 && !(flags & MAP_ANONYMOUS) &&
	    bu_fd_mmap(&result, addr, size, prot, flags, fd, offset))
		return (void *)with_errno((long)result);
	return (void *)with_errno(
		bu_host_syscall(SYS_mmap, (long)addr, size, prot, flags, fd, offset));
}

INTERPOSED void *mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	return map_memory(addr, size, prot, flags, fd, offset);
}

INTERPOSED void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
	return map_memory(addr, size, prot, flags, fd, offset);
}

INTERPOSED int epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout,
			   const sigset_t *mask)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (kernel)
		bu_fd_settle(kernel);
	return with_errno(bu_host_syscall(SYS_epoll_pwait, epfd, (long)events, max, timeout,
					  (long)mask, _NSIG / 8));
}

INTERPOSED int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
	return epoll_pwait(epfd, events, max, timeout, NULL);
}

INTERPOSED int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		     const sigset_t *mask)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct timespec left;

	if (kernel)
		bu_fd_settle(kernel);
	if (timeout)
		left = *timeout; /* the system call writes what is left of it */
	return with_errno(bu_host_syscall(SYS_ppoll, (long)fds, count,
					  (long)(timeout ? &left : NULL), (long)mask, _NSIG / 8,
					  0));
}

INTERPOSED int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec wait = { timeout / 1000, timeout % 1000 * 1000000L };

	return ppoll(fds, count, timeout < 0 ? NULL : &wait, NULL);
}

INTERPOSED int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list args;
	int result;

	va_start(args, request);
	arg = va_arg(args, unsigned long);
	va_end(args);
	if (_IOC_TYPE(request) == '$' && bu_fd_ioctl(&result, fd, request, arg))
		return with_errno(result);
	return with_errno(bu_host_syscall(SYS_ioctl, fd, request, arg, 0, 0, 0));
}

/* The mode is an argument only when a file may be made. */
static bool takes_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_ARGUMENT(flags)                                                                       \
	__extension__({                                                                            \
		unsigned int mode_ = 0;                                                            \
		if (takes_mode(flags)) {                                                           \
			va_list args_;                                                             \
			va_start(args_, flags);                                                    \
			mode_ = va_arg(args_, unsigned int);                                       \
			va_end(args_);                                                             \
		}                                                                                  \
		mode_;                                                                             \
	})

INTERPOSED int open(const char *path, int flags, ...)
{
	return with_errno(bu_files_open(AT_FDCWD, path, flags, MODE_ARGUMENT(flags)));
}

INTERPOSED int open64(const char *path, int flags, ...)
{
	return with_errno(bu_files_open(AT_FDCWD, path, flags, MODE_ARGUMENT(flags)));
}

INTERPOSED int openat(int dir, const char *path, int flags, ...)
{
	return with_errno(bu_files_open(dir, path, flags, MODE_ARGUMENT(flags)));
}

INTERPOSED int openat64(int dir, const char *path, int flags, ...)
{
	return with_errno(bu_files_open(dir, path, flags, MODE_ARGUMENT(flags)));
}

/* Flags of open(2) for a mode of fopen(3), or -EINVAL. */
static int flags_of_mode(const char *mode)
{
	int flags;

	switch (*mode) {
	case 'r':
		flags = O_RDONLY;
		break;
	case 'w':
		flags = O_WRONLY | O_CREAT | O_TRUNC;
		break;
	case 'a':
		flags = O_WRONLY | O_CREAT | O_APPEND;
		break;
	default:
		return -EINVAL;
	}
	for (mode++; *mode && *mode != ','; mode++) {
		if (*mode == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*mode == 'e')
			flags |= O_CLOEXEC;
		else if (*mode == 'x')
			flags |= O_EXCL;
	}
	return flags;
}

static FILE *open_stream(const char *path, const char *mode)
{
	int fd = flags_of_mode(mode);
	FILE *stream;

	if (fd >= 0)
		fd = bu_files_open(AT_FDCWD, path, fd, 0666);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	stream = fdopen(fd, mode);
	if (!stream)
		close(fd);
	return stream;
}

INTERPOSED FILE *fopen(const char *path, const char *mode)
{
	return open_stream(path, mode);
}

INTERPOSED FILE *fopen64(const char *path, const char *mode)
{
	return open_stream(path, mode);
}

INTERPOSED int access(const char *path, int mode)
{
	return with_errno(bu_files_access(AT_FDCWD, path, mode, 0));
}

INTERPOSED int faccessat(int dir, const char *path, int mode, int flags)
{
	return with_errno(bu_files_access(dir, path, mode, flags));
}

/* Whether an address is in libbpf's object: the library, or the program that it was linked into. */
static bool is_libbpfs(const void *address)
{
	Dl_info caller, libbpf;

	return dladdr(address, &caller) && dladdr((const void *)bpf_map_create, &libbpf)
		       ? caller.dli_fbase == libbpf.dli_fbase
		       : true;
}

/* libbpf attaches XDP and tc programs through netlink: to the host's devices, which are not ours to
 * change. Differs: with libbpf.a, no other part of the program gets such sockets either. */
INTERPOSED int socket(int domain, int type, int protocol)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (domain == AF_NETLINK && kernel && is_libbpfs(__builtin_return_address(0))) {
		bu_kernel_lock(kernel);
		bu_note(kernel, "netlink is not emulated: attaching through it fails (EOPNOTSUPP)");
		bu_kernel_unlock(kernel);
		return with_errno(-EOPNOTSUPP);
	}
	return with_errno(bu_host_syscall(SYS_socket, domain, type, protocol, 0, 0, 0));
}

/* libbpf asks for the kernel's version (LINUX_KERNEL_VERSION, some distributions put it into
 * `version`), and so do programs that choose by it how to load. */
INTERPOSED int uname(struct utsname *name)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	long result = bu_host_syscall(SYS_uname, (long)name, 0, 0, 0, 0, 0);

	if (result)
		return with_errno(result);
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

INTERPOSED Elf *elf_memory(char *image, size_t size)
{
	Elf *(*next)(char *, size_t) = (Elf * (*)(char *, size_t)) dlsym(RTLD_NEXT, "elf_memory");

	bu_vmlinux_note_object(image, size);
	return next ? next(image, size) : open_copy(image, size);
}
