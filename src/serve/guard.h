/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - who may ask. The address must be one of ours, letter by letter: a page
 * of the web whose name leads here has another one. Whoever knows the token gets a
 * cookie, once; from then on the token is dead and the cookie is asked for. */
#ifndef SERVE_GUARD_H
#define SERVE_GUARD_H

#include "serve/request.h"
#include "serve/secret.h"

enum { GUARD_HOSTS = 16 };

struct guard {
    char host[GUARD_HOSTS][256]; /* as in a Host line */
    uint32_t hosts, own;         /* own: the first so many are loopback's, http alone */
    struct secret token, cookie;
    bool spent;  /* the token was exchanged */
    bool framed; /* the page may come into another one's frame (--frame-from) */
    uint32_t port;
};

/* port: where we listen. Those of --allow-host come by guard_allow. */
bool guard_open(struct guard *g, uint32_t port, struct err *e);
bool guard_allow(struct guard *g, const char *host, struct err *e);

enum guarded {
    GUARD_REFUSES, /* 403 */
    GUARD_ALLOWS,
    GUARD_EXCHANGES /* and the cookie is to be set */
};

/* document: what is asked for is the page itself: a browser comes to it from
 * elsewhere; the token counts there alone. */
enum guarded guard_asks(struct guard *g, const struct request *r, bool document);

#endif
