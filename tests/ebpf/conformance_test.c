// SPDX-License-Identifier: BSD-2-Clause
/*
 * The public conformance vectors of the instruction set (RFC 9669): each is a program, its input
 * memory and the result, or that it must be refused. The file is conformance/vectors.tsv of the
 * directory that BPFUNIT_CONFORMANCE_DIR names, else of "shared" beside the source tree.
 */
#include "asm.h"

#include <stdio.h>

#define HELPER_UNWIND 5 /* of the vectors: returns its argument */

struct vector {
	char *name, *memory, *program, *expected;
};

static FILE *open_vectors(char *path, size_t size)
{
	const char *dir = getenv("BPFUNIT_CONFORMANCE_DIR");

	if (dir)
		snprintf(path, size, "%s/vectors.tsv", dir);
	else
		snprintf(path, size, "%s/../shared/conformance/vectors.tsv", BU_SOURCE_DIR);
	return fopen(path, "r");
}

/* Split a line at its tabs; false for comments. */
static bool split(char *line, struct vector *vector)
{
	char *at = line;

	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '#' || line[0] == '\0')
		return false;
	vector->name = strsep(&at, "\t");
	vector->memory = strsep(&at, "\t");
	vector->program = strsep(&at, "\t");
	vector->expected = strsep(&at, "\t");
	return vector->expected;
}

static size_t parse_hex(const char *text, u8 *bytes, size_t max)
{
	size_t count = 0;
	unsigned int byte;
	int used;

	while (count < max && sscanf(text, " %2x%n", &byte, &used) == 1) {
		bytes[count++] = byte;
		text += used;
	}
	return count;
}

static bool unwind(void *mock, struct bu_run *run, u32 id, const u64 args[5], u64 *result)
{
	*result = args[0];
	return true;
}

static bool check_vector(const struct vector *vector)
{
	struct bpf_insn insns[512];
	u8 memory[512];
	size_t memory_size = parse_hex(vector->memory, memory, sizeof(memory));
	size_t size = parse_hex(vector->program, (u8 *)insns, sizeof(insns));
	bool refused = strcmp(vector->expected, "error") == 0;
	char log[4096] = "";
	struct asm_result result;
	struct bu_prog *prog;
	int error;

	prog = asm_load_by(bu_prog_load_rfc, insns, size / sizeof(*insns),
			   BPF_PROG_TYPE_SOCKET_FILTER, log, &error);
	if (!prog && !refused)
		EXPECT_FAIL("%s: not loaded: %s", vector->name, log);
	if (!prog)
		return refused;
	result = asm_run_on(prog, memory_size ? memory : NULL, memory_size);
	bu_object_put(&prog->object);
	if (result.fault.kind != BU_FAULT_NONE && !refused)
		EXPECT_FAIL("%s: %s", vector->name, result.report);
	if (result.fault.kind != BU_FAULT_NONE || refused)
		return refused && result.fault.kind != BU_FAULT_NONE;
	if (result.r0 == strtoull(vector->expected, NULL, 0))
		return true;
	EXPECT_FAIL("%s: 0x%llx, not %s", vector->name, (unsigned long long)result.r0,
		    vector->expected);
	return false;
}

BPF_TEST(conformance, vectors)
{
	char path[512], line[8192];
	unsigned int passed = 0, all = 0;
	struct vector vector;
	FILE *file = open_vectors(path, sizeof(path));

	if (!file)
		BPFUNIT_SKIP("there is no %s", path);
	bu_kernel()->helpers[HELPER_UNWIND].mock = unwind;
	while (fgets(line, sizeof(line), file)) {
		if (!split(line, &vector))
			continue;
		all++;
		passed += check_vector(&vector);
	}
	fclose(file);
	fprintf(stderr, "%u of %u conformance vectors passed\n", passed, all);
	EXPECT_EQ(passed, all);
	EXPECT_GT(all, 0U);
}
