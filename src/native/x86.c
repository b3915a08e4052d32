/* SPDX-License-Identifier: Apache-2.0 */
/* x86.c - prefixes, opcode, ModRM, SIB, displacement, immediate: tables of what follows
 * each opcode, a letter each. */
#include <stddef.h>

#include "native/x86.h"

/* . nothing  m ModRM  b byte  w two bytes  z two or four  d four  v two, four or eight
 * B, Z: ModRM and b, z  o an address  e enter  g group 3  p prefix  r REX
 * x leads to another table  - no instruction */
static const char one_byte[16][17] = {
    "mmmmbz--mmmmbz-x", "mmmmbz--mmmmbz--", "mmmmbzp-mmmmbzp-", "mmmmbzp-mmmmbzp-",
    "rrrrrrrrrrrrrrrr", "................", "--xmppppzZbB....", "bbbbbbbbbbbbbbbb",
    "BZ-Bmmmmmmmmmmmm", "..........-.....", "oooo....bz......", "bbbbbbbbvvvvvvvv",
    "BBw.xxBZe.w..b-.", "mmmm---.mmmmmmmm", "bbbbbbbbdd-b....", "p.pp..gg......mm",
};

static const char two_bytes[16][17] = {
    "mmmm-.....-.-m.B", "mmmmmmmmmmmmmmmm", "mmmm----mmmmmmmm", "......-.x-x-----",
    "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "BBBBmmm.mm--mmmm",
    "dddddddddddddddd", "mmmmmmmmmmmmmmmm", "...mBm--...mBmmm", "mmmmmmmmmmBmmmmm",
    "mmBmBBBm........", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm",
};

struct at {
    const uint8_t *code;
    unsigned length;
    bool short_data; /* prefix 66 */
    bool one;        /* an opcode of the first table */
};

static int32_t take(struct at *at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at->code[at->length + i] << (8 * i);
    at->length += bytes;
    if (bytes == 1)
        return (int8_t)value;
    return bytes == 2 ? (int32_t)(uint16_t)value : (int32_t)value;
}

static void take_prefix(struct x86 *x, struct at *at, uint8_t byte)
{
    if (byte == 0x66)
        at->short_data = true;
    else if (byte == 0x67)
        x->narrow = true;
    else if (byte == 0x64 || byte == 0x65)
        x->segment = byte == 0x64 ? X86_FS : X86_GS;
}

static void take_modrm(struct x86 *x, struct at *at)
{
    unsigned mod, rm;

    x->modrm = at->code[at->length++];
    mod = x->modrm >> 6;
    rm = x->modrm & 7;
    if (mod == 3)
        return;
    if (rm == 4) {
        x->sib = at->code[at->length++];
        if (mod == 0 && (x->sib & 7) == 5)
            x->move = take(at, 4);
    } else if (mod == 0 && rm == 5) {
        x->move = take(at, 4); /* from the next instruction */
    }
    if (mod != 0)
        x->move = take(at, mod == 1 ? 1 : 4);
}

static void take_rest(struct x86 *x, struct at *at, char what)
{
    unsigned z = at->short_data && !(x->rex & 8) ? 2 : 4;

    switch (what) {
    case 'g': /* test alone has an immediate */
        take_modrm(x, at);
        if ((x->modrm >> 3 & 7) < 2)
            at->length += x->opcode & 1 ? z : 1;
        break;
    case 'm':
        take_modrm(x, at);
        break;
    case 'B':
        take_modrm(x, at);
        at->length++;
        break;
    case 'Z':
        take_modrm(x, at);
        x->immediate = take(at, z);
        break;
    case 'b':
        x->immediate = take(at, 1);
        break;
    case 'w':
        x->immediate = take(at, 2);
        break;
    case 'z':
        at->length += z;
        break;
    case 'd':
        x->immediate = take(at, 4);
        break;
    case 'v':
        at->length += x->rex & 8 ? 8 : z;
        break;
    case 'o':
        at->length += x->narrow ? 4 : 8;
        break;
    case 'e':
        at->length += 3;
        break;
    default:
        break;
    }
}

