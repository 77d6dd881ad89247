// SPDX-License-Identifier: BSD-2-Clause
/* What the machine's kernel answers to the dynptr cases, as root; written to dynptr_kernel.txt. */
#include <stdio.h>

#include "dynptr_cases.h"

static void print_line(void *arg, const char *text)
{
	(void)arg;
	puts(text);
}

int main(void)
{
	return dynptr_cases(print_line, NULL) ? 1 : 0;
}
