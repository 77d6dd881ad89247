# SPDX-License-Identifier: BSD-2-Clause
# The symbols of libc (and libelf) that the library answers for, as one extended regular expression; sourced.
INTERPOSED='elf_memory|syscall|socket|ioctl|mmap(64)?|epoll_p?wait2?|p?poll|open(64)?|openat(64)?|fopen(64)?|access|faccessat2?|f?statfs(64)?|f?stat(64)?|lstat(64)?|fstatat(64)?|mkdir|unlink|rmdir|uname|close(_range)?|dup[23]'
