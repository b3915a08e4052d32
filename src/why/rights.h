/* SPDX-License-Identifier: Apache-2.0 */
/* rights.h - whether a program gets rights by its file, which it does not when it is
 * traced. */
#ifndef WHY_RIGHTS_H
#define WHY_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

bool rights_of_file(const char *path);
/* tid is about to call execve with a path at that address of its memory. */
bool rights_of_execve(pid_t tid, uint64_t address);

#endif
