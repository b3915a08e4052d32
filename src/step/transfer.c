/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.c - what jumps, calls and returns do, done to a thread's saved registers. */
#include "step/kernel.h"
#include "step/state.h"

/* Of the processor's numbers of registers, where the kernel saves them. */
static const uint8_t saved[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15 };

enum { CARRY = 1, PARITY = 4, ZERO = 0x40, SIGN = 0x80, OVERFLOW = 0x800 };

static bool holds(unsigned condition, uint64_t flags)
{
    bool sign_differs = !(flags & SIGN) != !(flags & OVERFLOW);
    bool is = false;

    switch (condition >> 1 & 7) {
    case 0:
        is = flags & OVERFLOW;
        break;
    case 1:
        is = flags & CARRY;
        break;
    case 2:
        is = flags & ZERO;
        break;
    case 3:
        is = flags & (CARRY | ZERO);
        break;
    case 4:
        is = flags & SIGN;
        break;
    case 5:
        is = flags & PARITY;
        break;
    case 6:
        is = sign_differs;
        break;
    case 7:
        is = sign_differs || (flags & ZERO);
        break;
    default:
        break;
    }
    return is != (condition & 1);
}

static uint64_t base_of_gs(void)
{
    uint64_t base = 0;

    kernel_call4(SYS_arch_prctl, 0x1004 /* ARCH_GET_GS */, (uint64_t)&base, 0, 0);
    return base;
}

static uint64_t place(const greg_t *registers, const struct x86 *x, uint64_t next)
{
    unsigned mod = x->modrm >> 6, rm = x->modrm & 7;
    uint64_t address = (uint64_t)(int64_t)x->move;

    if (rm == 4) {
        unsigned base = x->sib & 7, index = (x->sib >> 3 & 7) | (x->rex & 2) << 2;
        if (base != 5 || mod != 0)
            address += (uint64_t)registers[saved[base | (x->rex & 1) << 3]];
        if (index != 4)
            address += (uint64_t)registers[saved[index]] << (x->sib >> 6);
    } else if (mod == 0 && rm == 5) {
        address += next;
    } else {
        address += (uint64_t)registers[saved[rm | (x->rex & 1) << 3]];
    }
    if (x->narrow)
        address &= UINT32_MAX;
    if (x->segment == X86_FS)
        address += kernel_thread();
    else if (x->segment == X86_GS)
        address += base_of_gs();
    return address;
}

static uint64_t operand(const greg_t *registers, const struct x86 *x, uint64_t next)
{
    if (x->modrm >> 6 == 3)
        return (uint64_t)registers[saved[(x->modrm & 7) | (x->rex & 1) << 3]];
    return *(const uint64_t *)place(registers, x, next);
}

static void push(greg_t *registers, uint64_t value)
{
    registers[REG_RSP] -= 8;
    *(uint64_t *)registers[REG_RSP] = value;
}

static uint64_t pop(greg_t *registers)
{
    uint64_t value = *(const uint64_t *)registers[REG_RSP];

    registers[REG_RSP] += 8;
    return value;
}

/* loopne, loope, loop and jrcxz. */
static bool loops(greg_t *registers, const struct x86 *x)
{
    uint64_t mask = x->narrow ? UINT32_MAX : UINT64_MAX, count;
    bool zero = registers[REG_EFL] & ZERO;

    count = (uint64_t)registers[REG_RCX] & mask;
    if (x->opcode == 0xe3)
        return count == 0;
    count = (count - 1) & mask;
    registers[REG_RCX] = (greg_t)count;
    return count != 0 && (x->opcode == 0xe2 || zero == (x->opcode == 0xe1));
}

uint64_t transfer(greg_t *registers, const struct end *e, enum log_kind *kind)
{
    const struct x86 *x = &e->x;
    uint64_t next = e->at + x->length, there = next + (uint64_t)(int64_t)x->immediate;

    *kind = LOG_BRANCH;
    switch (x->kind) {
    case X86_BRANCH:
        return holds(x->opcode & 15, (uint64_t)registers[REG_EFL]) ? there : next;
    case X86_LOOP:
        return loops(registers, x) ? there : next;
    case X86_BEGIN: /* a transaction that could not even begin */
        registers[REG_RAX] = 0;
        return there;
    case X86_JUMP:
        *kind = LOG_JUMP;
        return there;
    case X86_JUMP_AT:
        *kind = LOG_JUMP_AT;
        return operand(registers, x, next);
    case X86_CALL:
        *kind = LOG_CALL;
        push(registers, next);
        return there;
    case X86_CALL_AT:
        *kind = LOG_CALL_AT;
        there = operand(registers, x, next); /* before rsp moves: call *8(%rsp) */
        push(registers, next);
        return there;
    default: /* X86_RETURN */
        *kind = LOG_RETURN;
        there = pop(registers);
        registers[REG_RSP] += x->immediate;
        return there;
    }
}
