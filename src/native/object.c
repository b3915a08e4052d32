/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - ranges of .eh_frame, symbols and stubs put together, sorted by address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pile.h"
#include "native/elf_file.h"
#include "native/frames.h"
#include "native/object.h"
#include "native/stubs.h"
#include "native/x86.h"

enum { PAGE = 4096, NESTED = 8 };

/* What the file says of a function, one source each. */
struct claim {
    struct object_function is;
    uint32_t weight; /* of the name: the heaviest is taken */
    bool framed;     /* .eh_frame says where it ends */
};

struct segment {
    uint64_t offset, end, address;
};

struct object {
    struct arena *arena;
    const char *path; /* NULL: an image */
    struct str image;
    struct object_function *function; /* by start */
    uint32_t functions;
    struct segment *segment; /* executable ones */
    uint32_t segments;
};

/* ".cold", ".part.0" and their like are the compiler's. */
static struct str without_suffix(struct str name, bool *part)
{
    static const char *const marks[] = { ".cold",       ".part.",     ".isra.",
                                         ".constprop.", ".lto_priv.", ".llvm." };

    *part = false;
    for (size_t i = 1; i < name.len; i++)
        for (size_t m = 0; name.at[i] == '.' && m < sizeof marks / sizeof *marks; m++)
            if (str_begins((struct str){ name.at + i, name.len - i },
                           str_of(marks[m]))) {
                *part = m == 0 || strstr(name.at + i, ".cold");
                return (struct str){ name.at, i };
            }
    return name;
}

/* Exported over not, global over local over weak, sized over unsized, short over long.
 */
static uint32_t weight_of(const GElf_Sym *sym, size_t length, bool exported)
{
    int bind = GELF_ST_BIND(sym->st_info);
    uint32_t weight = bind == STB_GLOBAL ? 3 : bind == STB_LOCAL ? 2 : 1;

    weight = weight * 2 + (sym->st_size != 0) + exported * 8;
    return weight * 65536 + 65535 - (uint32_t)(length < 65535 ? length : 65535);
}

static void claim_symbols(struct pile *claims, const struct elf_file *f, Elf_Scn *scn,
                          const GElf_Shdr *head)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Sym sym;

    for (int i = 1; data && gelf_getsym(data, i, &sym); i++) {
        int type = GELF_ST_TYPE(sym.st_info);
        const char *name = elf_strptr(f->elf, head->sh_link, sym.st_name);
        bool wanted = (type == STT_FUNC || type == STT_GNU_IFUNC) &&
                      sym.st_shndx != SHN_UNDEF && sym.st_value != 0;
        if (!wanted || !name || !*name)
            continue;
        struct claim *c = pile_add(claims);
        bool part;
        c->is.name = arena_str(claims->arena, without_suffix(str_of(name), &part));
        c->is.part = part;
        c->is.start = sym.st_value;
        c->is.end = sym.st_value + sym.st_size;
        c->is.exported = head->sh_type == SHT_DYNSYM;
        c->weight = weight_of(&sym, strlen(name), c->is.exported);
    }
}

static void claim_frames(struct pile *claims, const struct elf_section *s,
                         const struct stubs *stubs)
{
    struct frames frames = { .bytes = s->bytes, .address = s->head.sh_addr };
    struct frames_range range;

    while (frames_next(&frames, &range)) {
        if (stubs_hold(stubs, range.start))
            continue;
        struct claim *c = pile_add(claims);
        c->is.start = range.start;
        c->is.end = range.end;
        c->is.part = range.part;
        c->framed = true;
    }
}

static void claim_stubs(struct pile *claims, const struct stubs *stubs)
{
    for (uint32_t i = 0; i < stubs->count; i++) {
        struct claim *c = pile_add(claims);
        c->is.start = stubs->stub[i].start;
        c->is.end = stubs->stub[i].end;
        c->is.name = stubs->stub[i].name;
        c->is.stub = true;
        c->framed = true;
    }
}

static int by_start(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;

    if (a->is.start != b->is.start)
        return a->is.start < b->is.start ? -1 : 1;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (a->framed < b->framed) - (a->framed > b->framed);
}

/* Claims of one address are one function. */
static void settle(struct object *o, const struct pile *claims)
{
    struct claim *all = arena_array(o->arena, claims->count + 1, sizeof *all);
    struct object_function *f = NULL;
    bool framed = false;

    for (uint32_t i = 0; i < claims->count; i++)
        all[i] = *(const struct claim *)pile_at(claims, i);
    qsort(all, claims->count, sizeof *all, by_start);
    o->function = arena_array(o->arena, claims->count + 1, sizeof *o->function);
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *c = &all[i];
        if (!f || f->start != c->is.start) {
            if (f && f->end <= f->start)
                f->end = c->is.start; /* a symbol without a size */
            f = &o->function[o->functions++];
            *f = c->is;
            framed = c->framed;
        } else if (c->framed && !framed) {
            f->end = c->is.end;
            f->part |= c->is.part && f->name.len == 0;
            framed = true;
        }
    }
}

