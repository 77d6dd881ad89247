#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An edited header compiles the object and the skeleton anew; without an edit nothing is compiled.
. "$(dirname "$0")/lib.sh"

write limits.h <<<'#define LIMIT 1'
write object.bpf.c <<'END'
#include "limits.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
int limit = LIMIT;
SEC("xdp") int pass(struct xdp_md *ctx) { return limit; }
END
project <<<'bpfunit_bpf_object(object object.bpf.c)
add_custom_target(everything ALL)
add_dependencies(everything object)'

configure
grep -q 'Compiling BPF source' <<<"$(build)" || fail "nothing was compiled at first"
before=$(sha1sum <"$work/build/object.bpf.dir/skel/object.skel.h")
if grep -q 'Compiling BPF source' <<<"$(build)"; then
	fail "compiled again without an edit"
fi
sleep 1
write limits.h <<<'#define LIMIT 2'
grep -q 'Compiling BPF source' <<<"$(build)" || fail "not compiled after the header was edited"
after=$(sha1sum <"$work/build/object.bpf.dir/skel/object.skel.h")
[ "$before" != "$after" ] || fail "the skeleton is the old one"
