/* SPDX-License-Identifier: Apache-2.0 */
/* source.c - files by what their functions cost, and one of them: where its functions
 * begin, and its text where that may be shown. Lines' own figures are in no profile
 * so far. */
#include <stdlib.h>
#include <string.h>

#include "query/names.h"
#include "query/narrow.h"

struct file {
    uint64_t self;
    uint32_t id, functions;
};

static int by_self(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    if (x->self != y->self)
        return x->self > y->self ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

static void write_files(struct query *q, struct json *j, struct arena *a)
{
    struct slice all = inside_functions(q);
    struct file *file = arena_array(a, q->files, sizeof *file);
    uint32_t *id = arena_array(a, q->files, sizeof *id);

    for (uint32_t i = 0; i < q->files; i++)
        file[i].id = i;
    for (uint32_t i = 0; i < all.count; i++) {
        uint32_t of = q->file_of[all.at[i]];

        if (of == FUNCTION_NONE)
            continue;
        file[of].self += stats_of(q->stats, all.at[i])->self;
        file[of].functions++;
    }
    if (q->files > 1)
        qsort(file, q->files, sizeof *file, by_self);
    json_object(j, "by_file");
    for (int c = 0; c < 3; c++) {
        json_array(j, c == 0 ? "file" : c == 1 ? "self" : "functions");
        for (uint32_t i = 0; i < q->files; i++)
            json_u64(j, NULL,
                     c == 0   ? file[i].id
                     : c == 1 ? file[i].self
                              : file[i].functions);
        json_end(j);
    }
    json_end(j);
    for (uint32_t i = 0; i < q->files; i++)
        id[i] = file[i].id;
    names_files(q, id, q->files, j);
}

struct begun {
    uint32_t line;
    function_id id;
};

static int by_line(const void *a, const void *b)
{
    const struct begun *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

static uint64_t write_functions(struct query *q, uint32_t file, struct used *u,
                                struct json *j, struct arena *a)
{
    static const char *const key[] = { "id", "line", "self", "cumulative", "calls" };
    struct slice all = inside_functions(q);
    struct begun *at = arena_array(a, all.count, sizeof *at);
    uint32_t count = 0;
    uint64_t self = 0;

    for (uint32_t i = 0; i < all.count; i++)
        if (q->file_of[all.at[i]] == file)
            at[count++] = (struct begun){ profile_function(q->profile, all.at[i])->line,
                                          all.at[i] };
    if (count > 1)
        qsort(at, count, sizeof *at, by_line);
    json_object(j, "functions_at");
    for (int c = 0; c < 5; c++) {
        json_array(j, key[c]);
        for (uint32_t i = 0; i < count; i++) {
            const struct stat_row *s = stats_of(q->stats, at[i].id);
            const uint64_t cell[] = { at[i].id, at[i].line, s->self, s->cumulative,
                                      s->calls };

            json_u64(j, NULL, cell[c]);
        }
        json_end(j);
    }
    json_end(j);
    for (uint32_t i = 0; i < count; i++) {
        used_add(u, at[i].id);
        self += stats_of(q->stats, at[i].id)->self;
    }
    return self;
}

static void write_lines(struct str text, struct json *j)
{
    json_array(j, "text");
    while (text.len > 0) {
        struct str line = str_take_line(&text);

        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        json_str(j, NULL, line);
    }
    json_end(j);
}

static void write_text(struct query *q, struct str path, struct json *j)
{
    struct out *text = out_memory();
    bool shown =
        !q->of.no_source && q->of.source && q->of.source(q->of.with, path, text);

    if (shown)
        write_lines(out_text(text), j);
    else
        json_null(j, "text");
    json_text(j, "why",
              shown ? NULL
              : q->of.no_source
                  ? q->of.no_source
                  : "This file is not below what --source names, or it is "
                    "not there, or no plain file of at most 4 MB.");
    out_abandon(text);
}

static void write_file(struct query *q, uint32_t file, struct json *j, struct arena *a)
{
    const struct function *first = profile_function(q->profile, q->file[file]);
    struct used u = used_begin(q, a);

    json_u64(j, "file", file);
    json_str(j, "path", first->file);
    json_str(j, "place", names_place(q, first));
    json_u64(j, "total", stats_total(q->stats)->self);
    json_u64(j, "self", write_functions(q, file, &u, j, a));
    json_object(j, "lines");
    names_ids(j, "line", NULL, 0);
    names_ids(j, "hits", NULL, 0);
    names_ids(j, "self", NULL, 0);
    json_end(j);
    write_text(q, first->file, j);
    used_write(&u, j);
}

static void answer(struct query *all, struct ask *a, struct json *j)
{
    struct ids file = ask_ids(a, "file", all->files);
    struct ids function = ask_ids(a, "function", profile_functions(all->profile));
    struct query *q = narrow_asked(all, a);

    if (!q || !ask_done(a))
        return;
    if (file.count + function.count > 1 ||
        (function.count == 1 && q->file_of[function.at[0]] == FUNCTION_NONE)) {
        err_set(&a->err, ERR_USAGE,
                "bad query: one file, or one function that has one (builtins have "
                "none)");
        return;
    }
    if (file.count + function.count == 0)
        write_files(q, j, a->arena);
    else
        write_file(q, file.count ? file.at[0] : q->file_of[function.at[0]], j,
                   a->arena);
}

const struct kind_of_query query_source = { "source", answer };
