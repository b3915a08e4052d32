/* SPDX-License-Identifier: Apache-2.0 */
/* opener.c - a file that sends the browser on, in a folder of its own. */
#include "cmd/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/out.h"

struct opener {
    struct arena *arena;
    char *folder;
    const char *path;
};

static bool make_folder(struct opener *o, struct err *e)
{
    const char *in = secure_getenv("XDG_RUNTIME_DIR");

    if (!in || *in != '/' || access(in, W_OK) != 0)
        in = secure_getenv("TMPDIR");
    if (!in || *in != '/')
        in = "/tmp";
    o->folder =
        arena_cstr(o->arena, arena_printf(o->arena, "%s/sonde-view-XXXXXX", in));
    if (mkdtemp(o->folder)) /* 0700, and a name of its own */
        return true;
    err_set(e, ERR_IO, "cannot open a browser: %s: %s", o->folder, strerror(errno));
    o->folder = NULL;
    return false;
}

static bool write_file(struct opener *o, struct str address, struct err *e)
{
    o->path = arena_printf(o->arena, "%s/page.html", o->folder).at;
    struct out *file = out_open_private(o->path, e);

    if (!file)
        return false;
    out_text_of(file,
                "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" "
                "content=\"no-referrer\">\n<meta http-equiv=\"refresh\" "
                "content=\"0;url=");
    out_str(file, address);
    out_text_of(file, "\">\n<title>sonde</title>\n");
    return out_close(file, e);
}

/* In a session of its own, silent, and nobody's child, so that none is left over. */
static void become(const char *program, const char *path)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* we hold some back */
    setsid();
    if (fork() != 0)
        _exit(0);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    execlp(program, program, path, (char *)NULL);
    _exit(127);
}

static bool is_program(const char *name)
{
    const char *path = getenv("PATH"), *end;
    char full[4096];

    if (strchr(name, '/'))
        return access(name, X_OK) == 0;
    for (; path && *path; path = *end ? end + 1 : end) {
        end = strchrnul(path, ':');
        snprintf(full, sizeof full, "%.*s/%s", (int)(end - path), path, name);
        if (access(full, X_OK) == 0)
            return true;
    }
    return false;
}

static const char *find(const char *browser, struct err *e)
{
    static const char *const desktop[] = { "xdg-open", "x-www-browser", "firefox",
                                           "chromium", "google-chrome" };
    bool screen = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");

    if (browser) {
        if (is_program(browser))
            return browser;
        err_set(e, ERR_USAGE, "no such browser: %s: not on PATH", browser);
        return NULL;
    }
    for (size_t i = 0; screen && i < sizeof desktop / sizeof *desktop; i++)
        if (is_program(desktop[i]))
            return desktop[i];
    err_set(e, ERR_IO, "no browser was found (-s prints the address, -b names one)");
    return NULL;
}

struct opener *opener_open(struct str address, const char *browser, struct err *e)
{
    struct arena *arena = arena_open();
    struct opener *o = arena_alloc(arena, sizeof *o);
    const char *program = find(browser, e);

    o->arena = arena;
    if (program && make_folder(o, e) && write_file(o, address, e)) {
        pid_t pid = fork();

        if (pid == 0)
            become(program, o->path);
        if (pid > 0 && waitpid(pid, NULL, 0) == pid)
            return o;
        err_set(e, ERR_IO, "cannot open a browser: %s: %s", program, strerror(errno));
    }
    opener_close(o);
    return NULL;
}

void opener_close(struct opener *o)
{
    if (!o)
        return;
    if (o->path)
        unlink(o->path);
    if (o->folder)
        rmdir(o->folder);
    arena_close(o->arena);
}
