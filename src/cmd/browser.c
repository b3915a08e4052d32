/* SPDX-License-Identifier: Apache-2.0 */
/* browser.c - cmd.Cmd's way of taking a line apart, and what each command does. */
#include "cmd/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole.h"
#include "cmd/reading.h"
#include "cmd/tables.h"
#include "open/table.h"
#include "pstats/number.h"
#include "pstats/print.h"

enum { WORDS_MAX = 256 };

static const struct open_as as_typed = { .how = LOAD_COPY };

struct browser {
    struct arena *arena;
    struct pstats_table *table; /* NULL: nothing was read */
    const char *prompt;
    struct str last;            /* line, for an empty one; empty: there is none */
    char *files[WORDS_MAX + 1]; /* that the table is made of */
    int count;
    bool stripped, listing;
};

struct browser *browser_open(bool listing)
{
    struct arena *a = arena_open();
    struct browser *b = arena_alloc(a, sizeof *b);

    b->arena = a;
    b->prompt = "% ";
    b->listing = listing;
    return b;
}

void browser_close(struct browser *b)
{
    table_close(b->table);
    arena_close(b->arena);
}

const char *browser_prompt(const struct browser *b)
{
    return b->prompt;
}

/* As str.split and str.strip have it, of ASCII. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static struct str strip(struct str s)
{
    while (s.len > 0 && is_space(s.at[0]))
        s.at++, s.len--;
    while (s.len > 0 && is_space(s.at[s.len - 1]))
        s.len--;
    return s;
}

/* The next word of the line, which goes on behind it. */
static struct str take_word(struct str *line)
{
    struct str rest = strip(*line), word = { rest.at, 0 };

    while (word.len < rest.len && !is_space(rest.at[word.len]))
        word.len++;
    *line = (struct str){ rest.at + word.len, rest.len - word.len };
    return word;
}

static bool is_loaded(const struct browser *b, struct out *o)
{
    if (!b->table)
        out_text_of(o, "No statistics object is loaded.\n");
    return b->table != NULL;
}

/* errno of opening it as Python would; a recording's directory is none of its. */
static int cannot_open(const char *path)
{
    struct stat s;

    if (whole_is_pipe(path)) /* opening it would begin to read it */
        return access(path, R_OK) == 0 ? 0 : errno;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), fault = errno;
    if (fd < 0)
        return fault;
    bool directory = fstat(fd, &s) == 0 && S_ISDIR(s.st_mode);
    close(fd);
    return directory && !open_is_recording(path) ? EISDIR : 0;
}

static void say(struct out *o, const struct err *e)
{
    out_text_of(o, e->text);
    out_char(o, '\n');
}

static void note_file(struct browser *b, const char *path)
{
    if (b->count < WORDS_MAX)
        b->files[b->count++] = arena_cstr(b->arena, str_of(path));
}

static void read_file(struct browser *b, const char *path, struct out *o)
{
    struct err e = { 0 };
    int fault = cannot_open(path);
    struct pstats_table *t = fault ? NULL : open_table(path, &as_typed, &e);

    if (fault) {
        out_text_of(o, strerror(fault));
        out_char(o, '\n');
        return;
    }
    if (!t) {
        say(o, &e);
        return;
    }
    table_close(b->table);
    b->table = t;
    b->count = 0;
    b->stripped = false;
    note_file(b, path);
    b->prompt = arena_printf(b->arena, "%s%% ", path).at;
}

void browser_read(struct browser *b, struct str path, struct out *o)
{
    if (path.len > 0)
        read_file(b, arena_cstr(b->arena, path), o);
    else if (b->count > 0)
        read_file(b, b->files[0], o);
    else
        out_text_of(o, "No statistics object is current -- cannot reload.\n");
}

