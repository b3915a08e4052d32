/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what the files of a recording are called: PID-MOMENT.tape, PID.note, and
 * one that says that no process is to count. */
#ifndef TAPE_NAMES_H
#define TAPE_NAMES_H

#include "base/str.h"

#define TAPE_STOPPED_NAME "stopped"

static inline bool tape_name_is_ours(struct str name)
{
    return str_ends(name, STR(".tape")) || str_ends(name, STR(".note")) ||
           str_eq(name, STR(TAPE_STOPPED_NAME));
}

#endif
