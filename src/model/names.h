/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what functions, their places and what they belong to are called.
 * Texts may hold anything; screen_safe() before they reach a terminal. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/arena.h"
#include "model/profile.h"

enum owner { OWNER_PROGRAM, OWNER_LIBRARY, OWNER_BUILTIN };

/* As pstats prints it: "file:line(name)", or "{built-in method f}". */
struct str name_standard(const struct function *f, bool strip_dirs, struct arena *a);
/* As we do: "Feed.parse", "sqlite3.Cursor.execute", "len". */
struct str name_shown(const struct function *f, struct arena *a);
/* Its file, cut down to what is below the library's folder or the current directory. */
struct str name_file(const struct function *f);
/* "orders/feed.py:41": cut down to what is below the library's folder or the
 * current directory, but not below so many parts of the path; empty for builtins. */
struct str name_place(const struct function *f, bool strip_dirs, uint32_t parts,
                      struct arena *a);
/* Those parts alone, and the line. */
struct str name_place_least(const struct function *f, uint32_t parts, struct arena *a);
/* root: the folder of the program's own files (places.h), with a slash behind it. */
struct str name_module(const struct function *f, struct str root, struct arena *a);
struct str name_package(const struct function *f, struct str root, struct arena *a);
struct str name_package_of(struct str module);
/* The program's own file, by a path that says where it is: what a root is for. */
bool name_is_rooted(const struct function *f);
enum owner name_owner(const struct function *f);

#endif
