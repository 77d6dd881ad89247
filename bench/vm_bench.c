// SPDX-License-Identifier: BSD-2-Clause
/*
 * How fast the VM is: each program's time against the host's (medians), their geometric mean, a run
 * of two instructions, the loading of a long program, the memory of an idle kernel.
 *
 *	vm_bench [PROGRAMS.bpf.o]
 *
 * Exit status 1 when a program's result differs from the host's.
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"
#include "ebpf/vm/decode.h"
#include "vm_native.h"
#include "vm_rows.h"

#include <bpf/libbpf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPEATS      21
#define LONG_PROGRAM 3400

struct bench {
	const char *name;
	unsigned long long (*native)(unsigned char *data);
};

static const struct bench benches[] = {
#define ROW(name) { #name, native_##name },
	BENCH_PROGRAMS(ROW)
#undef ROW
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times)
{
	qsort(times, REPEATS, sizeof(*times), compare);
	return times[REPEATS / 2];
}

/* The same bytes each time: programs write into them. */
static void fill(u8 *data)
{
	u32 x = 12345, i;

	for (i = 0; i < BENCH_BYTES; i++) {
		x = x * 1103515245 + 12345;
		data[i] = x >> 16;
	}
}

static double time_native(const struct bench *bench, u64 *result)
{
	double times[REPEATS], start;
	u8 *data = malloc(BENCH_BYTES);

	for (int i = 0; i < REPEATS; i++) {
		fill(data);
		start = now_ns();
		*result = bench->native(data);
		times[i] = now_ns() - start;
	}
	free(data);
	return median(times);
}

static u64 run_once(const struct bu_prog *prog, double *ns)
{
	static const struct bu_region_info info = { .kind = BU_REGION_CTX };
	struct bu_run run;
	double start;
	u64 r0;

	bu_run_begin(&run, prog->object.kernel, prog);
	run.ctx = bu_arena_scratch(&run.kernel->arena, BENCH_BYTES, BU_RW, &info);
	run.ctx_size = BENCH_BYTES;
	fill(run.ctx);
	start = now_ns();
	r0 = bu_run_exec(&run);
	*ns = now_ns() - start;
	if (run.fault.kind != BU_FAULT_NONE) {
		char *report = bu_fault_report(&run.fault, &run);

		fprintf(stderr, "%s\n", report);
		free(report);
	}
	bu_run_end(&run);
	return r0;
}

static double time_vm(const struct bu_prog *prog, u64 *result)
{
	double times[REPEATS];

	for (int i = 0; i < REPEATS; i++)
		*result = run_once(prog, &times[i]);
	return median(times);
}

static u64 executed(const struct bu_prog *prog)
{
	u64 *counts = calloc(prog->nr_insns * 2, sizeof(*counts)), sum = 0;

	bu_prog_counts(prog, counts, counts + prog->nr_insns);
	for (u32 i = 0; i < prog->nr_insns; i++)
		sum += prog->insns[i].code ? counts[i] : 0;
	free(counts);
	return sum / REPEATS;
}

static const struct bu_prog *find(struct bpf_object *object, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, name);
	int error;
	struct bu_object *found;

	if (!prog)
		return NULL;
	found = bu_fd_object(bu_kernel(), bpf_program__fd(prog), BU_OBJECT_PROG, &error);
	return found ? bu_container_of(found, struct bu_prog, object) : NULL;
}

/* Its line of the table; the ratio, or 0 when the results differ. */
static double report(struct bpf_object *object, const struct bench *bench)
{
	const struct bu_prog *prog = find(object, bench->name);
	double native_ns, vm_ns;
	u64 native_result, vm_result, insns;

	if (!prog)
		return 0;
	native_ns = time_native(bench, &native_result);
	vm_ns = time_vm(prog, &vm_result);
	insns = executed(prog);
	printf("%-12s %9llu %10.1f %10.1f %8.2f %8.1f%s\n", bench->name, (unsigned long long)insns,
	       native_ns / 1000, vm_ns / 1000, vm_ns / insns, vm_ns / native_ns,
	       native_result == vm_result ? "" : "  WRONG RESULT");
	return native_result == vm_result ? vm_ns / native_ns : 0;
}

