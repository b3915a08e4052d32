/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - paths as lists of parts, compared from their ends. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/str.h"

/* How many parts two paths share at their ends; 0: not even the name. */
uint32_t path_common_parts(struct str a, struct str b);
/* An order in which paths that share a longer end stand nearer to each other. */
int path_compare_ends(struct str a, struct str b);
/* The last so many parts, or all of it. */
struct str path_last_parts(struct str path, uint32_t parts);
/* The folder that holds both, "/srv/app/" or "/"; empty: there is none. */
struct str path_common_folder(struct str a, struct str b);

/* Whether it ends in that suffix; "callgrind.out*": whether its base name begins so. */
bool path_is_called(struct str path, struct str suffix);

#endif
