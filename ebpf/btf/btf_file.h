/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel BTF that is a file: raw, or in the .BTF section of an ELF file. */
#ifndef BU_BTF_FILE_H
#define BU_BTF_FILE_H

#include "ebpf/btf/btf.h"

/* The file's types, which stay for the life of the process; "host": those of the machine's kernel.
 * NULL with -errno in *error when they cannot be used; then `message` says what is wrong and what
 * to do. */
struct bu_btf *bu_btf_file(const char *path, int *error, char *message, size_t size);
/* The path that such types came from. */
const char *bu_btf_file_path(const struct bu_btf *btf);

/* A descriptor of the file when it is raw BTF: its content need not be copied then. Else -errno. */
int bu_btf_file_open(const struct bu_btf *btf, int flags);

#endif
