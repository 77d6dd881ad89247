/* SPDX-License-Identifier: BSD-2-Clause */
/* The section `env:`, one row for each setting. */
#include "framework/nearest.h"
#include "framework/seed_internal.h"

#include <bpfunit/env.h>
#include <string.h>

static int set_random_seed(u64 seed)
{
	bpfunit_set_random_seed(seed);
	return 0;
}

static int set_clock(u64 ns)
{
	bpfunit_clock_set_ns(ns);
	return 0;
}

static int set_boot_offset(u64 ns)
{
	bpfunit_clock_set_boot_offset_ns(ns);
	return 0;
}

static const struct setting { /* one of the setters is given */
	const char *name;
	int (*set32)(u32 value);
	int (*set64)(u64 value);
	int (*set_text)(const char *text);
} settings[] = {
	{ "pid", .set32 = bpfunit_set_pid },
	{ "tgid", .set32 = bpfunit_set_tgid },
	{ "tid", .set32 = bpfunit_set_tid },
	{ "ppid", .set32 = bpfunit_set_ppid },
	{ "uid", .set32 = bpfunit_set_uid },
	{ "gid", .set32 = bpfunit_set_gid },
	{ "comm", .set_text = bpfunit_set_comm },
	{ "cpu", .set32 = bpfunit_set_cpu },
	{ "cgroup_id", .set64 = bpfunit_set_cgroup_id },
	{ "clock_ns", .set64 = set_clock },
	{ "boot_offset_ns", .set64 = set_boot_offset },
	{ "random_seed", .set64 = set_random_seed },
};

static int apply_number(struct bu_seed *seed, const struct setting *setting, yaml_node_t *value)
{
	u64 number;
	int err = bu_seed_number(seed, value, setting->set32 ? UINT32_MAX : UINT64_MAX, &number);

	if (err)
		return err;
	if (!(setting->set32 ? setting->set32(number) : setting->set64(number)))
		return 0;
	if (setting->set32 == bpfunit_set_cpu)
		return bu_seed_error(seed, value, "there is no CPU %llu: the test has %u",
				     (unsigned long long)number, bpfunit_nr_cpus());
	return bu_seed_error(seed, value, "%s cannot be %llu", setting->name,
			     (unsigned long long)number);
}

static int apply_text(struct bu_seed *seed, const struct setting *setting, yaml_node_t *value)
{
	const char *text = bu_seed_text(value);
	char kind[128];

	if (!text || bu_seed_is_null(value))
		return bu_seed_error(seed, value, "text is expected here, not %s",
				     bu_seed_kind(value, kind, sizeof(kind)));
	/* The kernel cuts silently; who writes a longer name into a seed expects to see it. */
	if (strlen(text) > 15)
		return bu_seed_error(seed, value, "'%s' is too long for %s: 15 characters", text,
				     setting->name);
	return setting->set_text(text)
		       ? bu_seed_error(seed, value, "%s cannot be '%s'", setting->name, text)
		       : 0;
}

static int apply_setting(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value,
			 void *arg)
{
	const char *name = bu_seed_text(key);
	struct bu_nearest nearest;
	char hint[128];

	bu_nearest_begin(&nearest, name, strlen(name));
	for (size_t i = 0; i < BU_ARRAY_SIZE(settings); i++) {
		const struct setting *setting = &settings[i];

		if (!strcmp(setting->name, name))
			return setting->set_text ? apply_text(seed, setting, value)
						 : apply_number(seed, setting, value);
		bu_nearest_offer(&nearest, setting->name);
	}
	return bu_seed_error(seed, key, "the environment has no '%s'%s", name,
			     bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

int bu_seed_env(struct bu_seed *seed, yaml_node_t *node)
{
	return bu_seed_each_pair(seed, node, "env", apply_setting, NULL);
}
