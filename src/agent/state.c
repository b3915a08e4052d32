/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - the agent's life: the tape's beginning and end, threads coming and
 * going, forks. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/children.h"

struct agent agent;

static pthread_key_t ending;

/* Runs in the ending thread without the GIL: touches nothing but its block. */
static void thread_ends(void *block)
{
    struct thread *t = block;

    thread_now = &thread_nothing;
    __atomic_store_n(&t->dead, 1, __ATOMIC_RELEASE);
}

/* From then on a thread goes on with the tree of one that has ended. */
static bool threads_are_many(void)
{
    return agent.thread_serial >= agent.options.threads ||
           calls.nodes >= calls.max_paths / 2;
}

static void spare(struct thread *t)
{
    stack_close(t);
    memset(t->spare, 0, sizeof t->spare);
    t->slab = NULL;
    stack_open(t);
    t->resuming = false;
    t->next = agent.spare;
    agent.spare = t;
}

static struct thread *take_spare(void)
{
    struct thread *t = agent.spare;

    if (!t)
        return NULL;
    agent.spare = t->next;
    *t->stack = (struct entry){ .node = t->cell->root };
    t->dead = 0;
    if (t->cell->ended == TAPE_PAST)
        t->cell->name = thread_name();
    else
        t->cell->merged++;
    t->cell->ended = 0;
    return t;
}

static void free_spare(void)
{
    for (struct thread *t = agent.spare, *next; t; t = next) {
        next = t->next;
        thread_close(t);
    }
    agent.spare = NULL;
}

static void reap_threads(void)
{
    for (struct thread **at = &agent.threads; *at;) {
        struct thread *t = *at;
        if (!__atomic_load_n(&t->dead, __ATOMIC_ACQUIRE)) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        t->cell->ended = 1;
        if (threads_are_many())
            spare(t);
        else
            thread_close(t);
    }
}

static void forget_tables(void)
{
    functions_drop();
    children_drop();
    agent.thread_serial = calls.nodes = calls.folded = 0;
}

/* Only the thread that forked is left. Its block is the parent's business no
 * less than the tape is; the first event makes both anew. */
void agent_after_fork_in_child(void)
{
    agent.changing = false; /* by a thread that is not here */
    waits_after_fork_in_child();
    if (!calls.tape.base)
        return;
    agent.forked = true;
    thread_now = &thread_nothing;
}

static void leave_parents_tape(void)
{
    lineage_leave(writer_header(&calls.tape));
    choice_of_fork();
    writer_forget(&calls.tape);
    forget_tables();
    agent.threads = NULL; /* copies of blocks; one may still be a thread's */
    agent.spare = NULL;
    agent.forked = false;
    if (!agent.options.children)
        agent.off = true;
}

static void describe(struct tape_header *h)
{
    char executable[4096];
    ssize_t len = readlink("/proc/self/exe", executable, sizeof executable);

    h->flags |= agent.options.builtins ? TAPE_BUILTINS : 0;
    h->flags |= agent.left_out ? TAPE_LEFT_OUT : 0;
    lineage_tell(h);
    roles_tell(h);
    h->max_paths = calls.max_paths;
    h->python = (uint32_t)Py_Version;
    if (len > 0)
        h->executable = writer_text(&calls.tape, executable, (size_t)len);
    h->program = writer_text(&calls.tape, agent.program, strlen(agent.program));
}

static bool begin(void)
{
    if (calls.tape.base)
        return true;
    if (agent.off || agent.directory[0] == '\0')
        return false;
    struct writer_how how = { TAPE_ROLE_AGENT, agent.options.clock, agent.options.io,
                              agent.options.step };
    if (!writer_open(&calls.tape, agent.directory, &how)) {
        agent.off = true;
        return false;
    }
    calls.tape.text_bytes_max = agent.options.text_bytes;
    describe(writer_header(&calls.tape));
    writer_flush(&calls.tape);
    starts_watch();
    waits_watch();
    endings_watch();
    return true;
}

/* A child that can have no tape says so in a note or, where that cannot be left
 * either, in its parent's tape. */
bool agent_begin(void)
{
    if (!agent.forked)
        return begin();
    struct tape_header *parents = writer_header_of_parent(&calls.tape);
    leave_parents_tape();
    bool wanted = !agent.off, begun = begin();
    if (wanted && !begun && !note_leave(strerror(errno)) && parents)
        writer_lose_process(parents);
    writer_give_back(parents);
    if (begun)
        heed_join();
    return begun;
}

