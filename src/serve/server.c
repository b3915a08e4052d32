/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - listens, and turns requests into answers in one loop over poll. */
#include "serve/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "serve/connection.h"

enum { CLIENTS = 32, NEXT_PORTS = 100, TICK_MS = 1000 };

struct server {
    struct arena *arena;
    struct serve_options o;
    struct guard guard;
    struct connection client[CLIENTS];
    struct str frame; /* of the policy */
    int fd;
    bool handles; /* signals: what they did before is kept here */
    struct sigaction before[2];
    sigset_t mask;
};

static volatile sig_atomic_t ended;

static void on_end(int number)
{
    (void)number;
    ended = 1;
}

/* From here on they wait until we wait, so that none is missed. */
static void handle_signals(struct server *s)
{
    struct sigaction end = { .sa_handler = on_end };
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &s->mask);
    sigaction(SIGINT, &end, &s->before[0]);
    sigaction(SIGTERM, &end, &s->before[1]);
    s->handles = true;
}

static void unhandle_signals(const struct server *s)
{
    sigaction(SIGINT, &s->before[0], NULL);
    sigaction(SIGTERM, &s->before[1], NULL);
    sigprocmask(SIG_SETMASK, &s->mask, NULL);
}

static bool listen_at(const struct serve_options *o, uint32_t port, int *fd)
{
    bool six = strchr(o->host, ':') != NULL;
    struct sockaddr_in v4 = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port) };
    const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, yes = 1;

    inet_pton(AF_INET, o->host, &v4.sin_addr);
    inet_pton(AF_INET6, o->host, &v6.sin6_addr);
    *fd = socket(six ? AF_INET6 : AF_INET, type, 0);
    if (*fd < 0)
        return false;
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const struct sockaddr *a =
        six ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    if (bind(*fd, a, six ? sizeof v6 : sizeof v4) == 0 && listen(*fd, CLIENTS) == 0)
        return true;
    int why = errno;
    close(*fd);
    errno = why;
    return false;
}

/* The port asked for, or one of those behind it. */
static bool listen_near(struct server *s, uint32_t *port, struct err *e)
{
    uint32_t last = s->o.port_or_next ? s->o.port + NEXT_PORTS : s->o.port;

    for (*port = s->o.port; *port <= last && *port < 65536; ++*port) {
        if (listen_at(&s->o, *port, &s->fd))
            return true;
        if (errno != EADDRINUSE)
            break;
    }
    return err_set(e, ERR_IO, "cannot serve: %s:%u: %s%s", s->o.host, s->o.port,
                   strerror(errno),
                   errno == EADDRINUSE ? " (-p names another port)" : "");
}

static bool set_up(struct server *s, struct err *e)
{
    uint32_t port;

    if (!listen_near(s, &port, e) || !guard_open(&s->guard, port, e))
        return false;
    for (const char *const *host = s->o.allow; host && *host; host++)
        if (!guard_allow(&s->guard, *host, e))
            return false;
    s->guard.framed = s->o.frame_from != NULL;
    s->frame = str_of(s->o.frame_from ? s->o.frame_from : "'none'");
    for (int i = 0; i < CLIENTS; i++) {
        s->client[i].fd = -1;
        s->client[i].room = arena_alloc(s->arena, REQUEST_MAX);
    }
    return true;
}

struct server *server_open(const struct serve_options *o, struct err *e)
{
    struct arena *arena = arena_open();
    struct server *s = arena_alloc(arena, sizeof *s);

    *s = (struct server){ .arena = arena, .o = *o, .fd = -1 };
    if (set_up(s, e)) {
        handle_signals(s);
        return s;
    }
    server_close(s);
    return NULL;
}

void server_close(struct server *s)
{
    if (!s)
        return;
    for (int i = 0; i < CLIENTS; i++)
        if (s->client[i].room)
            connection_end(&s->client[i]);
    if (s->fd >= 0)
        close(s->fd);
    if (s->handles)
        unhandle_signals(s);
    arena_close(s->arena);
}

struct str server_address(struct server *s)
{
    bool six = strchr(s->o.host, ':') != NULL;

