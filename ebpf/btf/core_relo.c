/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CO-RE relocations, after the fact. Which there are is said by the section .BTF.ext of the
 * object's file; what became of each by the instruction that was loaded, beside the one in the
 * file. No log is read, so it does not matter which libbpf did it.
 *
 * A loaded program is a row of functions that libbpf put together. Each is looked for in the noted
 * objects (ebpf/btf/vmlinux.c) by its name and size; where several fit, the one whose instructions
 * agree most, and of equal ones the last. Offsets and sizes in a file are checked before they are
 * used.
 */
#include "ebpf/btf/core_relo.h"

#include "ebpf/btf/btf_join.h"
#include "ebpf/btf/core_spec.h"
#include "ebpf/btf/elf_scan.h"
#include "ebpf/kernel.h"
#include "ebpf/prog/prog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POISON 195896080 /* Source: bpf_core_poison_insn(), tools/lib/bpf/relo_core.c (1.5) */
#define INSN   ((u32)sizeof(struct bpf_insn))

/* Older headers lack it. Source: include/uapi/linux/bpf.h (6.12). */
struct relo_record {
	u32 insn_off, type_id, access_str_off, kind;
};

struct ext_header { /* of .BTF.ext. Source: struct btf_ext_header, tools/lib/bpf/libbpf_internal.h
		     */
	u16 magic;
	u8 version, flags;
	u32 hdr_len, func_off, func_len, line_off, line_len, core_off, core_len;
};

struct match { /* a function of the program in an object's file */
	const struct bu_btf_source *source;
	const u8 *code; /* in the file */
	u32 section, offset, score;
};

struct search {
	const struct bu_prog *prog;
	const struct bu_func *func;
	struct match best;
};

struct list {
	const struct bu_prog *prog;
	struct bu_core_relo *relos;
	u32 count;
	bool failed;
};

static bool find_section(const struct bu_elf *elf, const char *name, struct bu_elf_section *section)
{
	for (u32 i = 0; bu_elf_section(elf, i, section); i++) {
		if (section->data && !strcmp(section->name, name))
			return true;
	}
	return false;
}

static struct bpf_insn insn_at(const u8 *code)
{
	struct bpf_insn insn;

	memcpy(&insn, code, sizeof(insn));
	return insn;
}

/* How many instructions are of the same operation. */
static u32 score_of(const struct search *search, const u8 *code)
{
	u32 score = 1;

	for (u32 i = search->func->start; i < search->func->end; i++, code += INSN)
		score += insn_at(code).code == search->prog->insns[i].code;
	return score;
}

static void consider(struct search *search, const struct bu_btf_source *source,
		     const struct bu_elf *elf, const Elf64_Sym *symbol)
{
	u64 size = (u64)(search->func->end - search->func->start) * INSN;
	struct bu_elf_section section;
	u32 score;

	if (symbol->st_size != size || !bu_elf_section(elf, symbol->st_shndx, &section) ||
	    !section.code || !section.data || symbol->st_value > section.size ||
	    size > section.size - symbol->st_value)
		return;
	score = score_of(search, section.data + symbol->st_value);
	if (score >= search->best.score)
		search->best = (struct match){ source, section.data, symbol->st_shndx,
					       symbol->st_value, score };
}

static bool is_named(const struct bu_elf_section *strings, u32 offset, const char *name)
{
	size_t len = strlen(name) + 1;

	return offset < strings->size && len <= strings->size - offset &&
	       !memcmp(strings->data + offset, name, len);
}

static int look_into(const struct bu_btf_source *source, void *arg)
{
	struct bu_elf_section symbols, strings;
	struct search *search = arg;
	struct bu_elf elf;
	Elf64_Sym symbol;

	if (!source->btf.nr_types || !bu_elf_open(&elf, source->image, source->image_size) ||
	    !find_section(&elf, ".symtab", &symbols) || !find_section(&elf, ".strtab", &strings))
		return 0;
	for (u64 at = 0; symbols.size - at >= sizeof(symbol); at += sizeof(symbol)) {
		memcpy(&symbol, symbols.data + at, sizeof(symbol));
		if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
		    is_named(&strings, symbol.st_name, search->func->name))
			consider(search, source, &elf, &symbol);
	}
	return 0;
}

