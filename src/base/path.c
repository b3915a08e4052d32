/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - no file is looked at: paths are texts here. */
#include "base/path.h"

uint32_t path_common_parts(struct str a, struct str b)
{
    uint32_t parts = 0;
    size_t i = 0;

    for (; i < a.len && i < b.len; i++) {
        if (a.at[a.len - 1 - i] != b.at[b.len - 1 - i])
            return parts;
        parts += a.at[a.len - 1 - i] == '/';
    }
    bool ends_a = i == a.len || a.at[a.len - 1 - i] == '/';
    bool ends_b = i == b.len || b.at[b.len - 1 - i] == '/';
    return parts + (ends_a && ends_b);
}

int path_compare_ends(struct str a, struct str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        unsigned char x = (unsigned char)a.at[a.len - 1 - i];
        unsigned char y = (unsigned char)b.at[b.len - 1 - i];

        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

struct str path_last_parts(struct str path, uint32_t parts)
{
    size_t start = path.len;

    if (path.len == 0) /* it may be nowhere */
        return path;
    while (start > 0 && (path.at[start - 1] != '/' || --parts > 0))
        start--;
    return (struct str){ path.at + start, path.len - start };
}

struct str path_common_folder(struct str a, struct str b)
{
    size_t end = 0;

    for (size_t i = 0; i < a.len && i < b.len && a.at[i] == b.at[i]; i++)
        if (a.at[i] == '/')
            end = i + 1;
    return (struct str){ a.at, end };
}

bool path_is_called(struct str path, struct str suffix)
{
    if (!str_ends(suffix, STR("*")))
        return str_ends(path, suffix);
    suffix.len--;
    return str_begins(str_basename(path), suffix);
}
