/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - parameters put in, texts taken apart, programs found. */
#include "cmd/commands.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/out.h"
#include "run/target.h"

struct work {
    const struct commands_asked *asked;
    struct commands *commands;
    struct arena *arena;
    /* The values of the command that is being made. */
    struct command_parameter value[COMMANDS_PARAMETERS];
};

/* "{VAR}" becomes its value. */
static const char *filled(const struct work *w, const char *text)
{
    if (!text || w->asked->parameters == 0)
        return text;
    struct out *o = out_memory();
    for (const char *at = text; *at;) {
        size_t skipped = 0;

        for (uint32_t i = 0; *at == '{' && i < w->asked->parameters && !skipped; i++) {
            struct str name = w->value[i].name;

            if (strncmp(at + 1, name.at, name.len) != 0 || at[1 + name.len] != '}')
                continue;
            out_str(o, w->value[i].value);
            skipped = name.len + 2;
        }
        if (!skipped)
            out_char(o, *at);
        at += skipped ? skipped : 1;
    }
    const char *done = arena_cstr(w->arena, out_text(o));
    out_abandon(o);
    return done;
}

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./,:@%^";

    return *word && word[strspn(word, plain)] == '\0';
}

/* As one would type it. */
static struct str typed(char *const *argv, struct arena *a)
{
    struct out *o = out_memory();

    for (int i = 0; argv[i]; i++) {
        bool plain = is_plain(argv[i]);

        out_text_of(o, i > 0 ? " " : "");
        out_text_of(o, plain ? "" : "'");
        for (const char *c = argv[i]; *c; c++)
            if (*c == '\'')
                out_text_of(o, "'\\''");
            else
                out_char(o, *c);
        out_text_of(o, plain ? "" : "'");
    }
    struct str all = arena_str(a, out_text(o));
    out_abandon(o);
    return all;
}

static int take_words(const struct work *w, struct words words, struct command *c,
                      struct err *e)
{
    struct target target = { 0 };
    char **argv = arena_array(w->arena, (size_t)words.count + 1, sizeof *argv);

    for (int i = 0; i < words.count; i++)
        argv[i] = words.at[i];
    struct target_words t = { .python = w->asked->python,
                              .count = words.count,
                              .words = argv };
    c->shown = typed(argv, w->arena);
    int status = target_find(&target, &t, w->arena, e);
    c->argv = target.argv;
    return status;
}

static int take_shell(const struct work *w, const char *shell, const char *text,
                      struct command *c)
{
    char **argv = arena_array(w->arena, 4, sizeof *argv);

    argv[0] = arena_cstr(w->arena, str_of(shell));
    argv[1] = (char *)"-c";
    argv[2] = arena_cstr(w->arena, str_of(text));
    c->argv = argv;
    c->shown = str_of(argv[2]);
    c->by_shell = true;
    return 0;
}

/* Words as a shell makes them, without one. */
static bool split(const struct work *w, const char *text, struct words *words)
{
    wordexp_t found;

    if (wordexp(text, &found, WRDE_NOCMD) != 0)
        return false;
    words->count = (int)found.we_wordc;
    words->at = arena_array(w->arena, found.we_wordc + 1, sizeof *words->at);
    for (size_t i = 0; i < found.we_wordc; i++)
        words->at[i] = arena_cstr(w->arena, str_of(found.we_wordv[i]));
    wordfree(&found);
    return true;
}

/* A builtin of shells, or VAR=VALUE, or what stands for it. */
static bool needs_shell(const struct work *w, struct words words)
{
    const char *first = words.at[0];

    return strchr(first, '=') != NULL ||
           (!strchr(first, '/') && access(first, F_OK) != 0 &&
            !target_on_path(first, w->arena));
}

static int take_text(const struct work *w, const char *text, struct command *c,
                     struct err *e)
{
    const char *shell = w->asked->shell;
    struct words words;

    text = filled(w, text);
    if (text[strspn(text, " \t\n")] == '\0') {
        err_set(e, ERR_USAGE, "nothing to run: -c '%s' (a command, such as -c 'ls -l')",
                text);
        return 2;
    }
    bool none = shell && strcmp(shell, "none") == 0;
    if (shell && !none)
        return take_shell(w, shell, text, c);
    bool apart = split(w, text, &words) && words.count > 0;
    if (apart && (none || !needs_shell(w, words))) {
        int status = take_words(w, words, c, e);

        c->shown = str_of(text);
        return status;
    }
    if (none) {
        err_set(e, ERR_USAGE, "this needs a shell: %s (leave --shell none out)", text);
        return 2;
    }
    return take_shell(w, "/bin/sh", text, c);
}

