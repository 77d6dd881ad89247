/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of kernel symbols: an array in the order of discovery with a hash table of names beside
 * it and, when first asked, an index by address. What opened objects and the kernel's BTF name is
 * added when they have changed since the last look; nothing is ever removed, so addresses stay.
 */
#include "ebpf/link/symbols.h"

#include "ebpf/btf/btf_join.h"
#include "ebpf/btf/section_names.h"
#include "ebpf/kernel.h"
#include "ebpf/link/kernel_call.h"
#include "ebpf/syscall.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define TEXT_START 0xffffffff81000000
#define DATA_START 0xffffffff82000000

struct bu_symbols {
	struct bu_symbol *list;
	u32 nr, capacity;
	u32 *table, table_size; /* indices + 1 by hash of the name; a power of two */
	u32 *by_address;        /* indices; NULL: to be made */
	u64 next_text, next_data;
	u32 generation;         /* of the noted objects that were looked at */
	struct bu_btf *kernels; /* chosen, not made of objects; NULL: it is made of them */
};

static u32 hash(const char *name)
{
	u32 h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (u8)*name) * 16777619;
	return h;
}

/* Where the name's index is, or would be. */
static u32 *slot_of(const struct bu_symbols *symbols, const char *name)
{
	for (u32 i = hash(name);; i++) {
		u32 *slot = &symbols->table[i & (symbols->table_size - 1)];

		if (!*slot || !strcmp(symbols->list[*slot - 1].name, name))
			return slot;
	}
}

static int grow(struct bu_symbols *symbols)
{
	u32 capacity = symbols->capacity ? symbols->capacity * 2 : 256;
	struct bu_symbol *list;
	u32 *table;

	if (symbols->nr < symbols->capacity)
		return 0;
	list = reallocarray(symbols->list, capacity, sizeof(*list));
	if (list)
		symbols->list = list;
	table = list ? calloc(capacity * 2, sizeof(*table)) : NULL;
	if (!table)
		return -ENOMEM;
	free(symbols->table);
	symbols->table = table;
	symbols->table_size = capacity * 2;
	symbols->capacity = capacity;
	for (u32 i = symbols->nr; i-- > 0;)
		*slot_of(symbols, list[i].name) = i + 1;
	return 0;
}

static u64 take_address(struct bu_symbols *symbols, char type)
{
	u64 *next = tolower(type) == 't' ? &symbols->next_text : &symbols->next_data;

	*next += BU_SYMBOL_SIZE;
	return *next - BU_SYMBOL_SIZE;
}

/* Append a symbol; address 0: choose one. */
static int add(struct bu_symbols *symbols, const struct bu_symbol *symbol)
{
	struct bu_symbol *copy;
	int err = grow(symbols);
	u32 *slot;

	if (err)
		return err;
	copy = &symbols->list[symbols->nr];
	*copy = *symbol;
	copy->name = strdup(symbol->name);
	copy->module = symbol->module ? strdup(symbol->module) : NULL;
	if (!copy->name || (symbol->module && !copy->module)) {
		free((char *)copy->name);
		return -ENOMEM;
	}
	if (!copy->address)
		copy->address = take_address(symbols, copy->type);
	slot = slot_of(symbols, copy->name);
	symbols->nr++;
	if (*slot)
		symbols->list[*slot - 1].duplicate = true;
	else
		*slot = symbols->nr;
	free(symbols->by_address);
	symbols->by_address = NULL;
	return 0;
}

static void add_named(struct bu_symbols *symbols, const char *name, char type)
{
	struct bu_symbol symbol = { .name = name, .type = type };

	if (*name && (!symbols->nr || !*slot_of(symbols, name)))
		add(symbols, &symbol);
}

/* "module:func+0x10" and patterns: the function's name, or one that the pattern fits. */
static void add_function(struct bu_symbols *symbols, const char *spelled)
{
	const char *colon = strchr(spelled, ':');
	char name[256];
	size_t len = 0;

	for (const char *at = colon ? colon + 1 : spelled; *at && *at != '+'; at++) {
		const char *insert = *at == '*' ? "any" : NULL;

		if (len + 4 > sizeof(name))
			return;
		if (insert)
			len = stpcpy(name + len, insert) - name;
		else
			name[len++] = *at == '?' ? 'x' : *at;
	}
	name[len] = '\0';
	add_named(symbols, name, 'T');
}

