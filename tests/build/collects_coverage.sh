#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# With BPFUNIT_COVERAGE_DIR set, or BPFUNIT_COVERAGE in the environment, a run of ctest leaves coverage.
. "$(dirname "$0")/lib.sh"

write object.bpf.c <"$here/cases/object.bpf.c"
write pass_test.c <<'END'
#include <bpfunit/bpfunit.h>
#include "object.skel.h"
static void pass(void)
{
	struct object_bpf *skel = BPFUNIT_LOAD(object_bpf);
	BPFUNIT_RUN_XDP(skel->progs.pass, bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, NULL));
}
BPF_TEST(pass, once) { pass(); }
BPF_TEST(pass, twice) { pass(); pass(); }
END
project <<'END'
bpfunit_bpf_object(object object.bpf.c)
bpfunit_add_test(pass_test SOURCES pass_test.c OBJECTS object)
END
bpfunit=$(realpath "$bpfunit_dir/../../../bin/bpfunit")

configure -DBPFUNIT_COVERAGE_DIR="$work/by-variable"
build
run_ctest -j 2 --no-tests=error
"$bpfunit" coverage "$work/by-variable" | grep -E '^pass +xdp .*100.0 %' || fail "no coverage by the variable"
"$bpfunit" coverage "$work/by-variable" --listing - | grep -E '^ +3 .*exit' || fail "not three runs"

configure -DBPFUNIT_COVERAGE_DIR=
export BPFUNIT_COVERAGE=$work/by-environment
run_ctest --no-tests=error
"$bpfunit" coverage "$work/by-environment" | grep -E '^pass +xdp' || fail "no coverage by the environment"
