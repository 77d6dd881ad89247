# SPDX-License-Identifier: BSD-2-Clause
#
# The libraries that users link: bpfunit (shared) and bpfunit_static of all folders' objects, each with
# a library that brings main(), and the command `bpfunit`.
#
# bpfunit answers for libc's `syscall`, `mmap`, `open` and others. If it were missing from a program,
# or stood behind libc, calls would reach the host's kernel without a word. So the shared library is never
# dropped by --as-needed, the static one's interposers are always pulled in, and bpfunit_canary() checks at
# start-up that both worked.

add_library(bpfunit SHARED ${BU_OBJECTS})
add_library(bpfunit_static STATIC ${BU_OBJECTS})
add_library(bpfunit::bpfunit ALIAS bpfunit)
add_library(bpfunit::static ALIAS bpfunit_static)
set_target_properties(bpfunit PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
set_target_properties(bpfunit_static PROPERTIES EXPORT_NAME static)

foreach(library bpfunit bpfunit_static)
  target_include_directories(${library} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/framework/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${library} PUBLIC c_std_11)
  target_link_libraries(${library} PUBLIC PkgConfig::LIBBPF PRIVATE PkgConfig::YAML PkgConfig::LIBELF)
  if(BPFUNIT_SANITIZE)
    target_link_options(${library} INTERFACE -fsanitize=address,undefined)
  endif()
  if(BPFUNIT_GCOV)
    target_link_options(${library} INTERFACE --coverage)
  endif()
endforeach()
target_link_options(bpfunit INTERFACE LINKER:--no-as-needed)
if(NOT BPFUNIT_SANITIZE) # a sanitizer's runtime is found when the program starts
  target_link_options(bpfunit PRIVATE LINKER:--no-undefined)
endif()
target_link_options(bpfunit_static INTERFACE LINKER:--undefined=syscall LINKER:--undefined=bpfunit_canary)

# main.c and cli.c are the runner's two programs; everything else of the runner is in the libraries.
foreach(suffix "" _static)
  add_library(bpfunit_main${suffix} STATIC runner/main.c)
  target_link_libraries(bpfunit_main${suffix} PUBLIC bpfunit${suffix})
  add_library(bpfunit::main${suffix} ALIAS bpfunit_main${suffix})
  set_target_properties(bpfunit_main${suffix} PROPERTIES EXPORT_NAME main${suffix})
endforeach()

add_executable(bpfunit_cli runner/cli.c)
target_link_libraries(bpfunit_cli PRIVATE bpfunit bu_internal)
set_target_properties(bpfunit_cli PROPERTIES OUTPUT_NAME bpfunit EXPORT_NAME cli
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
add_executable(bpfunit::cli ALIAS bpfunit_cli)
