/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - where the recording lies that a program begins by itself: a directory of
 * the name it gives, or of its own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "tape/names.h"

/* The user's own directory, and no link to one. */
static DIR *open_own(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat s;

    if (fd >= 0 && fstat(fd, &s) == 0 && s.st_uid == geteuid())
        return fdopendir(fd);
    if (fd >= 0) {
        close(fd);
        errno = EEXIST;
    }
    return NULL;
}

/* Only a recording: a directory with nothing in it but tapes. */
static bool empty_recording(const char *path)
{
    DIR *d = open_own(path);
    bool ours = d != NULL;

    for (struct dirent *e; ours && (e = readdir(d));)
        ours = e->d_name[0] == '.' || tape_name_is_ours(str_of(e->d_name));
    if (!ours) {
        if (d)
            closedir(d);
        errno = d ? EEXIST : errno;
        return false;
    }
    rewinddir(d);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    return true;
}

static bool make_recording(const char *path)
{
    if (mkdir(path, 0700) != 0 && (errno != EEXIST || !empty_recording(path)))
        return false;
    return realpath(path, agent.directory) != NULL;
}

/* PROGRAM-YYYYMMDD-HHMMSS.sonde, -2 and so on where that is taken. */
bool place_by_default(void)
{
    char path[PATH_MAX], stamp[32];
    time_t now = time(NULL);
    struct tm local;
    struct str name = str_of(agent.program[0] == '-' ? "python" : agent.program);

    if (str_ends(name, STR(".py")))
        name.len -= 3;
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    for (int i = 1; i < 1000; i++) {
        char suffix[16] = "";
        if (i > 1)
            snprintf(suffix, sizeof suffix, "-%d", i);
        snprintf(path, sizeof path, "%.*s-%s%s.sonde", (int)name.len, name.at, stamp,
                 suffix);
        if (mkdir(path, 0700) == 0)
            return realpath(path, agent.directory) != NULL;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* NAME.sonde of NAME, in room of PATH_MAX; false: an error is set. */
static bool name_recording(PyObject *path, char *named)
{
    PyObject *bytes;

    if (!PyUnicode_FSConverter(path, &bytes))
        return false;
    const char *name = PyBytes_AS_STRING(bytes);
    const char *suffix = str_ends(str_of(name), STR(".sonde")) ? "" : ".sonde";
    int len = snprintf(named, PATH_MAX, "%s%s", name, suffix);
    bool fits = len > 0 && len < PATH_MAX;
    bool nothing = str_basename(str_of(name)).len == 0; /* "" and "folder/" */
    Py_DECREF(bytes);
    if (fits && !nothing)
        return true;
    errno = nothing ? ENOENT : ENAMETOOLONG;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    return false;
}

bool place_named(PyObject *path)
{
    char named[PATH_MAX];

    if (!name_recording(path, named))
        return false;
    if (make_recording(named))
        return true;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    return false;
}

/* The recording that this process has under way, by name. */
bool place_is_current(PyObject *path)
{
    char named[PATH_MAX], real[PATH_MAX];

    if (!name_recording(path, named)) {
        PyErr_Clear();
        return false;
    }
    return realpath(named, real) && strcmp(real, agent.directory) == 0;
}
