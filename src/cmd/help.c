/* SPDX-License-Identifier: Apache-2.0 */
/* help.c - the help screens, and answers to words that nearly were right. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/out.h"
#include "cmd/cmd.h"

enum { COLUMNS = 80, NAME_MAX_LEN = 64 };

/* Commands of the plan that this version does not have. */
static const char *const later[] = {
    "attach", "top", "dump", "why", "lines", "memory", "heap", NULL,
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to add, drop, change or swap with a neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];

    if (rows > NAME_MAX_LEN || columns > NAME_MAX_LEN)
        return NAME_MAX_LEN;
    for (size_t i = 0; i <= rows; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            d[i][j] = smaller(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = smaller(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = smaller(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[rows][columns];
}

const char *help_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = strlen(word) < 4 ? 2 : 3; /* must be below it */

    for (; *names; names++) {
        size_t far = distance(word, *names);
        if (far < least) {
            least = far;
            nearest = *names;
        }
    }
    return nearest;
}

static bool is_file(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

static bool ends(const char *word, const char *const *endings)
{
    for (; *endings; endings++)
        if (str_ends(str_of(word), str_of(*endings)))
            return true;
    return false;
}

static bool is_program(const char *word)
{
    static const char *const endings[] = { ".py", ".pyw", ".pyz", ".pyc", NULL };

    return ends(word, endings);
}

static bool is_profile(const char *word)
{
    static const char *const endings[] = { ".sonde", ".prof", ".pstats", NULL };

    return ends(word, endings);
}

static bool unknown_option(const char *word, struct err *e)
{
    const struct cmd *run = cmd_find("run");

    if (strcmp(word, "-m") == 0 || strcmp(word, "-c") == 0)
        return err_set(e, ERR_USAGE, "no command: %s (sonde run %s ... profiles it)",
                       word, word);
    for (const struct argp_option *o = run ? run->options : NULL;
         o && (o->name || o->key || o->doc); o++)
        if (o->name && strncmp(word, "--", 2) == 0 &&
            strncmp(word + 2, o->name, strlen(o->name)) == 0)
            return err_set(e, ERR_USAGE,
                           "no command: %s (options follow it: sonde run %s ...)", word,
                           word);
    return err_set(e, ERR_USAGE, "unknown option: %s (sonde --help lists the commands)",
                   word);
}

static bool not_yet(const char *word, const char *next, struct err *e)
{
    if (is_program(next))
        return err_set(e, ERR_USAGE,
                       "not in this version yet: %s (sonde run %s records its calls,"
                       " sonde report tells them)",
                       word, next);
    return err_set(e, ERR_USAGE,
                   "not in this version yet: %s (sonde " SONDE_VERSION
                   " has what sonde --help lists)",
                   word);
}

static const char *nearest_command(const char *word)
{
    const char *names[64];
    size_t count = 0;

    for (const struct cmd *const *c = cmd_list(); *c && count < 63; c++)
        if (*(*c)->name)
            names[count++] = (*c)->name;
    names[count] = NULL;
    return help_nearest(word, names);
}

bool help_unknown(const char *word, const char *next, struct err *e)
{
    for (const char *const *l = later; *l; l++)
        if (strcmp(*l, word) == 0)
            return not_yet(word, next, e);
    if (word[0] == '-')
        return unknown_option(word, e);
    if (is_profile(word))
        return err_set(e, ERR_USAGE, "no such command: %s (sonde report %s reads it)",
                       word, word);
    const char *nearest = is_program(word) ? NULL : nearest_command(word);
    if (nearest)
        return err_set(e, ERR_USAGE, "no such command: %s (did you mean sonde %s?)",
                       word, nearest);
    if (is_program(word) || is_file(word) || strchr(word, '/'))
        return err_set(e, ERR_USAGE, "no such command: %s (sonde run %s profiles it)",
                       word, word);
    return err_set(e, ERR_USAGE, "no such command: %s (sonde --help lists them)", word);
}

bool help_program(const struct cmd *c, const char *word, struct err *e)
{
    if (!*word)
        return err_set(e, ERR_USAGE, "empty file name: '' (is a variable not set?)");
    if (!is_program(word))
        return true;
    return err_set(
        e, ERR_USAGE,
        "a program, not a profile: %s (sonde run %s records it, sonde %s takes"
        " the recording)",
        word, word, c->name);
}

/* Text from column `at` on, broken at blanks, later lines starting at `left`. */
static void wrap(struct out *o, size_t at, size_t left, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, " ");

        if (at > left && at + 1 + len > COLUMNS) {
            out_printf(o, "\n%*s", (int)left, "");
            at = left;
        } else if (at > left) {
            out_char(o, ' ');
            at++;
        }
        out_bytes(o, text, len);
        at += len;
        text += len + strspn(text + len, " ");
    }
    out_char(o, '\n');
}

static void option_line(struct out *o, const struct argp_option *opt)
{
    enum { LEFT = 25 };
    bool letter = opt->key > ' ' && opt->key < 127;
    const char *open = "", *close = "", *arg = opt->arg ? opt->arg : "";
    char head[160];

    if (opt->arg && opt->flags & OPTION_ARG_OPTIONAL) {
        open = "[";
        close = "]";
    }
    const char *between = !opt->arg ? "" : opt->name ? "=" : " ";
    int len = snprintf(head, sizeof head, "  %c%c%s%s%s%s%s%s%s", letter ? '-' : ' ',
                       letter ? opt->key : ' ', opt->name ? letter ? ", " : "  " : "",
                       opt->name ? "--" : "", opt->name ? opt->name : "", open, between,
                       arg, close);
    out_text_of(o, head);
    if (len >= LEFT - 1)
        out_printf(o, "\n%*s", LEFT, "");
    else
        out_printf(o, "%*s", LEFT - len, "");
    wrap(o, LEFT, LEFT, opt->doc ? opt->doc : "");
}

static void option_lines(struct out *o, const struct argp_option *opt)
{
    for (; opt && (opt->name || opt->key || opt->doc); opt++)
        if (!opt->name && !opt->key)
            out_printf(o, "%s:\n", opt->doc);
        else if (!(opt->flags & OPTION_HIDDEN))
            option_line(o, opt);
}

static void example_lines(struct out *o, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");

        out_text_of(o, "  ");
        out_bytes(o, lines, len);
        out_char(o, '\n');
        lines += len + (lines[len] == '\n');
    }
}

