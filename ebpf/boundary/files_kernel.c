/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual files about the kernel as a whole: its BTF, configuration, version, CPUs and mounts. */
#include "ebpf/boundary/files.h"
#include "ebpf/boundary/mounts.h"
#include "ebpf/btf/btf_file.h"
#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>

int bu_file_vmlinux(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	const struct bu_btf *btf = bu_vmlinux_btf(kernel);

	if (btf && out)
		bu_bytes_add(out, btf->data, btf->size);
	return btf ? 0 : -ENOENT;
}

/* The file itself, where the kernel's BTF is one. */
int bu_open_vmlinux(struct bu_kernel *kernel, const char *rest, int flags)
{
	struct bu_btf *btf = bu_vmlinux_btf(kernel);
	int fd = btf && btf->shared ? bu_btf_file_open(btf->shared, flags) : -ENOENT;

	return fd >= 0 ? fd : BU_FILE_CONTENT;
}

int bu_file_cpus(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	if (kernel->nr_cpus > 1)
		bu_file_print(out, "0-%u\n", kernel->nr_cpus - 1);
	else
		bu_file_print(out, "0\n");
	return 0;
}

/* Readers of compressed files take plain ones as well. */
int bu_file_config(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	static const char config[] =
		"#\n# Automatically generated file; DO NOT EDIT.\n" /* what bpftool knows it by */
#define BU_CONFIG(name, value) "CONFIG_" name "=" value "\n"
#include "ebpf/boundary/kconfig.def"
#undef BU_CONFIG
		;

	if (out)
		bu_bytes_add(out, config, sizeof(config) - 1);
	return 0;
}

int bu_file_mounts(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	size_t size = 0;
	char *text = out ? bu_mounts_content(&size) : NULL;

	if (text)
		bu_bytes_add(out, text, size);
	free(text);
	return out && !text ? -ENOMEM : 0;
}

static const char *release(const struct bu_kernel *kernel)
{
	return *kernel->env.release ? kernel->env.release : BU_KERNEL_RELEASE;
}

int bu_file_release(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	bu_file_print(out, "%s\n", release(kernel));
	return 0;
}

int bu_file_version(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	bu_file_print(out, "Linux version %s (bpfunit) #1 SMP PREEMPT_DYNAMIC\n", release(kernel));
	return 0;
}