    return arena_printf(s->arena, "http://%s%s%s:%u%s?token=%s", six ? "[" : "",
                        s->o.host, six ? "]" : "", s->guard.port,
                        s->o.base ? s->o.base : "/", s->guard.token.text);
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reason[] = { { 200, "OK" },
                   { 400, "Bad Request" },
                   { 403, "Forbidden" },
                   { 404, "Not Found" },
                   { 405, "Method Not Allowed" },
                   { 408, "Request Timeout" },
                   { 431, "Request Header Fields Too Large" } };

    for (size_t i = 0; i < sizeof reason / sizeof *reason; i++)
        if (reason[i].status == status)
            return reason[i].reason;
    return "Internal Server Error";
}

static void put_head(const struct server *s, struct out *o, int status,
                     const char *type, size_t len, bool close)
{
    out_printf(o, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    out_text_of(o, "Content-Security-Policy: default-src 'none'; script-src 'self' "
                   "'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
                   "connect-src 'self'; worker-src 'self'; base-uri 'none'; "
                   "form-action 'none'; frame-ancestors ");
    out_str(o, s->frame);
    out_text_of(
        o, "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
           "Cross-Origin-Resource-Policy: same-origin\r\n"
           "Cross-Origin-Opener-Policy: same-origin\r\nCache-Control: no-store\r\n");
    if (status == 405)
        out_text_of(o, "Allow: GET, HEAD\r\n");
    if (type)
        out_printf(o, "Content-Type: %s\r\n", type);
    if (len != SIZE_MAX)
        out_printf(o, "Content-Length: %zu\r\n", len);
    out_text_of(o, close ? "Connection: close\r\n" : "Connection: keep-alive\r\n");
}

static void refuse(const struct server *s, struct connection *c, int status)
{
    struct out *head = out_memory();

    put_head(s, head, status, NULL, 0, true);
    out_text_of(head, "\r\n");
    c->close = true;
    connection_answer(c, head, (struct str){ 0 }, NULL);
}

/* A proxy may have left its prefix on. */
static struct str path_of(const struct server *s, struct str path)
{
    struct str below = path;

    if (s->o.base && str_skip(&below, str_of(s->o.base)) && below.at > path.at)
        return (struct str){ below.at - 1, below.len + 1 }; /* with its slash */
    return path;
}

static const struct serve_route *route_of(const struct server *s, struct str path,
                                          struct str *rest)
{
    for (uint32_t i = 0; i < s->o.count; i++) {
        struct str own = str_of(s->o.routes[i].path);

        *rest = path;
        if (str_eq(path, own) ||
            (own.len > 1 && own.at[own.len - 1] == '/' && str_begins(path, own))) {
            str_skip(rest, own);
            return &s->o.routes[i];
        }
    }
    return NULL;
}

static void answer(struct server *s, struct connection *c, const struct request *r,
                   const struct serve_route *route, struct str rest, bool set_cookie)
{
    struct out *head = out_memory(), *made = NULL;
    struct str body = route->body;
    int status = 200;

    if (route->answer) {
        made = out_memory();
        status = route->answer(s->o.with, rest, r->query, made);
        body = out_text(made);
    }
    c->close = r->close;
    put_head(s, head, status, route->type, body.len, c->close);
    if (set_cookie)
        out_printf(head,
                   "Set-Cookie: sonde-%u=%s; HttpOnly; SameSite=Strict; Path=%s\r\n",
                   s->guard.port, s->guard.cookie.text, s->o.base ? s->o.base : "/");
    out_text_of(head, "\r\n");
    if (str_eq(r->method, STR("HEAD")))
        body.len = 0;
    connection_answer(c, head, body, made);
}

static void answer_events(struct server *s, struct connection *c)
{
    struct out *head = out_memory();

    put_head(s, head, 200, "text/event-stream", SIZE_MAX, true);
    out_text_of(head, "\r\n: sonde\n\n");
    c->events = true;
    connection_answer(c, head, (struct str){ 0 }, NULL);
}

static void take_request(struct server *s, struct connection *c,
                         const struct request *r)
{
    struct str rest = { 0 };
    const struct serve_route *route = route_of(s, path_of(s, r->path), &rest);
    enum guarded g = guard_asks(&s->guard, r, route && route->document);
    bool get = str_eq(r->method, STR("GET")) || str_eq(r->method, STR("HEAD"));

    if (g == GUARD_REFUSES)
        refuse(s, c, 403);
    else if (!get)
        refuse(s, c, 405);
    else if (!route)
        refuse(s, c, 404);
    else if (route->events && str_eq(r->method, STR("GET")))
        answer_events(s, c);
    else
        answer(s, c, r, route, rest, g == GUARD_EXCHANGES);
    if (g == GUARD_EXCHANGES && s->o.exchanged)
        s->o.exchanged(s->o.with);
}

/* Whole requests that are there; one at a time. */
static void take_requests(struct server *s, struct connection *c)
{
    struct request r;
    size_t taken = 0;

    if (c->head || c->events)
        return;
    switch (request_parse((struct str){ c->in, c->in_len }, &r, &taken)) {
    case REQUEST_MORE:
        return;
    case REQUEST_WHOLE:
        take_request(s, c, &r);
        connection_taken(c, taken);
        return;
    case REQUEST_HOST:
        refuse(s, c, 403);
        return;
    case REQUEST_LONG:
        refuse(s, c, 431);
        return;
    case REQUEST_BAD:
        refuse(s, c, 400);
    }
}

/* Where all places are taken the one that is silent longest makes room. */
static void take_client(struct server *s)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct connection *to = &s->client[0];

    if (fd < 0)
        return;
    for (int i = 0; i < CLIENTS && to->fd >= 0; i++) {
        struct connection *c = &s->client[i];

        if (c->fd < 0 || (!c->events && c->deadline_ns < to->deadline_ns))
            to = c;
    }
    if (to->fd >= 0)
        connection_end(to);
    connection_begin(to, fd);
}

