/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpfunit: unit tests for eBPF programs. Include this one header in a test file and link
 * bpfunit::main; docs/guide.md shows how the parts work together.
 *
 * Everything here acts on the emulated kernel of the running test. Pointers that functions return
 * are owned by the test and released when it ends, unless their description says otherwise.
 */
#ifndef BPFUNIT_BPFUNIT_H
#define BPFUNIT_BPFUNIT_H

#include <bpfunit/attach.h>
#include <bpfunit/base.h>
#include <bpfunit/btf.h>
#include <bpfunit/check.h>
#include <bpfunit/env.h>
#include <bpfunit/event.h>
#include <bpfunit/fault.h>
#include <bpfunit/kobj.h>
#include <bpfunit/ksym.h>
#include <bpfunit/load.h>
#include <bpfunit/map.h>
#include <bpfunit/mock.h>
#include <bpfunit/netdev.h>
#include <bpfunit/packet.h>
#include <bpfunit/run.h>
#include <bpfunit/seed.h>
#include <bpfunit/struct_ops.h>
#include <bpfunit/test.h>
#include <bpfunit/trace.h>
#include <bpfunit/tracing.h>

#endif
