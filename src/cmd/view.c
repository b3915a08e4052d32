/* SPDX-License-Identifier: Apache-2.0 */
/* view.c - sonde view: the page, served or saved. */
#include <string.h>

#include "base/clock.h"
#include "cmd/costs.h"
#include "cmd/opener.h"
#include "cmd/page.h"
#include "cmd/reading.h"
#include "cmd/sources.h"
#include "cmd/view_diff.h"
#include "cmd/view_save.h"
#include "cmd/view_stamp.h"
#include "import/import.h"
#include "query/query.h"
#include "serve/server.h"

enum {
    KEY_HTML = 256,
    KEY_DIFF,
    KEY_SOURCE,
    KEY_WITH_SOURCE,
    KEY_BASE_URL,
    KEY_ALLOW_HOST,
    KEY_FRAME_FROM,
    KEY_PROCESS,
};

enum { HOSTS_MAX = 8, PORT = 8080 };

struct view_args {
    long port;
    bool server;
    const char *browser, *host, *html, *base, *frame_from;
    const char *allow[HOSTS_MAX + 1];
    int hosts;
    struct choice choice;
    struct sources sources;
    bool with_source, diff;
};

static const struct argp_option options[] = {
    { "port", 'p', "PORT", 0, "serve there (default: 8080, or the next free one)", 0 },
    { "server", 's', NULL, 0, "print the address, and open no browser", 0 },
    { "browser", 'b', "PROGRAM", 0, "open it in this browser", 0 },
    { "hostname", 'H', "NAME", 0, "localhost, 127.0.0.1 or ::1", 0 },
    { "html", KEY_HTML, "OUT.html", 0, "save the page as one file, and serve nothing",
      0 },
    { "process", KEY_PROCESS, "GLOB", 0,
      "processes of that name, role or pid alone (repeatable)", 0 },
    { "base-url", KEY_BASE_URL, "PATH", 0,
      "where a proxy shows it, such as /proxy/8080/", 0 },
    { "allow-host", KEY_ALLOW_HOST, "HOST", 0,
      "a proxy's name as browsers send it (repeatable)", 0 },
    { "frame-from", KEY_FRAME_FROM, "ORIGIN", 0,
      "who may show it within a page, such as https://hub.example.org", 0 },
    { "diff", KEY_DIFF, NULL, 0, "two files, BEFORE and AFTER: what differs", 0 },
    { "source", KEY_SOURCE, "DIR", 0, "source files below it may be shown (repeatable)",
      0 },
    { "with-source", KEY_WITH_SOURCE, NULL, 0,
      "with --html: put those source files into the page", 0 },
    { 0 },
};

/* The name of an address of this machine alone. */
static bool take_host(struct view_args *a, const char *value, struct err *e)
{
    if (strcmp(value, "localhost") == 0)
        value = "127.0.0.1";
    a->host = value;
    return strcmp(value, "127.0.0.1") == 0 || strcmp(value, "::1") == 0 ||
           err_set(e, ERR_USAGE,
                   "cannot serve: -H %.100s: others could read the profile (on the "
                   "machine you sit at type: ssh -L %ld:localhost:%ld THIS_MACHINE)",
                   value, a->port ? a->port : PORT, a->port ? a->port : PORT);
}

