// SPDX-License-Identifier: BSD-2-Clause
/* Run a harness on stored inputs: replay FILE-OR-DIRECTORY... Each is named before it runs. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int inputs;

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	u8 *data = malloc(1 << 20);
	size_t size;

	if (!file || !data) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, 1 << 20, file);
	fclose(file);
	data = realloc(data, size ? size : 1); /* so that a sanitizer knows its end */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	inputs++;
	free(data);
	return 0;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_input, alphasort), failed = 0;
	char name[4096];

	if (count < 0)
		return replay_file(path);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		failed |= replay_file(name);
		free(entries[i]);
	}
	free(entries);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%u inputs\n", inputs);
	return failed || !inputs;
}
