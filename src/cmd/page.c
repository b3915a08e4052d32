/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - fills the three marks of the page: style, script, data. */
#include "cmd/page.h"

#include <string.h>

#include "base/sha256.h"
#include "base/whole.h"
#include "run/enter.h"

enum mark { MARK_STYLE, MARK_SCRIPT, MARK_DATA, MARKS };

static const char *const marks[MARKS] = { "<!--sonde:style-->", "<!--sonde:script-->",
                                          "<!--sonde:data-->" };

/* Beside the start-up hook. */
static const char *folder(struct arena *a)
{
    struct err none = { 0 };
    const char *hook = enter_hook(SONDE_PACKAGE, a, &none);
    struct str package = str_of(hook ? hook : SONDE_PACKAGE "/hook");

    package.len -= str_basename(package).len;
    return arena_printf(a, "%.*spage", (int)package.len, package.at).at;
}

bool page_read(struct page *p, struct arena *a, struct err *e)
{
    const struct whole_kind kind = { .what = "cannot read the page", .most = 64 << 20 };
    const char *at = folder(a);
    const struct {
        const char *name;
        struct str *to;
    } file[] = { { "page.html", &p->html },
                 { "page.css", &p->css },
                 { "page.js", &p->js },
                 { "engine.wasm", &p->engine } };

    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        const char *path = arena_printf(a, "%s/%s", at, file[i].name).at;
        struct err why = { 0 };

        if (!whole_read(path, &kind, a, file[i].to, &why))
            return err_set(e, ERR_IO,
                           "cannot show a page: %s: this sonde was built without it "
                           "(make build says what is missing; sonde report prints the "
                           "figures)",
                           path);
    }
    return true;
}

/* What fills a mark: into o. */
struct fill {
    const struct page *page;
    const struct page_file *files; /* NULL: served */
    uint32_t count;
};

static void put_hash(struct out *o, struct str bytes)
{
    unsigned char sum[SHA256_BYTES];

    sha256(bytes, sum);
    out_text_of(o, "'sha256-");
    out_base64(o, (struct str){ (const char *)sum, sizeof sum });
    out_char(o, '\'');
}

static void put_policy(struct out *o, const struct page *p)
{
    out_text_of(o, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                   "'none'; script-src ");
    put_hash(o, p->js);
    out_text_of(o, " 'wasm-unsafe-eval'; style-src ");
    put_hash(o, p->css);
    out_text_of(o, "; img-src data: blob:; worker-src blob:; base-uri 'none'; "
                   "form-action 'none'\">\n");
}

/* An attribute's value. */
static void put_attribute(struct out *o, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        switch (s.at[i]) {
        case '&':
            out_text_of(o, "&amp;");
            break;
        case '<':
            out_text_of(o, "&lt;");
            break;
        case '>':
            out_text_of(o, "&gt;");
            break;
        case '"':
            out_text_of(o, "&quot;");
            break;
        default:
            out_char(o, (unsigned char)s.at[i] < ' ' ? ' ' : s.at[i]);
        }
}

static void put_block(struct out *o, struct str bytes)
{
    struct out *packed = out_memory();

    out_gzip(packed, bytes.at, (uint32_t)bytes.len);
    out_base64(o, out_text(packed));
    out_abandon(packed);
}

static void put_data(struct out *o, const struct fill *f)
{
    static const char open[] = "<script type=\"application/octet-stream\" id=\"sonde-";

    out_printf(o, "%sengine\">", open);
    put_block(o, f->page->engine);
    out_text_of(o, "</script>\n");
    for (uint32_t i = 0; i < f->count; i++) {
        out_printf(o, "%sfile-%u\" data-name=\"", open, i);
        put_attribute(o, str_of(f->files[i].name));
        out_text_of(o, "\">");
        put_block(o, f->files[i].bytes);
        out_text_of(o, "</script>\n");
    }
}

static void put(struct out *o, const struct fill *f, enum mark mark)
{
    bool saved = f->files != NULL;

    if (mark == MARK_STYLE && saved) {
        put_policy(o, f->page);
        out_text_of(o, "<style>");
        out_str(o, f->page->css);
        out_text_of(o, "</style>");
    } else if (mark == MARK_STYLE) {
        out_text_of(o, "<link rel=\"stylesheet\" href=\"page.css\">");
    } else if (mark == MARK_SCRIPT && saved) {
        out_text_of(o, "<script>");
        out_str(o, f->page->js);
        out_text_of(o, "</script>");
    } else if (mark == MARK_SCRIPT) {
        out_text_of(o, "<script src=\"page.js\" defer></script>");
    } else if (saved) {
        put_data(o, f);
    }
}

static bool has(struct str text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

/* What would end its element too early, or begin another. */
static bool is_sound(const struct page *p)
{
    return !has(p->js, "</script") && !has(p->js, "<!--") && !has(p->css, "</style");
}

static bool fill_in(struct out *o, const struct fill *f, struct err *e)
{
    struct str left = f->page->html;
    bool filled[MARKS] = { false };

    for (;;) {
        const char *next =
            left.len ? memmem(left.at, left.len, "<!--sonde:", 10) : NULL;
        enum mark mark = 0;

        if (!next)
            break;
        out_bytes(o, left.at, (size_t)(next - left.at));
        left = (struct str){ next, left.len - (size_t)(next - left.at) };
        while (mark < MARKS && !str_skip(&left, str_of(marks[mark])))
            mark++;
        if (mark == MARKS || filled[mark])
            break;
        filled[mark] = true;
        put(o, f, mark);
    }
    out_str(o, left);
    return (filled[MARK_STYLE] && filled[MARK_SCRIPT] && filled[MARK_DATA] &&
            is_sound(f->page)) ||
           err_set(e, ERR_FORMAT,
                   "cannot show the page: page.html: not as it was built "
                   "(install sonde again)");
}

struct str page_served(const struct page *p, struct arena *a, struct err *e)
{
    struct fill f = { .page = p };
    struct out *o = out_memory();
    struct str html = { 0 };

    if (fill_in(o, &f, e))
        html = arena_str(a, out_text(o));
    out_abandon(o);
    return html;
}

bool page_save(const struct page *p, const struct page_file *files, uint32_t count,
               struct out *o, struct err *e)
{
    struct fill f = { .page = p, .files = files, .count = count };

    for (uint32_t i = 0; i < count; i++)
        if (files[i].bytes.len >= UINT32_MAX)
            return err_set(e, ERR_FORMAT,
                           "cannot save a page: %s: too large for one (sonde view "
                           "serves it)",
                           files[i].name);
    return fill_in(o, &f, e);
}
