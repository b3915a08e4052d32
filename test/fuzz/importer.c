/* SPDX-License-Identifier: Apache-2.0 */
/* importer.c - any bytes as another tool's file: refused in one line, or read into a
 * profile that is sound, of which a report is printed and every format written. Built
 * once for each format: IMPORTER is its name. The last byte says which view. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/export.h"
#include "fuzz/insist.h"
#include "fuzz/sound.h"
#include "fuzz/target.h"
#include "import/import.h"

#define NAMED(name) import_##name
#define OF(name) NAMED(name)
extern const struct importer OF(IMPORTER);

static int fd;
static char path[32];

int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count, (void)words;
    fd = memfd_create("file", MFD_CLOEXEC);
    insist(fd >= 0, "a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return 0;
}

static void check_exports(const struct profile *p)
{
    for (const struct exporter *const *x = export_list(); *x; x++) {
        struct out *o = out_memory();
        struct err e = { 0 };

        if (!(*x)->write(p, o, &e))
            sound_refusal(&e);
        out_abandon(o);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct build *b = build_open(UNIT_NS);
    unsigned how = size > 0 ? bytes[size - 1] : 0;
    struct err e = { 0 };
    char head[IMPORT_HEAD];
    size_t begin = size < IMPORT_HEAD ? size : IMPORT_HEAD;

    memcpy(head, bytes, begin);
    OF(IMPORTER).sniff((struct str){ head, begin });
    insist(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size,
           "a file is written");
    if (!OF(IMPORTER).read(path, STR("x"), b, &e)) {
        sound_refusal(&e);
        build_abandon(b);
        return 0;
    }
    struct profile *p = build_finish(b);
    sound_profile(p, how & 1);
    sound_view(p, how >> 1 & 15);
    if (how & 32)
        check_exports(p);
    profile_close(p);
    return 0;
}
