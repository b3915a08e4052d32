/* SPDX-License-Identifier: Apache-2.0 */
/* time_format.c - GNU time's format: %e and its like, \t, \n, \\. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/time.h"

const char time_format_posix[] = "real %e\nuser %U\nsys %S";

const char time_format_verbose[] = "\tCommand being timed: \"%C\"\n"
                                   "\tUser time (seconds): %U\n"
                                   "\tSystem time (seconds): %S\n"
                                   "\tPercent of CPU this job got: %P\n"
                                   "\tElapsed (wall clock) time (h:mm:ss or m:ss): %E\n"
                                   "\tAverage shared text size (kbytes): %X\n"
                                   "\tAverage unshared data size (kbytes): %D\n"
                                   "\tAverage stack size (kbytes): %p\n"
                                   "\tAverage total size (kbytes): %K\n"
                                   "\tMaximum resident set size (kbytes): %M\n"
                                   "\tAverage resident set size (kbytes): %t\n"
                                   "\tMajor (requiring I/O) page faults: %F\n"
                                   "\tMinor (reclaiming a frame) page faults: %R\n"
                                   "\tVoluntary context switches: %w\n"
                                   "\tInvoluntary context switches: %c\n"
                                   "\tSwaps: %W\n"
                                   "\tFile system inputs: %I\n"
                                   "\tFile system outputs: %O\n"
                                   "\tSocket messages sent: %s\n"
                                   "\tSocket messages received: %r\n"
                                   "\tSignals delivered: %k\n"
                                   "\tPage size (bytes): %Z\n"
                                   "\tExit status: %x";

static void put_seconds(struct out *o, uint64_t ns)
{
    out_printf(o, "%llu.%02llu", (unsigned long long)(ns / 1000000000u),
               (unsigned long long)(ns / 10000000u % 100));
}

/* h:mm:ss, or m:ss.hundredths */
static void put_elapsed(struct out *o, uint64_t ns)
{
    unsigned long long s = ns / 1000000000u, hundredths = ns / 10000000u % 100;

    if (s >= 3600)
        out_printf(o, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        out_printf(o, "%llu:%02llu.%02llu", s / 60, s % 60, hundredths);
}

static void put_percent(struct out *o, const struct command_run *r)
{
    uint64_t cpu = command_cpu_ns(r), ms = r->wall_ns / 1000000;

    if (ms > 0)
        out_printf(o, "%llu%%", (unsigned long long)(cpu / 10000 / ms));
    else
        out_text_of(o, "?%");
}

static void put_words(struct out *o, const struct command *c)
{
    for (int i = 0; c->argv[i]; i++) {
        out_text_of(o, i > 0 ? " " : "");
        out_text_of(o, c->argv[i]);
    }
}

/* false: there is no such field. */
static bool put_field(struct out *o, char field, const struct command *c,
                      const struct command_run *r)
{
    const struct rusage *u = &r->used;

    switch (field) {
    case 'C':
        put_words(o, c);
        break;
    case 'E':
        put_elapsed(o, r->wall_ns);
        break;
    case 'e':
        put_seconds(o, r->wall_ns);
        break;
    case 'U':
        put_seconds(o, command_ns(u->ru_utime));
        break;
    case 'S':
        put_seconds(o, command_ns(u->ru_stime));
        break;
    case 'P':
        put_percent(o, r);
        break;
    case 'M':
        out_printf(o, "%ld", u->ru_maxrss);
        break;
    case 'F':
        out_printf(o, "%ld", u->ru_majflt);
        break;
    case 'R':
        out_printf(o, "%ld", u->ru_minflt);
        break;
    case 'W':
        out_printf(o, "%ld", u->ru_nswap);
        break;
    case 'c':
        out_printf(o, "%ld", u->ru_nivcsw);
        break;
    case 'w':
        out_printf(o, "%ld", u->ru_nvcsw);
        break;
    case 'I':
        out_printf(o, "%ld", u->ru_inblock);
        break;
    case 'O':
        out_printf(o, "%ld", u->ru_oublock);
        break;
    case 'r':
        out_printf(o, "%ld", u->ru_msgrcv);
        break;
    case 's':
        out_printf(o, "%ld", u->ru_msgsnd);
        break;
    case 'k':
        out_printf(o, "%ld", u->ru_nsignals);
        break;
    case 'Z':
        out_printf(o, "%ld", sysconf(_SC_PAGESIZE));
        break;
    case 'x': /* of one that a signal ended 0, as GNU time has it */
        out_printf(o, "%d", r->status >> 8 & 255);
        break;
    /* Linux keeps no account of these. */
    case 'K':
    case 't':
    case 'D':
    case 'p':
    case 'X':
        out_char(o, '0');
        break;
    case '%':
        out_char(o, '%');
        break;
    default:
        return false;
    }
    return true;
}

static void put_escape(struct out *o, char c)
{
    if (c == 't')
        out_char(o, '\t');
    else if (c == 'n')
        out_char(o, '\n');
    else if (c == '\\')
        out_char(o, '\\');
    else
        out_printf(o, "?\\%c", c);
}

void time_format(const struct command *c, const struct command_run *r,
                 struct str format, struct out *o)
{
    for (size_t i = 0; i < format.len; i++) {
        char next = i + 1 < format.len ? format.at[i + 1] : '\0';

        if (next == '\0' && (format.at[i] == '%' || format.at[i] == '\\')) {
            out_text_of(o, format.at[i] == '%' ? "?" : "?\\");
            return; /* without an end of the line, as there */
        }
        if (format.at[i] == '%' && !put_field(o, next, c, r))
            out_printf(o, "?%c", next);
        else if (format.at[i] == '\\')
            put_escape(o, next);
        else if (format.at[i] != '%')
            out_char(o, format.at[i]);
        i += format.at[i] == '%' || format.at[i] == '\\';
    }
    out_char(o, '\n');
}

void time_failed(const struct command_run *r, struct out *o)
{
    if (WIFSIGNALED(r->status))
        out_printf(o, "Command terminated by signal %d\n", WTERMSIG(r->status));
    else if (WEXITSTATUS(r->status) != 0)
        out_printf(o, "Command exited with non-zero status %d\n",
                   WEXITSTATUS(r->status));
}
