// SPDX-License-Identifier: BSD-2-Clause
/* Programs without a packet. */
#include <string.h>

#include "cases_internal.h"

void cases_print(struct cases *c)
{
	static const uint32_t sizes[] = { 255, 0, 1, 5 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };

	for (int i = 0; i <= 22; i++)
		for (size_t j = 0; j < COUNT(sizes); j++) {
			cases_set_args(c, (uint64_t)i, sizes[j], 0, 0, 0);
			bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.print), &opts);
			cases_say(c, "snprintf %d %u:", i, sizes[j]);
			cases_say_rets(c, 1);
			cases_say_bytes(c, "tail", c->skel->bss->out + sizes[j], 4);
			if (sizes[j])
				cases_say(c, " '%.*s'", OUT_BYTES, c->skel->bss->out);
			cases_end_line(c);
		}
}

static void run_plain(struct cases *c, struct bpf_program *prog)
{
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };

	cases_say(c, " err=%d", bpf_prog_test_run_opts(bpf_program__fd(prog), &opts));
}

/* Lengths and refusals; what is printed goes to the kernel's trace. */
void cases_formats(struct cases *c)
{
	static const char *const formats[] = {
		"",       "x",        "%",       "%%",       "%d",    "%5",     "%d%s%d",
		"%d%s",   "%d%s%s",   "%d%s%p",  "%d%s%d%d", "%l",    "%ll",    "%lll",
		"%lld",   "%lli",     "%llld",   "%hd",      "%#x",   "%.3d",   "%*d",
		"%n",     "%f",       "%o",      "%lc",      "%c",    "%cc",    "%sx",
		"%s,",    "%d%sx",    "%d%s.",   "%pa",      "%pK",   "%px",    "%ps",
		"%pS",    "%pB",      "%pKx",    "%pxyz",    "%pi",   "%pi5",   "%d%pi4",
		"%d%pI6", "%d%pi6x",  "%d%pI4",  "%d%s%pI4", "%pk",   "%pksx",  "%d%pks",
		"%d%pus", "%d%s%pus", "%p",      "%p.",      "%pp",   "%20p",   "%-20px|",
		"%020px", "%+ 0-5d",  "%99d",    "a\tb\n",   "a\x01", "a\x7f",  "%\x80",
		"%d\n",   "%i%s%i",   "%X%s%lx", "%0d",      "%10c",  "%-10c|", "%10%",
		"%z",     "%D",
	};

	for (size_t i = 0; i < COUNT(formats); i++)
		for (uint64_t count = 0; count < 4; count++) {
			memset(c->skel->bss->text, 0, sizeof(c->skel->bss->text));
			memcpy(c->skel->bss->text, formats[i], strlen(formats[i]));
			memcpy(c->skel->bss->text + 32, "text", 5);
			cases_set_args(c, strlen(formats[i]), count * 8, 0xffffffff12345678, 0, 0);
			cases_say(c, "format %zu %llu:", i, (unsigned long long)count);
			run_plain(c, c->skel->progs.format);
			cases_say_rets(c, 1);
			cases_end_line(c);
		}
	memset(c->skel->bss->text, 'x', 32);
	cases_set_args(c, 10, 0, 0, 0, 0);
	cases_say(c, "format without end:");
	run_plain(c, c->skel->progs.format);
	cases_say_rets(c, 1);
	cases_end_line(c);
}

void cases_numbers(struct cases *c)
{
	static const char *const texts[] = {
		"0",
		"1",
		"-1",
		"42abc",
		"  17",
		"\t\n-9",
		"",
		"-",
		" ",
		"x",
		"0x1f",
		"0x",
		"0xg",
		"017",
		"08",
		"-0x10",
		"+5",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"-9223372036854775809",
		"18446744073709551615",
		"18446744073709551616",
		"7fffffffffffffff",
		"ffffffffffffffff",
		"FfX",
		"0000000000000000000000000000000000000000000000000000000000000007",
		"1777777777777777777777",
		"2000000000000000000000",
		"- 5",
		"--5",
		"8",
		"19",
		"0X1F",
	};
	static const uint64_t bases[] = { 0, 8, 10, 16, 2, 36, 32, 1ULL << 40 };

	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t j = 0; j < COUNT(bases); j++) {
			memset(c->skel->bss->text, 0, sizeof(c->skel->bss->text));
			memcpy(c->skel->bss->text, texts[i], strnlen(texts[i], 64));
			cases_set_args(c, bases[j], i % 3 == 2 ? strlen(texts[i]) : 0, 0, 0, 0);
			cases_say(c, "strto %zu %llu:", i, (unsigned long long)bases[j]);
			run_plain(c, c->skel->progs.numbers);
			cases_say_rets(c, 4);
			cases_end_line(c);
		}
}

