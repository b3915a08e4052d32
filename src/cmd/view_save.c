/* SPDX-License-Identifier: Apache-2.0 */
/* view_save.c - a recording goes in as its pack, any other file as it is. */
#include "cmd/view_save.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/unpack.h"
#include "base/whole.h"
#include "cmd/trial.h"
#include "query/saved.h"
#include "tape/pack.h"
#include "tape/recording.h"

/* The bytes of a pack of it, by way of a file that is gone at once. */
static bool pack_bytes(const char *recording, struct str *bytes, struct arena *a,
                       struct err *e)
{
    const struct whole_kind kind = { .what = "cannot read pack", .most = UINT32_MAX };
    const char *folder = trial_folder(a);
    struct pack_made made;

    if (!*folder)
        return err_set(e, ERR_IO,
                       "cannot pack: %s: no folder for it in $TMPDIR or /tmp: %s",
                       recording, strerror(errno));
    const char *path = arena_printf(a, "%s/pack.sonde", folder).at;
    bool ok = pack_write(recording, path, NULL, &made, e) &&
              whole_read(path, &kind, a, bytes, e);
    trial_remove(folder, a);
    return ok;
}

struct looked_for {
    const struct profile *profile;
    struct str path;
};

static bool same_path(const void *with, uint32_t id)
{
    const struct looked_for *w = with;

    return str_eq(profile_function(w->profile, id)->file, w->path);
}

/* The page packs what it holds itself, and undoes nothing else. */
static bool take_packing_off(struct page_file *f, const char *path, struct arena *a,
                             struct err *e)
{
    static const char *const suffix[] = { ".gz", ".xz", ".zst" };
    struct str name = str_of(f->name);

    if (!unpack_is_packed(f->bytes))
        return true;
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++)
        if (str_ends(name, str_of(suffix[i])) && name.len > strlen(suffix[i])) {
            name.len -= strlen(suffix[i]);
            break;
        }
    f->name = arena_cstr(a, name);
    return unpack(f->bytes, UINT32_MAX, path, a, &f->bytes, e);
}

/* side: what stands before its name. */
static bool file_bytes(const char *path, const char *side, struct page_file *f,
                       struct arena *a, struct err *e)
{
    const struct whole_kind kind = { .what = "cannot read", .most = UINT32_MAX };
    struct str name = str_of(path);
    struct stat s;

    while (name.len > 1 && name.at[name.len - 1] == '/')
        name.len--;
    name = str_basename(name);
    f->name = arena_printf(a, "%s%.*s", side, (int)name.len, name.at).at;
    if (stat(path, &s) != 0 || !S_ISDIR(s.st_mode))
        return whole_read(path, &kind, a, &f->bytes, e) &&
               take_packing_off(f, path, a, e);
    if (str_ends(name, STR(RECORDING_SUFFIX)))
        name.len -= STR(RECORDING_SUFFIX).len;
    f->name =
        arena_printf(a, "%s%.*s" RECORDING_PACKED, side, (int)name.len, name.at).at;
    return pack_bytes(path, &f->bytes, a, e);
}

/* Files of the profile's functions, as far as they may be shown. */
static uint32_t add_sources(const struct saving *s, struct page_file *files,
                            uint32_t count, struct arena *a)
{
    const struct profile *p = s->profile;
    struct map seen = map_on(a);

    for (function_id f = 0; f < profile_functions(p); f++) {
        struct str path = profile_function(p, f)->file;
        struct looked_for w = { p, path };
        struct out *text = out_memory();

        if (map_find(&seen, str_hash(path), same_path, &w) == MAP_NONE) {
            map_add(&seen, str_hash(path), f);
            if (sources_read(s->sources, path, text))
                files[count++] = (struct page_file){
                    arena_printf(a, SAVED_SOURCE "%.*s", (int)path.len, path.at).at,
                    arena_str(a, out_text(text))
                };
        }
        out_abandon(text);
    }
    return count;
}

bool view_save(const struct saving *s, struct arena *a, struct err *e)
{
    size_t given = (size_t)s->files.count + (size_t)s->before.count;
    struct page_file *files =
        arena_array(a, given + profile_functions(s->profile), sizeof *files);
    uint32_t count = 0;

    for (int i = 0; i < s->files.count; i++)
        if (!file_bytes(s->files.at[i], "", &files[count++], a, e))
            return false;
    for (int i = 0; i < s->before.count; i++)
        if (!file_bytes(s->before.at[i], SAVED_BEFORE, &files[count++], a, e))
            return false;
    if (s->sources)
        count = add_sources(s, files, count, a);
    struct out *o = out_open_private(s->to, e); /* as the recording in it */
    if (!o)
        return false;
    if (page_save(s->page, files, count, o, e))
        return out_close(o, e);
    out_abandon(o);
    return false;
}
