# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts here, which are called with: CMAKE SOURCE_DIR WORK_DIR BPFUNIT_DIR.
# Each makes a small project in $work and looks at what building it does.
set -euo pipefail
cmake=$1 here=$2 work=$3 bpfunit_dir=$4
ctest=$(dirname "$cmake")/ctest
rm -rf "$work"
mkdir -p "$work"

fail() {
	echo "$*" >&2
	exit 1
}

# write FILE: standard input becomes a file of the project.
write() {
	mkdir -p "$(dirname "$work/$1")"
	cat >"$work/$1"
}

# project: the head of CMakeLists.txt; standard input follows.
project() {
	{
		echo 'cmake_minimum_required(VERSION 3.25)'
		echo 'project(outside C)'
		echo 'find_package(bpfunit REQUIRED)'
		cat
	} >"$work/CMakeLists.txt"
}

configure() {
	"$cmake" -S "$work" -B "$work/build" -Dbpfunit_DIR="$bpfunit_dir" "$@"
}

build() {
	"$cmake" --build "$work/build" "$@"
}

run_ctest() {
	"$ctest" --test-dir "$work/build" "$@" 2>&1
}
