/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.h - a profile of some processes, threads, or paths alone: with the same ids,
 * and nodes of no cost where what they cost is left out. The last ones asked for
 * are remembered. */
#ifndef QUERY_NARROW_H
#define QUERY_NARROW_H

#include "query/inside.h"

/* By the keys process, thread and focus; q itself where there are none. NULL and
 * ask->err: what is asked for is not known. */
struct query *narrow_asked(struct query *q, struct ask *a);
void narrow_close(struct query *q); /* those that are remembered */

#endif
