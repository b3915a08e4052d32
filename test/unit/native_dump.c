/* SPDX-License-Identifier: Apache-2.0 */
/* native_dump.c - for tests in Python.
 * native_dump lengths: of each instruction on stdin, a line of hexadecimal digits: its
 * length and kind.
 * native_dump functions FILE: the function that holds each address on stdin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native/object.h"
#include "native/x86.h"

static int lengths(void)
{
    char line[256];

    while (fgets(line, sizeof line, stdin)) {
        uint8_t code[32] = { 0 };
        struct x86 x;
        for (size_t i = 0; i < sizeof code && line[2 * i] > ' '; i++) {
            char byte[3] = { line[2 * i], line[2 * i + 1] };
            code[i] = (uint8_t)strtoul(byte, NULL, 16);
        }
        x86_decode(code, &x);
        printf("%u %u\n", x.length, x.kind);
    }
    return 0;
}

static int functions(const char *path)
{
    struct arena *a = arena_open();
    struct object *o = object_open(path, a);
    char line[64];

    while (o && fgets(line, sizeof line, stdin)) {
        const struct object_function *f = object_find(o, strtoull(line, NULL, 16));
        if (f)
            printf("%llx %llx %.*s%s%s\n", (unsigned long long)f->start,
                   (unsigned long long)f->end, (int)f->name.len, f->name.at,
                   f->part ? " part" : "", f->stub ? " stub" : "");
        else
            puts("none");
    }
    arena_close(a);
    return o ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "lengths") == 0)
        return lengths();
    return argc == 3 && strcmp(argv[1], "functions") == 0 ? functions(argv[2]) : 2;
}
