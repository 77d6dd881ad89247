/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File descriptors of objects. The user holds one end of a socket pair or pipe and the kernel the
 * other; a descriptor is identified by the inode of the user's end, so dup, fork and close need no
 * interception. When the last duplicate is closed our end reports a hang-up, which an epoll
 * instance collects: bu_fd_reap() then drops the reference that the descriptor held.
 *
 * A byte in the user's end makes it readable. Nobody but bu_fd_settle() takes it out again.
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_PEER 512 /* our ends live above what programs look at */
#define REAP_BATCH 64

struct bu_fd_table {
	struct bu_fd **buckets;
	u32 nr_buckets, nr_fds;
	dev_t sockets, pipes;      /* the devices of all of either */
	int hangups;               /* epoll instance with our ends */
	struct bu_fd *woken;       /* every descriptor that was ever woken */
	pthread_mutex_t wake_lock; /* of that list */
};

int bu_fd_move_high(int fd)
{
	struct rlimit limit = { .rlim_cur = 2 * FIRST_PEER };
	int high;

	if (fd >= FIRST_PEER)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PEER);
	if (high < 0 && errno == EINVAL && !getrlimit(RLIMIT_NOFILE, &limit))
		high = fcntl(fd, F_DUPFD_CLOEXEC, (int)(limit.rlim_cur / 2));
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

int bu_fd_table_init(struct bu_kernel *kernel)
{
	struct bu_fd_table *table = calloc(1, sizeof(*table));
	int hangups;

	if (!table)
		return -ENOMEM;
	hangups = epoll_create1(EPOLL_CLOEXEC);
	if (hangups < 0) {
		free(table);
		return -errno;
	}
	table->hangups = bu_fd_move_high(hangups);
	pthread_mutex_init(&table->wake_lock, NULL);
	kernel->fds = table;
	return 0;
}

static u32 bucket_of(const struct bu_fd_table *table, u64 inode)
{
	return (inode * 0x9e3779b97f4a7c15) >> 32 & (table->nr_buckets - 1);
}

static int grow(struct bu_fd_table *table)
{
	struct bu_fd **old = table->buckets, *fd, *next;
	u32 nr_old = table->nr_buckets;

	if (table->nr_fds < nr_old)
		return 0;
	table->buckets = calloc(nr_old ? nr_old * 2 : 64, sizeof(*table->buckets));
	if (!table->buckets) {
		table->buckets = old;
		return -ENOMEM;
	}
	table->nr_buckets = nr_old ? nr_old * 2 : 64;
	for (u32 i = 0; i < nr_old; i++) {
		for (fd = old[i]; fd; fd = next) {
			struct bu_fd **bucket = &table->buckets[bucket_of(table, fd->inode)];

			next = fd->next;
			fd->next = *bucket;
			*bucket = fd;
		}
	}
	free(old);
	return 0;
}

static int identify(int fd, dev_t *device, u64 *inode)
{
	struct stat st = { 0 };
	long err = bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);

	*device = st.st_dev;
	*inode = st.st_ino;
	return err;
}

static void enter(struct bu_fd_table *table, struct bu_fd *fd)
{
	struct bu_fd **bucket = &table->buckets[bucket_of(table, fd->inode)];

	fd->next = *bucket;
	*bucket = fd;
	fd->sibling = fd->object->fds;
	fd->object->fds = fd;
	table->nr_fds++;
}

static bool is_pollable(const struct bu_object *object)
{
	return object->class->pollable && object->class->pollable(object);
}

/* Sockets can be woken without a signal when nobody listens; a pipe costs half. */
static int make_pair(const struct bu_object *object, int ends[2])
{
	int err = is_pollable(object)
			  ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends)
			  : pipe2(ends, O_CLOEXEC | O_NONBLOCK);

	return err ? -errno : 0;
}

