/* SPDX-License-Identifier: Apache-2.0 */
/* units.c - scales by thousands (bytes: 1024), three digits, commas. */
#include "report/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct scale {
    const char *name;
    double size;
} times[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } },
  bytes[] = { { "B", 1 }, { "KB", 1024 }, { "MB", 0x1p20 }, { "GB", 0x1p30 } },
  samples[] = { { "", 1 } };

static const struct scale *scales_of(enum unit unit, int *count)
{
    *count = unit == UNIT_SAMPLES ? 1 : 4;
    return unit == UNIT_NS ? times : unit == UNIT_BYTES ? bytes : samples;
}

static int decimals(double shown)
{
    return shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2;
}

struct column units_column(enum unit unit, double largest)
{
    int count, scale = 0;
    const struct scale *s = scales_of(unit, &count);

    while (scale + 1 < count && largest >= s[scale + 1].size * 0.9995)
        scale++;
    return (struct column){ unit, scale };
}

/* Whole numbers need no decimals: 0, and what has no smaller unit. */
static void print(struct figure *f, double shown, const char *unit, bool whole,
                  bool padded)
{
    int places = whole ? 0 : decimals(shown);

    if (!whole && shown > 0 && shown < 0.005) {
        snprintf(f->text, sizeof f->text, "<0.01 %*s", padded ? -2 : 0, unit);
        return;
    }
    snprintf(f->text, sizeof f->text, "%.*f %*s", places, shown, padded ? -2 : 0, unit);
}

static struct figure figure(struct column c, double value, bool padded)
{
    struct figure f;
    int count;
    const struct scale *s = scales_of(c.unit, &count);
    double shown = value / s[c.scale].size;

    print(&f, shown, s[c.scale].name,
          value == 0 || (c.scale == 0 && value == floor(value)), padded);
    return f;
}

struct figure units_cell(struct column c, double value)
{
    int count;
    const struct scale *s = scales_of(c.unit, &count);

    if (value > 0 && value / s[c.scale].size < 0.095)
        c = units_column(c.unit, value);
    return figure(c, value, true);
}

struct figure units_one(enum unit unit, double value)
{
    struct figure f = figure(units_column(unit, value), value, false);
    size_t len = strlen(f.text);

    if (len > 0 && f.text[len - 1] == ' ')
        f.text[len - 1] = '\0';
    return f;
}

struct figure units_count(uint64_t n)
{
    struct figure f;
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            f.text[at++] = ',';
        f.text[at++] = digits[i];
    }
    f.text[at] = '\0';
    return f;
}

struct figure units_round(uint64_t n)
{
    static const struct scale scales[] = { { "G", 1e9 }, { "M", 1e6 }, { "k", 1e3 } };
    struct figure f = { 0 };

    if (n < 10000)
        return units_count(n);
    for (int i = 0; i < 3; i++) {
        double shown = (double)n / scales[i].size;

        if (shown < 0.9995)
            continue;
        snprintf(f.text, sizeof f.text, "%.*f %s", shown < 9.95 ? 1 : 0, shown,
                 scales[i].name);
        break;
    }
    return f;
}

struct figure units_share(uint64_t part, uint64_t whole)
{
    struct figure f;

    snprintf(f.text, sizeof f.text, "%.1f",
             whole > 0 ? 100.0 * (double)part / (double)whole : 0.0);
    return f;
}
