/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - reads /proc and /sys, and tries what a recording does to a file. */
#include "cmd/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"

static void add(struct machine *m, const char *name, bool ok, const char *value,
                const char *means)
{
    if (m->count < CHECKS_MAX)
        m->at[m->count++] = (struct check){ name, value, means, ok };
}

const char *machine_executable(struct arena *a)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);

    return len > 0 ? arena_cstr(a, (struct str){ path, (size_t)len }) : "sonde";
}

/* The first line of a small file, "" when it cannot be read. */
static const char *line_of(const char *path, struct arena *a)
{
    char text[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    return arena_cstr(a, (struct str){ text, strcspn(text, "\n") });
}

static void look_at_kernel(struct machine *m, struct arena *a)
{
    struct utsname u;

    if (uname(&u) != 0)
        return;
    add(m, "kernel", true,
        arena_printf(a, "%s %s, %s, %ld processors", u.sysname, u.release, u.machine,
                     sysconf(_SC_NPROCESSORS_ONLN))
            .at,
        NULL);
}

static void look_at_clock(struct machine *m, struct arena *a)
{
    const char *source =
        line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource", a);
    bool counter = clock_trusts_tsc();

    add(m, "clock", counter,
        arena_printf(a, "%s (the kernel's clock source is %s)",
                     counter ? "the processor's time stamp counter" : "clock_gettime",
                     *source ? source : "not told")
            .at,
        counter ? NULL : "each event costs a little more; figures are as good");
}

static const char *file_system(void)
{
    static const struct {
        long type;
        const char *name;
    } known[] = {
        { 0xef53, "ext4" },      { 0x58465342, "xfs" },     { 0x9123683e, "btrfs" },
        { 0x01021994, "tmpfs" }, { 0x794c7630, "overlay" }, { 0x6969, "nfs" },
        { 0x65735546, "fuse" },  { 0x01021997, "9p" },      { 0x2fc12fc1, "zfs" },
        { 0xf2f52010, "f2fs" },  { 0xff534d42, "cifs" },    { 0xca451a4e, "bcachefs" },
        { 0x61756673, "aufs" },
    };
    struct statfs s;

    if (statfs(".", &s) != 0)
        return "unknown";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == (long)(unsigned)s.f_type)
            return known[i].name;
    return "of another kind";
}

/* Where files without a name are not known, a folder is made and removed. */
static bool can_make_folder(void)
{
    char name[] = ".sonde-doctor-XXXXXX";

    return mkdtemp(name) && rmdir(name) == 0;
}

/* Is there room before it is touched? It shows on a file without a name. */
static void look_at_folder(struct machine *m, struct arena *a)
{
    const char *kind = file_system();
    char here[PATH_MAX];
    int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (!getcwd(here, sizeof here))
        strcpy(here, ".");
    const char *place = arena_printf(a, "%s (%s)", here, kind).at;
    if (fd < 0 && !can_make_folder())
        add(m, "this folder", false, place,
            "no recording can be made here (sonde run -o names another place)");
    else if (fd >= 0 && fallocate(fd, 0, 0, 1 << 20) != 0)
        add(m, "this folder", false, place,
            errno == ENOSPC ? "it is full"
                            : "it promises no room beforehand: a full disk could end "
                              "the program");
    else
        add(m, "this folder", true, place, NULL);
    if (fd >= 0)
        close(fd);
}

static void look_at_limit(struct machine *m, int which, const char *name, rlim_t least,
                          const char *means, struct arena *a)
{
    struct rlimit limit;

    if (getrlimit(which, &limit) != 0)
        return;
    bool ok = limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= least;
    add(m, name, ok,
        limit.rlim_cur == RLIM_INFINITY
            ? "unlimited"
            : arena_printf(a, "%llu", (unsigned long long)limit.rlim_cur).at,
        ok ? NULL : means);
}

/* Later versions use them; who asks why those refuse finds it here. */
static void look_at_settings(struct machine *m, struct arena *a)
{
    const char *ptrace = line_of("/proc/sys/kernel/yama/ptrace_scope", a);
    const char *perf = line_of("/proc/sys/kernel/perf_event_paranoid", a);

    add(m, "ptrace_scope", true, *ptrace ? ptrace : "not set", NULL);
    add(m, "perf paranoid", true, *perf ? perf : "no perf events", NULL);
}

struct machine machine_look(struct arena *a)
{
    struct machine m = { .count = 0 };

    look_at_kernel(&m, a);
    look_at_clock(&m, a);
    look_at_folder(&m, a);
    look_at_limit(&m, RLIMIT_FSIZE, "file size", (rlim_t)64 << 20,
                  "a tape that reaches it counts what it loses", a);
    look_at_limit(&m, RLIMIT_AS, "address space", (rlim_t)1 << 30,
                  "a tape takes a sixteenth of it, at least 64 MiB", a);
    look_at_limit(&m, RLIMIT_NOFILE, "open files", 64,
                  "a tape takes one descriptor, near the upper end", a);
    look_at_settings(&m, a);
    return m;
}