void browser_add(struct browser *b, struct str path, struct out *o)
{
    const char *name = arena_cstr(b->arena, path);
    struct pstats_table *more = NULL;
    struct err e = { 0 };

    if (!is_loaded(b, o))
        return;
    int fault = cannot_open(name);
    if (!fault)
        more = open_table(name, &as_typed, &e);
    if (more && table_add(b->table, more, &e)) {
        note_file(b, name);
    } else {
        out_printf(o, "Failed to load statistics for %s: ", name);
        if (fault) {
            out_printf(o, "[Errno %d] %s: ", fault, strerror(fault));
            number_repr_text(o, path);
            out_char(o, '\n');
        } else {
            say(o, &e);
        }
    }
    table_close(more);
}

/* The words of a line as restrictions. */
static struct restrictions take_restrictions(struct str line, struct restriction *at,
                                             struct out *o)
{
    struct restrictions r = { at, 0 };

    for (struct str word = take_word(&line); word.len > 0 && r.count < WORDS_MAX;
         word = take_word(&line)) {
        if (restriction_of(word, &at[r.count]))
            r.count++;
        else
            out_text_of(o, "Fraction argument must be in [0, 1]\n");
    }
    return r;
}

static void print(struct browser *b, struct str line, struct out *o,
                  bool (*table)(struct pstats_table *, struct restrictions,
                                struct out *, struct err *))
{
    struct restriction at[WORDS_MAX];
    struct restrictions r = take_restrictions(line, at, o);
    struct err e = { 0 };

    if (is_loaded(b, o) && !table(b->table, r, o, &e))
        say(o, &e);
}

static bool print_functions(struct pstats_table *t, struct restrictions r,
                            struct out *o, struct err *e)
{
    return print_stats(t, r, o, e);
}

static bool print_their_callers(struct pstats_table *t, struct restrictions r,
                                struct out *o, struct err *e)
{
    return print_callers(t, r, o, e);
}

static bool do_stats(struct browser *b, struct str line, struct out *o)
{
    print(b, line, o, print_functions);
    return false;
}

static bool do_callers(struct browser *b, struct str line, struct out *o)
{
    print(b, line, o, print_their_callers);
    return false;
}

static bool do_callees(struct browser *b, struct str line, struct out *o)
{
    print(b, line, o, print_callees);
    return false;
}

static bool do_add(struct browser *b, struct str line, struct out *o)
{
    browser_add(b, line, o);
    return false;
}

static bool do_read(struct browser *b, struct str line, struct out *o)
{
    browser_read(b, line, o);
    return false;
}

static bool do_reverse(struct browser *b, struct str line, struct out *o)
{
    (void)line;
    if (is_loaded(b, o))
        table_reverse(b->table);
    return false;
}

static bool do_strip(struct browser *b, struct str line, struct out *o)
{
    struct err e = { 0 };

    (void)line;
    if (!is_loaded(b, o))
        return false;
    b->stripped = true;
    if (!table_strip_dirs(b->table, &e))
        say(o, &e);
    return false;
}

/* What 3.15's sampler wrote has keys of its own, by their whole names only. */
static bool take_keys(const struct browser *b, struct str line, struct sortkeys *keys)
{
    bool sampled = table_sampled(b->table);
    struct err e = { 0 };

    for (struct str word = take_word(&line); word.len > 0; word = take_word(&line)) {
        const struct sortkey *key =
            sampled ? sortkey_named(word, true) : sortkey_find(word);

        if (!key || !sortkeys_add(keys, key, &e))
            return false;
    }
    return keys->keys > 0;
}

static bool do_sort(struct browser *b, struct str line, struct out *o)
{
    struct sortkeys keys = { 0 };

    if (!is_loaded(b, o))
        return false;
    if (take_keys(b, line, &keys)) {
        table_sort(b->table, &keys);
        return false;
    }
    out_text_of(o, "Valid sort keys (unique prefixes are accepted):\n");
    for (int i = 0; i < SORTKEYS; i++)
        out_printf(o, "%s -- %s\n", sortkey_at(i, false)->name,
                   sortkey_at(i, false)->text);
    return false;
}

