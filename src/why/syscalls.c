/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls.c - rows made from the headers as the build is set up (meson.build). */
#include <sys/syscall.h>

#include "why/syscalls.h"

#define ROW(number, name) { number, #name },

static const struct {
    uint32_t number;
    const char *name;
} rows[] = {
#include "why/list.h"
};

struct str syscalls_name(uint32_t number, struct arena *a)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return str_of(rows[i].name);
    return arena_printf(a, "syscall %u", number);
}
