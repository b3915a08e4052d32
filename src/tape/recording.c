/* SPDX-License-Identifier: Apache-2.0 */
/* recording.c - lists tapes, in a directory or a pack, and finds the newest recording
 * of a directory. */
#include "tape/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tape/content.h"
#include "tape/unpack.h"

struct paths {
    char **at;
    uint32_t count, room;
};

struct recording {
    struct arena *arena;
    struct paths tapes, notes;
    struct unpack *pack; /* NULL: a directory or a tape */
};

enum { NOTE_MAX = 4096 };

static bool is_tape(const char *name)
{
    return name[0] != '.' && str_ends(str_of(name), STR(".tape"));
}

static bool is_note(const char *name)
{
    return name[0] != '.' && str_ends(str_of(name), STR(".note"));
}

static void add(struct arena *a, struct paths *p, const char *directory,
                const char *name)
{
    if (p->count == p->room) {
        size_t size = sizeof *p->at;
        uint32_t room = p->room ? p->room * 2 : 16;

        p->at = arena_grow(a, p->at, p->room * size, room * size);
        p->room = room;
    }
    const char *slash = str_ends(str_of(directory), STR("/")) ? "" : "/";
    struct str path = arena_printf(a, "%s%s%s", directory, slash, name);
    p->at[p->count++] = arena_cstr(a, path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list(struct recording *r, const char *path, struct err *e)
{
    DIR *d = opendir(path);

    if (!d)
        return err_set(e, ERR_IO, "cannot read recording: %s: %s", path,
                       strerror(errno));
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (is_tape(entry->d_name))
            add(r->arena, &r->tapes, path, entry->d_name);
        else if (is_note(entry->d_name))
            add(r->arena, &r->notes, path, entry->d_name);
    }
    closedir(d);
    if (r->tapes.count == 0)
        return err_set(e, ERR_FORMAT,
                       "cannot read recording: %s: a directory that is no recording: "
                       "there is no tape in it (sonde run makes recordings)",
                       path);
    qsort(r->tapes.at, r->tapes.count, sizeof *r->tapes.at, by_name);
    return true;
}

/* Says of what could not be found how it would come to be, or that `run -o NAME`
 * made NAME.sonde. */
static bool missing(const char *path, struct arena *a, struct err *e)
{
    int why = errno;
    const char *suffixed = arena_printf(a, "%s%s", path, RECORDING_SUFFIX).at;

    if (why != ENOENT)
        return err_set(e, ERR_IO, "cannot read recording: %s: %s", path, strerror(why));
    if (str_ends(str_of(path), STR(RECORDING_PACKED)))
        return err_set(
            e, ERR_IO,
            "cannot read recording: %s: no such file (sonde pack makes it of "
            "a recording)",
            path);
    if (str_ends(str_of(path), STR(RECORDING_SUFFIX)))
        return err_set(
            e, ERR_IO,
            "cannot read recording: %s: no such file (sonde run -o %s app.py "
            "makes it)",
            path, path);
    if (access(suffixed, F_OK) == 0)
        return err_set(e, ERR_IO,
                       "cannot read recording: %s: no such file (did you mean %s?)",
                       path, suffixed);
    return err_set(e, ERR_IO, "cannot read recording: %s: no such file", path);
}

static bool open_file(struct recording *r, const char *path, struct err *e)
{
    if (content_is_pack(path)) {
        r->pack = unpack_open(path, e);
        return r->pack != NULL;
    }
    r->tapes.at = arena_array(r->arena, 1, sizeof *r->tapes.at);
    r->tapes.at[r->tapes.count++] = arena_cstr(r->arena, str_of(path));
    return true;
}

struct recording *recording_open(const char *path, struct err *e)
{
    struct arena *arena = arena_open();
    struct recording *r = arena_alloc(arena, sizeof *r);
    struct stat s;
    bool ok;

    r->arena = arena;
    if (stat(path, &s) != 0) {
        ok = missing(path, arena, e);
    } else if (S_ISDIR(s.st_mode)) {
        ok = list(r, path, e);
    } else if (S_ISREG(s.st_mode)) {
        ok = open_file(r, path, e);
    } else {
        ok = err_set(e, ERR_FORMAT, "cannot read recording: %s: not a regular file",
                     path);
    }
    if (ok)
        return r;
    arena_close(arena);
    return NULL;
}

void recording_close(struct recording *r)
{
    if (!r)
        return;
    unpack_close(r->pack);
    arena_close(r->arena);
}

uint32_t recording_tapes(const struct recording *r)
{
    return r->pack ? unpack_tapes(r->pack) : r->tapes.count;
}

const char *recording_tape(const struct recording *r, uint32_t i)
{
    return r->pack ? unpack_name(r->pack, i) : r->tapes.at[i];
}

struct tape *recording_open_tape(const struct recording *r, uint32_t i, struct err *e)
{
    return r->pack ? unpack_tape(r->pack, i, e) : tape_open(r->tapes.at[i], e);
}

bool recording_peek(const struct recording *r, uint32_t i, struct tape_header *header,
                    struct err *e)
{
    return r->pack ? unpack_peek(r->pack, i, header, e)
                   : tape_peek(r->tapes.at[i], header, e);
}

bool recording_is_pack(const struct recording *r)
{
    return r->pack != NULL;
}

uint64_t recording_packed_ns(const struct recording *r)
{
    return r->pack ? unpack_packed_ns(r->pack) : 0;
}

uint32_t recording_notes(const struct recording *r)
{
    return r->pack ? unpack_notes(r->pack) : r->notes.count;
}

static struct str next_word(struct str *text, char end)
{
    const char *found = text->len ? memchr(text->at, end, text->len) : NULL;
    struct str word = { text->at, found ? (size_t)(found - text->at) : text->len };
    size_t taken = word.len + (found != NULL);

    *text = (struct str){ text->at + taken, text->len - taken };
    return word;
}

const char *recording_note_name(const struct recording *r, uint32_t i)
{
    return r->pack ? unpack_note_name(r->pack, i)
                   : str_basename(str_of(r->notes.at[i])).at;
}

struct str recording_note_text(const struct recording *r, uint32_t i)
{
    if (r->pack)
        return unpack_note_text(r->pack, i);
    char *text = arena_alloc(r->arena, NOTE_MAX);
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY;
    int fd = open(r->notes.at[i], flags);
    struct stat s;
    ssize_t got = -1;

    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        got = read(fd, text, NOTE_MAX);
    if (fd >= 0)
        close(fd);
    return (struct str){ text, got > 0 ? (size_t)got : 0 };
}

static uint32_t number_behind(struct str line, struct str word)
{
    uint64_t number = 0;

    if (!str_begins(line, word))
        return 0;
    for (size_t i = word.len;
         i < line.len && line.at[i] >= '0' && line.at[i] <= '9' && number < UINT32_MAX;
         i++)
        number = number * 10 + (uint64_t)(line.at[i] - '0');
    return number < UINT32_MAX ? (uint32_t)number : 0;
}

/* Its first line: python VERSION PATH; its second: the error; its third: parent PID. */
struct recording_note recording_note(const struct recording *r, uint32_t i)
{
    struct str all = recording_note_text(r, i), line = next_word(&all, '\n');
    next_word(&line, ' ');
    struct str version = next_word(&line, ' '), why = next_word(&all, '\n');
    return (struct recording_note){
        .pid = (uint32_t)strtoul(recording_note_name(r, i), NULL, 10),
        .version = version,
        .python = line,
        .why = why,
        .parent = number_behind(next_word(&all, '\n'), STR("parent "))
    };
}

static bool later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static bool holds_tape(const char *path)
{
    DIR *d = opendir(path);
    bool found = false;

    if (!d)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(d)) != NULL;)
        found = is_tape(entry->d_name);
    closedir(d);
    return found;
}

