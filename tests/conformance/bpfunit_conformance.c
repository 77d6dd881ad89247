// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpfunit-conformance [MEMORY]: run one program in the machine and print r0, as the plugins of
 * bpf_conformance do. MEMORY is bytes in hex, the program is bytes in hex on the first line of
 * standard input. Memory is what r1 points to, of the size that r2 holds, and the packet of LD_ABS
 * and LD_IND; both registers are 0 without.
 *
 * Exit status: 0 r0 was printed, in hex; 1 the program was refused or ended with a fault (said on
 * standard error); 2 the command line is not understood, also --help and --elf: ELF files are not
 * read.
 */
#include "ebpf/kernel.h"
#include "ebpf/prog/prog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROGRAM (1024 * 1024 * sizeof(struct bpf_insn))
#define MAX_MEMORY  65536
#define LOG_BYTES   65536
#define UNWIND      5 /* the one helper of the suite that has another meaning: returns its argument */

struct bytes {
	u8 *at;
	size_t size;
};

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Two digits a byte, blanks between bytes at will. */
static bool parse(const char *text, struct bytes *bytes, size_t max)
{
	bytes->at = malloc(strlen(text) / 2 + 1);
	bytes->size = 0;
	for (;; text += 2) {
		text += strspn(text, " \t\r\n");
		if (!*text)
			return bytes->at && bytes->size <= max;
		if (!bytes->at || digit(text[0]) < 0 || digit(text[1]) < 0)
			return false;
		bytes->at[bytes->size++] = (u8)(digit(text[0]) << 4 | digit(text[1]));
	}
}

static bool read_program(struct bytes *program)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = getline(&line, &size, stdin) > 0 && parse(line, program, MAX_PROGRAM) &&
		  program->size && program->size % sizeof(struct bpf_insn) == 0;

	free(line);
	return ok;
}

static bool unwind(void *mock, struct bu_run *run, u32 id, const u64 args[5], u64 *result)
{
	(void)mock, (void)run, (void)id;
	*result = args[0];
	return true;
}

static struct bu_prog *load(struct bu_kernel *kernel, const struct bytes *program)
{
	static char log[LOG_BYTES];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (u64)(uintptr_t)program->at,
		.insn_cnt = program->size / sizeof(struct bpf_insn),
		.license = (u64)(uintptr_t) "GPL",
		.log_level = 1,
		.log_size = sizeof(log),
		.log_buf = (u64)(uintptr_t)log,
	};
	struct bu_prog *prog;
	int error;

	prog = bu_prog_load_rfc(kernel, &attr, &error);
	if (!prog)
		fprintf(stderr, "%s: %s\n", strerror(-error), log);
	return prog;
}

/* The packet's own bytes are the memory, so programs may write it. */
static int give_memory(struct bu_run *run, const struct bytes *memory)
{
	int error;

	if (!memory->size)
		return 0;
	error = bu_run_set_packet(run, memory->at, memory->size, 0, 0);
	run->ctx = run->packet.data;
	run->regs[2] = memory->size;
	return error;
}

static int report_fault(const struct bu_run *run)
{
	char *report = bu_fault_report(&run->fault, run);

	fprintf(stderr, "%s\n", report ? report : "a fault");
	free(report);
	return 1;
}

static int run_program(struct bu_kernel *kernel, const struct bu_prog *prog,
		       const struct bytes *memory)
{
	struct bu_run run;
	int status = 1;
	u64 r0;

	kernel->helpers[UNWIND].mock = unwind;
	bu_run_begin(&run, kernel, prog);
	if (give_memory(&run, memory)) {
		fprintf(stderr, "no memory\n");
	} else {
		r0 = bu_run_exec(&run);
		status = run.fault.kind == BU_FAULT_NONE ? 0 : report_fault(&run);
		if (!status)
			printf("%llx\n", (unsigned long long)r0);
	}
	bu_run_end(&run);
	return status;
}

static int run_bytes(const struct bytes *program, const struct bytes *memory)
{
	struct bu_kernel *kernel = bu_kernel();
	struct bu_prog *prog = kernel ? load(kernel, program) : NULL;
	int status = 1;

	if (prog) {
		status = run_program(kernel, prog, memory);
		bu_object_put(&prog->object);
	}
	bu_kernel_reset();
	return status;
}

static int usage(const char *what)
{
	fprintf(stderr, "%s\nusage: bpfunit-conformance [MEMORY] < PROGRAM   (bytes in hex)\n",
		what);
	return 2;
}

int main(int argc, char **argv)
{
	struct bytes program = { 0 }, memory = { 0 };
	int status;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			return usage(argv[i]);
	}
	if (argc > 2 && argv[2][0])
		return usage("at most one argument");
	if (!parse(argc > 1 ? argv[1] : "", &memory, MAX_MEMORY))
		status = usage("the memory is not bytes in hex");
	else if (!read_program(&program))
		status = usage("the program is not instructions in hex");
	else
		status = run_bytes(&program, &memory);
	free(program.at);
	free(memory.at);
	return status;
}
