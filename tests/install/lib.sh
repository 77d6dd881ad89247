# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts here: CMAKE PREFIX_OR_SOURCE EXAMPLE WORK. Copies the example out of the tree.
set -euo pipefail
cmake=$1 bpfunit=$2 example=$3 work=$4
ctest=$(dirname "$cmake")/ctest
rm -rf "$work"
mkdir -p "$work"
cp -r "$example" "$work/project"

# All tests of the project in $1 must pass, and there must be some.
expect_green() {
	"$cmake" --build "$1" -j 2
	"$ctest" --test-dir "$1" --output-on-failure --no-tests=error
}
