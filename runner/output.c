/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first HEAD bytes stay; behind them the latest TAIL .. 2 * TAIL bytes, older ones being
 * dropped TAIL at a time.
 */
#include "runner/output.h"
#include <stdlib.h>
#include <string.h>

#define HEAD ((size_t)16 * 1024)
#define TAIL ((size_t)48 * 1024)
#define ROOM (HEAD + 2 * TAIL)

static bool have_room(struct bu_output *output)
{
	if (!output->data)
		output->data = malloc(ROOM);
	if (!output->data)
		return false;
	if (output->len == ROOM) {
		memmove(output->data + HEAD, output->data + HEAD + TAIL, TAIL);
		output->len -= TAIL;
		output->lost += TAIL;
	}
	return true;
}

void bu_output_append(struct bu_output *output, const char *data, size_t len)
{
	while (len) {
		size_t part;

		if (!have_room(output)) {
			output->lost += len;
			return;
		}
		part = ROOM - output->len < len ? ROOM - output->len : len;
		memcpy(output->data + output->len, data, part);
		output->len += part;
		data += part;
		len -= part;
	}
}

void bu_output_give(struct bu_output *output, struct bu_result *result)
{
	result->output = output->data;
	result->output_len = output->len;
	result->output_lost = output->lost;
	result->output_gap = output->lost && output->len > HEAD ? HEAD : 0;
	*output = (struct bu_output){ 0 };
}
