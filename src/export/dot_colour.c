/* SPDX-License-Identifier: Apache-2.0 */
/* dot_colour.c - themes: colours from cold to hot as lines through hue, saturation and
 * lightness, then a gamma; pens and fonts by the share as well. */
#include <math.h>
#include <stdio.h>

#include "export/dot.h"

const char *const dot_theme_names[DOT_THEMES + 1] = {
    [DOT_COLOR] = "color", [DOT_PINK] = "pink",   [DOT_GRAY] = "gray",
    [DOT_BW] = "bw",       [DOT_PRINT] = "print", [DOT_SAFE] = "safe",
};

struct hsl {
    double h, s, l;
};

/* safe: from blue to orange by way of grey, which all eyes tell apart. */
static const struct theme {
    struct hsl cold, hot;
    double gamma, font_least, font_most, pen_least, pen_most;
    bool outlined, dark; /* dark: text is black on what is light */
} themes[DOT_THEMES] = {
    [DOT_COLOR] = { { 2.0 / 3, 0.80, 0.25 },
                    { 0, 1, 0.5 },
                    1,
                    10,
                    10,
                    0.5,
                    4,
                    false,
                    false },
    [DOT_PINK] = { { 0, 1, 0.9 }, { 0, 1, 0.5 }, 1, 10, 10, 0.5, 4, false, true },
    [DOT_GRAY] = { { 0, 0, 0.85 }, { 0, 0, 0 }, 1, 10, 10, 0.5, 4, false, true },
    [DOT_BW] = { { 0, 0, 0 }, { 0, 0, 0 }, 1, 8, 24, 0.1, 8, true, true },
    [DOT_PRINT] = { { 0, 0, 0 }, { 0, 0, 0 }, 1, 18, 30, 0.1, 8, true, true },
    [DOT_SAFE] = { { 0.58, 0.35, 0.93 },
                   { 0.07, 1, 0.42 },
                   1,
                   10,
                   10,
                   0.5,
                   4,
                   false,
                   true },
};

bool dot_outlined(enum dot_theme t)
{
    return themes[t].outlined;
}

bool dot_pale(enum dot_theme t)
{
    return themes[t].dark && !themes[t].outlined;
}

static double channel(double m1, double m2, double h)
{
    h -= floor(h);
    if (h * 6 < 1)
        return m1 + (m2 - m1) * h * 6;
    if (h * 2 < 1)
        return m2;
    return h * 3 < 2 ? m1 + (m2 - m1) * (2.0 / 3 - h) * 6 : m1;
}

struct rgb {
    double at[3];
};

static struct rgb rgb_of(struct hsl c)
{
    double m2 = c.l <= 0.5 ? c.l * (c.s + 1) : c.l + c.s - c.l * c.s, m1 = c.l * 2 - m2;

    return (struct rgb){ { channel(m1, m2, c.h + 1.0 / 3), channel(m1, m2, c.h),
                           channel(m1, m2, c.h - 1.0 / 3) } };
}

static void print(char text[8], struct rgb c)
{
    int at[3];

    for (int i = 0; i < 3; i++)
        at[i] = (int)(fmin(fmax(c.at[i], 0), 1) * 255 + 0.5);
    snprintf(text, 8, "#%02x%02x%02x", at[0] & 255, at[1] & 255, at[2] & 255);
}

/* White or black, whatever stands out. */
static void print_text(char text[8], struct rgb c)
{
    double light = 0.299 * c.at[0] + 0.587 * c.at[1] + 0.114 * c.at[2];
    double of = light > 0.55 ? 0 : 1;

    print(text, (struct rgb){ { of, of, of } });
}

static double between(double cold, double hot, double share)
{
    return cold + (hot - cold) * share;
}

struct dot_look dot_look(const struct dot_options *o, double share)
{
    const struct theme *t = &themes[o->theme];
    double w = fmin(fmax(share, 0), 1), skewed = w;
    struct dot_look look = { .pen = fmax(w * t->pen_most, t->pen_least) };

    if (o->skew > 0 && o->skew != 1)
        skewed = (pow(o->skew, w) - 1) / (o->skew - 1);
    struct rgb c = rgb_of((struct hsl){ between(t->cold.h, t->hot.h, skewed),
                                        between(t->cold.s, t->hot.s, skewed),
                                        between(t->cold.l, t->hot.l, skewed) });
    for (int i = 0; i < 3; i++)
        c.at[i] = pow(c.at[i], t->gamma);
    print(look.fill, c);
    if (t->outlined)
        snprintf(look.text, sizeof look.text, "#000000");
    else
        print_text(look.text, c);
    look.font = fmax(w * w * t->font_most, t->font_least);
    look.arrow = 0.5 * sqrt(look.pen);
    return look;
}

/* Blue: less than before; orange: more; both towards white where it is little. */
struct dot_look dot_look_of_change(double change)
{
    double much = fmin(sqrt(fabs(change)), 1);
    struct hsl end =
        change < 0 ? (struct hsl){ 0.57, 0.85, 0.42 } : (struct hsl){ 0.08, 1, 0.45 };
    if (fabs(change) < 5e-5) /* +0.00 % */
        end = (struct hsl){ 0, 0, 0.42 };
    struct rgb c = rgb_of((struct hsl){ end.h, end.s, between(0.94, end.l, much) });
    struct dot_look look = { .font = 10, .pen = fmax(4 * much, 0.5) };

    print(look.fill, c);
    print_text(look.text, c);
    look.arrow = 0.5 * sqrt(look.pen);
    return look;
}
