/* SPDX-License-Identifier: Apache-2.0 */
/* spent.h - processor time of a process that lives, as the kernel tells it. */
#ifndef TAPE_SPENT_H
#define TAPE_SPENT_H

#include <stdint.h>

/* In ns, of all its threads; 0: it is not there. The kernel tells it in ticks, of
 * 10 ms mostly. */
uint64_t spent_ns(uint32_t pid);

#endif