static void read_segments(struct object *o, const struct elf_file *f)
{
    GElf_Phdr head;
    size_t count = 0;

    elf_getphdrnum(f->elf, &count);
    o->segment = arena_array(o->arena, count + 1, sizeof *o->segment);
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(f->elf, (int)i, &head) && head.p_type == PT_LOAD &&
            (head.p_flags & PF_X))
            o->segment[o->segments++] =
                (struct segment){ head.p_offset & ~(uint64_t)(PAGE - 1),
                                  head.p_offset + head.p_filesz,
                                  head.p_vaddr & ~(uint64_t)(PAGE - 1) };
}

/* Symbols that were split off: the file that the build id names. */
static void claim_debug_symbols(struct pile *claims, struct str note)
{
    char path[200] = "/usr/lib/debug/.build-id/";
    size_t at = strlen(path);
    struct elf_section s;
    struct elf_file f;
    Elf_Scn *scn = NULL;

    if (note.len < 17 || note.len > 64)
        return;
    for (size_t i = 16; i < note.len; i++)
        at += (size_t)snprintf(path + at, sizeof path - at, "%02x%s",
                               (uint8_t)note.at[i], i == 16 ? "/" : "");
    snprintf(path + at, sizeof path - at, ".debug");
    if (!elf_file_open(&f, path))
        return;
    while ((scn = elf_file_next(&f, scn, &s)))
        if (s.head.sh_type == SHT_SYMTAB)
            claim_symbols(claims, &f, scn, &s.head);
    elf_file_close(&f);
}

static void read_all(struct object *o, const struct elf_file *f)
{
    struct pile claims = pile_on(o->arena, sizeof(struct claim));
    struct stubs stubs = stubs_read(f, o->arena);
    struct elf_section s;
    bool symbols = false;
    struct str note = { 0 };
    Elf_Scn *scn = NULL;

    read_segments(o, f);
    claim_stubs(&claims, &stubs);
    while ((scn = elf_file_next(f, scn, &s))) {
        if (s.head.sh_type == SHT_SYMTAB || s.head.sh_type == SHT_DYNSYM)
            claim_symbols(&claims, f, scn, &s.head);
        symbols |= s.head.sh_type == SHT_SYMTAB;
        if (strcmp(s.name, ".eh_frame") == 0)
            claim_frames(&claims, &s, &stubs);
        else if (strcmp(s.name, ".note.gnu.build-id") == 0)
            note = s.bytes;
    }
    if (!symbols)
        claim_debug_symbols(&claims, note);
    settle(o, &claims);
}

static bool reopen(const struct object *o, struct elf_file *f)
{
    return o->path ? elf_file_open(f, o->path) : elf_file_of(f, o->image);
}

static struct object *read_object(struct object o, struct arena *a)
{
    struct object *kept;
    struct elf_file f;

    if (!reopen(&o, &f))
        return NULL;
    kept = arena_alloc(a, sizeof *kept);
    *kept = o;
    kept->arena = a;
    read_all(kept, &f);
    elf_file_close(&f);
    return kept;
}

struct object *object_open(const char *path, struct arena *a)
{
    return read_object((struct object){ .path = arena_cstr(a, str_of(path)) }, a);
}

struct object *object_of(struct str image, struct arena *a)
{
    return read_object((struct object){ .image = image }, a);
}

/* The one that begins nearest below and holds it; others may lie within its range. */
static struct object_function *find(const struct object *o, uint64_t address)
{
    uint32_t low = 0, high = o->functions;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (o->function[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = 0; i < NESTED && i < low; i++)
        if (address < o->function[low - 1 - i].end)
            return &o->function[low - 1 - i];
    return NULL;
}

const struct object_function *object_find(const struct object *o, uint64_t address)
{
    return find(o, address);
}

uint32_t object_named(const struct object *o, struct str name,
                      const struct object_function **found, uint32_t most)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < o->functions && count < most; i++)
        if (!o->function[i].stub && str_eq(o->function[i].name, name))
            found[count++] = &o->function[i];
    return count;
}

bool object_at_offset(const struct object *o, uint64_t offset, uint64_t *address)
{
    for (uint32_t i = 0; i < o->segments; i++)
        if (offset >= o->segment[i].offset && offset < o->segment[i].end) {
            *address = o->segment[i].address + (offset - o->segment[i].offset);
            return true;
        }
    return false;
}

