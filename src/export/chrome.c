/* SPDX-License-Identifier: Apache-2.0 */
/* chrome.c - a trace is of moments, a profile of sums: there is nothing to write. */
#include "export/export.h"

static bool write(const struct profile *p, struct out *o, struct err *e)
{
    (void)p;
    (void)o;
    return err_set(
        e, ERR_FORMAT,
        "cannot be written as chrome: it tells when each call was, and what was "
        "recorded are sums (--to speedscope has the same stacks by weight; a "
        "tracer such as VizTracer records moments)");
}

static const char *const suffix[] = { ".trace.json", NULL };
static const char *const lost[] = {
    "All: it tells when each call was, and a recording has sums.",
    NULL,
};

const struct exporter export_chrome = {
    .name = "chrome",
    .suffix = suffix,
    .help = "trace events of Chrome: VizTracer, Perfetto's JSON",
    .refuses = true,
    .lost = lost,
    .write = write,
};
