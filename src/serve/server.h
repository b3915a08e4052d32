/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - HTTP/1.1 on one loopback address, for one user's browser: GET and HEAD of
 * a fixed table of routes, one answer at a time. Slow and silent clients are let go,
 * and never keep others waiting. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "base/out.h"
#include "serve/guard.h"

struct server;

struct serve_route {
    const char
        *path; /* all of it; one that ends in '/' also stands for what begins so */
    const char *type; /* Content-Type */
    struct str body;  /* or, where `answer` is set, what that writes */
    /* rest: of the path behind a '/'. Returns the status. */
    int (*answer)(void *with, struct str rest, struct str query, struct out *o);
    bool document; /* the page itself */
    bool events;   /* it stays open, and is told of changes */
};

struct serve_options {
    const char *host; /* "127.0.0.1" or "::1" */
    uint32_t port;
    bool port_or_next;        /* the next free one where that is taken */
    const char *base;         /* path prefix of a proxy, "/x/"; or NULL */
    const char *frame_from;   /* who may show it in a frame; NULL: nobody */
    const char *const *allow; /* more hosts; ends in NULL; or NULL */
    const struct serve_route *routes;
    uint32_t count;
    void *with;
    /* Called about once a second: whether `events` are to be told; NULL: never. */
    bool (*changed)(void *with, struct out *event);
    void (*exchanged)(void *with); /* the token is spent; may be NULL */
};

/* NULL and e: it cannot listen there. Options are borrowed. SIGINT and SIGTERM are its
 * own until it is closed. */
struct server *server_open(const struct serve_options *o, struct err *e);
void server_close(struct server *s); /* NULL is allowed */
/* "http://127.0.0.1:8080/?token=...": good for one browser. */
struct str server_address(struct server *s);
/* Until SIGINT or SIGTERM. */
bool server_run(struct server *s, struct err *e);

#endif
