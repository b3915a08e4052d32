/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what functions, their places and what they belong to are called.
 * Texts may hold anything; screen_safe() before they reach a terminal. */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include "base/arena.h"
#include "model/profile.h"

enum owner { OWNER_PROGRAM, OWNER_LIBRARY, OWNER_BUILTIN };

/* As pstats prints it: "file:line(name)", or "{built-in method f}". */
struct str name_standard(const struct function *f, bool strip_dirs, struct arena *a);
/* As we do: "Feed.parse", "sqlite3.Cursor.execute", "len". */
struct str name_shown(const struct function *f, struct arena *a);
/* "orders/feed.py:41": cut down to what is below the library's folder or the
 * current directory; empty for builtins. */
struct str name_place(const struct function *f, bool strip_dirs, struct arena *a);
struct str name_module(const struct function *f, struct arena *a);
struct str name_package(const struct function *f, struct arena *a);
enum owner name_owner(const struct function *f);

#endif
