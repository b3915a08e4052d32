/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - writes a tape from inside the process it tells about.
 * The file is given room before it is touched, so a full disk is an answer,
 * never a signal. Mapped, a killed writer loses nothing it had committed;
 * else what came since writer_flush. No heap, no stdio, no handlers. Not thread
 * safe: one caller at a time (the agent's holds the GIL). Where there is no
 * room the answer is 0 or NULL and the caller counts the loss. */
#ifndef TAPE_WRITE_H
#define TAPE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"
#include "tape/layout.h"

/* The block records of one kind are being added to. */
struct writer_block {
    struct tape_block *at; /* NULL: none yet */
    uint32_t cell;
};

enum writer_io {
    WRITER_AUTO,   /* as the file system allows */
    WRITER_MAPPED, /* a shared mapping of the file */
    WRITER_PWRITE, /* private memory, copied out now and then */
};

struct writer_how {
    enum tape_role role;
    enum clock_kind clock;
    enum writer_io io;
    size_t step; /* bytes the file grows by; 0: as is best */
};

struct writer {
    char *base;      /* the tape's first byte; NULL: closed */
    bool shared;     /* the file itself is mapped there, or there is none; else private
                      * memory that is copied out */
    size_t mapped;   /* bytes of the tape that may be touched and have room */
    size_t reserved; /* bytes of address space kept for it */
    size_t step;
    uint64_t *sums;       /* private memory: of each page as it stands in the file */
    uint64_t flush_ns;    /* private memory: when to copy out next */
    uint64_t hear_ns;     /* private memory: when to look again what was asked */
    uint64_t cpu_from_ns; /* of the process, when counters were last set to 0 */
    uint64_t again_ns;    /* when to ask for room again; 0: never refused */
    int refused;          /* errno of that */
    bool last;            /* the flush under way is that of writer_flush_last */
    char path[4096];
    int fd;
    dev_t device; /* what fd was when opened: the program may close ... */
    ino_t inode;  /* ... every descriptor and get the number again */
    struct writer_block texts, functions, threads, processes;
    tape_text *interned; /* open addressing, 0 is empty */
    uint32_t interned_size, interned_used;
    uint64_t text_bytes, text_bytes_max; /* written; 0: as many as there is room */
    uint32_t spare[32]; /* writer_give_block: of 2^n cells, the first */
};

static inline struct tape_header *writer_header(const struct writer *w)
{
    return (struct tape_header *)(void *)w->base;
}

static inline void *writer_cell(const struct writer *w, uint32_t cell)
{
    return w->base + (size_t)cell * TAPE_CELL;
}

/* A step that will do: whole pages of any machine. */
static inline size_t writer_step(size_t bytes)
{
    return (bytes + 65535) / 65536 * 65536;
}

/* Makes DIRECTORY/PID-START.tape (0600, never an existing file); fills in the
 * header's pid, start, clock and first moment. Flush it when more of the header
 * is known. false: errno. */
bool writer_open(struct writer *w, const char *directory, const struct writer_how *how);
/* Another process's tape after a fork: forgets it without touching it. */
void writer_forget(struct writer *w);
/* Seals every block, marks the tape finished, gives unused room back. */
void writer_close(struct writer *w);
/* Notes the present moment: calibrates the clock, counts CPU time so far. */
void writer_stamp(struct writer *w);

/* Whether something is asked from outside that has not been answered (answer.heard).
 * Cheap to call; where memory is private it looks into the file ten times a second. */
bool writer_is_asked(struct writer *w);
/* All counters are 0 from a moment on (CLOCK_MONOTONIC; what has been counted is taken
 * to have been before it); records, and what is on stacks, stay. */
void writer_reset(struct writer *w, uint64_t since_ns);
/* That moment in ticks, where those are moments; one to come, or before the tape's
 * first, is now. */
struct clock_pair writer_moment(const struct writer *w, uint64_t ns);

/* Copies private memory out; nothing to do where the file is mapped. A flush
 * takes a twentieth of the time at most: writer_flush_now_and_then, cheap to
 * call, waits for its turn. */
void writer_flush(struct writer *w);
void writer_flush_now_and_then(struct writer *w);
void writer_flush_last(struct writer *w); /* the process may end now */

/* Somebody unlinked the file: nobody will read it. */
bool writer_is_removed(struct writer *w);

/* A call could not be counted. */
void writer_lose(struct writer *w);

/* After a fork, for a child that may get no tape of its own: the header of the
 * one it is about to forget, which it gives back; NULL: its parent would not see
 * what is written there. */
struct tape_header *writer_header_of_parent(const struct writer *w);
void writer_give_back(struct tape_header *parents);
/* Says there that a process has no tape; not in a tape that is closed. */
void writer_lose_process(struct tape_header *parents);

/* A zeroed record in b's block, or in a new block of that kind; the cell, 0
 * where there is no room. It is there for readers from writer_commit on. */
uint32_t writer_add(struct writer *w, struct writer_block *b, enum tape_kind kind,
                    uint32_t owner);
static inline void writer_commit(struct writer_block *b)
{
    __atomic_store_n(&b->at->used, b->at->used + 1, __ATOMIC_RELEASE);
}

/* Without a file, where nobody reads but us: gives a block of records back. */
void writer_give_block(struct writer *w, struct tape_block *b);

/* The text, once: equal texts share their bytes. Cut at TAPE_TEXT_MAX. New ones
 * beyond text_bytes_max are all "...". */
tape_text writer_text(struct writer *w, const char *bytes, size_t len);

/* Zeroed private memory outside every allocator a program can hook. */
void *writer_map_private(size_t bytes);

#endif
