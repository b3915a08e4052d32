/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - names out of what the code object and the path say. */
#include "model/names.h"

#include <string.h>
#include <unistd.h>

#include "base/path.h"

static bool is_builtin(const struct function *f)
{
    return f->line == 0 && str_eq(f->file, STR("~"));
}

static struct str cut(struct str s, size_t start)
{
    return (struct str){ s.at + start, s.len - start };
}

/* Where the path below a folder of libraries begins, 0: it is not in one. The last of
 * the first kind there is counts. */
static size_t behind_library(struct str path)
{
    static const struct str folder[] = { { "/site-packages/", 15 },
                                         { "/dist-packages/", 15 },
                                         { "/lib/python", 11 } };
    enum { FOLDERS = sizeof folder / sizeof *folder };
    size_t end[FOLDERS] = { 0 };
    const char *slash;

    for (size_t left = path.len; left > 0; left = (size_t)(slash - path.at)) {
        slash = memrchr(path.at, '/', left);
        if (!slash)
            break;
        size_t at = (size_t)(slash - path.at);
        for (int i = 0; i < FOLDERS; i++)
            if (end[i] == 0 && at + 1 < path.len && slash[1] == folder[i].at[1] &&
                str_begins(cut(path, at), folder[i]))
                end[i] = at + folder[i].len;
    }
    if (end[0] > 0 || end[1] > 0)
        return end[0] > 0 ? end[0] : end[1];
    size_t at = end[2];
    if (at == 0 || at == path.len || path.at[at] < '2' || path.at[at] > '9')
        return 0;
    slash = memchr(path.at + at, '/', path.len - at);
    return slash ? (size_t)(slash - path.at) + 1 : 0;
}

/* The current folder as it was when first asked for; empty: not known. */
static struct str current(void)
{
    static _Thread_local char here[4096];
    static _Thread_local size_t len;
    static _Thread_local bool asked;

    if (!asked && getcwd(here, sizeof here))
        len = strlen(here);
    asked = true;
    return (struct str){ here, len };
}

static struct str below_current(struct str path)
{
    struct str here = current();
    size_t len = here.len;

    if (len > 1 && str_begins(path, here) && path.len > len + 1 && path.at[len] == '/')
        return cut(path, len + 1);
    return path;
}

/* Without the folder of libraries it is in. */
static struct str below_library(struct str file)
{
    size_t library = behind_library(file);

    return library > 0 ? cut(file, library) : file;
}

static struct str shown_file(struct str file, bool strip_dirs)
{
    if (strip_dirs)
        return str_basename(file);
    return behind_library(file) > 0 ? below_library(file) : below_current(file);
}

static struct str join(struct arena *a, struct str first, struct str second,
                       struct str third)
{
    struct str part[] = { first, second, third };
    char *text = arena_alloc(a, first.len + second.len + third.len + 1);
    size_t len = 0;

    for (int i = 0; i < 3; i++) {
        if (part[i].len > 0)
            memcpy(text + len, part[i].at, part[i].len);
        len += part[i].len;
    }
    return (struct str){ text, len };
}

struct str name_standard(const struct function *f, bool strip_dirs, struct arena *a)
{
    struct str file = strip_dirs ? str_basename(f->file) : f->file;
    struct str name = f->name;

    if (!is_builtin(f))
        return join(a, file, arena_printf(a, ":%u(", f->line),
                    join(a, name, STR(")"), STR("")));
    if (!str_begins(name, STR("<")) || !str_ends(name, STR(">")))
        return name;
    return join(a, STR("{"), (struct str){ name.at + 1, name.len - 2 }, STR("}"));
}

/* Without "<locals>.", which says nothing the dot does not. */
static struct str without_locals(struct str qualname, struct arena *a)
{
    static const struct str locals = { "<locals>.", 9 };
    char *text = arena_alloc(a, qualname.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < qualname.len;) {
        if (str_begins(cut(qualname, i), locals))
            i += locals.len;
        else
            text[len++] = qualname.at[i++];
    }
    return (struct str){ text, len };
}

