/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.c - any bytes as raw deflate: the page's inflate gives what zlib gives, byte
 * for byte, and writes nothing beyond its room. The first two bytes are the room. */
#include "page/inflate.h"

#include <string.h>
#include <zlib.h>

#include "fuzz/insist.h"
#include "fuzz/target.h"

int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count, (void)words;
    return 0;
}

static bool inflated_by_zlib(const uint8_t *from, size_t len, unsigned char *to,
                             size_t room, size_t *taken, size_t *given)
{
    z_stream z = { .next_in = (z_const Bytef *)from, .avail_in = (uInt)len };

    z.next_out = to;
    z.avail_out = (uInt)room;
    insist(inflateInit2(&z, -MAX_WBITS) == Z_OK, "zlib begins");
    bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END;
    *taken = len - z.avail_in;
    *given = room - z.avail_out;
    inflateEnd(&z);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return 0;
    size_t room = (size_t)bytes[0] << 8 | bytes[1];
    /* Of just that size, so that a byte beyond is an error of memory. */
    unsigned char *own = malloc(room + 1), *zlibs = malloc(room + 1);
    size_t taken = 0, given = 0, zlib_taken = 0, zlib_given = 0;

    own[room] = 0xa5;
    bool there =
        inflated_by_zlib(bytes + 2, size - 2, zlibs, room, &zlib_taken, &zlib_given);
    enum inflated how = inflate_raw(bytes + 2, size - 2, own, room, &taken, &given);
    insist(given <= room && taken <= size - 2, "it stays within its bounds");
    insist(own[room] == 0xa5, "nothing is written beyond the room");
    insist(there == (how == INFLATE_WHOLE), "it is whole where zlib says so");
    if (there)
        insist(taken == zlib_taken && given == zlib_given &&
                   memcmp(own, zlibs, given) == 0,
               "it is what zlib gives");
    free(own);
    free(zlibs);
    return 0;
}
