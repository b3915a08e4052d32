/* SPDX-License-Identifier: Apache-2.0 */
/* connection.h - one client: what it sent so far, what it is still to be sent, and by
 * when. Nothing here waits. */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "base/out.h"
#include "serve/request.h"

struct connection {
    int fd; /* -1: free */
    char *in;
    size_t in_len;
    struct out *head; /* of the answer, or events; NULL: nothing is to be sent */
    struct out *made; /* the body, where one was made */
    struct str body;
    size_t head_sent, body_sent;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC */
    bool close;           /* when all is sent */
    bool events;          /* it is told of changes, and asks no more */
    char *room;           /* of `in`, REQUEST_MAX bytes, kept for the next one */
};

enum {
    CONNECTION_HEAD_MS = 10000,
    CONNECTION_IDLE_MS = 60000,
    CONNECTION_SEND_MS = 30000
};

void connection_begin(struct connection *c, int fd);
void connection_end(struct connection *c);
/* What came; false: it is over. */
bool connection_receive(struct connection *c);
/* As much as goes; false: it is over. */
bool connection_send(struct connection *c);
bool connection_sends(const struct connection *c);
void connection_taken(struct connection *c, size_t bytes);
/* The answer begins to go. body, or made, whose text it is; HEAD: neither is sent. */
void connection_answer(struct connection *c, struct out *head, struct str body,
                       struct out *made);

#endif
