/* SPDX-License-Identifier: Apache-2.0 */
/* profiled.h - calls on Python 3.11, as the C profile function of a thread is told
 * them. There is no exact depth to go by: a frame's caller must be the top entry's
 * frame, and where it is not, it is looked for in the stack. t: the running thread's
 * block. */
#ifndef CALLS_PROFILED_H
#define CALLS_PROFILED_H

#include "calls/calls.h"

void profiled_enter(struct thread *t, struct pyabi_frame *frame);
void profiled_leave(struct thread *t, struct pyabi_frame *frame);
/* key: the identity of what is called. */
void profiled_call(struct thread *t, struct pyabi_frame *frame, void *key,
                   PyObject *callable);
void profiled_end(struct thread *t, struct pyabi_frame *frame, PyObject *callable);

/* A thread with an empty stack is where its frames say: no call is counted. */
void profiled_find(struct thread *t, PyThreadState *state);

/* A call of a type by a frame; whether it was entered, or left. */
bool profiled_enter_type(struct thread *t, struct pyabi_frame *frame, PyObject *type);
bool profiled_leave_type(struct thread *t, struct pyabi_frame *frame, PyObject *type);

#endif
