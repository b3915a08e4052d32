/* SPDX-License-Identifier: Apache-2.0 */
/* pack_layout.h - the bytes of a pack; doc/format.md tells them in prose.
 * A head; the content, cut into slices that are deflated each on its own; a table of
 * the slices; a tail. The content is the tapes one behind another and then a list of
 * them. Little-endian; sizes in bytes. */
#ifndef TAPE_PACK_LAYOUT_H
#define TAPE_PACK_LAYOUT_H

#include "tape/layout.h"

enum {
    PACK_VERSION = 1,
    PACK_SLICE = 1 << 20,     /* of content: every slice but the last has as much */
    PACK_EXPANSION = 200,     /* content is at most so many times as long as the file */
    PACK_CELLS_MAX = 1 << 26, /* of one tape, which has 4 GiB then */
    PACK_TEXT_MAX = 4096,     /* of a note, of why a tape cannot be read */
    PACK_HEADER = 208,        /* of a tape's header at least; more is of later ones */
};
#define PACK_MAGIC 0x4b415045444e4f53u /* "SONDEPAK" */
#define PACK_END 0x444e4545444e4f53u   /* "SONDEEND" */

struct pack_head {
    uint64_t magic;
    uint32_t version;
    uint32_t slice; /* PACK_SLICE */
};

enum pack_way { PACK_PLAIN = 0, PACK_DEFLATED = 1 };

struct pack_slice {
    uint32_t stored; /* so much of the file */
    uint32_t way;    /* enum pack_way */
    uint64_t sum;    /* tape_sum of its content */
};

struct pack_tail {
    uint64_t content; /* of all slices */
    uint64_t list;    /* where in the content the list begins */
    uint64_t slices;
    uint64_t table;     /* tape_sum of the table */
    uint64_t packed_ns; /* CLOCK_REALTIME */
    uint64_t reserved;
    uint64_t sum; /* tape_sum of this tail, made while this was 0 */
    uint64_t magic;
};

/* Before the records of each block of a tape. These follow byte by byte: the first
 * of every record, then the second of every record. A block of texts has its bytes. */
struct pack_block {
    uint32_t cell; /* of the block in the tape */
    uint32_t kind, owner;
    uint32_t count; /* of records; of texts: of bytes */
};

struct pack_list { /* the list begins with this, then tapes, then notes */
    uint32_t tapes, notes;
};

enum pack_flag {
    PACK_ALIVE = 1 << 0,          /* its writer lived when it was packed */
    PACK_HEADER_DAMAGED = 1 << 1, /* its header did not fit its seal */
    PACK_UNREADABLE = 1 << 2,     /* there is no header: `why` says what was wrong */
};

/* Behind it its header, its name, and why it cannot be read. */
struct pack_tape {
    uint64_t bytes;           /* of content: its blocks */
    struct clock_pair moment; /* when it was copied: struct tape's */
    uint32_t blocks;
    uint32_t cells;      /* every record's cell is below it */
    uint32_t damaged_at; /* cell where reading had to stop, or 0 */
    uint32_t flags;      /* enum pack_flag */
    uint32_t header;     /* bytes of it, or 0 */
    uint32_t code;       /* enum err_code of what could not be read, or 0 */
    uint32_t why;        /* bytes */
    uint32_t name;       /* bytes */
};

struct pack_note { /* behind it its name and its text */
    uint32_t name, text;
};

_Static_assert(sizeof(struct tape_header) >= PACK_HEADER, "all that version 1 has");
_Static_assert(sizeof(struct pack_head) == 16, "no padding");
_Static_assert(sizeof(struct pack_slice) == 16, "no padding");
_Static_assert(sizeof(struct pack_tail) == TAPE_CELL, "one cell");
_Static_assert(sizeof(struct pack_block) == 16, "no padding");
_Static_assert(sizeof(struct pack_tape) == 56, "no padding");

/* How many bytes of each record are kept; behind them is the writer's own. */
static inline uint32_t pack_width(uint32_t kind)
{
    switch (kind) {
    case TAPE_TEXTS:
        return 1;
    case TAPE_FUNCTIONS:
        return offsetof(struct tape_function, first_node);
    case TAPE_NODES:
        return offsetof(struct tape_node, key);
    default:
        return TAPE_CELL;
    }
}

#endif
