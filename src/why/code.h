/* SPDX-License-Identifier: Apache-2.0 */
/* code.h - the code that a log's addresses lie in: which file, which function, what it
 * is called and which part of a split it is. */
#ifndef WHY_CODE_H
#define WHY_CODE_H

#include "base/map.h"
#include "base/pile.h"
#include "native/object.h"
#include "why/split.h"
#include "why/steps.h"

enum code_home { CODE_PYTHON, CODE_LIBRARY, CODE_LIBC, CODE_VDSO, CODE_MADE };

/* An executable mapping. */
struct code_image {
    uint64_t start, end, bias; /* bias: added to the file's addresses */
    enum code_home home;       /* CODE_MADE: of no file, as a JIT makes it */
    struct str path, library;
    struct object *object; /* NULL: no file that can be read */
    bool opened;
};

/* A function, or a stretch of code that none holds. */
struct code_place {
    struct code_image *image; /* NULL: nowhere */
    uint64_t start;
    struct str function, symbol; /* function empty: it has no name */
    enum split_part part;
    bool moved;                /* no beginning of a function */
    bool stub;                 /* function is what it leads to */
    bool evaluator;            /* the interpreter's loop */
    uint32_t row[SPLIT_PARTS]; /* for account.c: 1 + the row */
};

struct code {
    struct arena *arena;
    struct code_image *image;
    uint32_t images;
    struct map words, blocks, starts; /* by address */
    struct pile word, block, place;
    uint64_t evaluator;
    bool jit;
};

bool code_open(struct code *c, const struct steps *s, struct arena *a, struct err *e);
/* The one that holds this address; stays where it is. */
struct code_place *code_at(struct code *c, uint64_t address);
/* The part that a function without a name gets with the name it was found by. */
void code_learn(struct code *c, struct code_place *place, struct str name);

#endif
