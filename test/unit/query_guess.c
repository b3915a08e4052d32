/* SPDX-License-Identifier: Apache-2.0 */
/* query_guess.c - of trees made at random, files that know no paths are made; what each
 * path really cost lies within the bounds that are told of it, whatever recursion
 * there was, and what is called measured is the truth. Downwards and upwards. */
#include <stdlib.h>
#include <string.h>

#include "model/build.h"
#include "query/tree.h"
#include "test.h"

enum { FUNCTIONS = 9, NODES_MAX = 70, TREES = 400 };

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % bound;
}

static function_id function_of(struct build *b, uint32_t number)
{
    struct function f = { .name = STR("f"), .file = STR("x.py"), .line = number + 1 };

    return build_function(b, &f);
}

static struct build *build_with_thread(thread_id *t)
{
    struct build *b = build_open(UNIT_NS);
    struct process process = { .name = STR("a.prof"), .entered = true };

    *t = build_thread(b, build_process(b, &process), STR(""), 0);
    for (uint32_t f = 0; f < FUNCTIONS; f++)
        function_of(b, f);
    return b;
}

/* rising: a callee's number is above its caller's; else nearly anything. */
static struct profile *random_tree(uint64_t *seed, bool rising)
{
    uint32_t wanted = 6 + random_below(seed, NODES_MAX - 6);
    uint32_t functions = 3 + random_below(seed, FUNCTIONS - 3);
    thread_id t;
    struct build *b = build_with_thread(&t);
    node_id node[NODES_MAX] = { build_thread_root(b, t) };
    uint32_t number[NODES_MAX] = { 0 }, nodes = 1, roots = 0, tries = 0;

    while (nodes < wanted) {
        uint32_t above = roots < 2 ? 0 : random_below(seed, nodes);
        uint32_t least = rising && above > 0 ? number[above] + 1 : 0;

        if (tries++ > 10000)
            break;
        if (least >= functions || (above == 0 && roots == 2))
            continue;
        roots += above == 0;
        number[nodes] = above == 0 ? random_below(seed, 2)
                                   : least + random_below(seed, functions - least);
        node[nodes] = build_child(b, node[above], function_of(b, number[nodes]));
        build_add(b, node[nodes++], 1 + random_below(seed, 3), 0,
                  random_below(seed, 3) ? 1000 * random_below(seed, 1000) : 0);
    }
    return build_finish(b);
}

/* What cProfile would have kept of it. */
static struct profile *without_paths(const struct profile *p)
{
    struct stats *s = stats_open(p);
    thread_id t;
    struct build *b = build_with_thread(&t);

    stats_add_edges(s);
    for (function_id f = 0; f < profile_functions(p); f++) {
        struct edges callers = stats_callers(s, f);

        if (stats_of(s, f)->calls > 0)
            build_given(b, t, f, stats_of(s, f));
        for (uint32_t i = 0; i < callers.count; i++)
            build_given_edge(b, callers.at[i]);
    }
    build_quality(b)->timed_callers = true;
    stats_close(s);
    return build_finish(b);
}

struct found {
    bool there;
    struct box box;
};

static struct found find(struct query *q, enum view view, function_id f,
                         const char *path, struct arena *a)
{
    struct ask *ask = ask_parse(STR("boxes"), a);
    struct tree t;
    struct boxes way;

    if (view == VIEW_CALLERS || view == VIEW_CALLEES)
        ask = ask_parse(arena_printf(a, "boxes?function=%u", f), a);
    assert_true(tree_asked_of(q, ask, view, &t));
    if (!tree_find(&t, ask, str_of(path), &way))
        return (struct found){ 0 };
    return (struct found){ true, way.at[way.count - 1] };
}

static void check_bounds(const struct found *f, uint64_t truth)
{
    if (truth > 0)
        assert_true(f->there);
    if (!f->there)
        return;
    assert_true(box_low(&f->box) <= truth);
    assert_true(truth <= box_high(&f->box));
    assert_true(box_low(&f->box) <= f->box.value && f->box.value <= box_high(&f->box));
    if (box_low(&f->box) == box_high(&f->box))
        assert_int_equal(f->box.value, truth);
}

/* "4.17" of a node, from its thread's root. */
static const char *path_of(const struct profile *p, node_id n, struct arena *a)
{
    const struct node *node = profile_node(p, n);

    if (node->depth == 2)
        return arena_printf(a, "g.%u", node->function).at;
    return arena_printf(a, "%s.%u", path_of(p, node->parent, a), node->function).at;
}

static uint32_t check_down(const struct profile *p, struct query *given)
{
    struct stats *s = stats_open(p);
    uint32_t measured = 0;

    for (node_id n = NODE_ROOT + 2; n < profile_nodes(p); n++) {
        struct arena *a = arena_open();
        struct found f = find(given, VIEW_ICICLE, 0, path_of(p, n, a), a);

        check_bounds(&f, stats_below(s, n));
        measured += f.there && box_low(&f.box) == box_high(&f.box);
        arena_close(a);
    }
    stats_close(s);
    return measured;
}

static void bounds_hold_downwards(void **state)
{
    uint32_t measured = 0;

    (void)state;
    for (uint64_t seed = 1, i = 0; i < TREES; i++) {
        struct profile *p = random_tree(&seed, i % 2);
        struct profile *files = without_paths(p);
        struct query_of of = { .title = "a.prof" };
        struct query *q = query_open(files, &of);

        measured += check_down(p, q);
        query_close(q);
        profile_close(files);
        profile_close(p);
    }
    assert_true(measured > TREES);
}

/* The same path in what knows all paths and in what knows none. */
static void check_pairs(struct query *real, struct query *given, enum view view,
                        function_id f, const char *path, int levels)
{
    struct arena *a = arena_open();
    struct found truth = find(real, view, f, path, a);
    struct found guess = find(given, view, f, path, a);

    check_bounds(&guess, truth.there ? truth.box.value : 0);
    for (function_id next = 0; levels > 0 && guess.there && next < FUNCTIONS; next++)
        check_pairs(real, given, view, f,
                    arena_printf(a, *path ? "%s.%u" : "%s%u", path, next).at,
                    levels - 1);
    arena_close(a);
}

static void bounds_hold_upwards(void **state)
{
    (void)state;
    for (uint64_t seed = 9, i = 0; i < TREES / 20; i++) {
        struct profile *p = random_tree(&seed, i % 2);
        struct profile *files = without_paths(p);
        struct query_of of = { .title = "a.prof" };
        struct query *real = query_open(p, &of), *given = query_open(files, &of);

        check_pairs(real, given, VIEW_INVERTED, 0, "", 4);
        check_pairs(real, given, VIEW_FLAME, 0, "", 3);
        for (function_id f = 0; f < FUNCTIONS; f++) {
            check_pairs(real, given, VIEW_CALLERS, f, "", 3);
            check_pairs(real, given, VIEW_CALLEES, f, "", 3);
        }
        query_close(real);
        query_close(given);
        profile_close(files);
        profile_close(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_downwards),
        cmocka_unit_test(bounds_hold_upwards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
