# SPDX-License-Identifier: BSD-2-Clause
# For the scripts here; sourced.

# Nothing here touches this machine's kernel unless it is meant to.
needs_kernel() {
	if [ -z "${BPFUNIT_HOST_BPF:-}" ] || [ "$(id -u)" -ne 0 ]; then
		echo "set BPFUNIT_HOST_BPF=1 (as root) to run on this machine's kernel"
		exit 77
	fi
}

fail() {
	echo "$*"
	exit 1
}
