/* SPDX-License-Identifier: Apache-2.0 */
/* typing.c - libedit on a terminal, a buffer elsewhere. */
#include "cmd/typing.h"

#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/arena.h"
#include "base/out.h"

enum { CHUNK = 64 * 1024, HISTORY = 1000, SCREEN = 80 };

struct typing {
    struct arena *arena;
    typing_complete *complete;
    EditLine *edit; /* NULL: no terminal */
    History *history;
    const char *prompt;
    char *buffer; /* what was read and not given yet: [from, to) */
    size_t from, to, room;
    bool ended;
    struct sigaction before;
};

static volatile sig_atomic_t interrupted, answering;

static void on_interrupt(int signal)
{
    (void)signal;
    if (answering)
        _exit(0);
    interrupted = 1;
}

void typing_answering(bool yes)
{
    answering = yes;
}

bool typing_interrupted(const struct typing *t)
{
    (void)t;
    return interrupted != 0;
}

static char *prompt_of(EditLine *edit)
{
    struct typing *t = NULL;

    el_get(edit, EL_CLIENTDATA, &t);
    return (char *)(uintptr_t)t->prompt;
}

/* libedit's own goes on reading after a signal. */
static int read_character(EditLine *edit, wchar_t *to)
{
    mbstate_t state = { 0 };
    char byte;

    (void)edit;
    while (!interrupted) {
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        size_t done;

        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -1;
        if (n < 0)
            continue;
        done = mbrtowc(to, &byte, 1, &state);
        if (done == (size_t)-2)
            continue;
        if (done == (size_t)-1)
            *to = L'?';
        return 1;
    }
    return 0;
}

static struct str last_word(struct str line)
{
    static const char delimiters[] = " \t\n`~!@#$%^&*()-=+[{]}\\|;:'\",<>/?";
    size_t start = line.len;

    while (start > 0 && !strchr(delimiters, line.at[start - 1]))
        start--;
    return (struct str){ line.at + start, line.len - start };
}

static size_t shared_length(const char *const *matches, int count)
{
    size_t shared = strlen(matches[0]);

    for (int i = 1; i < count; i++)
        while (strncmp(matches[0], matches[i], shared) != 0)
            shared--;
    return shared;
}

static void show(const char *const *matches, int count)
{
    struct out *o = out_stdout();
    size_t column = 0;
    struct err ignored = { 0 };

    out_char(o, '\n');
    for (int i = 0; i < count; i++) {
        size_t len = strlen(matches[i]) + 2;

        if (column + len > SCREEN) {
            out_char(o, '\n');
            column = 0;
        }
        out_printf(o, "%s  ", matches[i]);
        column += len;
    }
    out_char(o, '\n');
    out_close(o, &ignored);
}

/* What is typed on: all that the matches share, or a space behind the only one; where
 * there is nothing to add they are shown. */
static unsigned char on_tab(EditLine *edit, int key)
{
    const LineInfo *info = el_line(edit);
    struct str line = { info->buffer, (size_t)(info->cursor - info->buffer) };
    struct str word = last_word(line);
    const char *matches[TYPING_MATCHES];
    struct typing *t = NULL;
    char more[128];

    (void)key;
    el_get(edit, EL_CLIENTDATA, &t);
    int count = t->complete(line, word, matches);
    if (count == 0)
        return CC_ERROR;
    size_t shared = shared_length(matches, count);
    if (count > 1 && shared == word.len) {
        show(matches, count);
        return CC_REDISPLAY;
    }
    snprintf(more, sizeof more, "%.*s%s", (int)(shared - word.len),
             matches[0] + word.len, count == 1 ? " " : "");
    return el_insertstr(edit, more) == 0 ? CC_REFRESH : CC_ERROR;
}

static void edit_lines(struct typing *t)
{
    HistEvent event;

    t->edit = el_init("sonde", stdin, stdout, stderr);
    t->history = history_init();
    if (!t->edit || !t->history)
        return;
    history(t->history, &event, H_SETSIZE, HISTORY);
    history(t->history, &event, H_SETUNIQUE, 1);
    el_set(t->edit, EL_CLIENTDATA, t);
    el_set(t->edit, EL_PROMPT, prompt_of);
    el_set(t->edit, EL_EDITOR, "emacs");
    el_set(t->edit, EL_HIST, history, t->history);
    el_set(t->edit, EL_GETCFN, read_character);
    el_set(t->edit, EL_ADDFN, "complete", "complete the word", on_tab);
    el_set(t->edit, EL_BIND, "^I", "complete", NULL);
    el_source(t->edit, NULL); /* ~/.editrc */
}

struct typing *typing_open(typing_complete *complete)
{
    struct arena *a = arena_open();
    struct typing *t = arena_alloc(a, sizeof *t);
    struct sigaction act = { .sa_handler = on_interrupt };

    t->arena = a;
    t->complete = complete;
    t->room = CHUNK;
    t->buffer = arena_alloc(a, t->room);
    interrupted = 0;
    sigaction(SIGINT, NULL, &t->before);
    if (t->before.sa_handler != SIG_IGN)
        sigaction(SIGINT, &act, NULL);
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        edit_lines(t);
    return t;
}

void typing_close(struct typing *t)
{
    if (t->history)
        history_end(t->history);
    if (t->edit)
        el_end(t->edit);
    sigaction(SIGINT, &t->before, NULL);
    arena_close(t->arena);
}

static bool edited_line(struct typing *t, struct str *line)
{
    HistEvent event;
    int count = 0;
    const char *text = el_gets(t->edit, &count);

    if (interrupted || !text || count <= 0)
        return false;
    size_t len = (size_t)count;
    if (text[len - 1] == '\n')
        len--;
    if (len > 0)
        history(t->history, &event, H_ENTER, text);
    *line = (struct str){ text, len };
    return true;
}

/* More bytes behind those that wait; false: there are none. */
static bool read_more(struct typing *t)
{
    if (t->from > 0) {
        memmove(t->buffer, t->buffer + t->from, t->to - t->from);
        t->to -= t->from;
        t->from = 0;
    }
    if (t->to == t->room) {
        t->buffer = arena_grow(t->arena, t->buffer, t->room, 2 * t->room);
        t->room *= 2;
    }
    while (!t->ended && !interrupted) {
        ssize_t n = read(STDIN_FILENO, t->buffer + t->to, t->room - t->to);

        if (n > 0) {
            t->to += (size_t)n;
            return true;
        }
        t->ended = n == 0 || errno != EINTR;
    }
    return false;
}

/* Where the line ends, of whose bytes so many were searched before; t->to: with the
 * input. */
static size_t await_end(struct typing *t)
{
    for (size_t searched = 0;;) {
        const char *from = t->buffer + t->from + searched;
        const char *end = memchr(from, '\n', t->to - t->from - searched);

        if (end)
            return (size_t)(end - t->buffer);
        searched = t->to - t->from;
        if (!read_more(t))
            return t->to;
    }
}

static bool read_line(struct typing *t, struct str *line)
{
    size_t end = await_end(t);

    if (interrupted || t->from == t->to)
        return false;
    *line = (struct str){ t->buffer + t->from, end - t->from };
    t->from = end < t->to ? end + 1 : end;
    return true;
}

bool typing_line(struct typing *t, const char *prompt, struct str *line)
{
    struct out *o;
    struct err ignored = { 0 };

    t->prompt = prompt;
    if (t->edit && t->history)
        return edited_line(t, line);
    o = out_stdout();
    out_text_of(o, prompt);
    out_close(o, &ignored);
    return read_line(t, line);
}
