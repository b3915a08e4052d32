/* SPDX-License-Identifier: Apache-2.0 */
/* query_ask.c - for tests in Python: query_ask FILE QUERY... answers queries about a
 * file, each on its own line. "-" asks what stdin holds, line by line. */
#include <stdio.h>
#include <string.h>

#include "import/import.h"
#include "query/query.h"

static void ask(struct query *q, struct str text)
{
    struct out *o = out_memory();

    query_answer(q, text, o);
    fwrite(out_text(o).at, 1, out_text(o).len, stdout);
    out_abandon(o);
}

int main(int argc, char **argv)
{
    struct build *b = build_open(UNIT_NS);
    struct err e = { 0 };
    const char *files[] = { argv[1], NULL };
    struct query_of of = {
        .title = argv[1], .file = files, .version = "test", .generation = 1
    };
    static char line[2 * QUERY_MAX];

    if (argc < 2 || !import_file(argv[1], str_basename(str_of(argv[1])), b, &e)) {
        fprintf(stderr, "%s\n", argc < 2 ? "query_ask FILE QUERY..." : e.text);
        return 1;
    }
    of.no_source = "not in a test";
    struct profile *p = build_finish(b);
    struct query *q = query_open(p, &of);
    for (int i = 2; i < argc && strcmp(argv[2], "-") != 0; i++)
        ask(q, str_of(argv[i]));
    while (argc == 3 && strcmp(argv[2], "-") == 0 && fgets(line, sizeof line, stdin))
        ask(q, (struct str){ line, strcspn(line, "\n") });
    query_close(q);
    profile_close(p);
    return 0;
}
