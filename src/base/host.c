/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - the machine's name and systemd's id of it, where there is one, mixed
 * into one number. Containers have names of their own and count as machines. */
#include "base/host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/str.h"

uint64_t host_id(void)
{
    struct utsname name;
    char text[sizeof name.nodename + sizeof name.machine + 64];
    size_t len = 0;

    if (uname(&name) == 0) {
        size_t node = strlen(name.nodename), machine = strlen(name.machine);

        memcpy(text, name.nodename, node);
        memcpy(text + node, name.machine, machine);
        len = node + machine;
    }
    int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? read(fd, text + len, sizeof text - len) : 0;
    if (fd >= 0)
        close(fd);
    uint64_t id = str_hash((struct str){ text, len + (got > 0 ? (size_t)got : 0) });
    return id ? id : 1;
}
