/* SPDX-License-Identifier: Apache-2.0 */
/* opcodes.h - which instruction of Python begins where the interpreter's loop jumps to,
 * by the table it jumps through and the names the Python gave. */
#ifndef WHY_OPCODES_H
#define WHY_OPCODES_H

#include "why/code.h"

enum { OPCODES = 256, OPCODE_NONE = OPCODES };

struct opcodes {
    struct opcode_target {
        uint64_t address;
        uint32_t opcode;
    } target[OPCODES]; /* by address */
    uint32_t targets;
    struct str name[OPCODES];
    int64_t count[OPCODES];
};

/* Without a table there are no targets: an interpreter built otherwise. */
void opcodes_open(struct opcodes *o, struct code *c, const struct steps *s);
/* The opcode whose code begins there, or OPCODE_NONE. */
uint32_t opcodes_at(const struct opcodes *o, uint64_t address);
/* By count, those that were counted. */
void opcodes_close(const struct opcodes *o, struct split *out, struct arena *a);

#endif
