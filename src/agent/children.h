/* SPDX-License-Identifier: Apache-2.0 */
/* children.h - what a process sees of those it starts: one record each in its own tape,
 * filled in when it has waited for it. We stand before the C functions of posix and
 * _posixsubprocess that start and wait; what they get and give stays as it is.
 * Of a command nothing is kept but its base name and why it could not be entered. */
#ifndef AGENT_CHILDREN_H
#define AGENT_CHILDREN_H

#include "agent/agent.h"

enum { NAME_MOST = 256, WORDS_MOST = 32, WORD_BYTES = 4096 };

/* command.c: what is about to be executed, as far as it is looked at. One at a time:
 * words lie in room of the file's own, which the GIL guards. */
enum environment {
    ENVIRONMENT_WHOLE,
    ENVIRONMENT_REPLACED,  /* what tells of the recording is not in it */
    ENVIRONMENT_ELSEWHERE, /* its PYTHONPATH lacks our hook */
    ENVIRONMENT_ANOTHER,   /* it names another recording */
    ENVIRONMENT_NOWHERE,   /* the recording is not where it says any more */
};
struct command {
    struct str word[WORDS_MOST];
    uint32_t words;
    enum environment environment;
    char file[1024]; /* the executable; empty: not found out */
    bool missing;    /* there is none at any of the places it was looked for */
};
/* args: list or tuple of str and bytes; files: one path or a list or tuple of them,
 * the first that can be executed is; env: NULL, None, dict, os.environ, or a list or
 * tuple of NAME=VALUE. What is none of these is as if it were not known. */
void command_of(struct command *c, PyObject *args, PyObject *files, PyObject *env);
void command_of_shell(struct command *c, PyObject *text); /* sh -c text */
/* Words of a simple command of a shell, into the same room: 0 where it is more. */
uint32_t command_split(struct str text, struct str *words, uint32_t most);
bool command_is_shell(const struct command *c); /* word[2] is for it to read */
/* Whether execvp(3) finds that name; file: what it executes then. */
bool command_find(const char *name, char *file, size_t size);
bool command_moved(void); /* the recording is not where it was begun */
/* At most NAME_MOST - 1 bytes and a NUL: "convert", "sh -c convert". */
void command_name(const struct command *c, char *name);

/* reasons.c: why it will not have been entered, should there be no tape of it. */
const char *reason_of(const struct command *c);
const char *reason_of_fork(void);
#define REASON_NOT_EXECUTED "it could not be executed"
#define REASON_LEFT_OUT "left out by --children"

/* children.c: the records */
struct child {
    uint64_t start_ns;
    uint32_t flags; /* enum tape_process_flag */
    const char *reason;
    char name[NAME_MOST];
};
void children_prepare(struct child *c, const struct command *command); /* NULL: fork */
/* pid 0: not known. The record's ticket for children_settle; 0: there is none. */
uint64_t children_started(const struct child *c, long pid);
void children_refused(struct child *c); /* it never had a pid that is known */
struct child_end {
    int status; /* as wait(2) */
    uint64_t cpu_ns, max_rss_bytes;
};
void children_ended(long pid, const struct child_end *end);
void children_settle(uint64_t ticket,
                     const struct child_end *end); /* NULL: it is void */
void children_drop(void);                          /* the table, not the records */

/* starts.c, waits.c: once a process, when a tape is there */
void starts_watch(void);
void starts_heard(const char *event, PyObject *args); /* of an audit */
void starts_seen(PyObject *callable); /* about to be called for the first time */
void waits_watch(void);
void waits_after_fork_in_child(void);

/* rows.c: the row of a module's function, borrowed for good; NULL: it is not there, or
 * not called as we know it. */
PyMethodDef *rows_find(const char *module, const char *name, int flags);
typedef PyObject *fast_function(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *named_function(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
/* Puts ours in a row's place, once, and the row's own where ours finds it. */
#define ROWS_STAND_BEFORE(module, name, flags, real, ours)                             \
    do {                                                                               \
        PyMethodDef *row = (real) ? NULL : rows_find(module, name, flags);             \
        if (row) {                                                                     \
            (real) = (__typeof__(real))(void (*)(void))row->ml_meth;                   \
            row->ml_meth = (PyCFunction)(void (*)(void))(ours);                        \
        }                                                                              \
    } while (0)

/* lineage.c: where a process comes from */
void lineage_leave(const struct tape_header *parents); /* in a forked child */
void lineage_tell(struct tape_header *h);

/* roles.c: what multiprocessing has a process for */
#define ROLES_CODE "BaseProcess._bootstrap"
bool roles_prepare(void); /* when Python begins; false: a Python error is set */
void roles_command(const char *code); /* of -c, before the tape */
const char *roles_duty(
    void); /* "spawn", "forkserver", "resource_tracker"; NULL: none */
void roles_tell(struct tape_header *h);
void roles_look_at(PyObject *code); /* a function that is new */
extern void *roles_key;             /* BaseProcess._bootstrap, once it was met */
void roles_begin(void);             /* it is on a path it was not on before */
void roles_held(PyObject *code);    /* begins while nothing is counted */
void roles_look(void);              /* among what runs already */
static inline bool roles_may_begin(const PyCodeObject *code)
{
    return PyUnicode_GET_LENGTH(code->co_qualname) == sizeof ROLES_CODE - 1;
}
void roles_forget(const void *code);
void roles_drop(void); /* a tape begins anew */

/* choice.c: --children: who is shown */
/* Of the options of a run: cuts children=GLOB, which is the last, or children=0 out of
 * them; its value, "" where it is not there. */
const char *choice_cut(char *options);
void choice_read(const char *children, bool inner);
bool choice_of_command(const char *program); /* false: nothing in it is recorded */
void choice_of_fork(void);
void choice_of_worker(const char *duty, const char *called);

#endif
