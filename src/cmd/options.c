/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - a command's argp tables, read with getopt_long.
 * argp's own parser does not tell which word it could not take, and its help
 * follows ARGP_HELP_FMT; so the tables are argp's, the reading is getopt's. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

/* Keys of ours, beyond any character and any key a table may use. */
enum { OPTIONS_MAX = 96, KEY_HELP = 1 << 20, KEY_WORD = 1 };

struct tables {
    const struct argp_option *entry[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 2];
    char shorts[3 * OPTIONS_MAX + 8];
    int entries, named;
    size_t letters;
    bool own_h; /* the command means something else by -h */
};

static int has_value(const struct argp_option *o)
{
    if (!o->arg)
        return no_argument;
    return o->flags & OPTION_ARG_OPTIONAL ? optional_argument : required_argument;
}

static void add_letter(struct tables *t, char letter, int value)
{
    t->shorts[t->letters++] = letter;
    for (int colons = value; colons > 0; colons--)
        t->shorts[t->letters++] = ':';
}

static void add_table(struct tables *t, const struct argp_option *o)
{
    for (; o && (o->name || o->key || o->doc); o++) {
        if ((!o->name && !o->key) || t->entries == OPTIONS_MAX)
            continue;
        t->entry[t->entries++] = o;
        t->own_h = t->own_h || o->key == 'h';
        if (o->name)
            t->longs[t->named++] =
                (struct option){ o->name, has_value(o), NULL, o->key };
        if (o->key > ' ' && o->key < 127)
            add_letter(t, (char)o->key, has_value(o));
    }
}

static void tables_of(const struct cmd *c, struct tables *t)
{
    memset(t, 0, sizeof *t);
    t->shorts[t->letters++] = c->ordered ? '+' : '-';
    t->shorts[t->letters++] = ':';
    add_table(t, c->options);
    add_table(t, c->shared);
    t->longs[t->named++] = (struct option){ "help", no_argument, NULL, KEY_HELP };
    if (!t->own_h)
        add_letter(t, 'h', no_argument);
}

static const struct argp_option *by_key(const struct tables *t, int key)
{
    for (int i = 0; i < t->entries; i++)
        if (t->entry[i]->key == key)
            return t->entry[i];
    return NULL;
}

static bool unknown_long(const struct cmd *c, const struct tables *t, const char *word,
                         struct err *e)
{
    const char *names[OPTIONS_MAX + 2] = { 0 };
    size_t len = strcspn(word, "=");
    int begin = 0;
    char name[64];

    for (int i = 0; i < t->named; i++) {
        names[i] = t->longs[i].name;
        begin += strncmp(names[i], word + 2, len - 2) == 0;
    }
    if (begin > 1)
        return err_set(e, ERR_USAGE,
                       "ambiguous option: %s (sonde %s --help lists them)", word,
                       c->name);
    snprintf(name, sizeof name, "%.*s", (int)len - 2, word + 2);
    const char *nearest = help_nearest(name, names);
    if (nearest)
        return err_set(e, ERR_USAGE, "unknown option: %.*s (did you mean --%s?)",
                       (int)len, word, nearest);
    return err_set(e, ERR_USAGE, "unknown option: %.*s (sonde %s --help lists them)",
                   (int)len, word, c->name);
}

/* A word getopt_long took offence at; `what` is its answer, '?' or ':'. */
static bool refuse(const struct cmd *c, const struct tables *t, char **argv, int what,
                   struct err *e)
{
    const char *word = argv[optind - 1];
    bool spelled = strncmp(word, "--", 2) == 0 && optopt == 0;
    const struct argp_option *o = optopt ? by_key(t, optopt) : NULL;
    char shown[64] = "";

    if (spelled)
        return unknown_long(c, t, word, e);
    if (optopt == KEY_HELP)
        return err_set(e, ERR_USAGE, "option takes no value: --help");
    if (!o)
        return err_set(e, ERR_USAGE, "unknown option: -%c (sonde %s --help lists them)",
                       optopt, c->name);
    if (o->name && (strncmp(word, "--", 2) == 0 || o->key > 126))
        snprintf(shown, sizeof shown, "--%s", o->name);
    else
        snprintf(shown, sizeof shown, "-%c", o->key);
    if (what == ':')
        return err_set(e, ERR_USAGE, "option needs a value: %s %s", shown, o->arg);
    return err_set(e, ERR_USAGE, "option takes no value: %s", shown);
}

bool options_read(const struct cmd *c, int argc, char **argv, void *args,
                  struct words *words, bool *asked, struct err *e)
{
    struct tables t;
    bool last = false;
    int key;

    tables_of(c, &t);
    opterr = 0;
    optind = 0;
    while (!last && (key = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
        if (key == '?' || key == ':')
            return refuse(c, &t, argv, key, e);
        if (key == KEY_HELP || (key == 'h' && !t.own_h)) {
            *asked = true;
            return true;
        }
        if (key == KEY_WORD) {
            words->at[words->count++] = optarg;
            continue;
        }
        const struct argp_option *o = by_key(&t, key);
        if (!c->option(args, key, optarg, e))
            return false;
        last = o && (o->flags & CMD_OPTION_LAST) != 0;
    }
    while (optind < argc)
        words->at[words->count++] = argv[optind++];
    return true;
}

bool options_number(const char *option, const char *value, long least, long *number,
                    struct err *e)
{
    char *end;

    errno = 0;
    *number = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || *number < least)
        return err_set(e, ERR_USAGE, "bad value: %s %s: a whole number of at least %ld",
                       option, value, least);
    return true;
}
