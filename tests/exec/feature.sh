#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# feature.sh BPFUNIT WORK BPFTOOL: `bpftool feature probe` says of map types and helpers whether they are emulated.
bpfunit=$1
work=$2
[ -w "$(dirname "$work")" ] || work=$(mktemp -d)/work # another user than the one who built it
bpftool=$3
root=$(dirname "$(realpath "$0")")/../..
mkdir -p "$work" || exit 2
bad=0

"$bpfunit" exec -- "$bpftool" feature probe full >"$work/text" 2>"$work/errors" || { cat "$work/errors"; exit 1; }

says() {
	grep -qx "$1" "$work/text" || { echo "not said: $1"; bad=1; }
}

says 'bpf() syscall is available'
says 'CONFIG_BPF_SYSCALL is set to y'
says 'eBPF program_type xdp is available'
says 'eBPF program_type struct_ops is available'
says 'eBPF map_type struct_ops is available'

# Every program type: libbpf asks for the kernel's own message where a load cannot succeed.
[ "$(grep -c '^eBPF program_type .* is available' "$work/text")" -ge 31 ] || { echo "program types are missing"; bad=1; }
if grep 'program_type [a-z_]* is NOT available' "$work/text"; then
	bad=1
fi

# Every map type, by the table of those that have a model. bpftool 7.1 knows none newer than user_ringbuf.
while read -r name; do
	grep -q "^eBPF map_type $name is " "$work/text" || continue
	says "eBPF map_type $name is available"
done < <(sed -n 's|^BU_MAP(\([A-Z_]*\),.*|\1|p' "$root/maps/maps.def" | tr A-Z a-z)
grep -q 'map_type [a-z_]* is NOT available' "$work/text" || echo "every map type has a model"

# Helpers: those that have a model, and no others.
sed -n 's/^\t- bpf_//p' "$work/text" | sort -u >"$work/said"
sed -n 's/^HELPER([0-9]*, \([a-z0-9_]*\),.*/\1/p' "$root/helpers/helpers.def" | sort >"$work/modelled"
sed -n 's/^NO_MODEL([0-9]*, \([a-z0-9_]*\),.*/\1/p' "$root/helpers/helpers.def" | sort >"$work/missing"
if found=$(comm -12 "$work/said" "$work/missing") && [ -n "$found" ]; then
	echo "said to be there without a model: $found"
	bad=1
fi
# Printing and probe writes are only asked for on request, with "full".
if found=$(comm -13 "$work/said" "$work/modelled") && [ -n "$found" ]; then
	echo "not said to be there: $found"
	bad=1
fi
exit $bad
