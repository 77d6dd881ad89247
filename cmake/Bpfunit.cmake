# SPDX-License-Identifier: BSD-2-Clause
#
# CMake functions for projects that test BPF programs with bpfunit, after find_package(bpfunit) or
# add_subdirectory(bpfunit).
#
# bpfunit_bpf_object(<name> <source.bpf.c>...
#                    [INCLUDES <dir>...] [DEFINES <NAME[=value]>...] [OPTIONS <flag>...] [VMLINUX_H <file>])
#
#   Compiles BPF sources with clang (-g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_...) to <name>.bpf.o
#   and makes the skeleton <name>.skel.h of it: struct <name>_bpf, <name>_bpf__open() and so on.
#   Several sources are linked by `bpftool gen object`. An edited source or header rebuilds.
#   INCLUDES   directories for #include
#   DEFINES    macros for the compiler
#   OPTIONS    further flags of clang; they come last, so -mcpu=v2 or -O1 win
#   VMLINUX_H  a file that the sources can include as "vmlinux.h"
#   <name> becomes a target: whoever links it finds the skeleton, and the object's path as the string
#   macro BPFUNIT_OBJECT_<name> (for BPFUNIT_LOAD_FILE).
#
# bpfunit_btf(<name> <types.c> [INCLUDES <dir>...] [DEFINES <NAME[=value]>...] [OPTIONS <flag>...])
#
#   Compiles a C file that describes a kernel's types to BTF, for tests that choose it as the kernel's:
#   BPF_TEST(suite, name, .btf = BPFUNIT_BTF_<name>). clang keeps the types that something uses: a variable of
#   each struct, union, enum or typedef (`struct task_struct *task;`), and functions with a body, which are what
#   fentry programs attach to and what kfuncs are looked up as. <name> becomes a target: tests that name it
#   among their OBJECTS have the path as the string macro BPFUNIT_BTF_<name>.
#
# bpfunit_add_test(<name> SOURCES <test.c>... [OBJECTS <name>...] [LIBRARIES <library>...]
#                  [TIMEOUT <seconds>] [LABELS <label>...] [ENVIRONMENT <NAME=value>...])
#
#   Builds the executable <name> with bpfunit's main(), and registers each of its BPF_TESTs as a ctest
#   test named suite.name. ctest asks the executable for its tests each time it starts; one that was not
#   built is the failing test <name>_NOT_BUILT. find_package(bpfunit) has enabled testing in its directory; a
#   project that adds bpfunit by add_subdirectory calls enable_testing() itself.
#   SOURCES      C files with BPF_TESTs
#   OBJECTS      names given to bpfunit_bpf_object or bpfunit_btf; skeletons can be included
#   LIBRARIES    further libraries to link
#   TIMEOUT      seconds until one test is stopped (default 60; .timeout_s of a test has precedence)
#   LABELS       ctest labels of all its tests
#   ENVIRONMENT  of all its tests
#   The executable is made in CMAKE_RUNTIME_OUTPUT_DIRECTORY, or <build>/bin when that is not set.
#
# Variables
#   BPFUNIT_COVERAGE_DIR  when set before bpfunit_add_test: tests add their coverage of BPF programs to this directory, as with
#                         BPFUNIT_COVERAGE=<dir> in the environment; `bpfunit coverage` reports it
#   BPFUNIT_CLANG, BPFUNIT_BPFTOOL   the tools, when they are not to be looked for

include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/BpfunitTools.cmake)