static struct bu_prog *load(const struct bpf_insn *insns, u32 count)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				.insn_cnt = count,
				.insns = (u64)(uintptr_t)insns,
				.license = (u64)(uintptr_t) "GPL" };
	int error;

	return bu_prog_load(bu_kernel(), &attr, &error);
}

static void report_short_run(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bu_prog *prog = load(insns, 2);
	double times[REPEATS], start;
	struct bu_run run;
	enum { RUNS = 100000 };

	for (int i = 0; i < REPEATS; i++) {
		start = now_ns();
		for (int j = 0; j < RUNS; j++) {
			bu_run_begin(&run, prog->object.kernel, prog);
			bu_run_exec(&run);
			bu_run_end(&run);
		}
		times[i] = (now_ns() - start) / RUNS;
	}
	printf("run of two instructions: %.1f ns\n", median(times));
	bu_object_put(&prog->object);
}

/* Loads, stores, arithmetic and short jumps in turn. */
static void fill_insns(struct bpf_insn *insns)
{
	static const struct bpf_insn pattern[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .imm = 3, .off = 1 },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 3, .src_reg = 10, .off = -8 },
		{ .code = BPF_ALU | BPF_ADD | BPF_X, .src_reg = 3 },
	};

	for (u32 i = 0; i < LONG_PROGRAM; i++)
		insns[i] = pattern[i % BU_ARRAY_SIZE(pattern)];
	insns[LONG_PROGRAM - 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
}

static void report_load(void)
{
	static struct bpf_insn insns[LONG_PROGRAM];
	double times[REPEATS], start;

	fill_insns(insns);
	for (int i = 0; i < REPEATS; i++) {
		struct bu_prog prog = { .object.kernel = bu_kernel(),
					.insns = insns,
					.nr_insns = LONG_PROGRAM };

		start = now_ns();
		if (bu_prog_validate(&prog, NULL) || bu_prog_decode(&prog))
			fprintf(stderr, "the long program does not load\n");
		times[i] = now_ns() - start;
		bu_prog_decode_free(&prog);
	}
	printf("validation and decoding of %d instructions: %.0f us\n", LONG_PROGRAM,
	       median(times) / 1000);
}

/* KiB of this process in memory; from the page tables, for the cheap counters lag behind. */
static u64 resident(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long long kib = 0;
	char line[128];

	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "Rss: %llu kB", &kib);
	if (file)
		fclose(file);
	return kib;
}

/* A kernel of its own that has run a program once, and idles: the mean of several. */
static void report_idle(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				.insn_cnt = 2,
				.insns = (u64)(uintptr_t)insns,
				.license = (u64)(uintptr_t) "GPL" };
	struct bu_kernel *kernels[4];
	u64 before, after;
	int error, made = 0;

	before = resident();
	for (; made < 4; made++) {
		struct bu_prog *prog;
		struct bu_run run;

		kernels[made] = bu_kernel_new();
		prog = kernels[made] ? bu_prog_load(kernels[made], &attr, &error) : NULL;
		if (!prog)
			break;
		bu_run_begin(&run, kernels[made], prog);
		bu_run_exec(&run);
		bu_run_end(&run);
		bu_object_put(&prog->object);
	}
	after = resident();
	if (made)
		printf("an idle kernel: %.0f KiB resident\n", (double)(after - before) / made);
	while (made)
		bu_kernel_free(kernels[--made]);
}

int main(int argc, char **argv)
{
	struct bpf_object *object = NULL;
	double log_sum = 0;
	bool right = true;

	if (argc <= 2 && bu_canary() == 0)
		object = bpf_object__open(argc == 2 ? argv[1] : BPFUNIT_OBJECT_vm_programs);
	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "usage: vm_bench [PROGRAMS.bpf.o]\n");
		return 2;
	}
	printf("%-12s %9s %10s %10s %8s %8s\n", "program", "insns", "native us", "VM us", "ns/insn",
	       "ratio");
	for (size_t i = 0; i < BU_ARRAY_SIZE(benches); i++) {
		double ratio = report(object, &benches[i]);

		right = right && ratio > 0;
		log_sum += log(ratio);
	}
	printf("geometric mean: %.1f times native\n", exp(log_sum / BU_ARRAY_SIZE(benches)));
	report_short_run();
	report_load();
	report_idle();
	bpf_object__close(object);
	return right ? 0 : 1;
}