static int take_command(const struct work *w, uint32_t number, struct err *e)
{
    struct commands *all = w->commands;
    struct command *c = &all->at[all->count++];
    struct command_parameter *kept =
        arena_array(w->arena, w->asked->parameters + 1, sizeof *kept);

    if (w->asked->parameters > 0)
        memcpy(kept, w->value, w->asked->parameters * sizeof *kept);
    *c = (struct command){ .parameters = w->asked->parameters, .parameter = kept };
    c->setup = filled(w, w->asked->setup);
    c->prepare = filled(w, w->asked->prepare);
    c->conclude = filled(w, w->asked->conclude);
    c->cleanup = filled(w, w->asked->cleanup);
    if (w->asked->texts > 0)
        return take_text(w, w->asked->text[number], c, e);
    struct words words = { .count = w->asked->words.count };
    words.at = arena_array(w->arena, (size_t)words.count + 1, sizeof *words.at);
    for (int i = 0; i < words.count; i++)
        words.at[i] = (char *)filled(w, w->asked->words.at[i]);
    return take_words(w, words, c, e);
}

/* A name has one list of values. */
static bool is_given_twice(const struct work *w, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (str_eq(w->value[i].name, w->value[at].name))
            return true;
    return false;
}

/* All commands with each value of parameter `at` and those behind it. */
static int with_values(struct work *w, uint32_t at, struct err *e)
{
    uint32_t texts = w->asked->texts > 0 ? w->asked->texts : 1;
    int status = 0;

    if (at == w->asked->parameters) {
        for (uint32_t i = 0; status == 0 && i < texts; i++) {
            if (w->commands->count == COMMANDS_MAX) {
                err_set(e, ERR_USAGE,
                        "too many commands: %d at most, with each value of "
                        "the parameters",
                        COMMANDS_MAX);
                return 2;
            }
            status = take_command(w, i, e);
        }
        return status;
    }
    const char *list = w->asked->parameter[at], *equals = strchr(list, '=');
    if (!equals || equals == list || equals[1] == '\0') {
        err_set(e, ERR_USAGE,
                "bad value: --parameter-list '%s': a name and its values, such as "
                "n=1,10,100",
                list);
        return 2;
    }
    w->value[at].name = (struct str){ list, (size_t)(equals - list) };
    if (is_given_twice(w, at)) {
        err_set(e, ERR_USAGE,
                "given twice: --parameter-list '%s': one list has all values "
                "of a name",
                list);
        return 2;
    }
    for (const char *value = equals + 1; status == 0; value++) {
        size_t len = strcspn(value, ",");

        w->value[at].value = (struct str){ value, len };
        status = with_values(w, at + 1, e);
        value += len;
        if (*value == '\0')
            break;
    }
    return status;
}

int commands_of(const struct commands_asked *asked, struct commands *c, struct arena *a,
                struct err *e)
{
    struct work w = { .asked = asked, .commands = c, .arena = a };

    *c = (struct commands){ .at = arena_array(a, COMMANDS_MAX, sizeof *c->at) };
    if (asked->texts == 0 && asked->words.count == 0) {
        err_set(e, ERR_USAGE,
                "nothing to time: no command was given (sonde time CMD "
                "ARGS..., or -c 'CMD')");
        return 2;
    }
    if (asked->texts > 0 && asked->words.count > 0) {
        err_set(e, ERR_USAGE,
                "one word too many: %s (either CMD ARGS..., or -c 'CMD', which may be "
                "repeated)",
                asked->words.at[0]);
        return 2;
    }
    return with_values(&w, 0, e);
}

static bool named_python(const char *path)
{
    struct str name = str_basename(str_of(path));
    struct str python = STR("python");

    if (!str_begins(name, python))
        return false;
    for (size_t i = python.len; i < name.len; i++)
        if (!strchr("0123456789.", name.at[i]))
            return false;
    return true;
}

/* "#!/usr/bin/python3 -E" or "#!/usr/bin/env python3" */
static const char *python_of_script(const char *path, struct arena *a)
{
    char head[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof head - 1);

    if (fd >= 0)
        close(fd);
    if (got < 3 || head[0] != '#' || head[1] != '!')
        return NULL;
    head[got] = '\0';
    head[strcspn(head, "\n")] = '\0';
    for (char *word = strtok(head + 2, " \t"); word; word = strtok(NULL, " \t"))
        if (named_python(word))
            return strchr(word, '/') ? arena_cstr(a, str_of(word))
                                     : target_on_path(word, a);
    return NULL;
}

const char *commands_python(const struct command *c, struct arena *a)
{
    const char *path =
        strchr(c->argv[0], '/') ? c->argv[0] : target_on_path(c->argv[0], a);

    if (!path || c->by_shell)
        return NULL;
    return named_python(path) ? path : python_of_script(path, a);
}