/* Its own recording lies beside it. */
static bool is_copy(const char *path, struct arena *a)
{
    struct str name = str_of(path), packed = STR(RECORDING_PACKED);

    if (!str_ends(name, packed))
        return false;
    name.len -= packed.len;
    return holds_tape(
        arena_printf(a, "%.*s" RECORDING_SUFFIX, (int)name.len, name.at).at);
}

static bool is_recording(const char *path, const struct stat *s, bool packs,
                         struct arena *a)
{
    if (S_ISDIR(s->st_mode))
        return holds_tape(path);
    return packs && S_ISREG(s->st_mode) && content_is_pack(path) && !is_copy(path, a);
}

static char *newest_of(const char *directory, bool packs, struct arena *a)
{
    DIR *d = opendir(directory);
    struct timespec newest = { 0 };
    char *found = NULL;

    if (!d)
        return NULL;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        const char *name = entry->d_name;
        struct stat s;

        if (!str_ends(str_of(name), STR(RECORDING_SUFFIX)) ||
            fstatat(dirfd(d), name, &s, 0) != 0 || (found && !later(s.st_mtim, newest)))
            continue;
        const char *path = strcmp(directory, ".") == 0
                               ? name
                               : arena_printf(a, "%s/%s", directory, name).at;
        if (!is_recording(path, &s, packs, a))
            continue;
        newest = s.st_mtim;
        found = arena_cstr(a, str_of(path));
    }
    closedir(d);
    return found;
}

char *recording_newest(const char *directory, struct arena *a)
{
    return newest_of(directory, true, a);
}

char *recording_newest_unpacked(const char *directory, struct arena *a)
{
    return newest_of(directory, false, a);
}
