# SPDX-License-Identifier: Apache-2.0
"""What a web server's access log tells: its busiest pages, hours and offices.

    python3 weblog.py [LOG]        without LOG a day of made-up traffic is read

It is right, easy to read and several times slower than it needs to be. Where the
time goes, and who asks for it:

    sonde run weblog.py
    sonde report
"""

import collections
import datetime
import ipaddress
import random
import re
import sys

LINE = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<when>[^\]]+)\] '
    r'"(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" (?P<status>\d{3}) (?P<size>\d+|-)'
)
OFFICES = [ipaddress.ip_network(f"10.{number}.0.0/16") for number in range(120)]


def make_up_traffic(lines, seed=2026):
    """A day of requests, the same ones each time."""
    chance = random.Random(seed)
    pages = ["/", "/about", "/login", *(f"/article/{number}" for number in range(200))]
    start = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
    for _ in range(lines):
        # Most people come in the afternoon.
        when = start + datetime.timedelta(hours=chance.triangular(0, 24, 15))
        page = pages[int(len(pages) * chance.random() ** 3)]
        host = f"10.{chance.randrange(160)}.{chance.randrange(4)}.{chance.randrange(250)}"
        status = 200 if chance.random() < 0.97 else 404
        stamp = when.strftime("%d/%b/%Y:%H:%M:%S %z")
        yield f'{host} - - [{stamp}] "GET {page} HTTP/1.1" {status} {chance.randrange(9000)}'


def parse_time(text):
    return datetime.datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")


def parse_line(line):
    match = LINE.match(line)
    if match is None:
        return None
    request = match.groupdict()
    request["when"] = parse_time(request["when"])
    request["size"] = 0 if request["size"] == "-" else int(request["size"])
    return request


def office_of(host):
    address = ipaddress.ip_address(host)
    for network in OFFICES:
        if address in network:
            return str(network)
    return "elsewhere"


class Summary:
    def __init__(self):
        self.hours = collections.Counter()
        self.pages = collections.Counter()
        self.offices = collections.Counter()
        self.missing = collections.Counter()
        self.bytes = 0

    def add(self, request):
        self.hours[request["when"].hour] += 1
        self.pages[request["path"]] += 1
        self.offices[office_of(request["host"])] += 1
        self.bytes += request["size"]
        if request["status"] == "404":
            self.missing[request["path"]] += 1

    def show(self):
        print(f"{self.pages.total()} requests, {self.bytes / 1e6:.1f} MB")
        for title, counter in (
            ("pages", self.pages),
            ("hours", self.hours),
            ("offices", self.offices),
            ("missing", self.missing),
        ):
            best = ", ".join(f"{key} ({count})" for key, count in counter.most_common(3))
            print(f"{title:>8}: {best}")


def main(args):
    lines = open(args[0], encoding="utf-8") if args else make_up_traffic(15000)
    summary = Summary()
    for line in lines:
        request = parse_line(line)
        if request is not None:
            summary.add(request)
    summary.show()


if __name__ == "__main__":
    main(sys.argv[1:])
