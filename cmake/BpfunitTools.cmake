# SPDX-License-Identifier: BSD-2-Clause
#
# The tools that compile BPF objects, looked for when first needed:
#   BPFUNIT_CLANG    clang >= 11 with the bpf target; the newest that is installed
#   BPFUNIT_BPFTOOL  bpftool, also from /usr/sbin
# Either can be set with -D; what is set is used as it is, once it is found to work.

set(_BPFUNIT_CLANG_NAMES)
foreach(version RANGE 30 11 -1)
  list(APPEND _BPFUNIT_CLANG_NAMES clang-${version})
endforeach()
set_property(GLOBAL PROPERTY BPFUNIT_CLANG_NAMES ${_BPFUNIT_CLANG_NAMES})

# The major version of a clang, 0 when it does not run.
function(_bpfunit_clang_version program result)
  execute_process(COMMAND ${program} --version OUTPUT_VARIABLE text ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0 AND text MATCHES "clang version ([0-9]+)")
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
  else()
    set(${result} 0 PARENT_SCOPE)
  endif()
endfunction()

# Check that BPFUNIT_CLANG can do it; ends the configuration when not.
function(_bpfunit_check_clang)
  _bpfunit_clang_version(${BPFUNIT_CLANG} version)
  if(version LESS 11)
    message(FATAL_ERROR "bpfunit: ${BPFUNIT_CLANG} is not a clang of version 11 or later. "
      "Install one (Debian, Ubuntu: apt-get install clang) or set -DBPFUNIT_CLANG=<path>.")
  endif()
  execute_process(COMMAND ${BPFUNIT_CLANG} -print-targets OUTPUT_VARIABLE targets ERROR_QUIET)
  if(NOT targets MATCHES "bpf")
    message(FATAL_ERROR "bpfunit: ${BPFUNIT_CLANG} was built without the bpf target. "
      "Install another (Debian, Ubuntu: apt-get install clang) or set -DBPFUNIT_CLANG=<path>.")
  endif()
endfunction()

function(_bpfunit_find_clang)
  if(NOT BPFUNIT_CLANG)
    get_property(names GLOBAL PROPERTY BPFUNIT_CLANG_NAMES)
    find_program(numbered NAMES ${names} NO_CACHE)
    find_program(plain NAMES clang NO_CACHE)
    if(NOT numbered AND NOT plain)
      message(FATAL_ERROR "bpfunit: clang is needed to compile BPF programs and was not found. "
        "Install it (Debian, Ubuntu: apt-get install clang) or set -DBPFUNIT_CLANG=<path>.")
    endif()
    set(chosen ${plain})
    if(numbered)
      _bpfunit_clang_version(${numbered} numbered_version)
      set(plain_version 0)
      if(plain)
        _bpfunit_clang_version(${plain} plain_version)
      endif()
      if(numbered_version GREATER plain_version)
        set(chosen ${numbered})
      endif()
    endif()
    set(BPFUNIT_CLANG ${chosen} CACHE FILEPATH "clang that compiles BPF programs" FORCE)
  endif()
  _bpfunit_check_clang()
endfunction()

function(_bpfunit_find_bpftool)
  if(NOT BPFUNIT_BPFTOOL)
    find_program(found NAMES bpftool PATHS /usr/sbin /sbin /usr/local/sbin NO_CACHE)
    if(NOT found)
      message(FATAL_ERROR "bpfunit: bpftool is needed to make skeletons and was not found. "
        "Install it (Debian: apt-get install bpftool; Ubuntu: linux-tools-common) or set -DBPFUNIT_BPFTOOL=<path>.")
    endif()
    set(BPFUNIT_BPFTOOL ${found} CACHE FILEPATH "bpftool that makes skeletons" FORCE)
  endif()
  execute_process(COMMAND ${BPFUNIT_BPFTOOL} version OUTPUT_QUIET ERROR_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "bpfunit: '${BPFUNIT_BPFTOOL} version' fails. Install a bpftool that runs "
      "(Debian: apt-get install bpftool) or set -DBPFUNIT_BPFTOOL=<path>.")
  endif()
endfunction()

# Find and check both tools, once a configuration.
function(_bpfunit_find_tools)
  get_property(done GLOBAL PROPERTY BPFUNIT_TOOLS_FOUND)
  if(NOT done)
    _bpfunit_find_clang()
    _bpfunit_find_bpftool()
    set_property(GLOBAL PROPERTY BPFUNIT_TOOLS_FOUND TRUE)
  endif()
endfunction()
