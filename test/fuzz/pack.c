/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c - any bytes as a pack: through the reader, the model and every report. It is
 * refused in one line or read into a profile that is sound. Bits of the moment when it
 * was packed say whether the profile is folded, and which view is printed. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/insist.h"
#include "fuzz/sound.h"
#include "fuzz/target.h"
#include "model/from_tape.h"
#include "tape/pack_layout.h"
#include "tape/recording.h"

static int fd;
static char path[32];

int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count, (void)words;
    fd = memfd_create("pack", MFD_CLOEXEC);
    insist(fd >= 0, "a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return 0;
}

static void check_reader(void)
{
    struct err e = { 0 };
    struct recording *r = recording_open(path, &e);

    for (uint32_t i = 0; r && i < recording_tapes(r); i++) {
        struct err why = { 0 };
        struct tape *t = recording_open_tape(r, i, &why);

        if (t)
            sound_tape(t);
        else
            sound_refusal(&why);
        tape_close(t);
    }
    if (!r)
        sound_refusal(&e);
    recording_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t behind = sizeof(struct pack_tail) - offsetof(struct pack_tail, packed_ns);
    unsigned how = size >= behind ? bytes[size - behind] : 0;
    struct build *b = build_open(UNIT_NS);
    struct err e = { 0 };

    insist(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size,
           "a pack is written");
    check_reader();
    if (!from_recording(path, b, &e)) {
        sound_refusal(&e);
        build_abandon(b);
        return 0;
    }
    struct profile *p = build_finish(b);
    sound_profile(p, how & 2);
    sound_view(p, how >> 4 & 15);
    profile_close(p);
    return 0;
}
