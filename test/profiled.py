# SPDX-License-Identifier: Apache-2.0
"""A program with all that pstats has rows for, and what cProfile and profile dump of it."""

import subprocess

PROGRAM = """
import functools, json, random, sys

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n != 0 and even(n - 1)

class Shelf(object):
    def __init__(self):
        self.books = []

    def __len__(self):
        return len(self.books)

    def add(self, *books):
        for book in books:
            self.books.append(book)

class Box(Shelf):
    def __init__(self):
        Shelf.__init__(self)

def numbers(n):
    for i in range(n):
        yield i

def fail():
    try:
        int("x")
    except ValueError as error:
        return str(error)

def main():
    fib(int(sys.argv[2]))
    even(20)
    for kind in Shelf, Box:
        shelf = kind()
        shelf.add(*numbers(30))
        len(shelf)
    fail()
    json.loads(json.dumps({"a": list(range(50))}))
    sorted([random.random() for _ in range(50)], key=lambda x: -x)
"""

WRITE = "import {0}; p = {0}.Profile(); p.runctx('main()', globals(), globals()); p.dump_stats(sys.argv[1])"


def write_profile(python, module, folder, name, size):
    """Dumped by that module of that Python into folder/name, whose path is returned."""
    path = folder / f"{module}-{size}.py"
    path.write_text(PROGRAM + WRITE.format(module))
    subprocess.run([python, path, folder / name, str(size)], check=True)
    return str(folder / name)