struct str name_shown(const struct function *f, struct arena *a)
{
    struct str name = f->qualname.len > 0 ? f->qualname : f->name;

    if (f->owner.len > 0) /* generated: its own qualname knows of no class */
        name = join(a, f->owner, STR("."), f->name);
    if (str_begins(name, STR("builtins.")))
        name = cut(name, strlen("builtins."));
    name = without_locals(name, a);
    if (f->order > 0)
        name = join(a, name, arena_printf(a, " #%u", f->order + 1), STR(""));
    return name;
}

static struct str with_line(struct str file, const struct function *f, struct arena *a)
{
    if (file.len == 0 && f->line == 0)
        return file; /* nobody told */
    return join(a, file, arena_printf(a, ":%u", f->line), STR(""));
}

struct str name_place(const struct function *f, bool strip_dirs, uint32_t parts,
                      struct arena *a)
{
    struct str shown = shown_file(f->file, strip_dirs);
    struct str least = path_last_parts(f->file, parts);

    if (is_builtin(f))
        return (struct str){ 0 };
    return with_line(!strip_dirs && shown.len < least.len ? least : shown, f, a);
}

struct str name_place_least(const struct function *f, uint32_t parts, struct arena *a)
{
    if (is_builtin(f))
        return (struct str){ 0 };
    return with_line(path_last_parts(f->file, parts), f, a);
}

bool name_is_rooted(const struct function *f)
{
    return f->kind == FUNCTION_PYTHON && str_begins(below_library(f->file), STR("/"));
}

struct str name_file(const struct function *f)
{
    return shown_file(f->file, false);
}

/* Up to the last dot of "sqlite3.Cursor.execute" or "json.loads", twice for the
 * method of a type; names without a module are builtins. */
static struct str builtin_module(const struct function *f)
{
    struct str module = f->qualname;
    int parts = str_begins(f->name, STR("<method ")) ? 2 : 1;

    while (parts > 0 && module.len > 0)
        if (module.at[--module.len] == '.')
            parts--;
    return module.len > 0 ? module : STR("builtins");
}

/* "json/decoder.py" is json.decoder, "json/__init__.py" is json. */
static struct str dotted(struct str path, struct arena *a)
{
    if (str_ends(path, STR(".py")))
        path.len -= 3;
    if (str_ends(path, STR("/__init__")))
        path.len -= strlen("/__init__");
    char *text = arena_cstr(a, path);
    for (size_t i = 0; i < path.len; i++)
        if (text[i] == '/')
            text[i] = '.';
    return (struct str){ text, path.len };
}

struct str name_module(const struct function *f, struct str root, struct arena *a)
{
    if (is_builtin(f))
        return builtin_module(f);
    if (str_begins(f->file, STR("<frozen ")) && str_ends(f->file, STR(">")))
        return (struct str){ f->file.at + 8, f->file.len - 9 };
    struct str file = below_library(f->file);
    if (!str_ends(file, STR(".py")))
        return file;
    return dotted(str_begins(file, root) ? cut(file, root.len) : file, a);
}

struct str name_package_of(struct str module)
{
    const char *dot = module.len ? memchr(module.at, '.', module.len) : NULL;

    if (str_begins(module, STR("<")) || !dot || dot == module.at)
        return module;
    return (struct str){ module.at, (size_t)(dot - module.at) };
}

struct str name_package(const struct function *f, struct str root, struct arena *a)
{
    return name_package_of(name_module(f, root, a));
}

enum owner name_owner(const struct function *f)
{
    if (f->kind != FUNCTION_PYTHON || is_builtin(f))
        return OWNER_BUILTIN;
    if (behind_library(f->file) > 0 || str_begins(f->file, STR("<frozen ")))
        return OWNER_LIBRARY;
    return OWNER_PROGRAM;
}
