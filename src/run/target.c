/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - looks at the first word, on the disk and on PATH. */
#include "run/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127, HEAD_BYTES = 4096 };

static bool is_executable(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

const char *target_on_path(const char *name, struct arena *a)
{
    const char *path = getenv("PATH");

    for (path = path ? path : "/bin:/usr/bin"; *name;) {
        size_t len = strcspn(path, ":");
        struct str file =
            arena_printf(a, "%.*s%s%s", (int)len, path, len ? "/" : "./", name);
        if (is_executable(file.at))
            return file.at;
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    return NULL;
}

static const char *python_of(const char *environment, struct arena *a)
{
    static const char *const names[] = { "python", "python3" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str file = arena_printf(a, "%s/bin/%s", environment, names[i]);
        if (is_executable(file.at))
            return file.at;
    }
    return NULL;
}

/* The environment sonde was called in: by the name it was called by, so that a
 * link to it elsewhere (pipx makes one) does not bring in its own. */
static const char *python_beside(struct arena *a)
{
    const char *called = (const char *)getauxval(AT_EXECFN);
    size_t len = called ? strlen(called) - str_basename(str_of(called)).len : 0;

    if (len == 0)
        return NULL;
    const char *environment = arena_printf(a, "%.*s..", (int)len, called).at;
    if (access(arena_printf(a, "%s/pyvenv.cfg", environment).at, F_OK) != 0)
        return NULL;
    char real[PATH_MAX]; /* without the "..", which would show in sys.executable */
    return realpath(environment, real) ? python_of(real, a) : NULL;
}

static const char *python_asked(const char *python, struct arena *a, struct err *e)
{
    struct stat s;
    const char *found = NULL;

    if (!strchr(python, '/'))
        found = target_on_path(python, a);
    else if (stat(python, &s) == 0 && S_ISDIR(s.st_mode))
        found = python_of(python, a);
    else if (is_executable(python))
        found = python;
    if (!found)
        err_set(e, ERR_TARGET,
                "no such Python: %s (--python takes a path or a name on PATH)", python);
    return found;
}

const char *target_python(const char *python, const char **why, struct arena *a,
                          struct err *e)
{
    const char *environment = getenv("VIRTUAL_ENV");
    const char *found;

    *why = "--python";
    if (python)
        return python_asked(python, a, e);
    *why = "of $VIRTUAL_ENV";
    if (environment && *environment && (found = python_of(environment, a)))
        return found;
    *why = "beside sonde";
    if ((found = python_beside(a)))
        return found;
    *why = "python3 on PATH";
    if ((found = target_on_path("python3", a)))
        return found;
    err_set(e, ERR_TARGET,
            "no Python found: python3 is not on PATH (--python names one)");
    return NULL;
}

/* Where Python finds a zip archive by: its end-of-directory record. */
static bool ends_as_zip(int fd, off_t size)
{
    enum { RECORD = 22, COMMENT_MAX = 65535 };
    static char tail[RECORD + COMMENT_MAX];
    off_t start = size > (off_t)sizeof tail ? size - (off_t)sizeof tail : 0;
    ssize_t got = pread(fd, tail, sizeof tail, start);

    for (ssize_t i = got - RECORD; i >= 0; i--)
        if (memcmp(tail + i, "PK\5\6", 4) == 0)
            return true;
    return false;
}

enum content { CONTENT_PYTHON, CONTENT_ZIP, CONTENT_OTHER };

/* What a regular file without a telling name holds. */
static enum content content_of(const char *path)
{
    char head[HEAD_BYTES + 1];
    struct stat s;
    enum content content = CONTENT_OTHER;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return CONTENT_OTHER;
    ssize_t got = read(fd, head, HEAD_BYTES);
    head[got > 0 ? got : 0] = '\0';
    bool text = got >= 0 && memchr(head, '\0', (size_t)got) == NULL;
    bool elf = strncmp(head, "\177ELF", 4) == 0;
    if (!elf && fstat(fd, &s) == 0 && ends_as_zip(fd, s.st_size))
        content = CONTENT_ZIP;
    else if (text && strncmp(head, "#!", 2) == 0) {
        head[strcspn(head, "\n")] = '\0';
        content = strstr(head, "python") || strstr(head, "pypy") ? CONTENT_PYTHON
                                                                 : CONTENT_OTHER;
    } else if (text)
        content = CONTENT_PYTHON;
    close(fd);
    return content;
}

static bool has_main(const char *folder, struct arena *a)
{
    return access(arena_printf(a, "%s/__main__.py", folder).at, F_OK) == 0 ||
           access(arena_printf(a, "%s/__main__.pyc", folder).at, F_OK) == 0;
}

static bool named_as_python(const char *word)
{
    static const char *const endings[] = { ".py", ".pyw", ".pyc", ".pyz", ".pyzw" };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends(str_of(word), str_of(endings[i])))
            return true;
    return false;
}

/* Is it for Python to read? Else it is a command. */
static bool is_script(const char *word, struct arena *a)
{
    struct stat s;
    bool path = strchr(word, '/') != NULL;

    if (strcmp(word, "-") == 0)
        return true;
    if (stat(word, &s) != 0)
        return named_as_python(word) && (path || !target_on_path(word, a));
    if (S_ISDIR(s.st_mode))
        return has_main(word, a);
    if (named_as_python(word) || !S_ISREG(s.st_mode))
        return true;
    if (!path && target_on_path(word, a))
        return false;
    enum content content = content_of(word);
    return content == CONTENT_ZIP ||
           (content == CONTENT_PYTHON && access(word, X_OK) != 0);
}

static const char *name_of(const char *word, struct arena *a)
{
    struct str name = str_basename(str_of(word));
    struct stat s;

    if (strcmp(word, "-") == 0)
        return "stdin";
    if (stat(word, &s) == 0 && S_ISDIR(s.st_mode)) {
        char real[PATH_MAX];
        name = str_basename(arena_str(a, str_of(realpath(word, real) ? real : word)));
    }
    if (name.len > 3 && str_ends(name, STR(".py")))
        name.len -= 3;
    return name.len ? arena_cstr(a, name) : "program";
}

static const char *last_part(const char *module, struct arena *a)
{
    const char *dot = strrchr(module, '.');
    const char *part = dot && dot[1] ? dot + 1 : module;

    return arena_cstr(a, str_basename(str_of(part)));
}

static int refuse(const char *word, int fault, struct err *e)
{
    err_set(e, ERR_TARGET, "cannot run: %s: %s", word, strerror(fault));
    return fault == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}

/* What can be told before anything is started; the rest execvp(3) tells. */
static int check_command(const char *word, struct arena *a, struct err *e)
{
    struct stat s;
    bool there = stat(word, &s) == 0;

    if (strchr(word, '/')) {
        if (!there)
            return refuse(word, errno, e);
        if (S_ISDIR(s.st_mode)) {
            err_set(e, ERR_TARGET, "cannot run: %s: a directory without __main__.py",
                    word);
            return NOT_EXECUTABLE;
        }
        return access(word, X_OK) == 0 ? 0 : refuse(word, errno, e);
    }
    if (target_on_path(word, a))
        return 0;
    if (there && S_ISDIR(s.st_mode)) {
        err_set(e, ERR_TARGET, "cannot run: %s: a directory without __main__.py", word);
        return NOT_EXECUTABLE;
    }
    if (there && access(word, X_OK) == 0) {
        err_set(e, ERR_TARGET, "cannot run: %s: not on PATH (./%s is here)", word,
                word);
        return NOT_FOUND;
    }
    if (there)
        return refuse(word, EACCES, e);
    err_set(e, ERR_TARGET, "cannot run: %s: no such file or command", word);
    return NOT_FOUND;
}

static int check_script(const char *word, struct err *e)
{
    if (strcmp(word, "-") == 0 || access(word, R_OK) == 0)
        return 0;
    return refuse(word, errno, e);
}

static void take_words(struct target *t, const struct target_words *w, int from,
                       const char *const *before, struct arena *a)
{
    size_t n = 0;

    t->argv = arena_array(a, (size_t)w->count + 6, sizeof *t->argv);
    for (; *before; before++)
        t->argv[n++] = arena_cstr(a, str_of(*before));
    for (int i = from; i < w->count; i++)
        t->argv[n++] = w->words[i];
}

int target_find(struct target *t, const struct target_words *w, struct arena *a,
                struct err *e)
{
    const char *first = w->count > 0 ? w->words[0] : NULL;
    const char *option = w->module ? "-m" : w->code ? "-c" : NULL;
    int status = 0;

    if (!option && !first) {
        err_set(e, ERR_USAGE,
                "nothing to run (sonde run app.py, -m MODULE, -c CODE or a"
                " command)");
        return 2;
    }
    if (!option && !is_script(first, a)) {
        *t = (struct target){ .name = name_of(first, a), .file = first };
        take_words(t, w, 0, (const char *[]){ NULL }, a);
        return check_command(first, a, e);
    }
    if (!option && (status = check_script(first, e)) != 0)
        return status;
    t->python = target_python(w->python, &t->why, a, e);
    if (!t->python)
        return NOT_FOUND;
    t->file = t->python;
    if (option) {
        const char *value = w->module ? w->module : w->code;
        t->name = w->module ? last_part(value, a) : "python";
        take_words(t, w, 0, (const char *[]){ t->python, option, value, NULL }, a);
        return 0;
    }
    bool dash = first[0] == '-' && first[1] != '\0';
    t->name = name_of(first, a);
    take_words(t, w, 0, (const char *[]){ t->python, dash ? "--" : NULL, NULL }, a);
    return 0;
}
