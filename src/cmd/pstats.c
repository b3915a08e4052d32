/* SPDX-License-Identifier: Apache-2.0 */
/* pstats.c - sonde pstats: the prompt of `python -m pstats`. */
#include <string.h>
#include <unistd.h>

#include "cmd/browser.h"
#include "cmd/cmd.h"
#include "cmd/reading.h"
#include "cmd/typing.h"
#include "cmd/verbatim.h"

/* What was answered goes out at once. */
static bool give(struct out *answer, struct err *e)
{
    struct out *o = out_stdout();

    verbatim_write(out_text(answer), isatty(STDOUT_FILENO), o);
    out_abandon(answer);
    return out_close(o, e);
}

static int matches_of(struct str word, const char *const *names,
                      const char *matches[TYPING_MATCHES])
{
    int count = 0;

    for (; *names && count < TYPING_MATCHES; names++)
        if (str_begins(str_of(*names), word))
            matches[count++] = *names;
    return count;
}

/* Commands, topics of help, sort keys. */
static int complete(struct str line, struct str word,
                    const char *matches[TYPING_MATCHES])
{
    const char *keys[SORTKEYS + 1] = { NULL };

    while (line.len > 0 && line.at[0] == ' ')
        line.at++, line.len--;
    for (int i = 0; i < SORTKEYS; i++)
        keys[i] = sortkey_at(i, false)->name;
    if (line.len == word.len)
        return matches_of(word, browser_commands, matches);
    if (str_begins(line, STR("help ")) || str_begins(line, STR("?")))
        return matches_of(word, browser_commands, matches);
    return str_begins(line, STR("sort ")) ? matches_of(word, keys, matches) : 0;
}

static bool greet(struct browser *b, struct words files, struct err *e)
{
    struct out *o = out_memory();

    if (files.count > 0)
        browser_read(b, str_of(files.at[0]), o);
    for (int i = 1; i < files.count; i++)
        browser_add(b, str_of(files.at[i]), o);
    out_text_of(o, "Welcome to the profile statistics browser.\n");
    return give(o, e);
}

static bool converse(struct browser *b, struct err *e)
{
    struct typing *t = typing_open(complete);
    bool ok = true, last = false;

    while (ok && !last && !typing_interrupted(t)) {
        struct str line = { 0 };
        bool more = typing_line(t, browser_prompt(b), &line);
        struct out *answer;

        if (typing_interrupted(t))
            break;
        typing_answering(true);
        answer = out_memory();
        last = browser_line(b, more ? line : STR("EOF"), answer);
        if (last)
            out_text_of(answer, "Goodbye.\n");
        ok = give(answer, e);
        typing_answering(false);
    }
    typing_close(t);
    return ok;
}

static int run(const void *args, struct words words, struct err *e)
{
    struct browser *b = browser_open(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
    bool ok = greet(b, words, e) && converse(b, e);

    (void)args;
    browser_close(b);
    return ok ? 0 : 1;
}

const struct cmd cmd_pstats = {
    .name = "pstats",
    .help = "the prompt of python -m pstats, over any readable file",
    .usage = "[FILE...]",
    .more =
        "At the prompt: help lists the commands, those of pstats and our own:\n"
        "tree [N|REGEX...] prints call paths of recordings, diff FILE compares.\n"
        "What is typed elsewhere than on a terminal is answered as pstats answers,\n"
        "byte for byte; help then lists pstats' commands alone.",
    .examples = "sonde pstats app.prof\n"
                "echo 'stats 10' | sonde pstats app.prof",
    .args_size = 0,
    .run = run,
};
