#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Without CMake: pkg-config and the compiler, --as-needed included.
. "$(dirname "$0")/lib.sh"
PKG_CONFIG_PATH=$(dirname "$(find "$bpfunit" -name bpfunit-main.pc)")
export PKG_CONFIG_PATH
read -ra cflags <<<"$(pkg-config --cflags bpfunit-main)"
read -ra libs <<<"$(pkg-config --libs bpfunit-main)"
cat >"$work/plain_test.c" <<'END'
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>

BPF_TEST(plain, maps_are_emulated)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, 8, 2, NULL);
	__u32 key = 1;
	__u64 value = 7;

	ASSERT_OK(fd);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &value, 0));
	value = 0;
	EXPECT_OK(bpf_map_lookup_elem(fd, &key, &value));
	EXPECT_EQ(value, 7);
}
END
${CC:-cc} -Wl,--as-needed "${cflags[@]}" -o "$work/plain_test" "$work/plain_test.c" "${libs[@]}"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir bpfunit) "$work/plain_test"
