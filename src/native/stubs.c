/* SPDX-License-Identifier: Apache-2.0 */
/* stubs.c - a stub jumps through a slot; the slot's relocation has the name. */
#include <stdlib.h>
#include <string.h>

#include "base/pile.h"
#include "native/stubs.h"
#include "native/x86.h"

struct slot {
    uint64_t at;
    struct str name;
};

/* The function that chooses among variants ("memcmp"), by where it begins; of its names
 * the one that is no weak alias ("bcmp"). */
static const char *chooser(const struct elf_file *f, uint64_t address)
{
    const char *weak = NULL;
    struct elf_section s;
    Elf_Scn *scn = NULL;
    GElf_Sym sym;

    while ((scn = elf_file_next(f, scn, &s))) {
        Elf_Data *data = s.head.sh_type == SHT_DYNSYM || s.head.sh_type == SHT_SYMTAB
                             ? elf_getdata(scn, NULL)
                             : NULL;
        for (int i = 1; data && gelf_getsym(data, i, &sym); i++)
            if (sym.st_value == address && GELF_ST_TYPE(sym.st_info) == STT_GNU_IFUNC) {
                const char *name = elf_strptr(f->elf, s.head.sh_link, sym.st_name);
                if (GELF_ST_BIND(sym.st_info) == STB_GLOBAL)
                    return name;
                weak = name;
            }
    }
    return weak;
}

static void read_slots(struct pile *slots, const struct elf_file *f, Elf_Scn *scn,
                       const GElf_Shdr *head)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Rela rela;

    for (int i = 0; data && gelf_getrela(data, i, &rela); i++) {
        uint32_t type = (uint32_t)GELF_R_TYPE(rela.r_info);
        const char *name = NULL;
        if (type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT)
            name = elf_file_symbol(f, head->sh_link, GELF_R_SYM(rela.r_info));
        else if (type == R_X86_64_IRELATIVE)
            name = chooser(f, (uint64_t)rela.r_addend);
        if (!name || !*name)
            continue;
        struct slot *slot = pile_add(slots);
        slot->at = rela.r_offset;
        slot->name = arena_str(slots->arena, str_of(name));
    }
}

static int by_place(const void *left, const void *right)
{
    const struct slot *a = left, *b = right;

    return (a->at > b->at) - (a->at < b->at);
}

static struct str slot_name(const struct slot *slot, size_t count, uint64_t at)
{
    struct slot key = { .at = at };
    const struct slot *found =
        count ? bsearch(&key, slot, count, sizeof *slot, by_place) : NULL;

    return found ? found->name : (struct str){ 0 };
}

static void read_stubs(struct pile *stubs, const struct elf_section *s,
                       const struct slot *slot, size_t count)
{
    uint64_t each = s->head.sh_entsize == 8 ? 8 : 16;
    struct x86 x;

    for (size_t at = 0; at < s->bytes.len; at += x.length) {
        uint8_t code[X86_LONGEST + 1] = { 0 };
        size_t left = s->bytes.len - at;
        memcpy(code, s->bytes.at + at, left < X86_LONGEST ? left : X86_LONGEST);
        x86_decode(code, &x);
        uint64_t next = s->head.sh_addr + at + x.length;
        if (x.kind != X86_JUMP_AT || (x.modrm & 0xc7) != 5)
            continue;
        struct stub *stub = pile_add(stubs);
        stub->start = s->head.sh_addr + at / each * each;
        stub->end = next;
        stub->name = slot_name(slot, count, next + (uint64_t)(int64_t)x.move);
    }
}

static bool is_plt(const struct elf_section *s)
{
    return (s->head.sh_flags & SHF_EXECINSTR) && strncmp(s->name, ".plt", 4) == 0;
}

struct stubs stubs_read(const struct elf_file *f, struct arena *a)
{
    struct pile slots = pile_on(a, sizeof(struct slot));
    struct pile stubs = pile_on(a, sizeof(struct stub));
    struct stubs found = { 0 };
    struct elf_section s;
    struct slot *slot;
    Elf_Scn *scn = NULL;

    while ((scn = elf_file_next(f, scn, &s)))
        if (s.head.sh_type == SHT_RELA)
            read_slots(&slots, f, scn, &s.head);
    slot = arena_array(a, slots.count + 1, sizeof *slot);
    for (uint32_t i = 0; i < slots.count; i++)
        slot[i] = *(const struct slot *)pile_at(&slots, i);
    qsort(slot, slots.count, sizeof *slot, by_place);
    while ((scn = elf_file_next(f, scn, &s)))
        if (is_plt(&s) &&
            found.sections < sizeof found.section / sizeof *found.section) {
            found.section[found.sections].start = s.head.sh_addr;
            found.section[found.sections++].end = s.head.sh_addr + s.bytes.len;
            read_stubs(&stubs, &s, slot, slots.count);
        }
    found.stub = arena_array(a, stubs.count + 1, sizeof *found.stub);
    for (; found.count < stubs.count; found.count++)
        found.stub[found.count] = *(const struct stub *)pile_at(&stubs, found.count);
    return found;
}

bool stubs_hold(const struct stubs *s, uint64_t address)
{
    for (uint32_t i = 0; i < s->sections; i++)
        if (address >= s->section[i].start && address < s->section[i].end)
            return true;
    return false;
}