/* The direct jumps of [start, end) in the section's bytes, to parts without a name. */
static void name_jumped_to(struct object *o, const struct elf_section *s,
                           const struct object_function *by)
{
    uint64_t at = by->start, limit = s->head.sh_addr + s->bytes.len;
    struct x86 x;

    while (at < by->end && at + X86_LONGEST < limit) {
        x86_decode((const uint8_t *)s->bytes.at + (at - s->head.sh_addr), &x);
        at += x.length;
        if (x.kind != X86_BRANCH && x.kind != X86_JUMP)
            continue;
        struct object_function *to = find(o, at + (uint64_t)(int64_t)x.immediate);
        if (to && to->part && to->name.len == 0)
            to->name = by->name;
    }
}

void object_name_parts(struct object *o, uint64_t function)
{
    const struct object_function *by = find(o, function);
    struct elf_section s;
    struct elf_file f;
    Elf_Scn *scn = NULL;

    if (!by || by->name.len == 0 || !reopen(o, &f))
        return;
    while ((scn = elf_file_next(&f, scn, &s)))
        if ((s.head.sh_flags & SHF_EXECINSTR) && by->start >= s.head.sh_addr &&
            by->start < s.head.sh_addr + s.bytes.len)
            name_jumped_to(o, &s, by);
    elf_file_close(&f);
}

struct search {
    const struct object *o;
    const struct object_function *const *into;
    uint32_t functions;
    uint64_t *run, *best; /* the run under way, the longest so far */
    uint32_t length, longest, room;
    uint64_t last; /* where its last pointer lies */
};

/* A pointer at `at` goes on with the run, begins one or is none of ours. */
static void look(struct search *s, uint64_t at, uint64_t value)
{
    bool ours = false;

    for (uint32_t i = 0; i < s->functions && !ours; i++)
        ours = value >= s->into[i]->start && value < s->into[i]->end;
    if (!ours || at != s->last + 8)
        s->length = 0;
    s->last = at;
    if (!ours || s->length == s->room)
        return;
    s->run[s->length++] = value;
    if (s->length > s->longest) {
        s->longest = s->length;
        memcpy(s->best, s->run, s->length * sizeof *s->run);
    }
}

static int by_place(const void *left, const void *right)
{
    const GElf_Rela *a = left, *b = right;

    return (a->r_offset > b->r_offset) - (a->r_offset < b->r_offset);
}

/* Of a file that may be loaded anywhere, pointers are relocations. */
static void look_at_relocations(struct search *s, Elf_Scn *scn, struct arena *a)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    size_t count = data ? data->d_size / sizeof(GElf_Rela) : 0, used = 0;
    GElf_Rela *all = arena_array(a, count + 1, sizeof *all);

    for (size_t i = 0; i < count; i++)
        if (gelf_getrela(data, (int)i, &all[used]) &&
            GELF_R_TYPE(all[used].r_info) == R_X86_64_RELATIVE)
            used++;
    qsort(all, used, sizeof *all, by_place);
    for (size_t i = 0; i < used; i++)
        look(s, all[i].r_offset, (uint64_t)all[i].r_addend);
}

static void look_at_words(struct search *s, const struct elf_section *section)
{
    uint64_t word;

    for (size_t i = 0; i + 8 <= section->bytes.len; i += 8) {
        memcpy(&word, section->bytes.at + i, 8);
        look(s, section->head.sh_addr + i, word);
    }
}

uint32_t object_table(const struct object *o, const struct object_function *const *into,
                      uint32_t count, const uint64_t **table)
{
    enum { ROOM = 1024 };
    struct search s = { .o = o, .into = into, .functions = count, .room = ROOM };
    struct elf_section section;
    struct elf_file f;
    Elf_Scn *scn = NULL;
    GElf_Ehdr head;

    s.run = arena_array(o->arena, ROOM, sizeof *s.run);
    s.best = arena_array(o->arena, ROOM, sizeof *s.best);
    *table = s.best;
    if (!reopen(o, &f))
        return 0;
    if (!gelf_getehdr(f.elf, &head))
        head.e_type = ET_NONE;
    while ((scn = elf_file_next(&f, scn, &section))) {
        uint64_t flags = section.head.sh_flags;
        if (section.head.sh_type == SHT_RELA)
            look_at_relocations(&s, scn, o->arena);
        else if (head.e_type == ET_EXEC && section.head.sh_type == SHT_PROGBITS &&
                 (flags & SHF_ALLOC) && !(flags & SHF_EXECINSTR))
            look_at_words(&s, &section);
    }
    elf_file_close(&f);
    return s.longest;
}
