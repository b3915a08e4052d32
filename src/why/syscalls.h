/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls.h - the names of system calls, as this system's headers have them. */
#ifndef WHY_SYSCALLS_H
#define WHY_SYSCALLS_H

#include "base/arena.h"

/* "newfstatat"; of one newer than the headers "syscall 471". */
struct str syscalls_name(uint32_t number, struct arena *a);

#endif
