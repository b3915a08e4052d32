/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - the functions an answer speaks of, each named once, and their files. */
#ifndef QUERY_NAMES_H
#define QUERY_NAMES_H

#include "model/names.h"
#include "query/inside.h"

struct used {
    struct query *query;
    struct arena *arena;
    function_id *at;
    uint32_t count, room;
};

struct used used_begin(struct query *q, struct arena *a); /* one at a time */
void used_add(struct used *u, function_id f);             /* FUNCTION_NONE is none */
void used_write(const struct used *u, struct json *j);    /* "functions", "files" */

/* The files alone, those of `at`, in that order. */
void names_files(struct query *q, const uint32_t *at, uint32_t count, struct json *j);
/* The path below the library's folder, or the program's own. */
struct str names_place(const struct query *q, const struct function *f);
struct str names_module(struct query *q, function_id f);
enum owner names_kind(const struct query *q, function_id f);
/* The path of a node in the icicle. */
struct str names_path(const struct query *q, node_id n, struct arena *a);
/* A column of numbers. */
void names_ids(struct json *j, const char *key, const uint32_t *at, uint32_t count);

#endif
