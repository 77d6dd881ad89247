/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runner says of the backend. */
#ifndef RUNNER_BACKEND_H
#define RUNNER_BACKEND_H

/* Unless it is the VM, print which backend it is and, when it cannot be used, why all tests will be
 * skipped. */
void bu_backend_announce(const char *prefix);

#endif
