/* SPDX-License-Identifier: Apache-2.0 */
/* enter.h - how every Python of the program's tree gets the agent: a directory
 * with a start-up hook, put first on PYTHONPATH, and two variables that tell
 * it where to record and what. Nothing else of the environment changes. */
#ifndef RUN_ENTER_H
#define RUN_ENTER_H

#include "base/arena.h"
#include "base/err.h"

/* The hook's directory: beside this executable, else below `package` (that the
 * build chose; may be NULL). NULL and e where there is none. */
const char *enter_hook(const char *package, struct arena *a, struct err *e);

/* The environment of this process with the hook in it. options: a comma list
 * "clock=cpu,builtins=0,children=0", may be "". */
char **enter_environment(const char *hook, const char *recording, const char *options,
                         struct arena *a);

/* "3.11", "3.12", ...: the Pythons there is an agent for; ends in NULL. */
const char *const *enter_agents(const char *hook, struct arena *a);

#endif
