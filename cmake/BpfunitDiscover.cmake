# SPDX-License-Identifier: BSD-2-Clause
#
# Runs inside ctest, once for each bpfunit_add_test: asks the executable for its tests and registers
# each. An executable that is missing, that cannot list its tests or has none gives a test that fails,
# never no test at all.
#
# Given: BPFUNIT_CMAKE, BPFUNIT_TEST, _EXECUTABLE, _TIMEOUT, _LABELS, _ENVIRONMENT, _DIRECTORY.

# Tests run in the directory of their CMakeLists.txt, where files they read can be named as they are seen
# there.
function(_bpfunit_register test)
  add_test(${test} ${BPFUNIT_EXECUTABLE} ${ARGN})
  set(properties SKIP_RETURN_CODE 77 WORKING_DIRECTORY ${BPFUNIT_DIRECTORY})
  if(BPFUNIT_TIMEOUT)
    # The runner stops the test first, and can say which it was.
    math(EXPR limit "${BPFUNIT_TIMEOUT} + 30")
    list(APPEND properties TIMEOUT ${limit})
  endif()
  set_tests_properties(${test} PROPERTIES ${properties})
  if(BPFUNIT_LABELS)
    set_tests_properties(${test} PROPERTIES LABELS "${BPFUNIT_LABELS}")
  endif()
  if(BPFUNIT_ENVIRONMENT)
    set_tests_properties(${test} PROPERTIES ENVIRONMENT "${BPFUNIT_ENVIRONMENT}")
  endif()
endfunction()

function(_bpfunit_discover)
  if(NOT EXISTS ${BPFUNIT_EXECUTABLE})
    # Fails with "file not found" and the path.
    add_test(${BPFUNIT_TEST}_NOT_BUILT ${BPFUNIT_CMAKE} -E cat ${BPFUNIT_EXECUTABLE})
    return()
  endif()
  execute_process(COMMAND ${BPFUNIT_EXECUTABLE} --list
    OUTPUT_VARIABLE listing ERROR_QUIET RESULT_VARIABLE status TIMEOUT 60)
  if(NOT status EQUAL 0)
    # Running it again shows in the test's output what is wrong.
    _bpfunit_register(${BPFUNIT_TEST}_CANNOT_LIST --list)
    return()
  endif()
  string(REGEX MATCHALL "[^\n]+" tests "${listing}")
  if(NOT tests)
    _bpfunit_register(${BPFUNIT_TEST}_HAS_NO_TESTS)
  endif()
  set(arguments)
  if(BPFUNIT_TIMEOUT)
    set(arguments --timeout ${BPFUNIT_TIMEOUT})
  endif()
  foreach(test IN LISTS tests)
    _bpfunit_register(${test} --filter ${test} ${arguments})
  endforeach()
endfunction()

_bpfunit_discover()
