/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - the files there are where there is no file system: those handed in. Their
 * bytes are borrowed. */
#ifndef PAGE_FILES_H
#define PAGE_FILES_H

#include "base/str.h"

enum { FILES_MAX = 256 };

/* path: terminated, and stays. False: there are enough. */
bool files_add(const char *path, struct str bytes);
void files_forget(void); /* all of them */
/* NULL: there is none. */
const struct str *files_find(const char *path);

#endif