# Stop with a message unless a caller's arguments make sense. Macro: reads the caller's ARG_ variables.
macro(_bpfunit_check_arguments function name)
  if(ARG_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${function}(${name}): nothing follows ${ARG_KEYWORDS_MISSING_VALUES}")
  endif()
  if(NOT "${name}" MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "${function}: '${name}' is no valid name: use letters, digits and _, as in C")
  endif()
  if("${name}" MATCHES "^(all|ALL_BUILD|clean|depend|edit_cache|help|install|package|package_source|rebuild_cache|test|RUN_TESTS|ZERO_CHECK)$")
    message(FATAL_ERROR "${function}(${name}): '${name}' is a target that CMake makes itself; choose another name")
  endif()
  if(TARGET ${name})
    message(FATAL_ERROR "${function}(${name}): there is a target '${name}' already")
  endif()
endmacro()

# The absolute path of a source that must exist.
function(_bpfunit_source function name file result)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  get_source_file_property(generated ${file} GENERATED)
  if(NOT EXISTS ${file} AND NOT generated)
    message(FATAL_ERROR "${function}(${name}): there is no file '${file}'")
  endif()
  set(${result} ${file} PARENT_SCOPE)
endfunction()

# The kernel's name of the architecture, for bpf_tracing.h.
function(_bpfunit_target_arch result)
  set(arch ${CMAKE_SYSTEM_PROCESSOR})
  if(arch MATCHES "^(x86_64|amd64|AMD64|i[3-6]86)$")
    set(arch x86)
  elseif(arch MATCHES "^(aarch64|arm64)$")
    set(arch arm64)
  elseif(arch MATCHES "^arm")
    set(arch arm)
  elseif(arch MATCHES "^riscv")
    set(arch riscv)
  elseif(arch MATCHES "^(ppc|powerpc)")
    set(arch powerpc)
  elseif(arch MATCHES "^s390")
    set(arch s390)
  elseif(arch MATCHES "^mips")
    set(arch mips)
  elseif(arch MATCHES "^loongarch")
    set(arch loongarch)
  endif()
  set(${result} ${arch} PARENT_SCOPE)
endfunction()

# The flags that every BPF source is compiled with.
function(_bpfunit_clang_flags result)
  _bpfunit_target_arch(arch)
  set(flags -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_${arch} -Wall)
  if(BPFUNIT_WERROR)
    list(APPEND flags -Werror)
  endif()
  get_target_property(libbpf_includes PkgConfig::LIBBPF INTERFACE_INCLUDE_DIRECTORIES)
  foreach(directory IN LISTS libbpf_includes)
    if(directory)
      list(APPEND flags -I${directory})
    endif()
  endforeach()
  # <asm/types.h> of the host: -target bpf does not look into the multiarch directory by itself.
  set(triplet ${CMAKE_LIBRARY_ARCHITECTURE})
  if(NOT triplet)
    set(triplet ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
  endif()
  if(EXISTS /usr/include/${triplet})
    list(APPEND flags -idirafter /usr/include/${triplet})
  endif()
  set(${result} ${flags} PARENT_SCOPE)
endfunction()

# The rule that compiles one source.
function(_bpfunit_compile source object flags)
  cmake_path(GET source FILENAME file)
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPFUNIT_CLANG} ${flags} -MMD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
    DEPENDS ${source} ${BPFUNIT_CLANG}
    DEPFILE ${object}.d
    COMMENT "Compiling BPF source ${file}"
    VERBATIM)
endfunction()

function(bpfunit_bpf_object name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "VMLINUX_H" "INCLUDES;DEFINES;OPTIONS")
  set(sources ${ARG_UNPARSED_ARGUMENTS})
  _bpfunit_check_arguments(bpfunit_bpf_object "${name}")
  if(NOT sources)
    message(FATAL_ERROR "bpfunit_bpf_object(${name}): no source given")
  endif()
  _bpfunit_find_tools()

  set(directory ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.dir)
  file(MAKE_DIRECTORY ${directory})
  _bpfunit_clang_flags(flags)
  list(TRANSFORM ARG_DEFINES PREPEND -D)
  foreach(include IN LISTS ARG_INCLUDES)
    cmake_path(ABSOLUTE_PATH include BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    list(APPEND flags -I${include})
  endforeach()
  if(ARG_VMLINUX_H)
    _bpfunit_source(bpfunit_bpf_object ${name} ${ARG_VMLINUX_H} vmlinux)
    configure_file(${vmlinux} ${directory}/include/vmlinux.h COPYONLY)
    list(APPEND flags -I${directory}/include)
  endif()
  list(APPEND flags ${ARG_DEFINES} ${ARG_OPTIONS})

  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  list(LENGTH sources count)
  set(number 0)
  set(objects)
  foreach(source IN LISTS sources)
    _bpfunit_source(bpfunit_bpf_object ${name} ${source} source)
    cmake_path(GET source STEM stem)
    set(object ${directory}/${number}-${stem}.o)
    if(count EQUAL 1)
      set(object ${linked})
    endif()
    _bpfunit_compile(${source} ${object} "${flags}")
    list(APPEND objects ${object})
    math(EXPR number "${number} + 1")
  endforeach()
  if(count GREATER 1)
    add_custom_command(OUTPUT ${linked}
      COMMAND ${BPFUNIT_BPFTOOL} gen object ${linked} ${objects}
      DEPENDS ${objects}
      COMMENT "Linking BPF object ${name}.bpf.o"
      VERBATIM)
  endif()

  # bpftool writes to standard output; a failed run must not leave a skeleton behind.
  set(skeleton ${directory}/skel/${name}.skel.h)
  file(MAKE_DIRECTORY ${directory}/skel)
  add_custom_command(OUTPUT ${skeleton}
    COMMAND ${BPFUNIT_BPFTOOL} gen skeleton ${linked} name ${name}_bpf > ${skeleton}.tmp
    COMMAND ${CMAKE_COMMAND} -E rename ${skeleton}.tmp ${skeleton}
    DEPENDS ${linked}
    COMMENT "Generating skeleton ${name}.skel.h"
    VERBATIM)

  add_custom_target(${name}_skeleton DEPENDS ${skeleton})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_skeleton)
  # SYSTEM: warnings in generated code are no concern of the user's.
  target_include_directories(${name} SYSTEM INTERFACE ${directory}/skel)
  target_compile_definitions(${name} INTERFACE BPFUNIT_OBJECT_${name}="${linked}")
  set_target_properties(${name} PROPERTIES BPFUNIT_BPF_OBJECT ${linked})
