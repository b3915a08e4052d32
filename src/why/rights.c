/* SPDX-License-Identifier: Apache-2.0 */
/* rights.c - set-user-ID, set-group-ID, capabilities; the path as the thread sees it.
 */
#include "why/rights.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>

bool rights_of_file(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && ((s.st_mode & (S_ISUID | S_ISGID)) != 0 ||
                                   getxattr(path, "security.capability", NULL, 0) > 0);
}

bool rights_of_execve(pid_t tid, uint64_t address)
{
    enum { MOST = 1023, PAGE = 4096 };
    char name[MOST + 1] = "", path[MOST + 64];
    struct iovec here = { name, MOST }, there = { (void *)(uintptr_t)address, MOST };
    ssize_t got = process_vm_readv(tid, &here, 1, &there, 1, 0);
    size_t left = PAGE - (size_t)(address % PAGE);

    if (got <= 0 && left < MOST) { /* the page behind it is none of its own */
        here.iov_len = there.iov_len = left;
        got = process_vm_readv(tid, &here, 1, &there, 1, 0);
    }
    snprintf(path, sizeof path, "/proc/%d/%s%s", (int)tid,
             name[0] == '/' ? "root" : "cwd/", name);
    return got > 0 && rights_of_file(path);
}
