/* SPDX-License-Identifier: Apache-2.0 */
/* front.h - what differs between the two that count calls: declared here, defined
 * in src/agent for recordings and in src/profile for sonde.Profile. */
#ifndef CALLS_FRONT_H
#define CALLS_FRONT_H

#include "calls/calls.h"

/* An event that does not fit the block: the one it is for, ready for it; NULL: it
 * is not counted. */
struct thread *front_thread(struct thread *t);
void front_missed(void); /* such an event was a call */
/* There was no room for a call of the thread's. */
void front_lose(struct thread *t);

uint64_t front_now(const struct thread *t); /* ticks, where no instruction tells */
void front_grown(const struct thread *t);   /* by a node */
/* Before an event that goes the slow way; false: it is not counted. */
bool front_attend(void);
void front_switching(void); /* calls.switching is true from now on */

/* The cell of a function's record, made when new; 0: out of room. Of one that is to
 * leave no trace FUNCTION_HIDDEN: whom it calls its caller calls. */
#define FUNCTION_HIDDEN UINT32_MAX
uint32_t functions_of(void *key, PyObject *object);
uint32_t functions_special(uint32_t *cell, enum tape_function_kind kind,
                           const char *name);
enum tape_function_kind functions_kind(uint32_t function);
/* It has one more node: what that node keeps as `same`. */
uint32_t functions_link(uint32_t function, uint32_t node);

/* 3.11: a thread without a profile function calls a type; any thread calls one, from a
 * frame: whether it was entered; left */
void front_look_again(void);
bool front_enter_type(struct pyabi_frame *frame, PyObject *type);
bool front_leave_type(struct pyabi_frame *frame, PyObject *type);

#endif
