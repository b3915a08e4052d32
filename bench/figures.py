# SPDX-License-Identifier: Apache-2.0
"""What the measurements come to: ratios of added time, with 95 % intervals.

A round holds one measurement of each variant of a program, taken in turn. Intervals are
percentiles of a bootstrap over rounds: all programs of a Python are drawn alike.
"""

import math
import random

DRAWS = 2000
ROUNDS_FOR_INTERVAL = 5
JUDGED_FROM = 0.30  # of the time without: what cProfile has to add


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def ci95(samples):
    """None where there were too few rounds to tell."""
    if not samples:
        return None
    samples = sorted(samples)
    last = len(samples) - 1
    return [samples[round(last * 0.025)], samples[round(last * 0.975)]]


def medians(rounds):
    return {variant: median([r[variant] for r in rounds]) for variant in rounds[0]}


def resampled_medians(rounds, seed=1):
    """One dict of medians a draw; which rounds are drawn depends on their number alone."""
    if len(rounds) < ROUNDS_FOR_INTERVAL:
        return []
    chance = random.Random(seed)
    return [medians(chance.choices(rounds, k=len(rounds))) for _ in range(DRAWS)]


def added_ratio(m, ours, theirs):
    """Time added by `ours` over time added by `theirs`."""
    added = m[theirs] - m["bare"]
    return (m[ours] - m["bare"]) / added if added > 0 else math.inf


def with_interval(value, samples):
    return {"value": value, "ci95": ci95(samples)}


class Program:
    """The figures of one program on one Python."""

    PAIRS = {
        "added": ("sonde", "cprofile"),
        "added_python": ("sonde-python", "cprofile-python"),
        "python_over_all": ("sonde-python", "sonde"),
    }

    def __init__(self, name, rounds):
        self.name = name
        self.rounds = rounds
        self.medians = medians(rounds)
        draws = resampled_medians(rounds)
        self.samples = {pair: [added_ratio(m, *names) for m in draws]
                        for pair, names in self.PAIRS.items()}

    def times(self, variant):
        """Time with over time without."""
        return self.medians[variant] / self.medians["bare"]

    def judged(self, pair="added"):
        return self.times(self.PAIRS[pair][1]) >= 1 + JUDGED_FROM

    def figure(self, pair="added"):
        return with_interval(added_ratio(self.medians, *self.PAIRS[pair]), self.samples[pair])

    def as_json(self):
        return {
            "name": self.name,
            "judged": self.judged(),
            "judged_python": self.judged("added_python"),
            "times": {variant: self.times(variant) for variant in self.medians},
            **{pair: self.figure(pair) for pair in self.PAIRS},
            "cpu_ms": {variant: [round(r[variant] * 1e3, 2) for r in self.rounds]
                       for variant in self.medians},
        }


def geometric_mean(values):
    return math.exp(sum(math.log(max(value, 1e-3)) for value in values) / len(values))


def mean_of(programs, pair="added"):
    """Over the programs that are judged; None where there is none."""
    judged = [program for program in programs if program.judged(pair)]
    if not judged:
        return None
    value = geometric_mean([program.figure(pair)["value"] for program in judged])
    samples = [geometric_mean(draw) for draw in zip(*(p.samples[pair] for p in judged))]
    return with_interval(value, samples) | {"programs": len(judged)}


def difference(before, after, seed=1):
    """Median of paired differences."""
    pairs = [b - a for a, b in zip(before, after)]
    chance = random.Random(seed)
    draws = DRAWS if len(pairs) >= ROUNDS_FOR_INTERVAL else 0
    samples = [median(chance.choices(pairs, k=len(pairs))) for _ in range(draws)]
    return with_interval(median(pairs), samples)
