/* SPDX-License-Identifier: Apache-2.0 */
/* import.c - looks at the first bytes of a regular file. */
#include "import/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/from_tape.h"

#define ROW(name) extern const struct importer import_##name;
#include "import/list.h"
#undef ROW

static const struct importer *const list[] = {
#define ROW(name) &import_##name,
#include "import/list.h"
#undef ROW
    NULL,
};

const struct importer *const *import_list(void)
{
    return list;
}

static struct str read_head(const char *path, char *head)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat s;
    ssize_t got = -1;

    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        got = read(fd, head, IMPORT_HEAD);
    if (fd >= 0)
        close(fd);
    return (struct str){ head, got > 0 ? (size_t)got : 0 };
}

const struct importer *import_for(const char *path)
{
    char bytes[IMPORT_HEAD];
    struct str head = read_head(path, bytes);

    for (const struct importer *const *i = list; *i; i++)
        if ((*i)->sniff(head))
            return *i;
    return NULL;
}

bool import_file(const char *path, struct str name, struct build *b, struct err *e)
{
    const struct importer *importer = import_for(path);

    return importer ? importer->read(path, name, b, e) : from_recording(path, b, e);
}
