# SPDX-License-Identifier: Apache-2.0
"""Nothing but calls of functions made in C, in one loop."""

import pyperf


def fill(count):
    numbers = []
    total = 0
    for i in range(count):
        numbers.append(i)
        total += len(numbers) + abs(-i)
    return total


if __name__ == "__main__":
    pyperf.Runner().bench_func("builtins", fill, 50000)
