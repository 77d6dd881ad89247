#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Generators of several configurations at once work, and so do paths with blanks.
. "$(dirname "$0")/lib.sh"

work="$work/a path"
mkdir "$work"
write object.bpf.c <"$here/cases/object.bpf.c"
write pass_test.c <<'END'
#include <bpfunit/bpfunit.h>
#include "object.skel.h"
BPF_TEST(pass, passes)
{
	struct object_bpf *skel = BPFUNIT_LOAD(object_bpf);
	EXPECT_RUN_XDP(skel->progs.pass, bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, NULL), XDP_PASS);
	ASSERT_NOT_NULL(BPFUNIT_LOAD_FILE(BPFUNIT_OBJECT_object));
}
END
project <<'END'
bpfunit_bpf_object(object object.bpf.c)
bpfunit_add_test(pass_test SOURCES pass_test.c OBJECTS object)
END
for generator in 'Unix Makefiles' 'Ninja' 'Ninja Multi-Config'; do
	rm -rf "$work/build"
	configure -G "$generator"
	build --config Debug
	run_ctest -C Debug --output-on-failure --no-tests=error
done
