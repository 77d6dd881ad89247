#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# matrix.sh WORK ROOT LIBRARIES SKELETONS COMPILER LIBBPF OURS HOW
#
# Link everyday_test.c with COMPILER against libbpf (so, a) and bpfunit (so, a, both in turn), and run it. HOW: plain, lto (of the
# program and of bpfunit, which is built anew), static, static-pie, address, undefined, thread, valgrind. Exit
# status 77 where something that is needed is not installed.
set -euo pipefail
work=$1 root=$2 libraries=$3 skeletons=$4 compiler=$5 libbpf=$6 ours=$7 how=$8
here=$(dirname "$0")
mkdir -p "$work"

skip() {
	echo "skipped: $*"
	exit 77
}

need_archive() {
	[ -e "$("$compiler" -print-file-name="lib$1.a")" ] || skip "no lib$1.a"
}

compile=(-std=gnu11 -O1 -g -I"$root/framework/include" -I"$skeletons")
link=(-rdynamic) run=()
case $how in
lto)
	compile+=(-flto)
	if [ "$compiler" = clang ]; then
		command -v ld.lld >/dev/null || skip "no lld"
		link+=(-fuse-ld=lld)
	fi
	libraries=$work/lto/lib
	cmake -S "$root" -B "$work/lto" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON \
		-DCMAKE_BUILD_TYPE=Release -DBPFUNIT_BUILD_TESTS=OFF -DBPFUNIT_BUILD_EXAMPLES=OFF >"$work/lto.log" 2>&1 ||
		{ cat "$work/lto.log"; exit 1; }
	cmake --build "$work/lto" -j2 --target bpfunit bpfunit_static >"$work/lto.log" 2>&1 || { cat "$work/lto.log"; exit 1; }
	;;
static | static-pie) link=("-$how") ;;
address | undefined | thread)
	compile+=("-fsanitize=$how" -fno-sanitize-recover=all)
	link+=("-fsanitize=$how")
	export ASAN_OPTIONS=detect_stack_use_after_return=0
	;;
valgrind)
	command -v valgrind >/dev/null || skip "no valgrind"
	run=(valgrind -q --error-exitcode=99)
	;;
esac

if [ "$how" = static-pie ]; then
	compile+=(-fPIE)
fi
# libbpf and what bpfunit needs.
case $libbpf:$how in
so:*) rest=(-lbpf -lyaml -lelf -lz) ;;
a:static*)
	for archive in bpf yaml elf z; do
		need_archive $archive
	done
	rest=(-lbpf -lyaml -lelf -lz)
	;;
a:*)
	need_archive bpf
	rest=(-Wl,-Bstatic -lbpf -Wl,-Bdynamic -lyaml -lelf -lz)
	;;
esac

link_and_run() {
	local with
	if [ "$1" = so ]; then
		with=(-Wl,--no-as-needed -L"$libraries" -Wl,-rpath,"$libraries" -lbpfunit)
	else
		with=(-Wl,--undefined=syscall -Wl,--undefined=bpfunit_canary "$libraries/libbpfunit_static.a")
	fi
	"$compiler" "${compile[@]}" "$here/everyday_test.c" "$root/runner/main.c" -o "$work/everyday" "${link[@]}" \
		"${with[@]}" "${rest[@]}" -lpthread
	"${run[@]}" "$work/everyday"
}

if [ "$ours" = both ]; then
	link_and_run so
	link_and_run a
else
	link_and_run "$ours"
fi
