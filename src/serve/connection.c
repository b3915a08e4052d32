/* SPDX-License-Identifier: Apache-2.0 */
/* connection.c - bytes in and out of a socket that does not wait. */
#include "serve/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static void set_deadline(struct connection *c, uint64_t ms)
{
    c->deadline_ns = clock_monotonic_ns() + ms * 1000000;
}

void connection_begin(struct connection *c, int fd)
{
    const int yes = 1;

    *c = (struct connection){ .fd = fd, .in = c->room, .room = c->room };
    /* Else an answer's last part waits for the part before to be acknowledged, which
     * a reader that has nothing to send puts off for 40 ms. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    set_deadline(c, CONNECTION_HEAD_MS);
}

static void forget_answer(struct connection *c)
{
    out_abandon(c->head);
    out_abandon(c->made);
    c->head = c->made = NULL;
    c->body = (struct str){ 0 };
    c->head_sent = c->body_sent = 0;
}

void connection_end(struct connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    forget_answer(c);
    c->fd = -1;
}

/* A head has its time from its first byte on, however it trickles in. */
bool connection_receive(struct connection *c)
{
    ssize_t got = recv(c->fd, c->in + c->in_len, REQUEST_MAX - c->in_len, 0);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got > 0 && c->in_len == 0)
        set_deadline(c, CONNECTION_HEAD_MS);
    c->in_len += (size_t)got;
    return got > 0;
}

void connection_taken(struct connection *c, size_t bytes)
{
    c->in_len -= bytes;
    memmove(c->in, c->in + bytes, c->in_len);
}

bool connection_sends(const struct connection *c)
{
    return c->head &&
           (c->head_sent < out_text(c->head).len || c->body_sent < c->body.len);
}

static bool send_some(struct connection *c, struct str all, size_t *sent, bool more)
{
    const int how = MSG_NOSIGNAL | (more ? MSG_MORE : 0);

    while (*sent < all.len) {
        ssize_t n = send(c->fd, all.at + *sent, all.len - *sent, how);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        *sent += (size_t)n;
        set_deadline(c, CONNECTION_SEND_MS);
    }
    return true;
}

bool connection_send(struct connection *c)
{
    if (!send_some(c, out_text(c->head), &c->head_sent, c->body.len > 0))
        return false;
    if (c->head_sent == out_text(c->head).len &&
        !send_some(c, c->body, &c->body_sent, false))
        return false;
    if (connection_sends(c))
        return true;
    if (c->close)
        return false;
    forget_answer(c);
    set_deadline(c, c->in_len > 0 ? CONNECTION_HEAD_MS : CONNECTION_IDLE_MS);
    return true;
}

void connection_answer(struct connection *c, struct out *head, struct str body,
                       struct out *made)
{
    c->head = head;
    c->made = made;
    c->body = body;
    set_deadline(c, CONNECTION_SEND_MS);
}
