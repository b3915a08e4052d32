/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - what reading marshal keeps, and its parts: heads, numbers, texts, what
 * is passed over, and code objects. The first fault stands; after it every part
 * gives 0 at once. */
#ifndef PSTATS_READER_H
#define PSTATS_READER_H

#include "base/pile.h"
#include "pstats/body.h"

/* An object that later ones refer to, in 32 bits: the byte it begins at, or, its
 * highest bit set, the key that was made of it. */
typedef uint32_t reader_object;
#define READER_KEY (1u << 31)
#define READER_BUSY UINT32_MAX /* a container that is not whole yet */

enum { READER_DEPTH = 1000 }; /* CPython's own bound is 2,000 */

/* Looking a key up is waiting for memory: so they wait together, some at a time. */
enum { READER_QUEUE = 8 };
struct reader_coming {
    struct pstats_name name;
    uint64_t hash;
    uint32_t object;
};
struct reader_function { /* read, and not put into the table yet */
    bool is, called;     /* called: it has callers, at that byte */
    pstats_key key;
    uint32_t at, objects; /* before the callers; PSTATS_NONE: not known */
    struct pstats_cost cost;
};

struct reader {
    const unsigned char *start, *at, *end;
    const char *name;
    struct err *e;
    bool failed, cut; /* cut: more bytes could mend it */
    struct pstats_table *table;
    bool borrowed;        /* the bytes stay as long as the table */
    struct pile objects;  /* reader_object */
    struct pile is_key;   /* uint64_t: a bit for each of them */
    struct pile interned; /* reader_object: Python 2's table of strings */
    int again;            /* > 0: at something that was read before */
    uint32_t next;        /* number of the next object there; PSTATS_NONE: not known */
    int depth;
    int layout;         /* of code objects, once one was read */
    uint64_t code_left; /* bytes of code that may be read again */
    uint64_t callers_left;
    /* Callers are only read over: what was seen of them. */
    bool over, counted, timed;
    uint64_t largest_count;
    struct reader_coming coming[READER_QUEUE];
    uint32_t queued, settled; /* of them: so many ever */
    struct reader_function waiting;
};

struct head { /* of an object */
    unsigned char type;
    const unsigned char *at;
    uint32_t object; /* its number; PSTATS_NONE: nothing can refer to it */
    uint32_t before; /* the number it had when it was first read; PSTATS_NONE */
};

bool reader_fail(struct reader *r, const unsigned char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, of what more bytes could mend. */
bool reader_fail_short(struct reader *r, const unsigned char *at, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));
/* The next object's type byte, taken. */
struct head reader_head(struct reader *r);
/* The type of the next object, references followed; 0 where there is none. */
unsigned char reader_next_type(struct reader *r);
/* A container's object, when it is whole. */
void reader_done(struct reader *r, struct head h, reader_object object);
void reader_begun(struct reader *r, struct head h);
/* Goes to what a reference refers to; reader_return goes back to where it was. */
const unsigned char *reader_follow(struct reader *r, struct head h);
void reader_return(struct reader *r, const unsigned char *back);
/* How many elements the container has, checked against the bytes left. */
uint32_t reader_count(struct reader *r, struct head h);
/* So many bytes of the object, taken; NULL: it is cut short. */
const unsigned char *reader_bytes(struct reader *r, struct head h, uint64_t count);

static inline uint32_t reader_load32(const unsigned char *b)
{
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* The object is a key, which it will be made of later; all that wait are made. */
void reader_queue_key(struct reader *r, struct head h, struct pstats_name name);
void reader_settle_keys(struct reader *r);
/* The function is put into the table, a little later; those that wait are. */
void reader_queue_function(struct reader *r, struct reader_function f);
void reader_settle_functions(struct reader *r);

int64_t reader_integer(struct reader *r);
double reader_number(struct reader *r);
struct str reader_text(struct reader *r);
bool reader_is_text(unsigned char type);
/* Any object, passed over. */
void reader_skip(struct reader *r);
/* Behind its head: "<code object main, file "app.py", line 3>"; in the table's arena.
 * name: NULL, it is passed over. */
void reader_code(struct reader *r, struct head h, struct str *name);

#endif
