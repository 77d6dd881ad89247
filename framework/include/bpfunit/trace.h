/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watching what programs do. Lines go to the test's output: shown when the test fails, or with
 * --verbose. Both settings hold until they are changed or the test ends; a test begins with those
 * of the environment variables BPFUNIT_TRACE and BPFUNIT_NOTES. Runs cost more while one is on, and
 * nothing while both are off.
 */
#ifndef BPFUNIT_TRACE_H
#define BPFUNIT_TRACE_H

#include <bpfunit/base.h>

/* Comma separated: "insn" (each instruction), "call" (each call of a helper or kernel function with
 * its arguments and result), "mem" (each access to memory by an instruction), with source lines.
 * NULL or "": nothing. 0, or -EINVAL (and errno) for another word. */
BPFUNIT_API int bpfunit_trace_runs(const char *what);

/* Warn of instructions that are defined but seldom meant. Comma separated: "div" (division or
 * modulo by zero), "shift" (by the operand's width or more). NULL or "": nothing. 0, or -EINVAL
 * (and errno). */
BPFUNIT_API int bpfunit_note_oddities(const char *what);

#endif
