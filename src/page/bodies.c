/* SPDX-License-Identifier: Apache-2.0 */
/* bodies.c - the second body of what base and tape ask of a system that the page has
 * not: whole files are handed in, packed ones the page unpacks, no process lives here,
 * and there is no clock. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/proc.h"
#include "base/unpack.h"
#include "base/whole.h"
#include "page/files.h"
#include "page/inflate.h"
#include "tape/life.h"

bool whole_read(const char *path, const struct whole_kind *k, struct arena *a,
                struct str *bytes, struct err *e)
{
    const struct str *found = files_find(path);

    (void)a;
    if (!found)
        return err_set(e, ERR_IO, "%s: %s: it was not handed in", k->what, path);
    if (found->len > k->most)
        return err_set(e, ERR_FORMAT, "%s: %s: more than %llu bytes", k->what, path,
                       (unsigned long long)k->most);
    *bytes = *found;
    return true;
}

bool whole_map(const char *path, const struct whole_kind *k, struct arena *a,
               struct str *bytes, struct err *e)
{
    return whole_read(path, k, a, bytes, e);
}

bool whole_is_torn(void)
{
    return false;
}

void whole_forget(const char *at, size_t len)
{
    (void)at;
    (void)len;
}

bool whole_begin(const char *path, char *to, size_t most, struct str *head)
{
    const struct str *found = files_find(path);

    if (!found)
        return false;
    *head = (struct str){ to, found->len < most ? found->len : most };
    if (head->len > 0)
        memcpy(to, found->at, head->len);
    return true;
}

bool whole_is_pipe(const char *path)
{
    (void)path;
    return false;
}

static const struct {
    const char *name;
    struct str begins;
} packed[] = {
    { "gzip", { "\x1f\x8b", 2 } },
    { "xz", { "\xfd\x37\x7a\x58\x5a\x00", 6 } },
    { "zstd", { "\x28\xb5\x2f\xfd", 4 } },
};

static const char *packed_by(struct str bytes)
{
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (str_begins(bytes, packed[i].begins))
            return packed[i].name;
    return NULL;
}

bool unpack_is_packed(struct str bytes)
{
    return packed_by(bytes) != NULL;
}

bool unpack(struct str bytes, uint64_t most, const char *path, struct arena *a,
            struct str *all, struct err *e)
{
    (void)most;
    (void)a;
    (void)all;
    return err_set(e, ERR_FORMAT,
                   "cannot read profile: %s: what is in it is packed once more, by %s "
                   "(unpack it first)",
                   path, packed_by(bytes));
}

size_t unpack_begin(struct str bytes, char *to, size_t most)
{
    (void)bytes;
    (void)to;
    (void)most;
    return 0;
}

bool life_is_locked(int fd, uint32_t *by)
{
    (void)fd;
    if (by)
        *by = 0;
    return false;
}

enum life life_of(int fd, const struct tape_header *h)
{
    (void)fd;
    return h->state == TAPE_RUNNING ? LIFE_MAYBE : LIFE_OVER;
}

bool proc_stat(uint32_t pid, struct proc_stat *s)
{
    (void)pid;
    memset(s, 0, sizeof *s);
    return false;
}

bool clock_trusts_tsc(void)
{
    return false;
}

/* It seeds hashes alone: a file that was made for one tab's seed hurts that tab. */
uint64_t clock_monotonic_ns(void)
{
    return 0x9e3779b97f4a7c15u;
}

uint64_t clock_realtime_ns(void)
{
    return 0;
}

struct clock_pair clock_pair_now(enum clock_kind kind)
{
    (void)kind;
    return (struct clock_pair){ 0, 0 };
}
