/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c - folders that come and go. */
#include "cmd/trial.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *trial_folder(struct arena *a)
{
    const char *temporary = getenv("TMPDIR");
    char *folder =
        arena_cstr(a, arena_printf(a, "%s/sonde-trial-XXXXXX",
                                   temporary && *temporary ? temporary : "/tmp"));

    return mkdtemp(folder) ? folder : "";
}

void trial_remove(const char *folder, struct arena *a)
{
    DIR *d = *folder ? opendir(folder) : NULL;

    for (struct dirent *n; d && (n = readdir(d));)
        if (strcmp(n->d_name, ".") != 0 && strcmp(n->d_name, "..") != 0)
            unlink(arena_printf(a, "%s/%s", folder, n->d_name).at);
    if (d)
        closedir(d);
    if (*folder)
        rmdir(folder);
}