static bool do_help(struct browser *b, struct str line, struct out *o)
{
    browser_help(line, b->listing, o);
    return false;
}

static bool do_quit(struct browser *b, struct str line, struct out *o)
{
    (void)b, (void)line, (void)o;
    return true;
}

static bool do_eof(struct browser *b, struct str line, struct out *o)
{
    (void)b, (void)line;
    out_char(o, '\n');
    return true;
}

/* The longest beginning of the line that is a file, as names may hold blanks; else its
 * first word. */
static const char *take_path(struct str *line, struct arena *a)
{
    struct str rest = strip(*line), path = take_word(line);

    for (size_t len = rest.len; len > path.len; len--) {
        struct stat s;

        if (len < rest.len && !is_space(rest.at[len]))
            continue;
        if (stat(arena_cstr(a, (struct str){ rest.at, len }), &s) != 0)
            continue;
        *line = (struct str){ rest.at + len, rest.len - len };
        return arena_cstr(a, (struct str){ rest.at, len });
    }
    return arena_cstr(a, path);
}

static bool do_diff(struct browser *b, struct str line, struct out *o)
{
    struct restriction at[WORDS_MAX];

    if (!is_loaded(b, o))
        return false;
    const char *path = take_path(&line, b->arena);
    struct restrictions r = take_restrictions(line, at, o);

    if (*path)
        browser_diff((struct words){ b->count, b->files }, path, r, b->stripped, o);
    else
        out_text_of(o, "diff what? (diff FILE compares with that file)\n");
    return false;
}

static bool do_tree(struct browser *b, struct str line, struct out *o)
{
    struct restriction at[WORDS_MAX];
    struct restrictions r = take_restrictions(line, at, o);

    if (!is_loaded(b, o))
        return false;
    for (int i = 0; i < b->count; i++)
        if (!open_is_recording(b->files[i])) {
            out_printf(o,
                       "No call paths: %s keeps callers alone (sonde run records "
                       "paths).\n",
                       b->files[i]);
            return false;
        }
    browser_tree((struct words){ b->count, b->files }, r, o);
    return false;
}

static const struct {
    const char *name;
    bool (*run)(struct browser *b, struct str line, struct out *o);
} commands[] = {
    { "EOF", do_eof },         { "add", do_add },     { "callees", do_callees },
    { "callers", do_callers }, { "diff", do_diff },   { "help", do_help },
    { "quit", do_quit },       { "read", do_read },   { "reverse", do_reverse },
    { "sort", do_sort },       { "stats", do_stats }, { "strip", do_strip },
    { "tree", do_tree },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static bool is_identifier(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* "?topic" is "help topic". */
static struct str expand(const struct browser *b, struct str line)
{
    line = strip(line);
    if (line.len == 0 || line.at[0] != '?')
        return line;
    return arena_printf(b->arena, "help %.*s", (int)line.len - 1, line.at + 1);
}

bool browser_line(struct browser *b, struct str typed, struct out *o)
{
    struct str line = strip(typed).len > 0 ? expand(b, typed) : b->last;
    struct str name = { line.at, 0 };

    if (line.len == 0)
        return false;
    while (name.len < line.len && is_identifier(line.at[name.len]))
        name.len++;
    if (line.at != b->last.at && line.at[0] != '!')
        b->last = arena_str(b->arena, line);
    if (str_eq(line, STR("EOF")))
        b->last = (struct str){ 0 };
    struct str rest = strip((struct str){ line.at + name.len, line.len - name.len });
    for (int i = 0; i < COMMANDS; i++)
        if (str_eq(name, str_of(commands[i].name)))
            return commands[i].run(b, rest, o);
    out_text_of(o, "*** Unknown syntax: ");
    out_str(o, line);
    out_char(o, '\n');
    return false;
}
