# SPDX-License-Identifier: BSD-2-Clause
#
# Installation, and the package files of the build tree: find_package(bpfunit) gives the same targets
# and functions from an install prefix, from a build directory (-Dbpfunit_DIR=<build>/lib/cmake/bpfunit), and
# inside this project or one that adds it by add_subdirectory.

include(CMakePackageConfigHelpers)

set(BU_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/bpfunit)
set(BU_BUILD_PACKAGE_DIR ${PROJECT_BINARY_DIR}/lib/cmake/bpfunit)
set(BU_MODULES cmake/Bpfunit.cmake cmake/BpfunitDiscover.cmake cmake/BpfunitTools.cmake)

install(TARGETS bpfunit bpfunit_static bpfunit_main bpfunit_main_static bpfunit_cli EXPORT bpfunitTargets)
install(DIRECTORY framework/include/bpfunit TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(DIRECTORY docs/ TYPE DOC FILES_MATCHING PATTERN "*.md")
install(FILES LICENSE TYPE DOC)
install(EXPORT bpfunitTargets NAMESPACE bpfunit:: DESTINATION ${BU_PACKAGE_DIR})
install(FILES ${BU_MODULES} DESTINATION ${BU_PACKAGE_DIR})

configure_package_config_file(cmake/bpfunitConfig.cmake.in ${BU_BUILD_PACKAGE_DIR}/bpfunitConfig.cmake
  INSTALL_DESTINATION ${BU_PACKAGE_DIR})
write_basic_package_version_file(${BU_BUILD_PACKAGE_DIR}/bpfunitConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${BU_BUILD_PACKAGE_DIR}/bpfunitConfig.cmake ${BU_BUILD_PACKAGE_DIR}/bpfunitConfigVersion.cmake
  DESTINATION ${BU_PACKAGE_DIR})
export(EXPORT bpfunitTargets NAMESPACE bpfunit:: FILE ${BU_BUILD_PACKAGE_DIR}/bpfunitTargets.cmake)
foreach(module IN LISTS BU_MODULES)
  configure_file(${module} ${BU_BUILD_PACKAGE_DIR} COPYONLY)
endforeach()
set(bpfunit_DIR ${BU_BUILD_PACKAGE_DIR} CACHE PATH "package files of this build of bpfunit" FORCE)

# Relative, so that the package can be installed under another prefix than the configured one.
file(RELATIVE_PATH BU_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(package bpfunit bpfunit-main)
  configure_file(cmake/${package}.pc.in ${PROJECT_BINARY_DIR}/lib/pkgconfig/${package}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/lib/pkgconfig/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
