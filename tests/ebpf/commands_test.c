/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/commands.md says what the table of bpf(2)'s commands says, and each command has the tests
 * that its row names. BPFUNIT_RECORD=1 writes the page anew.
 */
#include <bpfunit/bpfunit.h>

#include <stdlib.h>
#include <string.h>

#define PATH BU_SOURCE_DIR "/docs/commands.md"

struct row {
	const char *name;
	int number;
	const char *tests, *differences;
};

static const struct row rows[] = {
#define BU_COMMAND(name, number, size, handler, tests, differences)                                \
	{ #name, number, tests, differences },
#include "ebpf/commands.def"
#undef BU_COMMAND
};
#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static const char introduction[] =
	"# The commands of bpf(2)\n\n"
	"All commands of Linux 6.18 are there. The table is made of the rows of "
	"`ebpf/commands.def`, "
	"which also say how many\n"
	"bytes of attributes a command knows, and which tests ask for its success and each of its "
	"errnos;\n"
	"`tests/ebpf/commands_test.c` compares them. Errnos are those of Linux 6.18 as run, or of "
	"its source; the tests put most\n"
	"calls to the machine's kernel too (`BPFUNIT_HOST_BPF=1`, as root).\n\n"
	"| number | command | differs from Linux | tests |\n"
	"|---|---|---|---|\n";

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 18);

	ASSERT_NOT_NULL(file);
	ASSERT_NOT_NULL(text);
	text[fread(text, 1, (1 << 18) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void write_page(FILE *out)
{
	fputs(introduction, out);
	for (size_t i = 0; i < NR_ROWS; i++)
		fprintf(out, "| %d | %s | %s | %s |\n", rows[i].number, rows[i].name,
			*rows[i].differences ? rows[i].differences : "-", rows[i].tests);
}

BPF_TEST(commands, are_documented)
{
	char *page = NULL, *found;
	size_t size;
	FILE *out = open_memstream(&page, &size), *file;

	ASSERT_NOT_NULL(out);
	write_page(out);
	fclose(out);
	if (getenv("BPFUNIT_RECORD")) {
		file = fopen(PATH, "w");
		ASSERT_NOT_NULL(file);
		fputs(page, file);
		fclose(file);
	}
	found = read_file(PATH);
	EXPECT_STREQ(found, page);
	free(found);
	free(page);
}

BPF_TEST(commands, are_in_order)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		EXPECT_EQ(rows[i].number, (int)i);
}

/* A file of tests mentions the command by its name, libbpf's name of it, or (what the oldest header
 * lacks) its number. */
static bool mentions(const char *text, const struct row *row)
{
	char number[16];

	snprintf(number, sizeof(number), "bpf(%d,", row->number);
	return strstr(text, row->name) || strstr(text, number);
}

BPF_TEST(commands, have_tests)
{
	char path[512], *text;

	for (size_t i = 0; i < NR_ROWS; i++) {
		snprintf(path, sizeof(path), BU_SOURCE_DIR "/%s", rows[i].tests);
		text = read_file(path);
		if (!mentions(text, &rows[i]))
			EXPECT_FAIL("%s has no test of %s", rows[i].tests, rows[i].name);
		free(text);
	}
}
