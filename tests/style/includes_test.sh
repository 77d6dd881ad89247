#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Tests includes.sh on a small tree with two breaches.
check=$(dirname "$(realpath "$0")")/includes.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/ebpf" "$tree/maps" "$tree/runner"
echo '#include "ebpf/base.h"' >"$tree/maps/good.c"
"$check" "$tree" || { echo "a good tree was refused"; exit 1; }

echo '#include "maps/value.h"' >"$tree/ebpf/bad.c"
echo '# include "ebpf/map.h"' >"$tree/runner/bad.c"
found=$("$check" "$tree") && { echo "breaches were not found"; exit 1; }
grep -q 'ebpf/bad.c:1: ebpf/ must not include "maps/value.h"' <<<"$found" &&
	grep -q 'runner/bad.c:1: runner/ must not include "ebpf/map.h"' <<<"$found" && exit 0
echo "unexpected: $found"
exit 1
