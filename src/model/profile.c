/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - shows what build.c made. */
#include "model/profile.h"

#include "model/body.h"

void profile_close(struct profile *p)
{
    if (p)
        arena_close(p->arena);
}

enum unit profile_unit(const struct profile *p)
{
    return p->unit;
}

const struct run *profile_run(const struct profile *p)
{
    return &p->run;
}

const struct quality *profile_quality(const struct profile *p)
{
    return &p->quality;
}

uint32_t profile_functions(const struct profile *p)
{
    return p->functions;
}

const struct function *profile_function(const struct profile *p, function_id f)
{
    return &p->function[f];
}

uint32_t profile_nodes(const struct profile *p)
{
    return p->nodes;
}

const struct node *profile_node(const struct profile *p, node_id n)
{
    return &p->node[n];
}

uint32_t profile_threads(const struct profile *p)
{
    return p->threads;
}

const struct thread *profile_thread(const struct profile *p, thread_id t)
{
    return &p->thread[t];
}

uint32_t profile_processes(const struct profile *p)
{
    return p->processes;
}

const struct process *profile_process(const struct profile *p, process_id i)
{
    return &p->process[i];
}

bool profile_has_paths(const struct profile *p)
{
    return p->nodes > p->threads + 1; /* roots are no paths */
}
