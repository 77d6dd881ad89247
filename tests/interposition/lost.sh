#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lost.sh WORK ROOT LIBRARIES SKELETONS CASE: where libbpf's calls would reach the machine's kernel, the program stops and
# says what to do.
set -euo pipefail
work=$1 root=$2 libraries=$3 skeletons=$4 case=$5
here=$(dirname "$0")
unset BPFUNIT_HOST_BPF # which lets them pass
mkdir -p "$work"
compile=(gcc -std=gnu11 -I"$root/framework/include" -I"$skeletons")
shared=(-L"$libraries" -Wl,-rpath,"$libraries" -Wl,--no-as-needed)
static=("$libraries/libbpfunit_static.a" -lyaml -lelf)

case $case in
shared_behind_libc)
	"${compile[@]}" "$here/everyday_test.c" "$root/runner/main.c" -o "$work/lost" "${shared[@]}" -lc -lbpf -lbpfunit
	pattern='put bpfunit before libbpf and libc'
	;;
static_behind_libc)
	"${compile[@]}" "$here/everyday_test.c" "$root/runner/main.c" -o "$work/lost" -lc "${static[@]}" -lbpf
	pattern='put bpfunit before libbpf and libc'
	;;
static_hidden)
	"${compile[@]}" "$here/everyday_test.c" "$root/runner/main.c" -o "$work/lost" \
		-Wl,--undefined=syscall,--exclude-libs,ALL "${static[@]}" -lbpf
	pattern='do not hide its symbols'
	;;
deepbind)
	"${compile[@]}" -shared -fPIC "$here/plugin.c" -o "$work/plugin.so"
	"${compile[@]}" -DPLUGIN="\"$work/plugin.so\"" "$here/deepbind_test.c" "$root/runner/main.c" -o "$work/lost" \
		"${shared[@]}" -lbpfunit -lbpf
	pattern='RTLD_DEEPBIND'
	;;
esac
if output=$("$work/lost" 2>&1); then
	echo "$output"
	echo "it ran"
	exit 1
fi
if ! grep -q -- "$pattern" <<<"$output"; then
	echo "$output"
	echo "not a word of: $pattern"
	exit 1
fi
