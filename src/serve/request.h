/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - the head of an HTTP/1.1 request, taken apart. What is not plainly a
 * request without a body is none: nothing is guessed. Texts lie in what was parsed. */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include "base/str.h"

enum { REQUEST_MAX = 80 * 1024 }; /* bytes of a head */

struct request {
    struct str method, path, query; /* query: behind the '?', as sent */
    struct str host, origin, site, mode, dest, cookie;
    bool has_origin, has_site;
    bool close; /* the connection is to end with the answer */
};

enum request_state {
    REQUEST_MORE,  /* the head is not all there */
    REQUEST_WHOLE, /* and is `taken` bytes long */
    REQUEST_BAD,   /* 400 */
    REQUEST_HOST,  /* not one plain Host: 403 */
    REQUEST_LONG,  /* 431 */
};

enum request_state request_parse(struct str bytes, struct request *r, size_t *taken);

#endif
