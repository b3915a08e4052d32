/* SPDX-License-Identifier: Apache-2.0 */
/* view_stamp.c - what stat tells, hashed. */
#include "cmd/view_stamp.h"

#include <sys/stat.h>

#include "base/str.h"

uint64_t view_stamp(struct words files)
{
    uint64_t stamp = 0;

    for (int i = 0; i < files.count; i++) {
        struct stat s = { 0 };

        if (stat(files.at[i], &s) != 0 || S_ISFIFO(s.st_mode))
            continue; /* a pipe is read once */
        const int64_t told[] = { (int64_t)s.st_dev, (int64_t)s.st_ino, s.st_size,
                                 s.st_mtim.tv_sec, s.st_mtim.tv_nsec };
        stamp = str_hash_seeded((struct str){ (const char *)told, sizeof told }, stamp);
    }
    return stamp;
}
