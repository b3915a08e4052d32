# SPDX-License-Identifier: Apache-2.0
"""Small methods, constructors, a property and a generator."""

import pyperf


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, dx, dy):
        return Point(self.x + dx, self.y + dy)

    @property
    def norm(self):
        return self.x * self.x + self.y * self.y


class Walk:
    def __init__(self):
        self.at = Point(0, 0)
        self.length = 0

    def step(self, dx, dy):
        self.at = self.at.moved(dx, dy)
        self.length += 1

    def steps(self, count):
        for i in range(count):
            yield (i % 5 - 2, i % 3 - 1)


def walk(count):
    path = Walk()
    farthest = 0
    for dx, dy in path.steps(count):
        path.step(dx, dy)
        farthest = max(farthest, path.at.norm)
    return farthest


if __name__ == "__main__":
    pyperf.Runner().bench_func("methods", walk, 20000)