/* A pair of ends, known to the table. The user's end, or -errno. */
static int open_pair(struct bu_fd_table *table, struct bu_fd *fd)
{
	struct epoll_event event = { .data.ptr = fd };
	int ends[2], err = make_pair(fd->object, ends);

	if (err)
		return err;
	fd->user = ends[0];
	fd->peer = bu_fd_move_high(ends[1]);
	err = identify(fd->user, &fd->device, &fd->inode);
	*(is_pollable(fd->object) ? &table->sockets : &table->pipes) = fd->device;
	if (!err && epoll_ctl(table->hangups, EPOLL_CTL_ADD, fd->peer, &event))
		err = -errno;
	if (err) {
		close(fd->user);
		close(fd->peer);
		return err;
	}
	return fd->user;
}

int bu_fd_install_mode(struct bu_object *object, u32 mode)
{
	struct bu_fd_table *table = object->kernel->fds;
	struct bu_fd *fd;
	int err = -ENOMEM;

	bu_fd_reap(object->kernel);
	fd = calloc(1, sizeof(*fd));
	if (!fd)
		goto drop;
	fd->object = object;
	fd->mode = mode;
	fd->made = object->kernel->place;
	err = grow(table);
	if (!err)
		err = open_pair(table, fd);
	if (err < 0)
		goto drop;
	enter(table, fd);
	bu_fd_number_set(&object->kernel->fd_numbers, fd->user, fd);
	return fd->user;

drop:
	free(fd);
	bu_object_put(object);
	return err;
}

int bu_fd_install(struct bu_object *object)
{
	return bu_fd_install_mode(object, BU_FD_READ | BU_FD_WRITE);
}

struct bu_fd *bu_fd_by_inode(struct bu_kernel *kernel, u64 device, u64 inode)
{
	const struct bu_fd_table *table = kernel->fds;
	struct bu_fd *fd;

	if (!table->nr_fds || (device != table->sockets && device != table->pipes))
		return NULL;
	fd = table->buckets[bucket_of(table, inode)];
	while (fd && (fd->inode != inode || fd->device != device))
		fd = fd->next;
	return fd;
}

struct bu_fd *bu_fd_verify(struct bu_kernel *kernel, int user, int *error)
{
	struct bu_fd *fd;
	dev_t device;
	u64 inode;

	*error = user < 0 ? -EBADF : identify(user, &device, &inode);
	if (*error)
		return NULL;
	*error = -EINVAL;
	fd = bu_fd_by_inode(kernel, device, inode);
	if (fd) {
		fd->user = user;
		bu_fd_number_set(&kernel->fd_numbers, user, fd);
		*error = 0;
	}
	return fd;
}

struct bu_fd *bu_fd_of(struct bu_kernel *kernel, int user, int *error)
{
	struct bu_fd *fd = bu_fd_number_get(&kernel->fd_numbers, user);

	*error = 0;
	return bu_likely(fd) ? fd : bu_fd_verify(kernel, user, error);
}

struct bu_object *bu_fd_object(struct bu_kernel *kernel, int user, enum bu_object_kind kind,
			       int *error)
{
	struct bu_object *object = NULL;
	struct bu_fd *fd;

	bu_kernel_lock(kernel);
	fd = bu_fd_of(kernel, user, error);
	if (fd && fd->object->kind == kind)
		object = fd->object;
	else if (fd)
		*error = -EINVAL;
	bu_kernel_unlock(kernel);
	return object;
}

static void unlist(struct bu_fd_table *table, struct bu_fd *fd)
{
	struct bu_fd **link = &table->woken;

	pthread_mutex_lock(&table->wake_lock);
	while (*link && *link != fd)
		link = &(*link)->woken_next;
	if (*link)
		*link = fd->woken_next;
	pthread_mutex_unlock(&table->wake_lock);
}

