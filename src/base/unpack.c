/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c - one loop that makes room; a codec says what it took and gave. */
#include "base/unpack.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP = 16 + MAX_WBITS, AT_A_TIME = 1 << 30, ROOM_FIRST = 1 << 18 };
/* Text of profiles packs to a tenth or a fiftieth; a bomb to a thousandth, from its
 * beginning on: what was unpacked so far tells, before it is much. */
enum { TIMES = 200, SMALL = 32 << 20 };
#define XZ_MEMORY ((uint64_t)128 << 20)
enum { ZSTD_WINDOW_BITS = 27 };

struct flow { /* what is left to take, and room to give into */
    const char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

enum flowed { FLOWS, ENDS, NEEDS_MORE, DAMAGED };

struct codec {
    const char *name;
    struct str begins;
    void *(*open)(void);
    enum flowed (*step)(void *state, struct flow *f);
    void (*close)(void *state);
};

static void *gzip_open(void)
{
    z_stream *z = calloc(1, sizeof *z);

    if (z && inflateInit2(z, GZIP) != Z_OK) {
        free(z);
        z = NULL;
    }
    return z;
}

static enum flowed gzip_step(void *state, struct flow *f)
{
    z_stream *z = state;
    uInt in = (uInt)(f->in_len < AT_A_TIME ? f->in_len : AT_A_TIME);
    uInt out = (uInt)(f->out_len < AT_A_TIME ? f->out_len : AT_A_TIME);

    z->next_in = (Bytef *)f->in;
    z->avail_in = in;
    z->next_out = (Bytef *)f->out;
    z->avail_out = out;
    int status = inflate(z, Z_NO_FLUSH);
    f->in += in - z->avail_in;
    f->in_len -= in - z->avail_in;
    f->out += out - z->avail_out;
    f->out_len -= out - z->avail_out;
    if (status == Z_STREAM_END) {
        inflateReset(z); /* another member may follow */
        return ENDS;
    }
    if (status == Z_OK || (status == Z_BUF_ERROR && f->out_len == 0))
        return FLOWS;
    return status == Z_BUF_ERROR ? NEEDS_MORE : DAMAGED;
}

static void gzip_close(void *state)
{
    inflateEnd(state);
    free(state);
}

static void *xz_open(void)
{
    lzma_stream *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    *s = (lzma_stream)LZMA_STREAM_INIT;
    if (lzma_stream_decoder(s, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK) {
        free(s);
        return NULL;
    }
    return s;
}

static enum flowed xz_step(void *state, struct flow *f)
{
    lzma_stream *s = state;

    s->next_in = (const uint8_t *)f->in;
    s->avail_in = f->in_len;
    s->next_out = (uint8_t *)f->out;
    s->avail_out = f->out_len;
    lzma_ret status = lzma_code(s, LZMA_FINISH); /* all of the input is here */
    f->in = (const char *)s->next_in;
    f->in_len = s->avail_in;
    f->out = (char *)s->next_out;
    f->out_len = s->avail_out;
    if (status == LZMA_STREAM_END)
        return ENDS;
    if (status == LZMA_OK || (status == LZMA_BUF_ERROR && f->out_len == 0))
        return FLOWS;
    return status == LZMA_BUF_ERROR ? NEEDS_MORE : DAMAGED;
}

static void xz_close(void *state)
{
    lzma_end(state);
    free(state);
}

static void *zstd_open(void)
{
    ZSTD_DStream *s = ZSTD_createDStream();

    if (s)
        ZSTD_DCtx_setParameter(s, ZSTD_d_windowLogMax, ZSTD_WINDOW_BITS);
    return s;
}

static enum flowed zstd_step(void *state, struct flow *f)
{
    ZSTD_inBuffer in = { f->in, f->in_len, 0 };
    ZSTD_outBuffer out = { f->out, f->out_len, 0 };
    size_t left = ZSTD_decompressStream(state, &out, &in);

    f->in += in.pos;
    f->in_len -= in.pos;
    f->out += out.pos;
    f->out_len -= out.pos;
    if (ZSTD_isError(left))
        return DAMAGED;
    if (left == 0)
        return ENDS;
    return f->in_len == 0 && f->out_len > 0 ? NEEDS_MORE : FLOWS;
}

static void zstd_close(void *state)
{
    ZSTD_freeDStream(state);
}

static const struct codec codecs[] = {
    { "gzip", { "\x1f\x8b", 2 }, gzip_open, gzip_step, gzip_close },
    { "xz", { "\xfd\x37\x7a\x58\x5a\x00", 6 }, xz_open, xz_step, xz_close },
    { "zstd", { "\x28\xb5\x2f\xfd", 4 }, zstd_open, zstd_step, zstd_close },
};

static const struct codec *codec_of(struct str bytes)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (str_begins(bytes, codecs[i].begins))
            return &codecs[i];
    return NULL;
}

bool unpack_is_packed(struct str bytes)
{
    return codec_of(bytes) != NULL;
}

struct room {
    char *at;
    uint64_t size;
    const char *packed; /* where it began */
};

static bool make_room(struct room *r, struct flow *f, uint64_t most, struct arena *a)
{
    uint64_t used = r->size - f->out_len, taken = (uint64_t)(f->in - r->packed);

    if (f->out_len > 0)
        return true;
    if (r->size >= most || (r->size >= SMALL && r->size / TIMES > taken))
        return false;
    uint64_t size = r->size < most / 2 ? 2 * r->size : most;
    r->at = arena_widen(a, r->at, r->size, size);
    r->size = size;
    f->out = r->at + used;
    f->out_len = r->size - used;
    return true;
}

/* Members of which a file may have several, one behind the other. */
static const char *unpack_all(const struct codec *c, void *state, struct flow *f,
                              struct room *r, uint64_t most, struct arena *a)
{
    for (;;) {
        if (!make_room(r, f, most, a))
            return "it unpacks to more than profiles do (unpack it first)";
        switch (c->step(state, f)) {
        case FLOWS:
            break;
        case ENDS:
            if (!str_begins((struct str){ f->in, f->in_len }, c->begins))
                return NULL;
            break;
        case NEEDS_MORE:
            return "cut short";
        case DAMAGED:
            return "damaged";
        }
    }
}

bool unpack(struct str packed, uint64_t most, const char *path, struct arena *a,
            struct str *bytes, struct err *e)
{
    const struct codec *c = codec_of(packed);
    void *state = c ? c->open() : NULL;
    struct room r = { arena_alloc(a, ROOM_FIRST), ROOM_FIRST, packed.at };
    struct flow f = { packed.at, packed.len, r.at, r.size };

    if (!state)
        return err_set(e, ERR_IO, "cannot unpack: %s: no memory", path);
    const char *why = unpack_all(c, state, &f, &r, most, a);
    c->close(state);
    *bytes = (struct str){ r.at, r.size - f.out_len };
    return !why || err_set(e, ERR_FORMAT, "cannot read %s: %s: byte %zu: %s", c->name,
                           path, packed.len - f.in_len, why);
}

size_t unpack_begin(struct str packed, char *to, size_t most)
{
    const struct codec *c = codec_of(packed);
    void *state = c ? c->open() : NULL;
    struct flow f = { packed.at, packed.len, to, most };

    if (!state)
        return 0;
    while (f.out_len > 0 && c->step(state, &f) == FLOWS && f.in_len > 0)
        continue;
    c->close(state);
    return most - f.out_len;
}
