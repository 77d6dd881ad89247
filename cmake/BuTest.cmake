# SPDX-License-Identifier: BSD-2-Clause
#
# bu_add_test(<name> ...): bpfunit_add_test for our own tests, with the same arguments. Sources may include
# internal headers ("ebpf/map.h") and reach internal symbols (bu_*), since it links the static library.

function(bu_add_test name)
  _bpfunit_make_test(bpfunit::main_static bu_add_test "${name}" ${ARGN})
  target_link_libraries(${name} PRIVATE bu_internal)
endfunction()
