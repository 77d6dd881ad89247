/* SPDX-License-Identifier: BSD-2-Clause */
/* After the headers of skeletons. */
#undef calloc
