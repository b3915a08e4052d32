/* SPDX-License-Identifier: Apache-2.0 */
/* given.c - shows what build.c was given. */
#include "model/given.h"

#include "model/body.h"

bool given_by_files(const struct profile *p)
{
    for (process_id i = 0; i < profile_processes(p); i++)
        if (profile_process(p, i)->pid == 0)
            return true;
    return false;
}

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
