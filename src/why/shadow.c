/* SPDX-License-Identifier: Apache-2.0 */
/* shadow.c - a frame lasts while the stack pointer is not above where it was entered.
 */
#include "why/shadow.h"
#include "why/syscalls.h"

enum { DEEPEST = 1 << 22, FIRST_ROOM = 256 };

struct frame {
    uint64_t entered; /* the stack pointer then; the lowest frame's: above all */
    const struct code_place *place; /* whose code runs */
    struct str stub;                /* the name of the stub that led here */
    uint32_t row, node;
    uint32_t opcode; /* of the interpreter's loop: the one that runs */
    bool borrowed;   /* charged to a caller for want of a name */
    bool asked;      /* an allocator's, the outermost */
};

struct shadow {
    struct code *code;
    struct account *account;
    struct opcodes *opcodes;
    struct arena *arena;
    struct frame *frame;
    uint32_t frames, room;
    uint32_t asking; /* frames that are `asked` */
    struct shadow_asked asked;
    struct pile tried;
    bool marked; /* a loop has begun */
};

struct shadow *shadow_open(struct code *c, struct account *account,
                           struct opcodes *opcodes, struct arena *a)
{
    struct shadow *s = arena_alloc(a, sizeof *s);

    *s = (struct shadow){
        .code = c, .account = account, .opcodes = opcodes, .arena = a
    };
    s->room = FIRST_ROOM;
    s->frame = arena_array(a, s->room, sizeof *s->frame);
    s->asked.types = pile_on(a, sizeof(struct shadow_type));
    s->tried = pile_on(a, sizeof(struct shadow_type));
    return s;
}

static uint32_t row_for(struct shadow *s, const struct code_place *p,
                        enum split_part part)
{
    struct split_row like = { .library = p->image ? p->image->library : STR(""),
                              .path = p->image ? p->image->path : STR(""),
                              .function = p->function,
                              .symbol = p->symbol,
                              .part = part };

    if (p->stub)
        like.function = STR("PLT");
    else if (p->function.len == 0)
        like.function = STR("code without a name");
    return account_row(s->account, &like);
}

/* A part that all below one of its frames belong to: a collection, and what an
 * allocator has the C library do. */
static enum split_part part_below(const struct shadow *s, uint32_t frame,
                                  const struct code_place *p)
{
    const struct frame *above = frame > 0 ? &s->frame[frame - 1] : NULL;
    enum split_part part =
        above ? ((const struct split_row *)pile_at(&s->account->row, above->row))->part
              : p->part;

    if (part == SPLIT_GC && above)
        return part;
    if (part == SPLIT_ALLOCATION && above && p->image && p->image->home == CODE_LIBC)
        return part;
    return p->part;
}

/* "BUILD_MAP: a function without a name" */
static uint32_t row_of_opcode(struct shadow *s, const struct code_place *p,
                              uint32_t opcode)
{
    struct str name = opcode < OPCODES ? s->opcodes->name[opcode] : STR("bytecode");
    struct split_row like = { .library = p->image->library,
                              .path = p->image->path,
                              .part = SPLIT_NATIVE };

    like.function =
        arena_printf(s->arena, "%.*s: code without a name", (int)name.len, name.at);
    return account_row(s->account, &like);
}

/* Nothing names it: the nearest frame below of the same file that has a name stands for
 * it, or, where that is the interpreter's loop, the opcode. */
static bool borrow(struct shadow *s, uint32_t at)
{
    struct frame *f = &s->frame[at];

    for (uint32_t i = at; i-- > 0;) {
        const struct frame *below = &s->frame[i];
        if (below->place->image != f->place->image || below->place->stub)
            continue;
        if (below->place->evaluator)
            f->row = row_of_opcode(s, f->place, below->opcode);
        else
            f->row = below->row;
        return true;
    }
    return false;
}

static void label(struct shadow *s, uint32_t at)
{
    struct frame *f = &s->frame[at];
    uint32_t above = at > 0 ? s->frame[at - 1].node : ACCOUNT_ROOT;

    bool named = f->place->function.len > 0;
    bool stood_for = !named && f->place->image && borrow(s, at);

    if (!stood_for)
        f->row = row_for(s, f->place, part_below(s, at, f->place));
    f->borrowed = stood_for && f->place->image->home != CODE_LIBC;
    f->node = account_node(s->account, above, f->row);
    account_enter(s->account, f->row);
    if (!stood_for)
        account_call(s->account, f->row, f->node);
}

static bool push(struct shadow *s, struct code_place *place, uint64_t pointer)
{
    struct frame *f;

    if (s->frames == DEEPEST)
        return false;
    if (s->frames == s->room) {
        s->frame = arena_grow(s->arena, s->frame, s->room * sizeof *s->frame,
                              s->room * 2 * sizeof *s->frame);
        s->room *= 2;
    }
    f = &s->frame[s->frames];
    *f = (struct frame){ .entered = pointer, .place = place, .opcode = OPCODE_NONE };
    label(s, s->frames++);
    return true;
}

static void pop(struct shadow *s)
{
    struct frame *f = &s->frame[--s->frames];

    account_leave(s->account, f->row);
    s->asking -= f->asked;
}

/* All that were entered below where the stack is now are gone. */
static void unwind(struct shadow *s, uint64_t pointer)
{
    while (s->frames > 0 && s->frame[s->frames - 1].entered < pointer)
        pop(s);
}

/* The top frame's function goes on in another, which returns in its place. A nameless
 * one goes on under the name there is. */
