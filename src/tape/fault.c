/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - the errors that have better words than strerror's for it. */
#include "tape/fault.h"

#include <errno.h>
#include <string.h>

const char *fault_text(uint32_t fault)
{
    switch (fault) {
    case ENOSPC:
        return "no room left on the device";
    case EDQUOT:
        return "the disk quota is used up";
    case EFBIG:
        return "the limit of file sizes is reached";
    case ENOMEM:
        return "no memory left";
    case EBADF:
    case ENOENT:
    case ESTALE:
        return "the file was closed or removed while it was written";
    }
    return strerror((int)fault);
}

const char *fault_remedy(uint32_t fault)
{
    switch (fault) {
    case ENOSPC:
    case EDQUOT:
        return " (free some, or name another place with -o)";
    case EFBIG:
        return " (ulimit -f sets it)";
    case ENOMEM:
        return " (ulimit -v sets what there is)";
    }
    return "";
}

bool fault_behind(const struct tape_header *h, bool alive)
{
    uint32_t told = TAPE_SHARED | TAPE_SAVED;

    if (h->flags & TAPE_BEHIND)
        return true;
    return h->role == TAPE_ROLE_AGENT && h->state != TAPE_FINISHED && !alive &&
           (h->flags & told) == 0;
}
