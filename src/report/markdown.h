/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.h - text that a program chose, as Markdown for a pull request: none of it is
 * markup, closes a cell or calls somebody by name. */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include "base/out.h"

void markdown_code(struct out *o, struct str safe); /* in <code> */
void markdown_text(struct out *o, struct str safe);

#endif