bool help_cmd(const struct cmd *c, struct err *e)
{
    struct out *o = out_stdout();

    out_printf(o, "usage: sonde%s%s %s\n", *c->name ? " " : "", c->name, c->usage);
    out_printf(o, "%s\n", c->help);
    if (c->options || c->shared) {
        out_char(o, '\n');
        option_lines(o, c->options);
        option_lines(o, c->shared);
    }
    if (c->more)
        out_printf(o, "\n%s\n", c->more);
    if (c->examples) {
        out_text_of(o, "\nexamples:\n");
        example_lines(o, c->examples);
    }
    return out_close(o, e);
}

bool help_all(struct err *e)
{
    struct out *o = out_stdout();

    out_text_of(o, "sonde " SONDE_VERSION " profiles Python programs.\n\n"
                   "usage: sonde COMMAND [OPTIONS] ...\n\n");
    for (const struct cmd *const *c = cmd_list(); *c; c++)
        if (*(*c)->name)
            out_printf(o, "  %-9s %s\n", (*c)->name, (*c)->help);
    out_text_of(
        o, "\n  sonde COMMAND --help tells more; sonde alone tells of the newest\n"
           "  recording here.\n"
           "\nexamples:\n"
           "  sonde run app.py ARGS           profile a program, and all it starts\n"
           "  sonde run -m pytest -x          a module\n"
           "  sonde report                    where the time went\n"
           "  sonde report --callers --only parse\n");
    return out_close(o, e);
}