static void add_section_name(enum bu_section_kind kind, const char *name, void *arg)
{
	char syscall[128];

	if (kind == BU_SECTION_FUNCTION)
		add_function(arg, name);
	if (kind != BU_SECTION_SYSCALL)
		return;
	snprintf(syscall, sizeof(syscall), BU_SYSCALL_PREFIX "%s", name);
	add_named(arg, syscall, 'T');
}

/* Whether a kernel's own types do not have what an object declares with a type. Its types tell of
 * no symbol without one. */
static bool is_lacking(struct bu_btf *kernels, const struct bu_btf *btf,
		       const struct btf_type *declared, const char *name)
{
	u32 kind = BTF_INFO_KIND(declared->info);
	const struct btf_type *of = bu_btf_skip_modifiers(btf, declared->type);

	if (!kernels || (kind == BTF_KIND_VAR && (!of || !of->info)))
		return false;
	return !bu_btf_find(kernels, name, kind);
}

/* The externs of a .ksyms section: functions, and variables typed or not. */
static void add_externs(struct bu_symbols *symbols, const struct bu_btf *btf,
			const struct btf_type *section)
{
	const struct btf_var_secinfo *member = (const void *)(section + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(section->info); i++) {
		const struct btf_type *type = bu_btf_type(btf, member[i].type);
		const char *name = type ? bu_btf_string(btf, type->name_off) : NULL;

		if (name && !is_lacking(symbols->kernels, btf, type, name))
			add_named(symbols, name,
				  BTF_INFO_KIND(type->info) == BTF_KIND_FUNC ? 'T' : 'D');
	}
}

static int add_object(const struct bu_btf_source *source, void *arg)
{
	const struct bu_btf *btf = &source->btf;

	bu_section_names(source, add_section_name, arg);
	for (u32 id = 1; id < btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(btf, id);
		const char *name = bu_btf_string(btf, type->name_off);

		if (BTF_INFO_KIND(type->info) == BTF_KIND_DATASEC && name &&
		    !strcmp(name, ".ksyms"))
			add_externs(arg, btf, type);
	}
	return 0;
}

static void add_btf(struct bu_symbols *symbols, const struct bu_btf *btf)
{
	for (u32 id = 1; btf && id < btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(btf, id);

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC)
			add_named(symbols, bu_btf_string(btf, type->name_off), 'T');
	}
}

/* A line of kallsyms: address, type, name, and perhaps [module]. */
static void add_line(struct bu_symbols *symbols, const char *line)
{
	char name[512], module[64] = "", type;
	struct bu_symbol symbol = { .name = name };
	unsigned long long address;

	if (sscanf(line, "%llx %c %511s [%63[^]]]", &address, &type, name, module) < 3)
		return;
	symbol.address = address;
	symbol.type = type;
	symbol.module = *module ? module : NULL;
	add(symbols, &symbol);
}

static void add_file(struct bu_kernel *kernel, struct bu_symbols *symbols)
{
	const char *path = getenv("BPFUNIT_KALLSYMS");
	size_t capacity = 0;
	char *line = NULL;
	FILE *file;
	int fd;

	if (!path || !*path)
		return;
	/* The host's file, also if it is called /proc/kallsyms. */
	fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file) {
		bu_warn(kernel, "BPFUNIT_KALLSYMS: cannot read %s", path);
		return;
	}
	while (getline(&line, &capacity, file) > 0)
		add_line(symbols, line);
	free(line);
	fclose(file);
}

static void add_text(const char *name, void *arg)
{
	add_named(arg, name, 'T');
}

/* What is there whatever objects say: libbpf finds out by the first how system calls' functions are
 * called. */
static struct bu_symbols *make(struct bu_kernel *kernel)
{
	struct bu_symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->next_text = TEXT_START;
	symbols->next_data = DATA_START;
	add_file(kernel, symbols);
	add_named(symbols, "_text", 'T');
	add_named(symbols, BU_SYSCALL_PREFIX "bpf", 'T');
	add_named(symbols, "__bpf_call_base", 'T');
	bu_kernel_call_names(add_text, symbols);
	return symbols;
}

/* The table with all that is known now; NULL: out of memory. */
static struct bu_symbols *present(struct bu_kernel *kernel)
{
	struct bu_symbols *symbols = kernel->symbols;
	u32 generation = bu_vmlinux_generation();
	struct bu_btf *vmlinux;

