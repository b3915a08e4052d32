/* SPDX-License-Identifier: Apache-2.0 */
/* elf_file.c - over libelf. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native/elf_file.h"

static bool begin(struct elf_file *f)
{
    GElf_Ehdr head;

    if (f->elf && elf_kind(f->elf) == ELF_K_ELF && gelf_getehdr(f->elf, &head) &&
        head.e_ident[EI_CLASS] == ELFCLASS64 &&
        elf_getshdrstrndx(f->elf, &f->names) == 0)
        return true;
    elf_file_close(f);
    return false;
}

bool elf_file_open(struct elf_file *f, const char *path)
{
    struct stat s;

    elf_version(EV_CURRENT);
    /* What is no regular file could keep us waiting. */
    *f = (struct elf_file){ .file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
    if (f->file < 0)
        return false;
    if (fstat(f->file, &s) != 0 || !S_ISREG(s.st_mode)) {
        elf_file_close(f);
        return false;
    }
    f->elf = elf_begin(f->file, ELF_C_READ, NULL);
    return begin(f);
}

bool elf_file_of(struct elf_file *f, struct str image)
{
    elf_version(EV_CURRENT);
    *f = (struct elf_file){ .file = -1 };
    f->elf = elf_memory((char *)(uintptr_t)image.at, image.len);
    return begin(f);
}

void elf_file_close(struct elf_file *f)
{
    elf_end(f->elf);
    if (f->file >= 0)
        close(f->file);
    *f = (struct elf_file){ .file = -1 };
}

Elf_Scn *elf_file_next(const struct elf_file *f, Elf_Scn *scn, struct elf_section *s)
{
    Elf_Data *data;

    while ((scn = elf_nextscn(f->elf, scn))) {
        if (!gelf_getshdr(scn, &s->head))
            continue;
        s->name = elf_strptr(f->elf, f->names, s->head.sh_name);
        if (!s->name)
            s->name = "";
        data = s->head.sh_type == SHT_NOBITS ? NULL : elf_rawdata(scn, NULL);
        s->bytes = (struct str){ 0 };
        if (data && data->d_buf)
            s->bytes = (struct str){ data->d_buf, data->d_size };
        return scn;
    }
    return NULL;
}

const char *elf_file_symbol(const struct elf_file *f, size_t table, size_t symbol)
{
    Elf_Scn *scn = elf_getscn(f->elf, table);
    Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
    GElf_Shdr head;
    GElf_Sym sym;

    if (!data || !gelf_getshdr(scn, &head) || !gelf_getsym(data, (int)symbol, &sym))
        return NULL;
    return elf_strptr(f->elf, head.sh_link, sym.st_name);
}
