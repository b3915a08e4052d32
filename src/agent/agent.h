/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - records the calls of a program into a tape: what the parts of the agent
 * share. One agent a process.
 * Everything here runs inside the program, with its GIL held unless said
 * otherwise. It never raises, prints, signals, allocates from Python or the
 * heap, or fails the program: what finds no room is counted as lost. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "calls/front.h"

enum {
    AGENT_PATHS = 1 << 22, /* 256 MB of nodes */
    AGENT_FUNCTIONS = 1 << 20,
    AGENT_TEXT_BYTES = 1 << 28,
    AGENT_THREADS = 1 << 17,
};

struct options {
    enum clock_kind clock;
    bool builtins, children;
    enum writer_io io;
    size_t step;                  /* struct writer_how: tests of full disks */
    bool inner;                   /* not the program: a Python that it started */
    char only[256];               /* --children, "": all */
    uint64_t text_bytes, threads; /* at most, of a process */
};

struct agent {
    bool on;               /* events are wanted */
    bool held;             /* stopped from outside: listens to what begins alone */
    bool off;              /* no tape could be made: never try again */
    bool forked;           /* the tape is the parent's */
    bool follows;          /* what is executed by this process is entered as well */
    bool left_out;         /* its tape is to be passed over: choice.c */
    bool changing;         /* a start or stop is under way */
    unsigned long changer; /* the thread that does it */
    struct options options;
    char directory[4096]; /* the recording, absolute; empty: none yet */
    char program[256];    /* what the header calls it */
    struct thread *threads;
    struct thread *spare;     /* have ended: new ones go on with their trees */
    uint32_t thread_serial;   /* so far */
    uint64_t paused_at;       /* CLOCK_MONOTONIC ns; 0: not paused */
    PyObject *name_attribute; /* "_name" */
};

extern struct agent agent;

/* state.c: begin and end */
bool agent_prepare(void); /* once a process */
bool agent_begin(void);   /* makes the tape; false: agent.off */
void agent_finish(void);  /* seals it; no event comes after */
void agent_forget(void);  /* Python has ended: it may begin again, with new objects */
void agent_pause(uint64_t since_ns); /* CLOCK_MONOTONIC: then, or now */
void agent_resume(void);
void agent_skip(uint64_t ns);        /* was a pause, found out afterwards */
void agent_find(void);               /* resumed, and this thread's event is no call */
void agent_unfit(void);              /* all stacks: they are found anew, if ever */
void agent_reset(uint64_t since_ns); /* counters to 0 */
void agent_save(void);               /* the process may end without a word */
void agent_after_fork_in_child(void);

/* functions.c */
void functions_forget(void *key); /* the object behind a key has died */
void functions_drop(void);        /* the tables, not the records */

/* deaths.c: which functions are to be forgotten */
bool deaths_listening(void);
void deaths_listen(void); /* once a process */
void deaths_begin(void);  /* this interpreter is the one that is recorded */
bool deaths_elsewhere(
    void);                 /* this thread is in another, maybe with a lock of its own */
void deaths_several(void); /* there are others: the tape says so */

/* thread_names.c */
tape_text thread_name(void); /* of the running thread, at its first event */

/* probe_calls*.c: the events of this version of Python. false: a Python error
 * is set. */
bool probe_prepare(void); /* once a process */
bool probe_claim(void);   /* before start; false: others hold every place */
void probe_unclaim(void); /* instead of start; stop does it as well */
bool probe_start(void);
void probe_stop(void);
void probe_hold(void);    /* from now on heed_held() is told of what begins */
bool probe_release(void); /* all events again, after probe_hold */
/* The empty stack of another thread: what runs there is entered, no call counted. */
void probe_find(struct thread *t, PyThreadState *state);
void probe_end(void);      /* the interpreter ends: was all in place up to now? */
void probe_forget(void);   /* the same: its objects are gone */
void probe_replaced(void); /* a profile function is about to be put into this thread */

/* heed.c: what is asked from outside, and how the process answers */
/* Whether heed_held() has something to do, when something begins. */
static inline bool heed_is_wanted(void)
{
    const struct tape_header *h = writer_header(&calls.tape);

    return agent.forked || !calls.tape.shared || !calls.tape.base ||
           h->control.asked != h->answer.heard;
}
void heed_join(void);  /* it has a new tape: is the recording stopped? */
bool heed_held(void);  /* something begins while it is held; true: no longer */
void heed_heard(void); /* outside of events: look as well */
bool heed_start(void); /* the program starts it; false: a Python error is set */
void heed_end(void);   /* the tape is about to be closed: the last that is asked */
void heed_answer(enum tape_counting counting);

/* note.c: why there is no tape of this process */
bool note_leave(const char *why); /* false: there can be none */
void note_leave_error(void); /* the Python error that is set, or errno; clears it */

/* embedder.c: whether an audit event is that of the first code which is not site's:
 * nothing of Python is around it */
bool embedder_begins(const char *event, PyObject *args);

/* endings.c: what ends the process without a word, see agent_save */
void endings_watch(void);
void endings_heard(const char *event, PyObject *args);

/* place.c: makes the recording and sets agent.directory. false: errno, or a Python
 * error where the program gave a name */
bool place_by_default(void);
bool place_named(PyObject *path);
bool place_is_current(PyObject *path); /* the name of the recording under way */

/* module.c */
void agent_stand_aside(void); /* no more events; between two of them */
/* What Python may call */
enum { AGENT_METHODS = 5 };
#define AGENT_METHODS_BYTES (AGENT_METHODS * sizeof(PyMethodDef))
extern PyMethodDef agent_methods[AGENT_METHODS];

#endif
