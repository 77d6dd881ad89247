/* SPDX-License-Identifier: BSD-2-Clause */
/* What opened objects name of the kernel's by their sections: functions and tracepoints. */
#ifndef BU_SECTION_NAMES_H
#define BU_SECTION_NAMES_H

#include "ebpf/btf/btf_join.h"

enum bu_section_kind {
	BU_SECTION_FUNCTION,       /* kprobe/func; patterns as kprobe.multi has them, too */
	BU_SECTION_SYSCALL,        /* ksyscall/name */
	BU_SECTION_TRACEPOINT,     /* tp/category/name */
	BU_SECTION_RAW_TRACEPOINT, /* raw_tp/name */
};

/* Call `visit` with what follows the first '/' of each section of the object that attaches to such
 * a thing. */
void bu_section_names(const struct bu_btf_source *source,
		      void (*visit)(enum bu_section_kind kind, const char *name, void *arg),
		      void *arg);

#endif
