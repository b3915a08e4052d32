/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - what the stepper's own files share: the one stepper of this process, the
 * runs of instructions it knows and their ends. For those files alone. All but
 * stepper_open and stepper_wants runs in the handler of SIGTRAP, under `lock`. */
#ifndef STEP_STATE_H
#define STEP_STATE_H

#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "native/x86.h"
#include "step/stepper.h"

enum {
    STATE_RUNS = 1 << 18, /* slots: a power of two, three quarters are used */
    STATE_ENDS = 1 << 18,
    STATE_WANTED = 32,
};

/* The instruction that ends runs. Several runs may end in one. */
struct end {
    uint64_t at;
    struct x86 x;
    uint8_t byte; /* that stood there */
    bool patched;
};

struct run {
    uint64_t at;
    uint32_t end;
    uint16_t more;  /* instructions above LOG_MOST */
    uint16_t count; /* the one that ends it among them */
    uint8_t asked, figure;
};

struct wanted {
    uint64_t function;
    uint8_t asked, figure;
};

struct stepper {
    struct stepper_plan plan;
    bool on;
    uint32_t lock;
    int memory;                          /* /proc/self/mem */
    uint64_t thread;                     /* the one that is logged */
    uint64_t *next;                      /* where the next event goes */
    uint64_t *allotted;                  /* the end of what is allocated of the file */
    uint64_t deadline_ns, loop_began_ns; /* of processor time */
    struct end *again; /* ran unpatched once: to be patched at the next trap */
    uint32_t runs, ends, wanted;
    struct wanted want[STATE_WANTED];
    uint64_t signal_action[4]; /* what the program believes SIGTRAP does ... */
    uint64_t trap_masked;      /* ... and whether it is blocked: its bit, or 0 */
};

extern struct stepper stepper;

/* The run that begins there, found or made; its end is patched. NULL: no room. */
struct run *run_at(uint64_t address);
struct end *run_end(const struct run *r);
struct end *run_end_at(uint64_t address); /* NULL: none */
bool run_patch(struct end *e);
void run_unpatch(struct end *e);
void run_unpatch_all(void);

/* Where the instruction at e leads, and does all else it does. System calls aside. */
uint64_t transfer(greg_t *registers, const struct end *e, enum log_kind *kind);

/* Does the system call of e. False: it is to run by itself, e was put back for that. */
bool syscall_do(ucontext_t *context, struct end *e);

void event_add(enum log_kind kind, uint64_t count, uint64_t address, uint64_t second);
void event_more(uint64_t word);
/* No more is stepped, for this reason. */
void trap_stop(enum log_end why, uint64_t detail);
void trap_lock(void);
void trap_unlock(void);

#endif
