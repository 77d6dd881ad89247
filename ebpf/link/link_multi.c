/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of one program to many functions of the kernel (kprobe.multi), and what they share with
 * those to many places of a file (link_uprobe_multi.c). Source: bpf_kprobe_multi_link_attach(),
 * bpf_kprobe_multi_link_fill_link_info(), kernel/trace/bpf_trace.c (6.18). Differs: which functions
 * there are is said in ebpf/link/symbols.h.
 */
#include "ebpf/link/link_multi.h"

#include "ebpf/kernel.h"
#include "ebpf/link/symbols.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 512 /* Source: KSYM_NAME_LEN */

static void free_multi(struct bu_multi *multi)
{
	free(multi->path);
	free(multi->places);
	free(multi);
}

int bu_multi_attach(struct bu_link *link, const struct bu_link_request *request,
		    int (*fill)(struct bu_multi *, const struct bu_link_request *))
{
	struct bu_multi *multi = calloc(1, sizeof(*multi));
	int err;

	if (!multi)
		return -ENOMEM;
	err = fill(multi, request);
	if (err)
		free_multi(multi);
	else
		link->priv = multi;
	return err;
}

void bu_multi_detach(struct bu_link *link)
{
	(void)link;
}

void bu_multi_release(struct bu_link *link)
{
	free_multi(link->priv);
}

int bu_multi_get(struct bu_multi *multi, u64 user, size_t field)
{
	int err = 0;

	for (u32 i = 0; !err && i < multi->count; i++)
		err = bu_copy_from_user((u8 *)&multi->places[i] + field, user + i * sizeof(u64),
					sizeof(u64));
	return err;
}

int bu_multi_put(const struct bu_multi *multi, u64 user, u32 room, size_t field)
{
	int err = 0;

	for (u32 i = 0; user && !err && i < BU_MIN(room, multi->count); i++)
		err = bu_copy_to_user(user + i * sizeof(u64), (u8 *)&multi->places[i] + field,
				      sizeof(u64));
	return err;
}

static bool is_session(u32 attach_type)
{
	return attach_type == BU_ATTACH_KPROBE_SESSION || attach_type == BU_ATTACH_UPROBE_SESSION;
}

bool bu_multi_at_entry(const struct bu_link *link)
{
	const struct bu_multi *multi = link->priv;

	return !(multi->flags & BU_MULTI_RETURN);
}

bool bu_multi_at_return(const struct bu_link *link)
{
	return !bu_multi_at_entry(link) || is_session(link->attach_type);
}

static int check(const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	const struct bu_prog *prog = request->prog;

	if (attr->flags || prog->flags & BPF_F_SLEEPABLE)
		return -EINVAL;
	if (prog->expected_attach_type != BPF_TRACE_KPROBE_MULTI &&
	    prog->expected_attach_type != BU_ATTACH_KPROBE_SESSION)
		return -EINVAL;
	if (attr->kprobe_multi.flags & ~BU_MULTI_RETURN)
		return -EINVAL;
	if (!attr->kprobe_multi.addrs == !attr->kprobe_multi.syms || !attr->kprobe_multi.cnt)
		return -EINVAL;
	return attr->kprobe_multi.cnt > BU_MULTI_MAX ? -E2BIG : 0;
}

static int copy_name(char name[NAME_SIZE], u64 user)
{
	long length = bu_string_from_user(name, user, NAME_SIZE);

	if (length < 0)
		return -EFAULT;
	return length < NAME_SIZE ? 0 : -E2BIG;
}

/* The pointer to a name that lies in place->at becomes the function's address. */
static int find_symbol(struct bu_kernel *kernel, struct bu_multi_place *place)
{
	const struct bu_symbol *symbol;
	char name[NAME_SIZE];
	int err = copy_name(name, place->at);

	if (err)
		return err;
	symbol = bu_symbol_find(kernel, name);
	if (!symbol || !bu_symbol_is_function(symbol))
		return -ESRCH;
	place->at = symbol->address;
	place->name = symbol->name;
	return 0;
}

static int find_address(struct bu_kernel *kernel, struct bu_multi_place *place)
{
	const struct bu_symbol *symbol = bu_symbol_at(kernel, place->at);

	if (!symbol || symbol->address != place->at || !bu_symbol_is_function(symbol))
		return -EINVAL;
	place->name = symbol->name;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bu_multi_place *)a)->name,
		      ((const struct bu_multi_place *)b)->name);
}

static int by_address(const void *a, const void *b)
{
	u64 x = ((const struct bu_multi_place *)a)->at, y = ((const struct bu_multi_place *)b)->at;

	return x < y ? -1 : x > y;
}

/* In the order of names; of two that are equal the second is not found. */
static int sort_names(struct bu_multi *multi)
{
	qsort(multi->places, multi->count, sizeof(*multi->places), by_name);
	for (u32 i = 1; i < multi->count; i++) {
		if (multi->places[i].at == multi->places[i - 1].at)
			return -ESRCH;
	}
	return 0;
}

static int find_places(struct bu_multi *multi, const struct bu_link_request *request)
{
	u64 syms = request->attr->kprobe_multi.syms, addrs = request->attr->kprobe_multi.addrs;
	int err = bu_multi_get(multi, syms ? syms : addrs, offsetof(struct bu_multi_place, at));

	for (u32 i = 0; !err && i < multi->count; i++)
		err = syms ? find_symbol(request->kernel, &multi->places[i])
			   : find_address(request->kernel, &multi->places[i]);
	return err;
}

static int fill(struct bu_multi *multi, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	int err = 0;

	multi->count = attr->kprobe_multi.cnt;
	multi->flags = attr->kprobe_multi.flags;
	multi->has_cookies = attr->kprobe_multi.cookies;
	multi->places = calloc(multi->count, sizeof(*multi->places));
	if (!multi->places)
		return -ENOMEM;
	if (multi->has_cookies)
		err = bu_multi_get(multi, attr->kprobe_multi.cookies,
				   offsetof(struct bu_multi_place, cookie));
	if (!err)
		err = find_places(multi, request);
	if (!err && attr->kprobe_multi.syms)
		err = sort_names(multi);
	if (!err && multi->has_cookies)
		qsort(multi->places, multi->count, sizeof(*multi->places), by_address);
	return err;
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	int err = check(request);

	return err ? err : bu_multi_attach(link, request, fill);
}

static int describe(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_multi *multi = link->priv;
	u32 room = info->kprobe_multi.count;
	int err;

	if (!info->kprobe_multi.addrs != !room || (info->kprobe_multi.cookies && !room))
		return -EINVAL;
	info->kprobe_multi.count = multi->count;
	info->kprobe_multi.flags = multi->flags;
	info->kprobe_multi.missed = 0;
	if (!room)
		return 0;
	err = bu_multi_put(multi, info->kprobe_multi.cookies, room,
			   offsetof(struct bu_multi_place, cookie));
	if (!err)
		err = bu_multi_put(multi, info->kprobe_multi.addrs, room,
				   offsetof(struct bu_multi_place, at));
	return !err && room < multi->count ? -ENOSPC : err;
}

const struct bu_link_type bu_link_kprobe_multi = {
	.type = BU_LINK_KPROBE_MULTI,
	.name = "kprobe_multi",
	.attach = attach,
	.detach = bu_multi_detach,
	.release = bu_multi_release,
	.info = describe,
};
