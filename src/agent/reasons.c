/* SPDX-License-Identifier: Apache-2.0 */
/* reasons.c - why a command will not be entered, told by its words, its executable and
 * its environment when it starts: most are not Python, and of Python some are called in
 * a way that reads no PYTHONPATH. A sentence of ours, never a word of the command's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/children.h"

/* They start their command as another, with an environment they make. */
static const char *changes_user(struct str name)
{
    static const struct {
        const char *name, *reason;
    } known[] = {
        { "sudo", "sudo gives it an environment of its own" },
        { "su", "su gives it an environment of its own" },
        { "doas", "doas gives it an environment of its own" },
        { "runuser", "runuser gives it an environment of its own" },
        { "pkexec", "pkexec gives it an environment of its own" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(name, str_of(known[i].name)))
            return known[i].reason;
    return NULL;
}

/* The environment that leads to a recording is not such a process's own. */
static const char *privileges(const char *file)
{
    struct stat s;

    if (file[0] == '\0' || stat(file, &s) != 0)
        return NULL;
    if (s.st_mode & S_ISUID && s.st_uid != geteuid())
        return "it is set-user-ID";
    if (s.st_mode & S_ISGID && s.st_mode & S_IXGRP && s.st_gid != getegid())
        return "it is set-group-ID";
    if (getxattr(file, "security.capability", NULL, 0) > 0)
        return "it has file capabilities";
    return NULL;
}

/* python, python3, python3.13, python3.13t, pypy3 */
static bool is_python_name(struct str path)
{
    struct str name = str_basename(path);
    size_t at = str_begins(name, STR("python")) ? 6
                : str_begins(name, STR("pypy")) ? 4
                                                : 0;

    if (at == 0)
        return false;
    while (at < name.len && strchr("0123456789.-", name.at[at]))
        at++;
    return at == name.len || (at + 1 == name.len && strchr("tdw", name.at[at]));
}

/* The words of a first line "#!/path/python3 -I", 0: there is none. */
static uint32_t first_line(const char *file, char *line, size_t size, struct str *words)
{
    int fd = file[0] ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    ssize_t got = fd >= 0 ? read(fd, line, size - 1) : -1;

    if (fd >= 0)
        close(fd);
    line[got > 0 ? got : 0] = '\0';
    if (strncmp(line, "#!", 2) != 0)
        return 0;
    line[strcspn(line, "\n")] = '\0';
    return command_split(str_of(line + 2), words, WORDS_MOST);
}

/* Which of -I, -S and -E stands among the options before the program. */
static const char *isolated(const struct str *word, uint32_t words)
{
    for (uint32_t i = 1; i < words; i++) {
        struct str w = word[i];

        if (w.len < 2 || w.at[0] != '-')
            return NULL;
        if (str_eq(w, STR("--check-hash-based-pycs")))
            i++;
        for (size_t k = 1; k < w.len && w.at[1] != '-'; k++) {
            if (w.at[k] == 'c' || w.at[k] == 'm')
                return NULL;
            if (w.at[k] == 'I')
                return "Python was started with -I";
            if (w.at[k] == 'S')
                return "Python was started with -S";
            if (w.at[k] == 'E')
                return "Python was started with -E";
            if (w.at[k] == 'W' || w.at[k] == 'X') {
                i += k + 1 == w.len; /* what it takes is the next word */
                break;
            }
        }
    }
    return NULL;
}

static const char replaced[] = "its environment was replaced";
static const char no_program[] = "it ended before its program began";
static const char elsewhere[] = "its PYTHONPATH was replaced";
static const char another[] = "its SONDE_RECORDING was replaced";
static const char moved[] = "the recording had been moved or removed";

static const char *python_reason(const struct str *word, uint32_t words,
                                 enum environment environment)
{
    const char *why = isolated(word, words);

    if (why)
        return why;
    switch (environment) {
    case ENVIRONMENT_REPLACED:
        return replaced;
    case ENVIRONMENT_ELSEWHERE:
        return elsewhere;
    case ENVIRONMENT_ANOTHER:
        return another;
    case ENVIRONMENT_NOWHERE:
        return moved;
    case ENVIRONMENT_WHOLE:
        break;
    }
    return no_program;
}

/* Behind env's options and assignments, which may change what is inherited. */
static uint32_t skip_env(const struct str *word, uint32_t words, enum environment *e)
{
    uint32_t i = 1;

    for (; i < words; i++) {
        struct str w = word[i];
        bool unset = str_eq(w, STR("-u")) || str_eq(w, STR("--unset"));

        if (str_eq(w, STR("-")) || str_eq(w, STR("-i")) ||
            str_eq(w, STR("--ignore-environment")))
            *e = ENVIRONMENT_REPLACED;
        else if (str_begins(w, STR("PYTHONPATH=")) && *e == ENVIRONMENT_WHOLE)
            *e = ENVIRONMENT_ELSEWHERE;
        else if (str_begins(w, STR("SONDE_RECORDING=")) && *e == ENVIRONMENT_WHOLE)
            *e = ENVIRONMENT_ANOTHER;
        else if (unset || str_eq(w, STR("-C")) || str_eq(w, STR("--chdir"))) {
            struct str name = i + 1 < words ? word[i + 1] : (struct str){ 0 };
            if (unset && str_eq(name, STR("SONDE_RECORDING")))
                *e = ENVIRONMENT_REPLACED;
            else if (unset && str_eq(name, STR("PYTHONPATH")))
                *e = ENVIRONMENT_ELSEWHERE;
            i++;
        } else if (w.len == 0 || (w.at[0] != '-' && !memchr(w.at, '=', w.len)))
            break;
    }
    return i;
}

/* Commands that run another, words of which are left: the options whose value is the
 * next word, and how many words come between. */
static const struct front {
    const char *name, *valued;
    uint32_t words;
    bool stays; /* beside what it runs, else that takes its place */
} fronts[] = {
    { "chrt", "TPD", 1, false },   { "exec", "a", 0, false },
    { "ionice", "cn", 0, false },  { "nice", "n", 0, false },
    { "nohup", "", 0, false },     { "setsid", "", 0, false },
    { "stdbuf", "ioe", 0, false }, { "taskset", "", 1, false },
    { "timeout", "ks", 1, true },
};

static const struct front *front_of(struct str word)
{
    struct str name = str_basename(word);

    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
        if (str_eq(name, str_of(fronts[i].name)))
            return &fronts[i];
    return NULL;
}

/* Behind its options and its own words. */
static uint32_t skip_options(const struct front *f, const struct str *word,
                             uint32_t words)
{
    uint32_t i = 1;

    for (; i < words && word[i].len > 1 && word[i].at[0] == '-'; i++) {
        struct str w = word[i];

        if (str_eq(w, STR("--"))) {
            i++;
            break;
        }
        i += w.len == 2 && strchr(f->valued, w.at[1]) != NULL;
    }
    return i + f->words;
}

/* How many words are in front of the command that one is run by; 0: by none. */
static uint32_t skip_front(const struct str *word, uint32_t words, enum environment *e,
                           bool *stays)
{
    const struct front *f = front_of(word[0]);

    if (str_eq(str_basename(word[0]), STR("env")))
        return skip_env(word, words, e);
    *stays |= f && f->stays;
    return f ? skip_options(f, word, words) : 0;
}

/* Python by its name, or a script that says so in its first line; file: "" or NULL
 * where it is not known. */
static const char *program_reason(const struct str *word, uint32_t words,
                                  enum environment e, const char *file)
{
    struct str line[WORDS_MOST];
    char text[256];

    if (words > 0 && is_python_name(word[0]))
        return python_reason(word, words, e);
    if (!file)
        return NULL;
    if (is_python_name(str_of(file)))
        return python_reason(word, words, e);
    words = first_line(file, text, sizeof text, line);
    word = line;
    if (words > 0 && str_eq(str_basename(word[0]), STR("env"))) {
        uint32_t skip = skip_env(line, words, &e);
        word += skip;
        words -= skip;
    }
    return words > 0 && is_python_name(word[0]) ? python_reason(word, words, e) : NULL;
}

/* file: what is executed; NULL: these are words of a shell's. */
static const char *words_reason(const struct str *word, uint32_t words,
                                enum environment e, const char *file)
{
    char name[1024], inner[1024];
    bool front = false, stays = false;

    for (uint32_t skip;
         words > 0 && (skip = skip_front(word, words, &e, &stays)) > 0;) {
        front = true;
        skip = skip < words ? skip : words;
        word += skip;
        words -= skip;
    }
    if (!front)
        return program_reason(word, words, e, file);
    if (words == 0)
        return NULL;
    if (changes_user(str_basename(word[0])))
        return changes_user(str_basename(word[0]));
    snprintf(name, sizeof name, "%.*s", (int)word[0].len, word[0].at);
    const char *why = program_reason(
        word, words, e, command_find(name, inner, sizeof inner) ? inner : NULL);
    return stays && why == no_program ? NULL : why;
}

/* sh stays where it was beside what it runs: only of that one is this said. */
static const char *of_shell(const struct command *c)
{
    struct str inner[WORDS_MOST];
    uint32_t words = command_split(c->word[2], inner, WORDS_MOST);
    const char *why = words_reason(inner, words, c->environment, NULL);

    if (why == no_program)
        return NULL;
    return why || words == 0 ? why : changes_user(str_basename(inner[0]));
}

const char *reason_of(const struct command *c)
{
    const char *why = NULL;

    if (!agent.options.children)
        return "left out by --no-children";
    if (!agent.follows)
        return "sonde.start() records one process and what it forks";
    if (c->missing)
        return REASON_NOT_EXECUTED;
    if (c->words > 0)
        why = changes_user(str_basename(c->word[0]));
    if (!why)
        why = privileges(c->file);
    if (!why)
        why = command_is_shell(c)
                  ? of_shell(c)
                  : words_reason(c->word, c->words, c->environment, c->file);
    return why ? why : "not Python";
}

const char *reason_of_fork(void)
{
    if (!agent.options.children)
        return "left out by --no-children";
    if (agent.left_out && !agent.on)
        return REASON_LEFT_OUT;
    if (agent.on && command_moved())
        return moved;
    return agent.on ? "it ended before it called anything" : "recording was stopped";
}
