/* SPDX-License-Identifier: Apache-2.0 */
/* elsewhere.c - on processors that the stepper does not know. */
#include <stddef.h>

#include "step/single.h"
#include "step/stepper.h"

bool stepper_open(const struct stepper_plan *plan, const char **why)
{
    (void)plan;
    *why = "instructions are stepped on x86-64 alone";
    return false;
}

void stepper_wants(uint64_t function, enum log_asked asked, enum stepper_figure figure)
{
    (void)function;
    (void)asked;
    (void)figure;
}

void stepper_start(void) {}
void stepper_stop(void) {}
bool stepper_runs(void)
{
    return false;
}

enum single_end single_run(pid_t child, const struct single_plan *plan, int *status)
{
    (void)child;
    (void)status;
    plan->log->end = LOG_UNABLE;
    return SINGLE_UNABLE;
}
