/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - Host, Origin, Sec-Fetch-Site, then the secrets. */
#include "serve/guard.h"

#include <stdio.h>
#include <string.h>

static bool add(struct guard *g, const char *host, struct err *e)
{
    if (g->hosts == GUARD_HOSTS || strlen(host) >= sizeof g->host[0])
        return err_set(e, ERR_USAGE,
                       "bad value: --allow-host %.60s: too many, or too long", host);
    strcpy(g->host[g->hosts++], host);
    return true;
}

bool guard_open(struct guard *g, uint32_t port, struct err *e)
{
    static const char *const names[] = { "127.0.0.1", "[::1]", "localhost" };
    char host[64];

    *g = (struct guard){ .port = port };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(host, sizeof host, "%s:%u", names[i], port);
        add(g, host, e);
        if (port == 80)
            add(g, names[i], e);
    }
    g->own = g->hosts;
    return secret_make(&g->token, e) && secret_make(&g->cookie, e);
}

bool guard_allow(struct guard *g, const char *host, struct err *e)
{
    if (!*host || host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]")])
        return err_set(e, ERR_USAGE,
                       "bad value: --allow-host '%.60s': a name as a browser sends it, "
                       "such as hub.example.org or hub.example.org:8443",
                       host);
    return add(g, host, e);
}

static int host_of(const struct guard *g, struct str host)
{
    for (uint32_t i = 0; i < g->hosts; i++)
        if (str_eq(host, str_of(g->host[i])))
            return (int)i;
    return -1;
}

static bool is_ours(const struct guard *g, struct str origin)
{
    bool plain = str_skip(&origin, STR("http://"));
    int host = plain || str_skip(&origin, STR("https://")) ? host_of(g, origin) : -1;

    return host >= 0 && (plain || (uint32_t)host >= g->own);
}

static struct str parameter(struct str query, struct str name)
{
    while (query.len > 0) {
        const char *end = memchr(query.at, '&', query.len);
        struct str pair = { query.at, end ? (size_t)(end - query.at) : query.len };

        query = (struct str){ pair.at + pair.len + (end != NULL),
                              query.len - pair.len - (end != NULL) };
        if (str_skip(&pair, name))
            return pair;
    }
    return (struct str){ 0 };
}

static bool has_cookie(const struct guard *g, struct str cookies)
{
    char name[32];

    snprintf(name, sizeof name, "sonde-%u=", g->port);
    while (cookies.len > 0) {
        const char *end = memchr(cookies.at, ';', cookies.len);
        struct str one = { cookies.at, end ? (size_t)(end - cookies.at) : cookies.len };

        cookies = (struct str){ one.at + one.len + (end != NULL),
                                cookies.len - one.len - (end != NULL) };
        while (str_skip(&one, STR(" ")))
            continue;
        if (str_skip(&one, str_of(name)) && secret_is(&g->cookie, one))
            return true;
    }
    return false;
}

enum guarded guard_asks(struct guard *g, const struct request *r, bool document)
{
    /* In a window of its own, or in a frame where that was allowed. */
    bool window = !r->dest.at || str_eq(r->dest, STR("document")) ||
                  (g->framed && str_eq(r->dest, STR("iframe")));
    bool arrives =
        document && window && (!r->mode.at || str_eq(r->mode, STR("navigate")));
    bool near = !r->has_site || str_eq(r->site, STR("same-origin")) ||
                str_eq(r->site, STR("none"));

    if (host_of(g, r->host) < 0 || (r->has_origin && !is_ours(g, r->origin)))
        return GUARD_REFUSES;
    /* A browser comes to the page from the file that we opened in it, which is another
     * site to it; a cookie that is never sent from other sites, or the token, is proof.
     */
    if (!near && !arrives)
        return GUARD_REFUSES;
    if (has_cookie(g, r->cookie))
        return GUARD_ALLOWS;
    if (!arrives || g->spent ||
        !secret_is(&g->token, parameter(r->query, STR("token="))))
        return GUARD_REFUSES;
    g->spent = true;
    return GUARD_EXCHANGES;
}
