/* SPDX-License-Identifier: Apache-2.0 */
/* tape.c - any bytes as a tape: through the reader, the model and every report.
 * It is refused in one line or read into a profile that is sound, whose parts sum
 * to its whole and whose JSON has no raw control character. A bit of the header says
 * whether another process holds the writer's lock, as for a tape that is being written.
 */
#include "fuzz/target.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fuzz/insist.h"
#include "fuzz/sound.h"
#include "model/from_tape.h"

/* Bits of the header that nobody reads: whether a writer seems to live, whether the
 * profile is folded, and four for the view. */
enum { FLAGS = offsetof(struct tape_header, reserved) };

struct file {
    int fd;
    char path[32];
};

static struct file dead, alive;

static void make_file(struct file *f)
{
    f->fd = memfd_create("tape", MFD_CLOEXEC);
    insist(f->fd >= 0, "a file in memory");
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

/* A lock is another's: so a child holds it, and is gone when we are. */
static void hold_lock(int fd)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    int ready[2];
    char byte = 0;

    insist(pipe(ready) == 0, "a pipe");
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fcntl(fd, F_SETLK, &lock) == 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    insist(child > 0 && read(ready[0], &byte, 1) == 1, "a lock");
    close(ready[0]);
}

int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count, (void)words;
    make_file(&dead);
    make_file(&alive);
    hold_lock(alive.fd);
    return 0;
}

static void check_reader(const char *path)
{
    struct err e = { 0 };
    struct tape *t = tape_open(path, &e);

    if (t)
        sound_tape(t);
    tape_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned flags = size > FLAGS ? bytes[FLAGS] : 0;
    bool lives = flags & 1;
    const struct file *f = lives ? &alive : &dead;
    struct build *b = build_open(UNIT_NS);
    struct err e = { 0 };

    insist(ftruncate(f->fd, 0) == 0 && pwrite(f->fd, bytes, size, 0) == (ssize_t)size,
           "a tape is written");
    check_reader(f->path);
    if (!from_recording(f->path, b, &e)) {
        sound_refusal(&e);
        build_abandon(b);
        return 0;
    }
    struct profile *p = build_finish(b);
    sound_profile(p, flags & 2);
    sound_view(p, flags >> 4);
    profile_close(p);
    return 0;
}