/* What is under way belongs to where each thread is. The others hold no GIL,
 * so no event of theirs is running. */
static void charge_all(uint64_t until_ns)
{
    uint64_t now = writer_moment(&calls.tape, until_ns).ticks;

    for (struct thread *t = agent.threads; t; t = t->next) {
        bool foreign_clock =
            agent.options.clock == CLOCK_KIND_THREAD_CPU && t != thread_now;
        if (foreign_clock || t->dead || now < t->cell->last)
            continue;
        tree_node(t->top->node)->self += now - t->cell->last;
        t->cell->last = now;
    }
}

/* Threads that live on keep a block that fits no event; the next one they have,
 * should the agent begin again, gives them a new one. */
static void abandon_threads(void)
{
    for (struct thread *t = agent.threads, *next; t; t = next) {
        next = t->next;
        t->abandoned = true;
        t->cell = thread_nothing.cell;
        t->quick = thread_nothing.quick;
        thread_unfit(t);
    }
    agent.threads = NULL;
}

void agent_finish(void)
{
    if (agent.forked || !calls.tape.base)
        return;
    heed_end();
    if (agent.on)
        charge_all(UINT64_MAX);
    agent.on = agent.held = false;
    agent.off = true;
    reap_threads();
    abandon_threads();
    free_spare();
    if (writer_is_removed(&calls.tape))
        note_leave("its tape was removed while it ran");
    writer_close(&calls.tape);
    forget_tables();
}

void agent_forget(void)
{
    agent.name_attribute = NULL;
    agent.directory[0] = '\0';
    agent.off = agent.held = false;
    agent.paused_at = 0;
}

void agent_pause(uint64_t since_ns)
{
    if (agent.forked || !calls.tape.base)
        return;
    charge_all(since_ns);
    for (struct thread *t = agent.threads; t; t = t->next)
        t->cell->current = 0; /* time that passes from now on is nobody's */
    writer_stamp(&calls.tape);
    agent.paused_at = writer_moment(&calls.tape, since_ns).ns;
    writer_flush(&calls.tape);
}

void agent_save(void)
{
    if (agent.forked || !calls.tape.base)
        return;
    if (agent.on)
        charge_all(UINT64_MAX);
    writer_stamp(&calls.tape);
    writer_flush_last(&calls.tape);
}

void agent_reset(uint64_t since_ns)
{
    if (agent.forked || !calls.tape.base)
        return;
    reap_threads();
    writer_reset(&calls.tape, since_ns);
    if (agent.paused_at != 0)
        agent.paused_at = writer_header(&calls.tape)->answer.since.ns;
    writer_flush(&calls.tape);
}

/* Stacks are found anew from the frames, at each thread's next event. */
void agent_unfit(void)
{
    for (struct thread *t = agent.threads; t; t = t->next) {
        greenlet_forget(t);
        thread_unfit(t);
        t->resuming = true;
    }
}

/* Of time that threads have been where they are, so much is nobody's. */
void agent_skip(uint64_t ns)
{
    struct tape_header *h = writer_header(&calls.tape);
    struct clock_pair now = writer_moment(&calls.tape, UINT64_MAX);
    struct clock_pair before = writer_moment(&calls.tape, now.ns - ns);

    if (agent.options.clock == CLOCK_KIND_THREAD_CPU || before.ticks >= now.ticks)
        return;
    for (struct thread *t = agent.threads; t; t = t->next) {
        uint64_t most = now.ticks - before.ticks, last = t->cell->last;

        if (!__atomic_load_n(&t->dead, __ATOMIC_ACQUIRE) && last < now.ticks)
            t->cell->last = now.ticks - last < most ? now.ticks : last + most;
    }
    h->paused_ns += ns;
}

/* A thread is where its frames say; what it calls that is no frame is not known.
 * Greenlets wait for the next event, and so does a clock that only its thread can read.
 */
static void find_thread(struct thread *t, PyThreadState *s)
{
    if (calls.switching || agent.options.clock == CLOCK_KIND_THREAD_CPU)
        return;
    t->resuming = false;
    t->stack->tag = 0;
    t->stack->frame = NULL;
    t->cell->last = clock_ticks(agent.options.clock);
    probe_find(t, s);
}

