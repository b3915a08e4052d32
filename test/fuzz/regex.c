/* SPDX-License-Identifier: Apache-2.0 */
/* regex.c - any bytes as a regular expression, and what stands behind its first NUL as
 * the text it is searched in: refused in one line, or searched within bounds. */
#include <string.h>

#include "fuzz/insist.h"
#include "regex/pattern.h"
#include "regex/translate.h"

static void check_translation(struct str text)
{
    struct arena *a = arena_open();
    struct translated t = translate(text, a);

    insist(!t.fault || t.at <= text.len, "a fault is within the pattern");
    arena_close(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(bytes, 0, size) : NULL;
    size_t len = end ? (size_t)(end - bytes) : size;
    struct str text = { (const char *)bytes, len };
    struct str in = { (const char *)bytes + len, size - len };
    struct err e = { 0 };
    bool found;

    check_translation(text);
    struct pattern *p = pattern_open(text, "--only", &e);
    if (p)
        pattern_search(p, in, &found, &e);
    insist(p || e.code == ERR_USAGE, "a refusal is the user's to mend");
    insist(!strchr(e.text, '\n'), "it is one line");
    pattern_is_printable(in);
    pattern_close(p);
    return 0;
}
