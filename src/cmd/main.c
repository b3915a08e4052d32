/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - from the words typed to a command's body; prints its error and exits. */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/out.h"
#include "cmd/cmd.h"
#include "report/screen.h"

#define ROW(name) extern const struct cmd cmd_##name;
#include "cmd/list.h"
#undef ROW

static const struct cmd *const list[] = {
#define ROW(name) &cmd_##name,
#include "cmd/list.h"
#undef ROW
    NULL,
};

const struct cmd *const *cmd_list(void)
{
    return list;
}

const struct cmd *cmd_find(const char *name)
{
    for (const struct cmd *const *c = list; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

void cmd_say(const char *format, ...)
{
    char text[2048];
    struct arena *a = arena_open();
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct str safe = screen_safe(str_of(text), a);
    char *line =
        arena_cstr(a, arena_printf(a, "sonde: %.*s\n", (int)safe.len, safe.at));
    size_t len = strlen(line);
    /* A reader that has gone must not end what the program has not begun. */
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    sigaction(SIGPIPE, &ignore, &before);
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        continue;
    sigaction(SIGPIPE, &before, NULL);
    arena_close(a);
}

/* What is closed stays closed for a program we start, yet no file of ours may
 * land on a number that means stdin, stdout or stderr; writing there fails. */
static void hold_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static int carry_out(const struct cmd *c, int argc, char **argv, struct err *e)
{
    struct arena *a = arena_open();
    void *args = arena_alloc(a, c->args_size + 1);
    struct words words = { 0, arena_array(a, (size_t)argc + 1, sizeof(char *)) };
    bool asked = false;
    int status = 1;

    if (!options_read(c, argc, argv, args, &words, &asked, e))
        status = 2;
    else if (asked)
        status = help_cmd(c, e) ? 0 : 1;
    else {
        bool profiles = true;
        for (int i = 0; c->reads && i < words.count; i++)
            profiles = profiles && help_program(c, words.at[i], e);
        if (profiles)
            status = c->run(args, words, e);
    }
    arena_close(a);
    return status;
}

static bool version(struct err *e)
{
    struct out *o = out_stdout();

    out_text_of(o, "sonde " SONDE_VERSION "\n");
    return out_close(o, e);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* argv[0] is sonde itself. */
static int dispatch(int argc, char **argv, struct err *e)
{
    const char *word = argc > 1 ? argv[1] : "";
    const struct cmd *c = cmd_find(word);

    if (c)
        return carry_out(c, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv, e);
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return version(e) ? 0 : 1;
    if (strcmp(word, "help") == 0 && argc > 2 && *argv[2] && (c = cmd_find(argv[2])))
        return help_cmd(c, e) ? 0 : 1;
    if (!*word || is_help(word) || strcmp(word, "help") == 0)
        return help_all(e) ? 0 : 1;
    help_unknown(word, argc > 2 ? argv[2] : "", e);
    return 2;
}

int main(int argc, char **argv)
{
    struct err e = { 0 };

    hold_standard_descriptors();
    /* As Python: where nothing was said of characters they are UTF-8. */
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    int status = dispatch(argc, argv, &e);
    if (e.code == ERR_NONE)
        return status;
    cmd_say("%s", e.text);
    return e.code == ERR_USAGE ? 2 : status != 0 ? status : 1;
}
