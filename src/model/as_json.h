/* SPDX-License-Identifier: Apache-2.0 */
/* as_json.h - what the report's JSON (doc/report.md) and the page's (doc/query.md) say
 * alike of a profile. */
#ifndef MODEL_AS_JSON_H
#define MODEL_AS_JSON_H

#include "base/json.h"
#include "model/profile.h"

/* Into an object that was begun. */
void process_as_json(const struct process *p, struct json *j);
/* The object "quality". probe_ns: what a call's probe cost on average; 0: not known.
 * more: one more note, or NULL. */
void quality_as_json(const struct quality *q, double probe_ns, const char *more,
                     struct json *j);

#endif
