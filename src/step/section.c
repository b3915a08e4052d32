/* SPDX-License-Identifier: Apache-2.0 */
/* section.c - into the mapped file, allocated first: a full disk shall be no SIGBUS. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "step/section.h"

static char *place(struct section *s, size_t bytes)
{
    uint64_t at = s->log->bytes;

    if (bytes > s->room - at)
        return NULL;
    if (fallocate(s->file, 0, (off_t)at, (off_t)bytes) != 0 &&
        (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return NULL;
    s->log->bytes += bytes;
    return (char *)s->log + at;
}

void section_begin(struct section *s)
{
    s->log->bytes = (s->log->bytes + 7) & ~7ull;
    s->began = s->log->bytes;
}

void section_bytes(struct section *s, const void *bytes, size_t count)
{
    char *to = place(s, count);

    if (to)
        memcpy(to, bytes, count);
}

/* A record of 16 bytes and its name. */
static void add(struct section *s, const void *record, const char *name, size_t length)
{
    char *to = place(s, 16 + ((length + 7) & ~(size_t)7));

    if (!to)
        return;
    memcpy(to, record, 16);
    memcpy(to + 16, name, length);
}

void section_name(struct section *s, uint64_t address, enum log_naming naming,
                  const char *name)
{
    struct log_name record = { address, naming, (uint32_t)strlen(name) };

    add(s, &record, name, record.length);
}

void section_count(struct section *s, uint64_t number, uint64_t count, const char *name)
{
    struct log_count record = { number, (uint32_t)count, (uint32_t)strlen(name) };

    add(s, &record, name, record.length);
}

void section_end(struct section *s, struct log_section *where)
{
    where->bytes = s->log->bytes - s->began;
    where->at = where->bytes ? s->began : 0;
}

static void add_maps(struct section *s)
{
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    char piece[4096];
    ssize_t n;

    section_begin(s);
    while (file >= 0 && (n = read(file, piece, sizeof piece)) > 0)
        section_bytes(s, piece, (size_t)n);
    if (file >= 0)
        close(file);
    section_end(s, &s->log->maps);
}

/* How long it is says where its section headers end. */
static void add_vdso(struct section *s)
{
    const Elf64_Ehdr *image = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);

    if (!image)
        return;
    s->log->vdso_at = (uint64_t)image;
    section_begin(s);
    section_bytes(s, image,
                  image->e_shoff + (size_t)image->e_shnum * image->e_shentsize);
    section_end(s, &s->log->vdso);
}

void section_maps(struct section *s)
{
    add_maps(s);
    add_vdso(s);
}