static void replace(struct shadow *s, struct code_place *place)
{
    struct frame *f = &s->frame[s->frames - 1];
    bool from_stub = f->place->stub;

    if (from_stub && place->function.len == 0 && place->image &&
        f->place->function.len > 0)
        code_learn(s->code, place, f->place->function);
    f->opcode = OPCODE_NONE;
    if (place->function.len == 0 && !from_stub && f->place->image == place->image) {
        f->borrowed = place->image && place->image->home != CODE_LIBC;
        f->place = place;
        return;
    }
    account_leave(s->account, f->row);
    f->place = place;
    label(s, s->frames - 1);
}

/* Not the same function, nor a nameless part that may be of it. */
static bool is_another(const struct code_place *place, const struct code_place *than)
{
    return place != than && !(place->evaluator && than->evaluator) &&
           (place->function.len > 0 || !place->moved);
}

static bool go(struct shadow *s, const struct step *step)
{
    struct code_place *place = code_at(s->code, step->address);
    struct frame *top;

    if (step->kind == LOG_CALL || step->kind == LOG_CALL_AT) {
        unwind(s, step->second);
        return push(s, place, step->second);
    }
    unwind(s, step->second);
    if (s->frames == 0)
        return push(s, place, UINT64_MAX);
    top = &s->frame[s->frames - 1];
    if (place == top->place || step->kind == LOG_RETURN || step->kind == LOG_AFTER) {
        if (top->entered == UINT64_MAX && is_another(place, top->place))
            replace(s,
                    place); /* the lowest frame returned to a caller not seen before */
        return true;
    }
    if (step->address == place->start && step->second == top->entered && !place->moved)
        replace(s, place);
    return true;
}

static void charge(struct shadow *s, const struct step *step)
{
    struct frame *top = &s->frame[s->frames - 1];
    uint32_t opcode;

    if (top->place->evaluator && step->kind == LOG_JUMP_AT) {
        opcode = opcodes_at(s->opcodes, step->address);
        if (opcode != OPCODE_NONE) {
            top->opcode = opcode;
            s->opcodes->count[opcode] += s->account->on;
        }
    }
    account_charge(s->account, top->row, top->node, step->count, top->borrowed);
}

/* The one instruction that entered the kernel was the last that was charged. */
static void enter_kernel(struct shadow *s, const struct step *step)
{
    const struct frame *top = &s->frame[s->frames - 1];
    struct split_row like = { .library = STR("kernel"),
                              .function =
                                  syscalls_name((uint32_t)step->address, s->arena),
                              .part = SPLIT_KERNEL_ENTRY };
    uint32_t row = account_row(s->account, &like);
    uint32_t node = account_node(s->account, top->node, row);

    account_charge(s->account, top->row, top->node, -1, top->borrowed);
    account_enter(s->account, row);
    account_call(s->account, row, node);
    account_charge(s->account, row, node, 1, false);
    account_leave(s->account, row);
}

static void count_type(struct shadow *s, uint64_t type)
{
    struct pile *types = s->marked ? &s->asked.types : &s->tried;
    struct shadow_type *t;

    if (s->marked && !s->account->on)
        return;
    for (uint32_t i = 0; i < types->count; i++) {
        t = pile_at(types, i);
        if (t->type == type) {
            t->count++;
            return;
        }
    }
    t = pile_add(types);
    t->type = type;
    t->count = 1;
}

/* What the interpreter asks of libc is one of its own allocators' requests, which may
 * have been compiled into their caller. */
static bool is_asked_by_python(const struct shadow *s)
{
    const struct frame *below = s->frames > 1 ? &s->frame[s->frames - 2] : NULL;

    return below && below->place->image && below->place->image->home == CODE_PYTHON;
}

/* An allocator asked by another one is the same request. */
static void ask(struct shadow *s, const struct step *step)
{
    struct frame *top = &s->frame[s->frames - 1];

    if (step->address == LOG_ASKED_OBJECT) {
        count_type(s, step->second);
        return;
    }
    if (s->asking == 0 && s->account->on && step->address == LOG_ASKED_LIBC &&
        !is_asked_by_python(s)) {
        s->asked.allocations++;
        s->asked.bytes += (int64_t)(step->second & INT64_MAX);
    }
    s->asking += !top->asked;
    top->asked = true;
}

bool shadow_step(struct shadow *s, const struct step *step)
{
    if (step->kind == LOG_MARK) {
        s->marked = true;
        return true;
    }
    if (step->kind == LOG_SYSCALL || step->kind == LOG_ASKED) {
        if (s->frames == 0)
            return true;
        if (step->kind == LOG_ASKED)
            ask(s, step);
        else
            enter_kernel(s, step);
        return true;
    }
    if (!go(s, step))
        return false;
    charge(s, step);
    return true;
}

/* Whoever is on the stack is entered anew: what was before does not count. */
void shadow_begin(struct shadow *s)
{
    for (uint32_t i = 0; i < s->account->row.count; i++) {
        struct account_row *r = pile_at(&s->account->row, i);
        r->is.inclusive = 0;
        r->total_then = s->account->total;
    }
    s->account->on = true;
}

void shadow_end(struct shadow *s)
{
    while (s->frames > 0)
        pop(s);
    s->account->on = false;
}

const struct shadow_asked *shadow_asked(const struct shadow *s)
{
    return &s->asked;
}

int64_t shadow_tried(const struct shadow *s, uint64_t type)
{
    for (uint32_t i = 0; i < s->tried.count; i++) {
        const struct shadow_type *t = pile_at(&s->tried, i);
        if (t->type == type)
            return t->count;
    }
    return 0;
}
