/* SPDX-License-Identifier: Apache-2.0 */
/* runs.c - straight runs of instructions and the breakpoints at their ends: two open
 * tables by address, never emptied. Code is written through /proc/self/mem, which
 * reaches pages that may be neither written nor made writable (the vDSO). */
#include "step/kernel.h"
#include "step/state.h"

static struct run runs[STATE_RUNS];
static struct end ends[STATE_ENDS];
static uint32_t end_slots[STATE_ENDS * 2]; /* 1 + index into ends */

enum { BREAKPOINT = 0xcc };

static uint32_t slot_of(uint64_t address, uint32_t size)
{
    return (uint32_t)(address * 0x9e3779b97f4a7c15ull >> 32) & (size - 1);
}

struct end *run_end(const struct run *r)
{
    return &ends[r->end];
}

static bool write_byte(uint64_t address, uint8_t byte)
{
    return kernel_call4(SYS_pwrite64, (uint64_t)stepper.memory, (uint64_t)&byte, 1,
                        address) == 1;
}

bool run_patch(struct end *e)
{
    if (!e->patched)
        e->patched = write_byte(e->at, BREAKPOINT);
    return e->patched;
}

void run_unpatch(struct end *e)
{
    uint8_t byte = 0;

    if (!e->patched)
        return;
    e->patched = false;
    if (kernel_call4(SYS_pread64, (uint64_t)stepper.memory, (uint64_t)&byte, 1,
                     e->at) != 1 ||
        byte != BREAKPOINT)
        stepper.plan.log->overwritten++; /* unmapped, or a compiler's new code */
    else
        write_byte(e->at, e->byte);
}

void run_unpatch_all(void)
{
    for (uint32_t i = 0; i < stepper.ends; i++)
        run_unpatch(&ends[i]);
}

struct end *run_end_at(uint64_t address)
{
    uint32_t slot = slot_of(address, STATE_ENDS * 2);

    for (; end_slots[slot]; slot = (slot + 1) & (STATE_ENDS * 2 - 1))
        if (ends[end_slots[slot] - 1].at == address)
            return &ends[end_slots[slot] - 1];
    return NULL;
}

static struct end *end_add(uint64_t address, const struct x86 *x)
{
    uint32_t slot = slot_of(address, STATE_ENDS * 2);
    struct end *e = &ends[stepper.ends];

    if (stepper.ends == STATE_ENDS)
        return NULL;
    while (end_slots[slot])
        slot = (slot + 1) & (STATE_ENDS * 2 - 1);
    end_slots[slot] = ++stepper.ends;
    e->at = address;
    e->x = *x;
    e->byte = *(const uint8_t *)address;
    return e;
}

/* The end of the run from `address` on, and of how many instructions that is. */
static struct end *find_end(uint64_t address, uint32_t *count)
{
    struct end *e;
    struct x86 x;

    for (*count = 1;; (*count)++) {
        e = run_end_at(address);
        if (e)
            return e;
        x86_decode((const uint8_t *)address, &x);
        if (x.kind != X86_PLAIN)
            return end_add(address, &x);
        address += x.length;
    }
}

static void make(struct run *r, uint64_t address, struct end *e, uint32_t count)
{
    uint32_t most = count < LOG_MOST ? count : LOG_MOST;

    r->end = (uint32_t)(e - ends);
    r->count = (uint16_t)most;
    r->more = (uint16_t)(count - most < UINT16_MAX ? count - most : UINT16_MAX);
    for (uint32_t i = 0; i < stepper.wanted; i++)
        if (stepper.want[i].function == address) {
            r->asked = stepper.want[i].asked;
            r->figure = stepper.want[i].figure;
        }
    r->at = address;
}

struct run *run_at(uint64_t address)
{
    uint32_t slot = slot_of(address, STATE_RUNS), count;
    struct end *e;

    for (; runs[slot].at; slot = (slot + 1) & (STATE_RUNS - 1))
        if (runs[slot].at == address)
            return &runs[slot];
    if (stepper.runs >= STATE_RUNS / 4 * 3)
        return NULL;
    e = find_end(address, &count);
    if (!e || (e->x.kind < X86_ODD && !run_patch(e)))
        return NULL;
    stepper.runs++;
    make(&runs[slot], address, e, count);
    return &runs[slot];
}