/* The user's end is closed for good: forget the descriptor and drop its reference. */
static void forget(struct bu_fd_table *table, struct bu_fd *fd)
{
	struct bu_fd **link = &table->buckets[bucket_of(table, fd->inode)];

	while (*link != fd)
		link = &(*link)->next;
	*link = fd->next;
	link = &fd->object->fds;
	while (*link != fd)
		link = &(*link)->sibling;
	*link = fd->sibling;
	if (fd->listed)
		unlist(table, fd);
	table->nr_fds--;
	bu_fd_number_forget(&fd->object->kernel->fd_numbers, fd);
	close(fd->peer);
	if (fd->object->class->released)
		fd->object->class->released(fd->object, fd);
	if (!fd->object->fds && !fd->object->pins && fd->object->class->closed)
		fd->object->class->closed(fd->object);
	bu_object_put(fd->object);
	free(fd);
}

void bu_fd_reap(struct bu_kernel *kernel)
{
	struct bu_fd_table *table = kernel->fds;
	struct epoll_event events[REAP_BATCH];
	long count;

	if (kernel->running || !table->nr_fds)
		return;
	do {
		count = bu_host_syscall(SYS_epoll_pwait, table->hangups, (long)events, REAP_BATCH,
					0, 0, 0);
		for (long i = 0; i < count; i++)
			forget(table, events[i].data.ptr);
	} while (count == REAP_BATCH);
}

/* Descriptors that are still open outlive the kernel as dead sockets. */
void bu_fd_table_destroy(struct bu_kernel *kernel)
{
	struct bu_fd_table *table = kernel->fds;

	for (u32 i = 0; i < table->nr_buckets; i++) {
		while (table->buckets[i])
			forget(table, table->buckets[i]);
	}
	free(table->buckets);
	close(table->hangups);
	pthread_mutex_destroy(&table->wake_lock);
	free(table);
	kernel->fds = NULL;
}

static void list_woken(struct bu_fd_table *table, struct bu_fd *fd)
{
	pthread_mutex_lock(&table->wake_lock);
	if (!fd->listed) {
		fd->listed = true;
		fd->woken_next = table->woken;
		__atomic_store_n(&table->woken, fd, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&table->wake_lock);
}

static void signal_user(struct bu_fd *fd)
{
	if (!__atomic_exchange_n(&fd->signalled, true, __ATOMIC_SEQ_CST))
		send(fd->peer, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void bu_fd_wake(struct bu_object *object)
{
	for (struct bu_fd *fd = object->fds; fd; fd = fd->sibling) {
		if (!fd->listed)
			list_woken(object->kernel->fds, fd);
		signal_user(fd);
	}
}

static bool is_user_end(const struct bu_fd *fd, int user)
{
	dev_t device;
	u64 inode;

	return !identify(user, &device, &inode) && device == fd->device && inode == fd->inode;
}

/* A number under which the process still has this descriptor, or -1. */
static int find_user(struct bu_fd *fd)
{
	struct rlimit limit = { 0 };

	if (is_user_end(fd, fd->user))
		return fd->user;
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int user = 0; user < (int)BU_MIN(limit.rlim_cur, 4096u); user++) {
		if (is_user_end(fd, user))
			return fd->user = user;
	}
	return -1;
}

/* The byte goes before the flag, the flag before the question: a producer that comes between finds
 * the flag clear and signals again, or is seen by the question. */
static void settle(struct bu_fd *fd)
{
	struct bu_object *object = fd->object;
	char byte;
	int user;

	if (!__atomic_load_n(&fd->signalled, __ATOMIC_ACQUIRE) || object->class->readable(object))
		return;
	user = find_user(fd);
	if (user < 0)
		return;
	recv(user, &byte, 1, MSG_DONTWAIT);
	__atomic_store_n(&fd->signalled, false, __ATOMIC_SEQ_CST);
	if (object->class->readable(object))
		signal_user(fd);
}

void bu_fd_settle(struct bu_kernel *kernel)
{
	struct bu_fd_table *table = kernel->fds;

	int before = errno;

	if (!__atomic_load_n(&table->woken, __ATOMIC_ACQUIRE))
		return;
	bu_kernel_lock(kernel);
	for (struct bu_fd *fd = table->woken; fd; fd = fd->woken_next) {
		if (fd->object->class->readable)
			settle(fd);
	}
	bu_kernel_unlock(kernel);
	errno = before;
}
