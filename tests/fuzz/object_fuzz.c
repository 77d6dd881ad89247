// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arbitrary bytes as an object file: what we read of it ourselves (headers, types for the kernel's
 * BTF), then libbpf's bpf_object__open_mem() and bpf_object__load() with our bpf(2), a run of each
 * program, and a link of each to what its section names.
 *
 * libbpf and libelf are not made for hostile files. When one of them crashes, in its own code or in
 * a function of libc that it called, the input is over; in a test, that would be the failure of
 * that test alone. A crash of ours is a finding.
 */
#include "fuzz.h"

#include "ebpf/kernel.h"
#include "framework/object_file.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <execinfo.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES     64
#define MAX_SIZE   (256 << 10)
#define LINKS      16
#define INTERCEPTS 2 /* frames of a sanitizer's function between a library and libc's function */

const char *__asan_default_suppressions(void);
const char *__lsan_default_suppressions(void);

/* Who owns an address: the program, libbpf or what it builds on, or somebody else (libc). */
enum owner { OTHER, PROGRAM, LIBRARY };

struct search {
	u64 address;
	enum owner owner;
};

static sigjmp_buf out_of_library;
static volatile sig_atomic_t in_library;

const char *__asan_default_suppressions(void)
{
	return "interceptor_via_lib:libbpf\ninterceptor_via_lib:libelf\ninterceptor_via_lib:libz\n";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:libbpf.so\nleak:libelf\n";
}

static int is_inside(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *search = arg;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD ||
		    search->address - info->dlpi_addr - p->p_vaddr >= p->p_memsz)
			continue;
		if (!info->dlpi_name[0])
			search->owner = PROGRAM;
		else if (strstr(info->dlpi_name, "libbpf") || strstr(info->dlpi_name, "libelf") ||
			 strstr(info->dlpi_name, "libz"))
			search->owner = LIBRARY;
		return 1;
	}
	return 0;
}

static enum owner owner_of(const void *address)
{
	struct search search = { .address = (u64)address };

	dl_iterate_phdr(is_inside, &search);
	return search.owner;
}

/* Whether the code that crashed was reached from a library, and not from us: the handler's own
 * frame is the first. */
static bool is_librarys(void)
{
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES), programs = 0;

	for (int i = 3; i < count; i++) {
		switch (owner_of(frames[i])) {
		case LIBRARY:
			return programs <= INTERCEPTS;
		case PROGRAM:
			programs++;
			break;
		default:
			break;
		}
	}
	return false;
}

static void on_crash(int signal)
{
	if (in_library && is_librarys())
		siglongjmp(out_of_library, 1);
	fprintf(stderr, "signal %d outside of libbpf\n", signal);
	abort();
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_NODEFER };
	void *frame;

	for (size_t i = 0; i < BU_ARRAY_SIZE(signals); i++)
		FUZZ_ASSERT(!sigaction(signals[i], &action, NULL));
	backtrace(&frame, 1); /* loads what it needs */
	libbpf_set_print(print_nothing);
}

static void check_headers(const u8 *data, size_t size)
{
	int fd = memfd_create("object", MFD_CLOEXEC);
	char reason[BU_OBJECT_FILE_REASON] = "", path[64];

	FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_ASSERT(!bu_object_file_check(path, reason) || reason[0]);
	close(fd);
}

static void run_programs(const struct bpf_object *object)
{
	static const u8 packet[64] = { [12] = 8, [14] = 0x45 };
	struct bpf_program *prog;
	u8 out[512];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .data_out = out, .data_size_out = sizeof(out));

	bpf_object__for_each_program(prog, object)
	{
		if (bpf_program__fd(prog) >= 0)
			bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	}
}

/* Runs again, of attached programs. */
static void attach_all(struct bpf_object *object)
{
	struct bpf_link *links[LINKS] = { 0 };
	struct bpf_program *prog;
	struct bpf_map *map;
	u32 count = 0;

	bpf_object__for_each_program(prog, object)
	{
		if (count < LINKS && bpf_program__fd(prog) >= 0)
			links[count++] = bpf_program__attach(prog);
	}
	bpf_object__for_each_map(map, object)
	{
		if (count < LINKS && bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			links[count++] = bpf_map__attach_struct_ops(map);
	}
	run_programs(object);
	while (count)
		bpf_link__destroy(links[--count]);
}

static void use_libbpf(const u8 *data, size_t size)
{
	struct bpf_object *object = bpf_object__open_mem(data, size, NULL);

	if (!object)
		return;
	if (!bpf_object__load(object)) {
		run_programs(object);
		attach_all(object);
	}
	bpf_object__close(object);
}

/* libbpf leaves its descriptors open when it is left by a jump. */
static void close_fds(int first)
{
	for (int fd = first; fd < first + 64; fd++)
		close(fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool ready;
	int first;

	if (size > MAX_SIZE)
		return -1;
	fuzz_guard_host();
	if (!ready)
		catch_crashes();
	ready = true;
	first = dup(0);
	close(first);
	check_headers(data, size);
	FUZZ_ASSERT(bu_kernel());
	bu_kernel()->budget = 4096;
	in_library = 1;
	if (!sigsetjmp(out_of_library, 1))
		use_libbpf(data, size);
	in_library = 0;
	bu_kernel_abandon(bu_kernel());
	bu_kernel_reset();
	close_fds(first);
	return 0;
}
