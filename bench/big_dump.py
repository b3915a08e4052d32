# SPDX-License-Identifier: Apache-2.0
"""big_dump.py FILE FUNCTIONS SEED: a dump as cProfile would leave of a big program.

50,000 functions have 400,000 callers and are 18 MB. Written piece by piece, so that ten times as much needs no
memory to speak of; keys are referred to, as marshal does.
"""

import random
import struct
import sys


def text(name):
    return b"z%c%s" % (len(name), name)


def integer(n):
    return b"i" + struct.pack("<i", n)


def real(x):
    return b"g" + struct.pack("<d", x)


def keys(functions, chance):
    for n in range(functions):
        file = b"/srv/app/pkg%d/mod%d.py" % (chance.randrange(200), chance.randrange(functions // 50))
        yield b"\xa9\x03" + text(file) + integer(chance.randrange(1, 3000)) + text(b"function_%d" % n)


def pieces(functions, seed):
    chance = random.Random(seed)
    listed = list(keys(functions, chance))
    number = {}

    def key(n):
        if n in number:
            return b"r" + struct.pack("<I", number[n])
        number[n] = len(number) + 1  # the dict itself is 0
        return listed[n]

    yield b"\xfb"
    for n in range(functions):
        calls, callers = 0, []
        own = key(n)
        for caller in chance.sample(range(functions), chance.randint(1, 15)):
            count = chance.randrange(1, 1000)
            calls += count
            callers.append(key(caller) + b")\x04" + integer(count) + integer(count - (chance.random() < 0.1))
                           + real(chance.random()) + real(3 * chance.random()))
        figures = integer(calls) + integer(calls) + real(10 * chance.random()) + real(30 * chance.random())
        yield own + b")\x05" + figures + b"{" + b"".join(callers) + b"0"
    yield b"0"


def make(path, functions, seed):
    with open(path, "wb") as dump:
        for piece in pieces(functions, seed):
            dump.write(piece)


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
