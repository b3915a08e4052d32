# SPDX-License-Identifier: Apache-2.0
"""many.py PROCESSES AT_ONCE [wait]: starts Pythons that work for about 30 ms each, prints JSON.

The work is C's, so that what a process costs is seen, and not what 3.11 takes for each instruction under any profiler.

With a third word all wait after their work, until standard input ends. The launcher's memory is that of the parent.
"""

import json
import os
import subprocess
import sys

WORK = """
import sys
def work(n):
    return sum(range(n))
def main():
    for _ in range(1000):
        work(1800)
main()
if sys.argv[1:]:
    print("ready", flush=True)
    sys.stdin.read()
"""


def memory_of(pid):
    """Its own, resident: KB."""
    with open(f"/proc/{pid}/status", encoding="latin-1") as file:
        [line] = [line for line in file if line.startswith("RssAnon")]
    return int(line.split()[1])


def start(*words, **options):
    return subprocess.Popen([sys.executable, "-c", WORK, *words], **options)


def one_after_another(processes, at_once):
    pids, running = [], []
    for _ in range(processes):
        running.append(start())
        pids.append(running[-1].pid)
        if len(running) == at_once:
            assert running.pop(0).wait() == 0
    assert [child.wait() for child in running] == [0] * len(running)
    return pids


def all_at_once(processes):
    running = [start("wait", stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(processes)]
    for child in running:
        assert child.stdout.readline() == b"ready\n"
        child.stdout.close()
    print("ready", flush=True)
    sys.stdin.read()
    for child in running:
        child.stdin.close()
    assert [child.wait() for child in running] == [0] * processes
    return [child.pid for child in running]


def main():
    processes, at_once = map(int, sys.argv[1:3])
    before = memory_of(os.getppid())
    pids = all_at_once(processes) if sys.argv[3:] else one_after_another(processes, at_once)
    print(json.dumps({"pids": pids, "before": before, "after": memory_of(os.getppid())}))


if __name__ == "__main__":
    main()
