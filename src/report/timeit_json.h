/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_json.h - the split's part of a statement's JSON. */
#ifndef REPORT_TIMEIT_JSON_H
#define REPORT_TIMEIT_JSON_H

#include "base/json.h"
#include "why/explain.h"

void timeit_split_json(struct json *j, const struct explained *x);

#endif