static uint8_t kind_of_ff(const struct x86 *x)
{
    switch (x->modrm >> 3 & 7) {
    case 2:
        return X86_CALL_AT;
    case 4:
        return X86_JUMP_AT;
    case 3:
    case 5:
        return X86_ODD;
    case 7:
        return X86_BAD;
    default:
        return X86_PLAIN;
    }
}

static uint8_t kind_of_one(const struct x86 *x)
{
    switch (x->opcode) {
    case 0xe8:
        return X86_CALL;
    case 0xe9:
    case 0xeb:
        return X86_JUMP;
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
        return X86_LOOP;
    case 0xc2:
    case 0xc3:
        return X86_RETURN;
    case 0xc7:
        return x->modrm == 0xf8 ? X86_BEGIN : X86_PLAIN;
    case 0xff:
        return kind_of_ff(x);
    case 0xca: /* far */
    case 0xcb:
    case 0xcc: /* int3, int, iret */
    case 0xcd:
    case 0xcf:
    case 0xf1:
    case 0xf4:
        return X86_ODD;
    default:
        return (x->opcode & 0xf0) == 0x70 ? X86_BRANCH : X86_PLAIN;
    }
}

static uint8_t kind_of_two(uint8_t opcode)
{
    switch (opcode) {
    case 0x05:
        return X86_SYSCALL;
    case 0x07: /* sysret, ud2, sysenter, sysexit, rsm, ud1, ud0 */
    case 0x0b:
    case 0x34:
    case 0x35:
    case 0xaa:
    case 0xb9:
    case 0xff:
        return X86_ODD;
    default:
        return (opcode & 0xf0) == 0x80 ? X86_BRANCH : X86_PLAIN;
    }
}

/* Behind 0f, 0f 38 and 0f 3a. */
static char decode_two(struct x86 *x, struct at *at)
{
    char what;

    x->opcode = at->code[at->length++];
    if (x->opcode == 0x38 || x->opcode == 0x3a) {
        what = x->opcode == 0x38 ? 'm' : 'B';
        x->opcode = at->code[at->length++];
        return what;
    }
    x->kind = kind_of_two(x->opcode);
    return two_bytes[x->opcode >> 4][x->opcode & 15];
}

/* Behind c4, c5 and 62: `map` chooses the table. */
static char decode_vector(struct x86 *x, struct at *at)
{
    uint8_t first = at->code[at->length - 1];
    unsigned map = first == 0xc5 ? 1 : at->code[at->length] & (first == 0x62 ? 7 : 31);

    if (first == 0x62 && !(at->code[at->length + 1] & 4))
        return '-'; /* a fixed bit of EVEX */
    at->length += first == 0xc5 ? 1 : first == 0xc4 ? 2 : 3;
    x->opcode = at->code[at->length++];
    if (map == 1)
        return two_bytes[x->opcode >> 4][x->opcode & 15];
    if (map == 3)
        return 'B';
    return map == 2 || (first == 0x62 && (map == 5 || map == 6)) ? 'm' : '-';
}

static char decode_opcode(struct x86 *x, struct at *at)
{
    uint8_t byte = at->code[at->length++];
    char what = one_byte[byte >> 4][byte & 15];

    while ((what == 'p' || what == 'r') && at->length < X86_LONGEST) {
        x->rex = what == 'r' ? byte : 0; /* counts only where it comes last */
        if (what == 'p')
            take_prefix(x, at, byte);
        byte = at->code[at->length++];
        what = one_byte[byte >> 4][byte & 15];
    }
    if (what == 'p' || what == 'r')
        return '-';
    x->opcode = byte;
    at->one = what != 'x';
    if (at->one)
        return what;
    if (byte == 0x0f)
        return decode_two(x, at);
    return decode_vector(x, at);
}

void x86_decode(const uint8_t *code, struct x86 *x)
{
    struct at at = { .code = code };
    char what;

    *x = (struct x86){ 0 };
    what = decode_opcode(x, &at);
    take_rest(x, &at, what);
    if (at.one)
        x->kind = kind_of_one(x);
    x->length = (uint8_t)at.length;
    if (what == '-' || x->kind == X86_BAD || at.length > X86_LONGEST) {
        x->kind = X86_BAD;
        x->length = 1;
    }
}