	if (!symbols)
		kernel->symbols = symbols = make(kernel);
	if (!symbols || !symbols->nr)
		return NULL;
	if (symbols->generation != generation) {
		symbols->generation = generation;
		vmlinux = bu_vmlinux_btf(kernel); /* which also makes the choice */
		symbols->kernels = kernel->btf_choice == BU_BTF_FILE ? vmlinux : NULL;
		bu_vmlinux_for_each_source(add_object, symbols);
		add_btf(symbols, vmlinux);
	}
	return symbols;
}

const struct bu_symbol *bu_symbol_find(struct bu_kernel *kernel, const char *name)
{
	struct bu_symbols *symbols = present(kernel);
	const char *colon = strchr(name, ':');
	u32 index = symbols ? *slot_of(symbols, colon ? colon + 1 : name) : 0;

	return index ? &symbols->list[index - 1] : NULL;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct bu_symbol *list = arg;
	u64 first = list[*(const u32 *)a].address, second = list[*(const u32 *)b].address;

	return first < second ? -1 : first > second;
}

static bool sort(struct bu_symbols *symbols)
{
	if (symbols->by_address)
		return true;
	symbols->by_address = malloc(symbols->nr * sizeof(*symbols->by_address));
	if (!symbols->by_address)
		return false;
	for (u32 i = 0; i < symbols->nr; i++)
		symbols->by_address[i] = i;
	qsort_r(symbols->by_address, symbols->nr, sizeof(*symbols->by_address), compare,
		symbols->list);
	return true;
}

/* How many symbols are at or before the address, in order of addresses; 0 also without memory. */
static u32 count_up_to(struct bu_symbols *symbols, u64 address)
{
	u32 low = 0, high = symbols && sort(symbols) ? symbols->nr : 0;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (symbols->list[symbols->by_address[middle]].address > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct bu_symbol *bu_symbol_at(struct bu_kernel *kernel, u64 address)
{
	struct bu_symbols *symbols = present(kernel);
	u32 count = count_up_to(symbols, address);
	const struct bu_symbol *found =
		count ? &symbols->list[symbols->by_address[count - 1]] : NULL;

	/* The last one of the table has no neighbour that would tell its end. */
	if (found && count == symbols->nr && address - found->address >= BU_SYMBOL_SIZE)
		return NULL;
	return found;
}

u64 bu_symbol_size(struct bu_kernel *kernel, const struct bu_symbol *symbol)
{
	struct bu_symbols *symbols = present(kernel);
	u32 count = count_up_to(symbols, symbol->address);

	if (!count || count == symbols->nr)
		return BU_SYMBOL_SIZE;
	return symbols->list[symbols->by_address[count]].address - symbol->address;
}

bool bu_symbol_is_function(const struct bu_symbol *symbol)
{
	return tolower(symbol->type) == 't' || tolower(symbol->type) == 'w';
}

int bu_symbol_add(struct bu_kernel *kernel, const char *name, char type)
{
	struct bu_symbols *symbols = present(kernel);
	struct bu_symbol symbol = { .name = name, .type = type };

	if (!*name || strpbrk(name, " \t\n"))
		return -EINVAL;
	if (!symbols)
		return -ENOMEM;
	return *slot_of(symbols, name) ? 0 : add(symbols, &symbol);
}

int bu_symbol_for_each(struct bu_kernel *kernel,
		       int (*visit)(const struct bu_symbol *symbol, void *arg), void *arg)
{
	struct bu_symbols *symbols = present(kernel);
	int result = 0;

	if (!symbols)
		return -ENOMEM;
	for (u32 i = 0; !result && i < symbols->nr; i++)
		result = visit(&symbols->list[i], arg);
	return result;
}

const struct bu_symbol *bu_symbol_nth(struct bu_kernel *kernel, u64 n)
{
	const struct bu_symbols *symbols = present(kernel);

	return symbols && n < symbols->nr ? &symbols->list[n] : NULL;
}

void bu_symbols_free(struct bu_symbols *symbols)
{
	if (!symbols)
		return;
	for (u32 i = 0; i < symbols->nr; i++) {
		free((char *)symbols->list[i].name);
		free((char *)symbols->list[i].module);
	}
	free(symbols->list);
	free(symbols->table);
	free(symbols->by_address);
	free(symbols);
}
