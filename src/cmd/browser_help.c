/* SPDX-License-Identifier: Apache-2.0 */
/* browser_help.c - help at the pstats prompt: pstats' texts, and those of our own. */
#include "cmd/browser.h"

#define ARGUMENTS                                                                      \
    "Arguments may be:\n"                                                              \
    "* An integer maximum number of entries to print.\n"                               \
    "* A decimal fractional number between 0 and 1, controlling\n"                     \
    "  what fraction of selected entries to print.\n"                                  \
    "* A regular expression; only entries with function names\n"                       \
    "  that match it are printed.\n"

static const struct {
    const char *name, *text;
} topics[] = {
    { "EOF", "Leave the profile browser.\n" },
    { "add", "Add profile info from given file to current statistics object.\n" },
    { "callees", "Print callees statistics from the current stat object.\n" ARGUMENTS },
    { "callers", "Print callers statistics from the current stat object.\n" ARGUMENTS },
    { "diff", "Compare the current stat object with the given file, per function.\n"
              "Behind the file:\n" ARGUMENTS },
    { "help", "Show help for a given command.\n" },
    { "quit", "Leave the profile browser.\n" },
    { "read", "Read in profile data from a specified file.\n"
              "Without argument, reload the current file.\n" },
    { "reverse", "Reverse the sort order of the profiling report.\n" },
    { "sort", "Sort profile data according to specified keys.\n"
              "(Typing `sort' without arguments lists valid keys.)\n" },
    { "stats", "Print statistics from the current stat object.\n" ARGUMENTS },
    { "strip", "Strip leading path information from filenames in the report.\n" },
    { "tree",
      "Print the call paths that cost most, of sonde's recordings.\n" ARGUMENTS },
};
enum { TOPICS = sizeof topics / sizeof *topics };

const char *const browser_commands[] = { "EOF",   "add",   "callees", "callers", "diff",
                                         "help",  "quit",  "read",    "reverse", "sort",
                                         "stats", "strip", "tree",    NULL };

/* pstats' own come as pstats lists them, so ours stand apart. */
static void list_all(bool listing, struct out *o)
{
    out_text_of(o,
                "\nDocumented commands (type help <topic>):\n"
                "========================================\n"
                "EOF  add  callees  callers  help  quit  read  reverse  sort  stats  "
                "strip\n\n");
    if (listing)
        out_text_of(o, "Commands of sonde's own (type help <topic>):\n"
                       "============================================\n"
                       "diff  tree\n\n");
}

void browser_help(struct str topic, bool listing, struct out *o)
{
    if (topic.len == 0) {
        list_all(listing, o);
        return;
    }
    for (int i = 0; i < TOPICS; i++)
        if (str_eq(topic, str_of(topics[i].name))) {
            out_text_of(o, topics[i].text);
            return;
        }
    out_text_of(o, "*** No help on ");
    out_str(o, topic);
    out_char(o, '\n');
}