/* "/x/", of what a path of a URL may hold. */
static bool take_base(struct view_args *a, const char *value, struct err *e)
{
    size_t len = strlen(value);

    a->base = value;
    return (len > 0 && len < 200 && value[0] == '/' && value[len - 1] == '/' &&
            !strstr(value, "//") &&
            value[strspn(value, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/._~-")] == '\0') ||
           err_set(e, ERR_USAGE,
                   "bad value: --base-url '%.60s': a path that begins and ends with /",
                   value);
}

static bool take_frame(struct view_args *a, const char *value, struct err *e)
{
    a->frame_from = value;
    return ((strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0) &&
            strlen(value) < 200 &&
            value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789.:/-")] == '\0') ||
           err_set(e, ERR_USAGE,
                   "bad value: --frame-from '%.60s': an origin such as "
                   "https://hub.example.org",
                   value);
}

static bool take_port(struct view_args *a, const char *value, struct err *e)
{
    return options_number("-p", value, 1, &a->port, e) &&
           (a->port < 65536 ||
            err_set(e, ERR_USAGE, "bad value: -p %.20s: a port is at most 65535",
                    value));
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct view_args *a = args;

    switch (key) {
    case 'p':
        return take_port(a, value, e);
    case 's':
        a->server = true;
        return true;
    case 'b':
        a->browser = value;
        return true;
    case 'H':
        return take_host(a, value, e);
    case KEY_HTML:
        if (!*value)
            return err_set(e, ERR_USAGE,
                           "empty file name: '' (is a variable not set?)");
        a->html = value;
        return true;
    case KEY_PROCESS:
        return reading_take_process(&a->choice, value, e);
    case KEY_BASE_URL:
        return take_base(a, value, e);
    case KEY_FRAME_FROM:
        return take_frame(a, value, e);
    case KEY_ALLOW_HOST:
        if (a->hosts == HOSTS_MAX)
            return err_set(e, ERR_USAGE, "too many --allow-host: %d are enough",
                           HOSTS_MAX);
        a->allow[a->hosts++] = value;
        return true;
    case KEY_DIFF:
        a->diff = true;
        return true;
    case KEY_SOURCE:
        return sources_add(&a->sources, value, e);
    case KEY_WITH_SOURCE:
        a->with_source = true;
        return true;
    }
    return true;
}

struct viewing {
    const struct view_args *args;
    struct words files, before; /* before: of --diff */
    struct view_diff diff;
    struct arena *arena;
    struct page page;
    struct str html;
    const char *title;
    struct profile *profile;
    struct query *query;
    struct query_of of;
    struct opener *opener;
    struct arena *probe;       /* what the probe cost lies there */
    uint64_t read_ns, read_at; /* how long it took to read the profile, and when */
    uint64_t stamp;            /* of the files as they were then */
};

static uint32_t count_formats(void)
{
    uint32_t count = 3; /* recordings, packs, tapes */

    for (const struct importer *const *i = import_list(); *i; i++)
        count++;
    return count;
}

static bool read_source(void *with, struct str path, struct out *to)
{
    const struct viewing *v = with;

    return sources_read(&v->args->sources, path, to);
}

static bool is_live(const struct profile *p)
{
    for (process_id i = 0; i < profile_processes(p); i++)
        if (profile_process(p, i)->alive)
            return true;
    return false;
}

enum { PROBE_NODES_MAX = 4000000 }; /* 64 MB to find it */

/* What is kept of it, where it is: a page does not wait for a measurement. */
static void find_probe(struct viewing *v, const struct profile *p)
{
    arena_close(v->probe);
    v->probe = arena_open();
    struct costs costs = costs_of(p, false, v->probe);

    if (costs.any && profile_has_paths(p) && profile_nodes(p) <= PROBE_NODES_MAX)
        v->of.probed = correct_taken(p, costs.of, v->probe);
}

static bool read_profile(struct viewing *v, struct err *e)
{
    uint64_t begun = clock_monotonic_ns(), stamp = view_stamp(v->files);
    const char *title;
    struct profile *p =
        reading_open(v->files, &v->args->choice, true, &title, v->arena, e);

    if (p && v->args->diff)
        p = view_diff_open(&v->diff, v->before, v->files, &v->args->choice, p, v->arena,
                           e);
    if (!p)
        return false;
    v->of = (struct query_of){
        .title = title,
        .file = (const char *const *)v->files.at,
        .version = SONDE_VERSION,
        .generation = v->of.generation + 1,
        .formats = count_formats(),
        .live = is_live(p) && !v->args->diff,
        .no_source = v->args->sources.roots > 0
                         ? NULL
                         : "Source files are shown only where you allow it (sonde view "
                           "--source DIR).",
        .source = read_source,
        .with = v,
    };
    if (v->args->diff) {
        v->of.compare = v->diff.sides->functions;
        v->of.compared = v->diff.compared;
        v->of.before = v->before.at[0];
    }
    find_probe(v, p);
    query_close(v->query);
    profile_close(v->profile);
    v->profile = p;
    v->query = query_open(p, &v->of);
    v->read_at = clock_monotonic_ns();
    v->read_ns = v->read_at - begun;
    v->stamp = stamp;
    return true;
}

/* Files that were written anew are read again when the page is loaded again. */
static int answer_page(void *with, struct str rest, struct str query, struct out *o)
{
    struct viewing *v = with;
    struct err e = { 0 };
    (void)rest;
    (void)query;

    if (!v->args->diff && view_stamp(v->files) != v->stamp && !read_profile(v, &e))
        cmd_say("%s; shown as it was before", e.text);
    out_str(o, v->html);
    return 200;
}

static int answer_query(void *with, struct str rest, struct str query, struct out *o)
{
    struct viewing *v = with;
    struct out *text = out_memory();

    out_str(text, rest);
    out_char(text, '?');
    out_str(text, query);
    enum query_status status = query_answer(v->query, out_text(text), o);
    out_abandon(text);
    return status == QUERY_OK ? 200 : status == QUERY_WRONG ? 400 : 404;
}

enum { LIVE_NS = 2000000000, LIVE_SHARE = 20 };

/* A recording that is being written is read anew, as far as that costs little. */
static bool changed(void *with, struct out *event)
{
    struct viewing *v = with;
    uint64_t wait =
        v->read_ns * LIVE_SHARE > LIVE_NS ? v->read_ns * LIVE_SHARE : LIVE_NS;
    struct err none = { 0 };

    if (!v->of.live || clock_monotonic_ns() - v->read_at < wait ||
        !read_profile(v, &none))
        return false;
    out_printf(event, "event: changed\ndata: {\"generation\": %u}\n\n",
               v->of.generation);
    return true;
}

static void exchanged(void *with)
{
    struct viewing *v = with;

    opener_close(v->opener);
    v->opener = NULL;
}

static bool announce(struct viewing *v, struct server *s, struct err *e)
{
    struct str address = server_address(s);

    if (v->args->server) {
        struct out *o = out_stdout();

        out_str(o, address);
        out_char(o, '\n');
        return out_close(o, e);
    }
    v->opener = opener_open(address, v->args->browser, e);
    if (v->opener)
        cmd_say("%s: shown in a browser until ^C", v->of.title);
    return v->opener != NULL;
}

static bool serve(struct viewing *v, struct err *e)
{
    const struct serve_route routes[] = {
        { .path = "/",
          .type = "text/html; charset=utf-8",
          .answer = answer_page,
          .document = true },
        { .path = "/page.css", .type = "text/css; charset=utf-8", .body = v->page.css },
        { .path = "/page.js",
          .type = "text/javascript; charset=utf-8",
          .body = v->page.js },
        { .path = "/engine.wasm", .type = "application/wasm", .body = v->page.engine },
        { .path = "/q/", .type = "application/json", .answer = answer_query },
        { .path = "/events", .events = true },
    };
    const struct view_args *a = v->args;
    struct serve_options o = { .host = a->host ? a->host : "127.0.0.1",
                               .port = a->port ? (uint32_t)a->port : PORT,
                               .port_or_next = a->port == 0,
                               .base = a->base,
                               .frame_from = a->frame_from,
                               .allow = a->allow,
                               .routes = routes,
                               .count = sizeof routes / sizeof *routes,
                               .with = v,
                               .changed = changed,
                               .exchanged = exchanged };
    v->html = page_served(&v->page, v->arena, e);
    struct server *s = v->html.len > 0 ? server_open(&o, e) : NULL;
    bool ok = s && announce(v, s, e) && server_run(s, e);

    server_close(s);
    return ok;
}

/* The profile was read before, so that what is saved is one. */
static bool save(struct viewing *v, struct err *e)
{
    const struct view_args *a = v->args;
    const struct saving saving = { .page = &v->page,
                                   .files = v->files,
                                   .before = v->before,
                                   .profile = v->profile,
                                   .sources = a->with_source ? &a->sources : NULL,
                                   .to = a->html };

    if (a->choice.globs > 0)
        return err_set(e, ERR_USAGE,
                       "--process and --html: the file holds all "
                       "processes (the page chooses among them)");
    return view_save(&saving, v->arena, e);
}

/* Of --diff the first of two is the side before. */
static bool split_files(struct viewing *v, struct err *e)
{
    char **side = arena_array(v->arena, 4, sizeof *side);

    if (v->files.count != 2)
        return err_set(e, ERR_USAGE, "--diff: two files are wanted: BEFORE AFTER");
    side[0] = v->files.at[0];
    side[2] = v->files.at[1];
    v->before = (struct words){ 1, side };
    v->files = (struct words){ 1, side + 2 };
    return true;
}

static bool find_files(struct viewing *v, struct err *e)
{
    if (v->args->diff)
        return split_files(v, e);
    if (v->files.count > 0)
        return true;
    char **newest = arena_array(v->arena, 2, sizeof *newest);
    v->files = (struct words){ 1, newest };
    return reading_newest(newest, v->arena, e);
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct view_args *a = args;
    struct arena *arena = arena_open();
    struct viewing v = { .args = a, .files = words, .arena = arena };

    if (a->browser && (a->server || a->html))
        return !err_set(e, ERR_USAGE, "-b and %s: with that no browser is opened",
                        a->server ? "-s" : "--html");
    if (a->with_source && (!a->html || a->sources.roots == 0))
        return !err_set(e, ERR_USAGE,
                        "--with-source goes with --html and --source DIR");
    bool ok = page_read(&v.page, arena, e) && find_files(&v, e) &&
              read_profile(&v, e) && (a->html ? save(&v, e) : serve(&v, e));
    struct sources sources = a->sources;
    sources_close(&sources);
    view_diff_close(&v.diff);
    opener_close(v.opener);
    query_close(v.query);
    arena_close(v.probe);
    profile_close(v.profile);
    arena_close(arena);
    return ok ? 0 : 1;
}

const struct cmd cmd_view = {
    .name = "view",
    .help = "a page in the browser, or saved as one file",
    .usage = "[OPTIONS] [FILE...]",
    .options = options,
    .reads = true,
    .more = "Serves on this machine's loopback address alone, until ^C, to the one\n"
            "browser that was opened: its address holds a secret that counts once.\n"
            "On another machine: ssh -L 8080:localhost:8080 THIS_MACHINE, and here\n"
            "sonde view -s -p 8080.  A saved page holds the profile and asks for\n"
            "nothing: it opens without a network.",
    .examples = "sonde view orders.sonde\n"
                "sonde view --html orders.html orders.sonde   # to send it\n"
                "sonde view -s -p 8080                        # over ssh -L",
    .args_size = sizeof(struct view_args),
    .option = option,
    .run = run,
};
