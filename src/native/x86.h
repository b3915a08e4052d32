/* SPDX-License-Identifier: Apache-2.0 */
/* x86.h - how long an instruction of x86-64 is, and where it leads.
 * Only what ends a straight run of instructions is told apart. Nothing is called and
 * nothing but the bytes of the instruction is read: the stepper's handler uses it. */
#ifndef NATIVE_X86_H
#define NATIVE_X86_H

#include <stdbool.h>
#include <stdint.h>

enum x86_kind {
    X86_PLAIN,
    X86_BRANCH,  /* jcc */
    X86_JUMP,    /* direct */
    X86_JUMP_AT, /* through a register or memory */
    X86_CALL,
    X86_CALL_AT,
    X86_RETURN,
    X86_LOOP, /* loopne, loope, loop, jrcxz: opcode e0-e3 */
    X86_SYSCALL,
    X86_BEGIN, /* xbegin */
    X86_ODD,   /* traps, halts, far transfers: never emulated */
    X86_BAD,   /* no instruction we know */
};

enum { X86_LONGEST = 15, X86_FS = 1, X86_GS = 2 };

struct x86 {
    uint8_t length;
    uint8_t kind;
    uint8_t
        opcode; /* the last byte of it; of a jcc the low four bits are the condition */
    uint8_t rex, modrm, sib;
    uint8_t segment; /* 0, X86_FS or X86_GS */
    bool narrow;     /* addresses are of 32 bits */
    int32_t move;    /* displacement of a memory operand */
    int32_t
        immediate; /* of a direct transfer: from the next instruction; of ret: bytes */
};

/* Fills x from the bytes at `code`. A BAD one has length 1. */
void x86_decode(const uint8_t *code, struct x86 *x);

#endif