static u32 access_size(const struct bpf_insn *insn)
{
	static const u8 sizes[] = {
		[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8
	};
	u32 class = BPF_CLASS(insn->code);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX
		       ? sizes[BPF_SIZE(insn->code) >> 3]
		       : 0;
}

static u64 value_of(const struct bpf_insn *insn)
{
	if (access_size(insn))
		return (u64)(s64)insn->off;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
		return (u32)insn->imm | (u64)(u32)insn[1].imm << 32;
	return (u64)(s64)insn->imm;
}

static bool is_poisoned(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->imm == POISON;
}

static void compare(struct bu_core_relo *relo, const struct bpf_insn before[2],
		    const struct bpf_insn *after)
{
	relo->compiled = value_of(before);
	relo->compiled_size = access_size(before);
	if (is_poisoned(after)) {
		relo->state = BU_CORE_POISONED;
		return;
	}
	relo->relocated = value_of(after);
	relo->relocated_size = access_size(after);
	if (relo->relocated != relo->compiled || relo->relocated_size != relo->compiled_size)
		relo->state = BU_CORE_CHANGED;
}

static void explain(const struct bu_prog *prog, const struct bu_core_spec *spec,
		    struct bu_core_relo *relo)
{
	struct bu_kernel *kernel = prog->object.kernel;
	struct bu_btf *vmlinux = bu_vmlinux_btf(kernel);
	char title[160];

	bu_core_explain(spec, vmlinux, bu_vmlinux_title(kernel, title, sizeof(title)),
			relo->missing, sizeof(relo->missing));
}

static struct bu_core_relo *new_relo(struct list *list)
{
	struct bu_core_relo *grown =
		reallocarray(list->relos, list->count + 1, sizeof(*list->relos));

	list->failed = list->failed || !grown;
	if (!grown)
		return NULL;
	list->relos = grown;
	memset(&grown[list->count], 0, sizeof(*grown));
	return &grown[list->count++];
}

static void add(struct list *list, const struct bu_func *func, const struct match *match,
		const struct relo_record *record)
{
	const char *access = bu_btf_string(&match->source->btf, record->access_str_off);
	struct bu_core_spec spec = { &match->source->btf, record->type_id, access, record->kind };
	u32 index = func->start + (record->insn_off - match->offset) / INSN;
	struct bpf_insn before[2];
	struct bu_core_relo *relo = access ? new_relo(list) : NULL;

	if (!relo)
		return;
	before[0] = insn_at(match->code + record->insn_off);
	before[1] = before[0];
	if (index + 1 < func->end)
		before[1] = insn_at(match->code + record->insn_off + INSN);
	relo->insn = index;
	relo->kind = record->kind;
	compare(relo, before, &list->prog->insns[index]);
	bu_core_spell(&spec, relo->access, sizeof(relo->access));
	if (relo->state == BU_CORE_POISONED)
		explain(list->prog, &spec, relo);
}

/* The records of one section, which begin at `at`. */
static void add_records(struct list *list, const struct bu_func *func, const struct match *match,
			const u8 *at, u32 count, u32 size)
{
	u32 end = match->offset + (func->end - func->start) * INSN;
	struct relo_record record;

	for (; count; count--, at += size) {
		memcpy(&record, at, sizeof(record));
		if (record.insn_off >= match->offset && record.insn_off < end &&
		    record.insn_off % INSN == 0)
			add(list, func, match, &record);
	}
}

/* The part of .BTF.ext with the relocations: a record's size, then for each section its name, the
 * number of records, and these. */
static void add_of_sections(struct list *list, const struct bu_func *func,
			    const struct match *match, const char *name, const u8 *at, u64 left)
{
	u32 size, head[2];

	if (left < sizeof(size))
		return;
	memcpy(&size, at, sizeof(size));
	at += sizeof(size);
	left -= sizeof(size);
	while (size >= sizeof(struct relo_record) && left >= sizeof(head)) {
		const char *section;

		memcpy(head, at, sizeof(head));
		at += sizeof(head);
		left -= sizeof(head);
		if ((u64)head[1] * size > left)
			return;
		section = bu_btf_string(&match->source->btf, head[0]);
		if (section && !strcmp(section, name))
			add_records(list, func, match, at, head[1], size);
		at += (u64)head[1] * size;
		left -= (u64)head[1] * size;
	}
}

static void add_of_function(struct list *list, const struct bu_func *func,
			    const struct match *match)
{
	struct bu_elf_section ext, section;
	struct ext_header header;
	struct bu_elf elf;
	u64 begin;

	if (!bu_elf_open(&elf, match->source->image, match->source->image_size) ||
	    !find_section(&elf, ".BTF.ext", &ext) || ext.size < sizeof(header) ||
	    !bu_elf_section(&elf, match->section, &section))
		return;
	memcpy(&header, ext.data, sizeof(header));
	begin = (u64)header.hdr_len + header.core_off;
	if (header.hdr_len < sizeof(header) || begin > ext.size ||
	    header.core_len > ext.size - begin)
		return;
	add_of_sections(list, func, match, section.name, ext.data + begin, header.core_len);
}

static int by_insn(const void *a, const void *b)
{
	const struct bu_core_relo *one = a, *other = b;

	return one->insn < other->insn ? -1 : one->insn > other->insn;
}

u32 bu_core_relos(const struct bu_prog *prog, struct bu_core_relo **relos)
{
	struct list list = { .prog = prog };

	for (u32 i = 0; i < prog->nr_funcs && !list.failed; i++) {
		struct search search = { .prog = prog, .func = &prog->funcs[i] };

		if (!search.func->name[0])
			continue;
		bu_vmlinux_for_each_source(look_into, &search);
		if (search.best.source)
			add_of_function(&list, search.func, &search.best);
	}
	*relos = list.relos;
	if (list.count)
		qsort(list.relos, list.count, sizeof(*list.relos), by_insn);
	return list.count;
}

const char *bu_core_kind_name(u32 kind)
{
	/* Source: core_relo_kind_str(), tools/lib/bpf/relo_core.c (1.5). */
	static const char *const names[] = {
		"byte_off",       "byte_sz",       "field_exists",   "signed",      "lshift_u64",
		"rshift_u64",     "local_type_id", "target_type_id", "type_exists", "type_size",
		"enumval_exists", "enumval_value", "type_matches",
	};

	return kind < BU_ARRAY_SIZE(names) ? names[kind] : "unknown";
}

bool bu_core_missing(const struct bu_prog *prog, u32 insn, char *text, size_t size)
{
	struct bu_core_relo *relos;
	u32 count = bu_core_relos(prog, &relos);
	bool found = false;

	for (u32 i = 0; i < count && !found; i++) {
		found = relos[i].insn == insn && relos[i].state == BU_CORE_POISONED;
		if (found)
			snprintf(text, size, "%s", relos[i].missing);
	}
	free(relos);
	return found;
}
