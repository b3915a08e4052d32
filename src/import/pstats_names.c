/* SPDX-License-Identifier: Apache-2.0 */
/* pstats_names.c - takes what cProfile prints of builtins apart. */
#include "import/pstats_names.h"

#include <string.h>

/* "<built-in method builtins.len>" without "<built-in method " and ">"; empty: it is
 * nothing of the kind. */
static struct str inside(struct str name, struct str before, struct str behind)
{
    if (name.len < before.len + behind.len || !str_begins(name, before) ||
        !str_ends(name, behind))
        return (struct str){ 0 };
    return (struct str){ name.at + before.len, name.len - before.len - behind.len };
}

/* Up to where `part` begins; all of it where it is not there. */
static struct str up_to(struct str s, struct str part)
{
    const char *at = s.len ? memmem(s.at, s.len, part.at, part.len) : NULL;

    return at ? (struct str){ s.at, (size_t)(at - s.at) } : s;
}

/* "append' of 'list" is list.append. */
static struct str method_of(struct str text, struct arena *a)
{
    static const struct str of = { "' of '", 6 };
    struct str method = up_to(text, of);

    if (method.len == text.len)
        return method;
    struct str type = { text.at + method.len + of.len, text.len - method.len - of.len };
    return arena_printf(a, "%.*s.%.*s", (int)type.len, type.at, (int)method.len,
                        method.at);
}

static struct str with_module(struct str name, struct arena *a)
{
    if (name.len == 0 || memchr(name.at, '.', name.len))
        return name;
    return arena_printf(a, "builtins.%.*s", (int)name.len, name.at);
}

/* Functions of the module builtins that no type has a method of the same name as:
 * the module profile tells of builtins nothing but the name. */
static bool is_function_of_builtins(struct str name)
{
    static const char *const names[] = {
        "__build_class__",
        "__import__",
        "abs",
        "ascii",
        "bin",
        "callable",
        "chr",
        "delattr",
        "dir",
        "divmod",
        "exec",
        "getattr",
        "globals",
        "hasattr",
        "id",
        "input",
        "isinstance",
        "issubclass",
        "len",
        "locals",
        "oct",
        "ord",
        "print",
        "repr",
        "setattr",
        "sorted",
        "vars",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

static void name_builtin(struct function *f, struct arena *a)
{
    struct str text;

    f->kind = FUNCTION_BUILTIN;
    if ((text = inside(f->name, STR("<built-in method "), STR(">"))).len > 0)
        f->qualname = up_to(text, STR(" of type object at "));
    else if ((text = inside(f->name, STR("<method '"), STR("' objects>"))).len > 0)
        f->qualname = method_of(text, a);
    else if ((text = inside(f->name, STR("<method '"), STR("'>"))).len > 0)
        f->qualname = text;
    else if ((text = inside(f->name, STR("<class '"), STR("'>"))).len > 0) {
        f->kind = FUNCTION_TYPE;
        f->qualname = with_module(text, a);
    } else if ((text = inside(f->name, STR("<slot wrapper '"), STR("' objects>"))).len >
               0) {
        f->kind = FUNCTION_OBJECT;
        f->qualname = method_of(text, a);
    } else if ((text = inside(f->name, STR("<"), STR(" object>"))).len > 0) {
        f->kind = FUNCTION_OBJECT;
        f->qualname = with_module(text, a);
    } else { /* Python 2 */
        f->qualname = inside(f->name, STR("<"), STR(">"));
    }
}

/* What the module profile has ("", 0, "len") for. */
static void name_bare_builtin(struct function *f, struct arena *a)
{
    f->kind = FUNCTION_BUILTIN;
    f->file = STR("~");
    f->qualname = f->name;
    if (!is_function_of_builtins(f->name))
        return;
    f->name = arena_printf(a, "<built-in method builtins.%.*s>", (int)f->name.len,
                           f->name.at);
    f->qualname = with_module(f->qualname, a);
}

struct function pstats_function_of(struct pstats_name name, struct arena *a)
{
    bool in_range = name.line > 0 && name.line <= UINT32_MAX;
    struct function f = {
        .name = name.name,
        .file = name.file,
        .line = in_range ? (uint32_t)name.line : 0,
    };

    if (name.line == 0 && str_eq(name.file, STR("~")))
        name_builtin(&f, a);
    else if (name.line == 0 && name.file.len == 0)
        name_bare_builtin(&f, a);
    return f;
}
