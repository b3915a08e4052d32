/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c - words and records of a log. */
#include <string.h>

#include "base/whole.h"
#include "why/steps.h"

static const struct whole_kind steps = { .what = "cannot read steps",
                                         .most = 512ull << 20 };

bool steps_open(struct steps *s, const char *path, struct arena *a, struct err *e)
{
    struct log_header *head = &s->head;

    if (!whole_read(path, &steps, a, &s->bytes, e))
        return false;
    if (s->bytes.len < LOG_EVENTS)
        return err_set(e, ERR_FORMAT, "cannot read steps: %s: no log of steps", path);
    memcpy(head, s->bytes.at, sizeof *head);
    if (head->magic != LOG_MAGIC)
        return err_set(e, ERR_FORMAT, "cannot read steps: %s: no log of steps", path);
    if (head->version != LOG_VERSION)
        return err_set(
            e, ERR_FORMAT,
            "cannot read steps: %s: version %u (this sonde reads version %u)", path,
            head->version, LOG_VERSION);
    if (head->events_end < LOG_EVENTS || head->events_end > s->bytes.len ||
        head->events_end % 8)
        return err_set(e, ERR_FORMAT,
                       "cannot read steps: %s: events end at byte %llu of %zu", path,
                       (unsigned long long)head->events_end, s->bytes.len);
    head->text[LOG_TEXT - 1] = '\0';
    return true;
}

static bool take(const struct steps *s, uint64_t *at, uint64_t *word)
{
    if (*at + 8 > s->head.events_end)
        return false;
    memcpy(word, s->bytes.at + *at, 8);
    *at += 8;
    return true;
}

bool steps_next(const struct steps *s, uint64_t *at, struct step *step)
{
    uint64_t word, after, second;

    if (!take(s, at, &word) || !take(s, at, &step->second))
        return false;
    step->kind = (enum log_kind)(word >> LOG_KIND_AT);
    step->count = (uint32_t)(word >> LOG_COUNT_AT & LOG_MOST);
    step->address = word & ((1ull << LOG_COUNT_AT) - 1);
    step->ticks = 0;
    if (step->kind == LOG_SYSCALL)
        return take(s, at, &step->ticks);
    after = *at;
    if (take(s, &after, &word) && take(s, &after, &second) &&
        word >> LOG_KIND_AT == LOG_MORE) {
        step->count += (uint32_t)(word & UINT16_MAX);
        *at = after;
    }
    return step->kind >= LOG_BRANCH && step->kind <= LOG_ASKED;
}

struct str steps_section(const struct steps *s, struct log_section section)
{
    if (section.at > s->bytes.len || section.bytes > s->bytes.len - section.at)
        return (struct str){ 0 };
    return (struct str){ s->bytes.at + section.at, section.bytes };
}

/* A record of 16 bytes, of which the last four are the name's length. */
static bool next_record(struct str *rest, void *record, struct str *name)
{
    uint32_t length;
    size_t padded;

    if (rest->len < 16)
        return false;
    memcpy(record, rest->at, 16);
    memcpy(&length, rest->at + 12, 4);
    padded = ((size_t)length + 7) & ~(size_t)7;
    if (padded > rest->len - 16)
        return false;
    *name = (struct str){ rest->at + 16, length };
    rest->at += 16 + padded;
    rest->len -= 16 + padded;
    return true;
}

bool steps_name(struct str *rest, struct log_name *record, struct str *name)
{
    return next_record(rest, record, name);
}

bool steps_count(struct str *rest, struct log_count *record, struct str *name)
{
    return next_record(rest, record, name);
}
