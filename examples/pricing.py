# SPDX-License-Identifier: Apache-2.0
"""Workers that price orders and never end: they are stopped from outside.

    python3 pricing.py [ORDERS]     1,200; then each worker is stopped in another way
    python3 pricing.py forever      orders without end, until ^C

A Pricer is a multiprocessing.Process with a run() of its own. It writes nothing when
it is stopped, and one of them has no chance to. What they did is known all the same:

    sonde run pricing.py
    sonde report --processes
    sonde report --process Pricer
"""

import itertools
import multiprocessing
import os
import random
import signal
import sys

CATALOGUE = [(f"item-{number:04}", 3 + number % 47) for number in range(4000)]
BANDS = [(5000, 0.15), (1000, 0.08), (200, 0.03), (0, 0.0)]
TAXES = {"AT": 0.20, "DE": 0.19, "FR": 0.20, "IE": 0.23, "LU": 0.17}
WORKERS = 3


def make_up_orders(seed=2026):
    chance = random.Random(seed)
    while True:
        lines = [
            (chance.choice(CATALOGUE)[0], chance.randrange(1, 9))
            for _ in range(chance.randrange(1, 12))
        ]
        yield chance.choice(sorted(TAXES)), lines


def price_of(item):
    for name, price in CATALOGUE:
        if name == item:
            return price
    raise KeyError(item)


def discount(net):
    return next(share for least, share in BANDS if net >= least)


def price(order):
    country, lines = order
    net = sum(price_of(item) * count for item, count in lines)
    return round(net * (1 - discount(net)) * (1 + TAXES[country]), 2)


class Pricer(multiprocessing.Process):
    """Prices what comes down its line, for ever."""

    def __init__(self):
        super().__init__()
        self.line, self.far_end = multiprocessing.Pipe()

    def run(self):
        try:
            while True:
                order = self.far_end.recv()
                self.far_end.send(price(order))
        except KeyboardInterrupt:
            pass  # ^C is how the shop closes


def serve(pricers, orders):
    """Order after order to one pricer after another; what all of them came to."""
    total = 0
    while several := list(itertools.islice(orders, len(pricers))):
        busy = list(zip(pricers, several))
        for pricer, order in busy:
            pricer.line.send(order)
        total += sum(pricer.line.recv() for pricer, _ in busy)
    return total


def stop(first, second, third):
    os.kill(first.pid, signal.SIGINT)
    second.terminate()
    third.kill()


def main(args):
    orders = make_up_orders()
    if args != ["forever"]:
        orders = itertools.islice(orders, int(args[0]) if args else 1200)
    pricers = [Pricer() for _ in range(WORKERS)]
    for pricer in pricers:
        pricer.start()
    try:
        print(f"{serve(pricers, orders):.2f}")
        stop(*pricers)
    except KeyboardInterrupt:
        pass  # which the pricers have had as well
    for pricer in pricers:
        pricer.join()
        print(f"{pricer.name}: {pricer.exitcode}")


if __name__ == "__main__":
    main(sys.argv[1:])