void cases_strings(struct cases *c)
{
	static const char *const texts[] = { "kernel",
					     "kerne",
					     "kernels",
					     "",
					     "kernal",
					     "zzz",
					     "Kernel",
					     ("\xff" "ernel") };

	for (size_t i = 0; i < COUNT(texts); i++)
		for (uint64_t len = 0; len < 9; len++) {
			memset(c->skel->bss->text, 0, sizeof(c->skel->bss->text));
			memcpy(c->skel->bss->text, texts[i], strlen(texts[i]));
			cases_set_args(c, 0, len, 0, 0, 0);
			cases_say(c, "strncmp %zu %llu:", i, (unsigned long long)len);
			run_plain(c, c->skel->progs.compare);
			cases_say_rets(c, 1);
			cases_end_line(c);
		}
	for (uint64_t size = 0; size < 32; size++) {
		cases_set_args(c, size, 0, 0, 0, 0);
		cases_say(c, "comm %llu:", (unsigned long long)size);
		run_plain(c, c->skel->progs.comm);
		cases_say_rets(c, 1);
		cases_say_bytes(c, "out", c->skel->bss->out, 33);
		cases_end_line(c);
	}
}

void cases_loops(struct cases *c)
{
	static const uint64_t args[][3] = { { 0, 5, 0 },         { 1, 5, 0 },
					    { 10, 5, 0 },        { 10, 100, 0 },
					    { 10, 0, 0 },        { 10, 5, 1 },
					    { 1 << 23, 3, 0 },   { (1 << 23) + 1, 3, 0 },
					    { 0xffffffff, 3, 0 } };

	for (size_t i = 0; i < COUNT(args); i++) {
		cases_set_args(c, args[i][0], args[i][1], args[i][2], 0, 0);
		cases_say(c, "loop %zu:", i);
		run_plain(c, c->skel->progs.loop);
		cases_say_rets(c, 2);
		cases_end_line(c);
	}
}

/* A NUL at byte 10; "here": memory of the process that runs the case. */
static void probe_one(struct cases *c, const char *name, uint64_t address, uint64_t size,
		      uint64_t own, uint64_t offset)
{
	static const int at[] = { 0, 32, 64, 96, 128, 160 };

	cases_set_args(c, address, size, own, offset, 0);
	memcpy(c->skel->bss->text, "0123456789\0abcdefghijklmnop", 27);
	cases_say(c, "probe %s %llu:", name, (unsigned long long)size);
	run_plain(c, c->skel->progs.probe);
	cases_say_rets(c, 6);
	for (size_t i = 0; i < COUNT(at); i++)
		cases_say_bytes(c, "out", c->skel->bss->out + at[i], 17);
	cases_end_line(c);
}

void cases_probes(struct cases *c)
{
	static const uint64_t sizes[] = { 0, 1, 8, 10, 11, 12, 16 };
	static char here[64] = "user space";

	for (size_t i = 0; i < COUNT(sizes); i++) {
		probe_one(c, "kernel", 0, sizes[i], 1, 0);
		probe_one(c, "kernel+4", 0, sizes[i], 1, 4);
		probe_one(c, "NULL", 0, sizes[i], 0, 0);
		probe_one(c, "unmapped", 0x10, sizes[i], 0, 0);
		probe_one(c, "user", (uint64_t)(uintptr_t)here, sizes[i], 0, 0);
		probe_one(c, "non-canonical", 0x8000000000000000ULL, sizes[i], 0, 0);
		probe_one(c, "last", ~0ULL - 1, sizes[i], 0, 0);
	}
}

static void run_raw(struct cases *c, uint32_t ctx_size, uint32_t flags, uint32_t cpu, int repeat)
{
	uint64_t ctx[16] = { 11, 22 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts),
					  .ctx_in = ctx_size ? ctx : NULL,
					  .ctx_size_in = ctx_size,
					  .flags = flags,
					  .cpu = cpu,
					  .repeat = repeat };
	int err;

	cases_set_args(c, 0, 0, 0, 0, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.raw_args), &opts);
	cases_say(c, "raw_tp %u %u %u %d: err=%d retval=%u", ctx_size, flags, cpu, repeat, err,
		  opts.retval);
	cases_say_rets(c, 2);
	cases_end_line(c);
}

static void run_syscall(struct cases *c, uint32_t size, uint32_t flags, int repeat)
{
	static uint8_t ctx[70000];
	struct bpf_test_run_opts opts = { .sz = sizeof(opts),
					  .ctx_in = size ? ctx : NULL,
					  .ctx_size_in = size,
					  .flags = flags,
					  .repeat = repeat };
	int err;

	memset(ctx, 1, sizeof(ctx));
	err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.write_ctx), &opts);
	cases_say(c, "syscall %u %u %d: err=%d retval=%u", size, flags, repeat, err, opts.retval);
	cases_say_bytes(c, "ctx", ctx, 20);
	cases_end_line(c);
}

void cases_plain_runs(struct cases *c)
{
	run_raw(c, 16, 0, 0, 0);
	run_raw(c, 96, 0, 0, 0);
	run_raw(c, 104, 0, 0, 0);
	run_raw(c, 16, 0, 1, 0);
	run_raw(c, 16, BPF_F_TEST_RUN_ON_CPU, 0, 0);
	run_raw(c, 16, BPF_F_TEST_RUN_ON_CPU, 100000, 0);
	run_raw(c, 16, 0, 0, 1);
	run_syscall(c, 16, 0, 0);
	run_syscall(c, 20, 0, 0);
	run_syscall(c, 65535, 0, 0);
	run_syscall(c, 65536, 0, 0);
	run_syscall(c, 16, 1, 0);
	run_syscall(c, 16, 0, 1);
}
