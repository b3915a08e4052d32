/* SPDX-License-Identifier: Apache-2.0 */
/* given.c - shows what build.c was given. */
#include "model/given.h"

#include "model/body.h"

uint32_t given_rows(const struct profile *p)
{
    return p->givens.count;
}

const struct given *given_row(const struct profile *p, uint32_t i)
{
    return pile_at(&p->givens, i);
}

uint32_t given_edges(const struct profile *p)
{
    return p->given_edges.count;
}

const struct edge *given_edge(const struct profile *p, uint32_t i)
{
    return pile_at(&p->given_edges, i);
}
