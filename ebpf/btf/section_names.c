/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections by which programs attach to functions and tracepoints that have no BTF id. Those that
 * have one are the kernel BTF's matter: ebpf/btf/btf_join.c.
 */
#include "ebpf/btf/section_names.h"

#include <string.h>

static const struct {
	const char *prefix;
	enum bu_section_kind kind;
} prefixes[] = {
	{ "kprobe/", BU_SECTION_FUNCTION },
	{ "kretprobe/", BU_SECTION_FUNCTION },
	{ "kprobe.multi/", BU_SECTION_FUNCTION },
	{ "kretprobe.multi/", BU_SECTION_FUNCTION },
	{ "kprobe.session/", BU_SECTION_FUNCTION },
	{ "ksyscall/", BU_SECTION_SYSCALL },
	{ "kretsyscall/", BU_SECTION_SYSCALL },
	{ "tp/", BU_SECTION_TRACEPOINT },
	{ "tracepoint/", BU_SECTION_TRACEPOINT },
	{ "raw_tp/", BU_SECTION_RAW_TRACEPOINT },
	{ "raw_tracepoint/", BU_SECTION_RAW_TRACEPOINT },
	{ "raw_tp.w/", BU_SECTION_RAW_TRACEPOINT },
	{ "raw_tracepoint.w/", BU_SECTION_RAW_TRACEPOINT },
};

void bu_section_names(const struct bu_btf_source *source,
		      void (*visit)(enum bu_section_kind kind, const char *name, void *arg),
		      void *arg)
{
	for (u32 at = 0; at < source->sections_size; at += strlen(source->sections + at) + 1) {
		const char *section = source->sections + at;

		section += *section == '?'; /* not loaded by default */
		for (size_t i = 0; i < BU_ARRAY_SIZE(prefixes); i++) {
			size_t len = strlen(prefixes[i].prefix);

			if (!strncmp(section, prefixes[i].prefix, len) && section[len])
				visit(prefixes[i].kind, section + len, arg);
		}
	}
}
