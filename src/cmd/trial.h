/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h - a folder of ours to record into for a moment. */
#ifndef CMD_TRIAL_H
#define CMD_TRIAL_H

#include "base/arena.h"

/* Made 0700 in $TMPDIR or /tmp; "" when there can be none. */
const char *trial_folder(struct arena *a);
/* It and the files in it; "" is allowed. */
void trial_remove(const char *folder, struct arena *a);

#endif
