/* SPDX-License-Identifier: Apache-2.0 */
/* elf_file.h - an open ELF file: libelf's handle, its sections, its symbols,
 * relocations. For native's own files. What libelf refuses is passed over. */
#ifndef NATIVE_ELF_FILE_H
#define NATIVE_ELF_FILE_H

#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>

#include "base/str.h"

struct elf_file {
    Elf *elf;
    int file; /* -1: an image in memory */
    size_t names;
};

struct elf_section {
    GElf_Shdr head;
    const char *name;
    struct str bytes; /* empty: none in the file */
};

bool elf_file_open(struct elf_file *f, const char *path);
bool elf_file_of(struct elf_file *f, struct str image);
void elf_file_close(struct elf_file *f);

/* scn: NULL at first; the next section, or NULL. */
Elf_Scn *elf_file_next(const struct elf_file *f, Elf_Scn *scn, struct elf_section *s);
/* The name of a symbol of the table that section number `table` is. */
const char *elf_file_symbol(const struct elf_file *f, size_t table, size_t symbol);

#endif
