# SPDX-License-Identifier: Apache-2.0
"""What a season of readings tells of weather stations: means, extremes, suspect readings.

    python3 readings.py [STATIONS]

The stations are shared out among four processes that run a plain function. Nothing in
here knows of a profiler, and nothing need:

    sonde run readings.py
    sonde report
    sonde report --processes
"""

import math
import multiprocessing
import random
import sys

HOURS = 90 * 24
WORKERS = 4
AROUND = 4  # hours before and after one that it is compared with


def make_up_readings(station):
    """A season's temperatures, hour by hour; now and then the thermometer fails."""
    chance = random.Random(station)
    readings = []
    for hour in range(HOURS):
        day = math.sin(hour / 24 * 2 * math.pi) * 6
        season = math.sin(hour / HOURS * math.pi) * 9
        fault = chance.choice((-30, 40)) if chance.random() < 0.002 else 0
        readings.append(8 + day + season + chance.gauss(0, 1) + fault)
    return readings


def median(values):
    return sorted(values)[len(values) // 2]


def suspects(readings):
    """The hours whose reading is far from those around it."""
    found = []
    for hour in range(AROUND, len(readings) - AROUND):
        around = readings[hour - AROUND : hour + AROUND + 1]
        if abs(readings[hour] - median(around)) > 12:
            found.append(hour)
    return found


def digest(station):
    readings = make_up_readings(station)
    wrong = set(suspects(readings))
    right = [reading for hour, reading in enumerate(readings) if hour not in wrong]
    return sum(right) / len(right), min(right), max(right), len(wrong)


def digest_all(stations, results):
    for station in stations:
        results.put((station, digest(station)))


def main(args):
    stations = int(args[0]) if args else 12
    results = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(
            target=digest_all, args=(range(first, stations, WORKERS), results)
        )
        for first in range(WORKERS)
    ]
    for process in processes:
        process.start()
    digests = dict(results.get() for _ in range(stations))
    for process in processes:
        process.join()
    for station, (mean, least, most, wrong) in sorted(digests.items()):
        print(f"station {station:2}: {mean:5.1f} C, {least:.1f} to {most:.1f}, {wrong} wrong")


if __name__ == "__main__":
    main(sys.argv[1:])
