// SPDX-License-Identifier: BSD-2-Clause
/* The report of a fault, for tools: one JSON object. Addresses and registers are strings in
 * hexadecimal, since JSON's numbers do not hold 64 bits. */
#include "ebpf/vm/fault_info.h"

/* Bytes of the well-formed UTF-8 character at `text`; 0: it is none. */
static int utf8_length(const unsigned char *text)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int length = text[0] < 0x80         ? 1
		     : text[0] >> 5 == 0x6  ? 2
		     : text[0] >> 4 == 0xe  ? 3
		     : text[0] >> 3 == 0x1e ? 4
					    : 0;
	u32 point = length > 1 ? text[0] & (0x7f >> length) : text[0];

	for (int i = 1; i < length; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	return point < least[length] || point > 0x10ffff || point >> 11 == 0x1b ? 0 : length;
}

/* Names and source text may be anything, and cut anywhere: what is no UTF-8 becomes U+FFFD. */
static void add_string(struct bu_log *log, const char *text)
{
	bu_log_add(log, "\"");
	for (int length; *text; text += length ? length : 1) {
		length = utf8_length((const unsigned char *)text);
		if (!length)
			bu_log_add(log, "\\ufffd");
		else if (*text == '"' || *text == '\\')
			bu_log_add(log, "\\%c", *text);
		else if (length == 1 && *text < 0x20)
			bu_log_add(log, "\\u%04x", *text);
		else
			bu_log_add(log, "%.*s", length, text);
	}
	bu_log_add(log, "\"");
}

static void add_text(struct bu_log *log, const char *name, const char *text)
{
	if (!text[0])
		return;
	bu_log_add(log, ",\"%s\":", name);
	add_string(log, text);
}

static void add_place(struct bu_log *log, const struct bu_fault_place *place)
{
	bu_log_add(log, "{\"insn\":%u", place->insn);
	add_text(log, "program", place->prog);
	add_text(log, "function", place->func);
	add_text(log, "disassembly", place->disasm);
	add_text(log, "file", place->file);
	if (place->file[0])
		bu_log_add(log, ",\"line\":%u,\"column\":%u", place->line, place->column);
	add_text(log, "source", place->text);
	bu_log_add(log, "}");
}

static void add_places(struct bu_log *log, const char *name, const struct bu_fault_place *places,
		       u32 nr)
{
	bu_log_add(log, ",\"%s\":[", name);
	for (u32 i = 0; i < nr; i++) {
		bu_log_add(log, i ? "," : "");
		add_place(log, &places[i]);
	}
	bu_log_add(log, "]");
}

static void add_registers(struct bu_log *log, const struct bu_fault_info *info)
{
	bu_log_add(log, ",\"registers\":[");
	for (u32 i = 0; i < 11; i++) {
		bu_log_add(log, "%s{\"value\":\"0x%llx\"", i ? "," : "",
			   (unsigned long long)info->regs[i]);
		add_text(log, "points_to", info->points_to[i]);
		bu_log_add(log, "}");
	}
	bu_log_add(log, "]");
}

char *bu_fault_json(const struct bu_fault_info *info)
{
	struct bu_log log = { 0 };

	bu_log_add(&log, "{\"kind\":");
	add_string(&log, bu_fault_kind_name(info->kind));
	if (info->size)
		bu_log_add(&log, ",\"access\":\"%s\",\"size\":%u,\"address\":\"0x%llx\"",
			   info->write ? "write" : "read", info->size,
			   (unsigned long long)info->address);
	add_text(&log, "where", info->where);
	add_text(&log, "origin", info->origin[0]);
	add_text(&log, "freed", info->origin[1]);
	add_text(&log, "hint", info->hint);
	if (info->nr_frames) {
		add_places(&log, "stack", info->frames, info->nr_frames);
		add_registers(&log, info);
		add_places(&log, "last_instructions", info->steps, info->nr_steps);
	}
	bu_log_add(&log, "}");
	return log.text;
}
