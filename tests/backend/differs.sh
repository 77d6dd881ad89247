#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# differs.sh SAMPLE: a difference fails the test and is told with both sides; so is a refusal by the verifier.
. "$(dirname "$0")/lib.sh"
needs_kernel
out=$("$1" --backend=diff --format=plain 'other.*')
status=$?
[ $status -eq 1 ] || fail "exit status $status, not 1: $out"
for wanted in \
	"program 'count' (xdp): the VM and this machine's kernel differ" \
	"map 'backend_.bss', key" \
	"VM:     { .total = " \
	"kernel: { .total = 47" \
	"program 'target' (xdp): the VM and this machine's kernel differ" \
	"packet: differs from byte 0 on; VM 47 bytes, kernel 47 bytes" \
	"0000: ee 00 00 00 00 02" \
	"0000: 02 00 00 00 00 02" \
	"program 'careless' (raw_tracepoint): the VM and this machine's kernel differ" \
	"the VM runs it; the kernel refuses to load it: Permission denied" \
	"R0 invalid mem access" \
	"0 passed, 3 failed, 0 skipped" \
	"3 runs compared with this machine's kernel: 3 differ; 0 not compared"; do
	grep -qF -- "$wanted" <<<"$out" || fail "not told: $wanted
$out"
done
grep -q 'backend_sample.c:[0-9]*: program' <<<"$out" || fail "the place of the run is not told: $out"
refuses=other.the_kernel_refuses
out=$("$1" --backend=diff --refused=skip --format=plain $refuses) || fail "a refused program is no failure now: $out"
grep -q '^  1 not: the kernel refuses the program$' <<<"$out" || fail "not told that it was not compared: $out"
out=$("$1" --backend=kernel --refused=fail --format=plain $refuses)
[ $? -eq 1 ] || fail "a refused program is a failure: $out"
grep -q "cannot load 'backend_bpf'" <<<"$out" || fail "what failed is not told: $out"
out=$("$1" --backend=kernel --refused=skip --format=plain $refuses)
[ $? -eq 77 ] || fail "the test is not skipped: $out"
grep -q "refuses 'careless': R0 invalid mem access" <<<"$out" || fail "the verifier's words are not told: $out"
out=$("$1" --backend=vm --refused=maybe 2>&1) && fail "an unknown choice is taken"
out=$("$1" --backend=vm 'other.*') || fail "without comparison these pass: $out"
grep -q 'compared' <<<"$out" && fail "the VM alone compares nothing: $out"
out=$("$1" --backend=diff --format=plain same.chance) || fail "chance differs: $out"
grep -q '^4 runs compared with .* 0 not compared$' <<<"$out" || fail "chance is not compared: $out"
tap=$("$1" --backend=diff --format=tap 'same.*')
grep -q '^# [0-9]* runs compared with' <<<"$tap" || fail "TAP does not tell the counts: $tap"
grep -q '^#   1 not: calls a helper that is mocked$' <<<"$tap" || fail "TAP does not tell reasons: $tap"