static void serve_client(struct server *s, struct connection *c, short events)
{
    bool goes_on = true;

    if (events & (POLLERR | POLLNVAL))
        goes_on = false;
    if (goes_on && events & (POLLIN | POLLHUP) && !c->head)
        goes_on = connection_receive(c);
    else if (goes_on && events & POLLHUP)
        goes_on = false;
    if (goes_on)
        take_requests(s, c);
    if (goes_on && connection_sends(c))
        goes_on = connection_send(c);
    if (!goes_on)
        connection_end(c);
    else if (c->in_len > 0)
        take_requests(s, c); /* the next one had come with it */
}

static void tell_changes(struct server *s)
{
    struct out *event = out_memory();

    if (s->o.changed && s->o.changed(s->o.with, event))
        for (int i = 0; i < CLIENTS; i++) {
            struct connection *c = &s->client[i];

            if (c->fd < 0 || !c->events)
                continue;
            if (!c->head)
                connection_answer(c, out_memory(), (struct str){ 0 }, NULL);
            out_str(c->head, out_text(event));
        }
    out_abandon(event);
}

static void end_late(struct server *s)
{
    uint64_t now = clock_monotonic_ns();

    for (int i = 0; i < CLIENTS; i++) {
        struct connection *c = &s->client[i];

        if (c->fd >= 0 && c->deadline_ns < now && (!c->events || connection_sends(c)))
            connection_end(c);
    }
}

static int wait_for(struct server *s, struct pollfd *at, const sigset_t *mask)
{
    struct timespec tick = { .tv_sec = TICK_MS / 1000 };

    at[CLIENTS] = (struct pollfd){ .fd = s->fd, .events = POLLIN };
    for (int i = 0; i < CLIENTS; i++) {
        const struct connection *c = &s->client[i];

        at[i] = (struct pollfd){ .fd = c->fd, .events = c->head ? 0 : POLLIN };
        if (c->fd >= 0 && connection_sends(c))
            at[i].events |= POLLOUT;
    }
    return ppoll(at, CLIENTS + 1, &tick, mask);
}

bool server_run(struct server *s, struct err *e)
{
    struct pollfd at[CLIENTS + 1];
    uint64_t told = clock_monotonic_ns();
    bool ok = true;

    while (!ended && ok) {
        int ready = wait_for(s, at, &s->mask);

        ok = ready >= 0 || errno == EINTR ||
             err_set(e, ERR_IO, "cannot serve: poll: %s", strerror(errno));
        for (int i = 0; ready > 0 && i < CLIENTS; i++)
            if (at[i].revents && s->client[i].fd == at[i].fd)
                serve_client(s, &s->client[i], at[i].revents);
        if (ready > 0 && at[CLIENTS].revents)
            take_client(s);
        end_late(s);
        if (clock_monotonic_ns() - told >= TICK_MS * 1000000ull) {
            told = clock_monotonic_ns();
            tell_changes(s);
        }
    }
    return ok;
}
