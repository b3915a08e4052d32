/* SPDX-License-Identifier: Apache-2.0 */
/* view_stamp.h - tells whether files are still those that were read. */
#ifndef CMD_VIEW_STAMP_H
#define CMD_VIEW_STAMP_H

#include "cmd/cmd.h"

/* Of which files they are and when they were written, as far as that can be seen. */
uint64_t view_stamp(struct words files);

#endif