void agent_find(void)
{
    if (thread_now->resuming && !thread_now->abandoned)
        find_thread(thread_now, pyabi_thread());
}

/* They hold no GIL, so that their frames stand still. */
static void find_others(void)
{
    PyThreadState *head = PyInterpreterState_ThreadHead(pyabi_thread()->interp);
    PyThreadState *s = head;

    for (struct thread *t = agent.threads; t; t = t->next) {
        PyThreadState *from = s;

        if (t == thread_now || __atomic_load_n(&t->dead, __ATOMIC_ACQUIRE))
            continue;
        while (s->native_thread_id != t->cell->native) { /* both: the newest first */
            s = PyThreadState_Next(s);
            s = s ? s : head;
            if (s == from)
                break;
        }
        if (s->native_thread_id == t->cell->native)
            find_thread(t, s);
    }
}

void agent_resume(void)
{
    if (agent.paused_at == 0 || !calls.tape.base)
        return;
    writer_header(&calls.tape)->paused_ns += clock_monotonic_ns() - agent.paused_at;
    agent.paused_at = 0;
    agent_unfit();
    for (struct thread *t = agent.threads; t; t = t->next)
        t->cell->current = t->top->node;
    find_others();
}

static struct thread *new_block(void)
{
    struct thread *t = thread_open();

    if (!t)
        return NULL;
    t->cell_id = writer_add(&calls.tape, &calls.tape.threads, TAPE_THREADS, 0);
    if (t->cell_id != 0) {
        t->cell = writer_cell(&calls.tape, t->cell_id);
        return t;
    }
    thread_close(t);
    return NULL;
}

static struct thread *new_record(void)
{
    struct thread *t = new_block();

    if (!t)
        return NULL;
    t->cell->serial = agent.thread_serial++;
    t->cell->name = thread_name();
    t->cell->first = clock_ticks(agent.options.clock);
    t->cell->root = tree_root(t);
    t->stack->node = t->cell->root;
    writer_commit(&calls.tape.threads);
    if (t->cell->root != 0)
        return t;
    thread_close(t);
    return NULL;
}

static struct thread *new_thread(void)
{
    reap_threads();
    struct thread *t = take_spare();
    if (!t)
        t = new_record();
    if (!t)
        return NULL;
    t->quick = &writer_header(&calls.tape)->control.idle;
    t->cell->native = (uint32_t)gettid();
    t->cell->last = clock_ticks(agent.options.clock);
    t->cell->current = t->cell->root;
    if (pthread_setspecific(ending, t) != 0) {
        thread_close(t);
        return NULL;
    }
    t->next = agent.threads;
    agent.threads = t;
    thread_now = t;
    return t;
}

struct thread *front_thread(struct thread *t)
{
    if (!agent.on || !agent_begin() || !agent.on)
        return NULL;
    if (t->abandoned) {
        thread_now = &thread_nothing;
        thread_close(t);
    } else if (t != &thread_nothing) {
        if (t->resuming) {
            t->resuming = false;
            t->stack->tag = 0;
            t->stack->frame = NULL;
            t->cell->last = clock_ticks(agent.options.clock);
        }
        return t;
    }
    return new_thread();
}

void front_missed(void)
{
    if (agent.on && calls.tape.base && !agent.forked)
        writer_lose(&calls.tape);
}

void front_lose(struct thread *t)
{
    (void)t;
    writer_lose(&calls.tape);
}

uint64_t front_now(const struct thread *t)
{
    (void)t;
    return clock_ticks(agent.options.clock);
}

/* Once in a while, not by the clock: a new node is a rare and cheap moment. */
void front_grown(const struct thread *t)
{
    struct tape_header *h = writer_header(&calls.tape);

    if (h->clock == CLOCK_KIND_TSC && t->cell->last - h->last.ticks > (uint64_t)1 << 28)
        writer_stamp(&calls.tape);
}

bool agent_prepare(void)
{
    static bool prepared;

    if (!prepared)
        prepared = pthread_key_create(&ending, thread_ends) == 0 &&
                   pthread_atfork(NULL, NULL, agent_after_fork_in_child) == 0;
    return prepared;
}