endfunction()

function(bpfunit_btf name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "INCLUDES;DEFINES;OPTIONS")
  _bpfunit_check_arguments(bpfunit_btf "${name}")
  list(LENGTH ARG_UNPARSED_ARGUMENTS count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "bpfunit_btf(${name}): give one source, not ${count}")
  endif()
  _bpfunit_find_tools()
  _bpfunit_source(bpfunit_btf ${name} ${ARG_UNPARSED_ARGUMENTS} source)
  _bpfunit_clang_flags(flags)
  list(TRANSFORM ARG_DEFINES PREPEND -D)
  foreach(include IN LISTS ARG_INCLUDES)
    cmake_path(ABSOLUTE_PATH include BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    list(APPEND flags -I${include})
  endforeach()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.btf.o)
  _bpfunit_compile(${source} ${object} "${flags};${ARG_DEFINES};${ARG_OPTIONS}")
  add_custom_target(${name}_btf DEPENDS ${object})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_btf)
  target_compile_definitions(${name} INTERFACE BPFUNIT_BTF_${name}="${object}")
endfunction()

# What bpfunit_add_test does, with the library that brings main() as first argument.
function(_bpfunit_make_test main function name)
  cmake_parse_arguments(PARSE_ARGV 3 ARG "" "TIMEOUT" "SOURCES;OBJECTS;LIBRARIES;LABELS;ENVIRONMENT")
  _bpfunit_check_arguments(${function} "${name}")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function}(${name}): '${ARG_UNPARSED_ARGUMENTS}' follows no keyword "
      "(SOURCES, OBJECTS, LIBRARIES, TIMEOUT, LABELS or ENVIRONMENT)")
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "${function}(${name}): no SOURCES given")
  endif()
  if(DEFINED ARG_TIMEOUT AND NOT ARG_TIMEOUT MATCHES "^[1-9][0-9]*$")
    message(FATAL_ERROR "${function}(${name}): TIMEOUT '${ARG_TIMEOUT}' is not a number of seconds")
  endif()
  set(sources)
  foreach(source IN LISTS ARG_SOURCES)
    _bpfunit_source(${function} ${name} ${source} source)
    list(APPEND sources ${source})
  endforeach()
  foreach(object IN LISTS ARG_OBJECTS)
    if(NOT TARGET ${object})
      message(FATAL_ERROR "${function}(${name}): there is no object '${object}'; make it by "
        "bpfunit_bpf_object(${object} ...) or bpfunit_btf(${object} ...) before this line")
    endif()
  endforeach()

  if(NOT CMAKE_TESTING_ENABLED)
    message(WARNING "${function}(${name}): ctest will not see these tests; call enable_testing() in the "
      "top CMakeLists.txt, before add_subdirectory")
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${main} ${ARG_OBJECTS} ${ARG_LIBRARIES})
  if(NOT CMAKE_RUNTIME_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  endif()

  if(BPFUNIT_COVERAGE_DIR)
    list(APPEND ARG_ENVIRONMENT BPFUNIT_COVERAGE=${BPFUNIT_COVERAGE_DIR})
  endif()
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}-discover.cmake)
  set(generated ${script})
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}-discover-$<CONFIG>.cmake)
    file(WRITE ${script} 
      "include(\"${CMAKE_CURRENT_BINARY_DIR}/${name}-discover-\${CTEST_CONFIGURATION_TYPE}.cmake\")\n")
  endif()
  file(GENERATE OUTPUT ${generated} CONTENT
"set(BPFUNIT_CMAKE [==[${CMAKE_COMMAND}]==])
set(BPFUNIT_TEST [==[${name}]==])
set(BPFUNIT_EXECUTABLE [==[$<TARGET_FILE:${name}>]==])
set(BPFUNIT_TIMEOUT [==[${ARG_TIMEOUT}]==])
set(BPFUNIT_LABELS [==[${ARG_LABELS}]==])
set(BPFUNIT_ENVIRONMENT [==[${ARG_ENVIRONMENT}]==])
set(BPFUNIT_DIRECTORY [==[${CMAKE_CURRENT_SOURCE_DIR}]==])
include([==[${CMAKE_CURRENT_FUNCTION_LIST_DIR}/BpfunitDiscover.cmake]==])
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()

function(bpfunit_add_test name)
  _bpfunit_make_test(bpfunit::main bpfunit_add_test "${name}" ${ARGN})
endfunction()
