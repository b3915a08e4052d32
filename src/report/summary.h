/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - a profile in a few lines: what sonde run ends with, and what
 * sonde alone says of the newest recording. Both end in what to type next. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "model/profile.h"
#include "report/screen.h"

/* corrected: as in report.h, or NULL; a large cost is told. path: the recording,
 * as the user would name it. */
void summary_of_run(const struct profile *p, const struct profile *corrected,
                    const char *path, const struct screen *s);
void summary_alone(const struct profile *p, const struct profile *corrected,
                   const char *path, const struct screen *s);

#endif
