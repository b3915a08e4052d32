# SPDX-License-Identifier: Apache-2.0
"""sonde timeit's why: the pairs whose answer is known, on each Python: parts that sum, shares, sentences."""

import json
import re

import jsonschema
import pytest

PARTS = ["bytecode", "calls", "native", "allocation", "gc", "vdso", "kernel_entry", "unexplained"]
ROUGH = ["-n", "2000", "-r", "1"]  # what is counted is exact whatever the times are


@pytest.fixture
def why(run_sonde, python, root):
    """why(*words): the JSON of sonde timeit, valid, its sums checked."""
    schema = json.loads((root / "doc/schema/timeit.json").read_text())

    def why(*words):
        done = run_sonde("timeit", "--json", "--with-text", "--python", python, *words)
        assert (done.returncode, done.stderr) == (0, "")
        data = json.loads(done.stdout)
        jsonschema.validate(data, schema)
        for each in data["statements"]:
            check_sums(each)
        return data

    return why


def check_sums(statement):
    if statement["method"] == "none":
        assert statement["refused"] and statement["instructions"] is None
        return
    counted, time = statement["instructions"], statement["time"]
    assert sum(counted[part] for part in PARTS) == counted["total"]
    assert counted["unexplained"] <= 0.05 * max(counted["total"], 100)
    kinds = sum(time[kind] for kind in ("python_ns", "native_ns", "kernel_ns", "waiting_ns"))
    assert kinds == pytest.approx(statement["ns"]["median"], rel=1e-6, abs=1e-3)
    assert sum(time["parts"].values()) + time["waiting_ns"] == pytest.approx(kinds, rel=1e-6, abs=1e-3)
    assert sum(row["self"] for row in statement["native"]) == counted["total"]
    for node in statement["tree"]:
        assert node["parent"] < node["id"] and node["native"] < len(statement["native"])


def difference(data):
    a, b = (each["instructions"] for each in data["statements"])
    return {part: b[part] - a[part] for part in [*PARTS, "total"]}


def because(data):
    return " ".join(data["comparisons"][0]["because"])


@pytest.mark.smoke
def test_the_users_pair(why):
    """time.time() and datetime.datetime.now().timestamp(): no system call, one clock read each, localtime_r."""
    data = why("-r", "3", "-s", "import time, datetime", "time.time()", "datetime.datetime.now().timestamp()")
    a, b = data["statements"]
    assert data["comparisons"][0]["verdict"] == "a faster" and 4 < data["comparisons"][0]["ratio"] < 15
    assert a["syscalls"] == b["syscalls"] == []
    for each in (a, b):
        [clock] = [row for row in each["native"] if row["part"] == "vdso"]
        assert clock["symbol"] == "__vdso_clock_gettime" and clock["calls"] == 1 and 40 < clock["self"] < 90
        assert 5 < each["time"]["parts"]["vdso"] < 200
    assert 300 < a["instructions"]["total"] < 600 and 3800 < b["instructions"]["total"] < 5200
    part = difference(data)
    named = part["total"] - part["unexplained"]
    assert named >= 0.9 * part["total"] and part["kernel_entry"] == part["gc"] == part["vdso"] == 0
    assert part["bytecode"] < 0.1 * part["total"]
    first, second, third = data["comparisons"][0]["because"]
    assert first == ("Neither statement makes a system call, so it is not the kernel: both read the clock once "
                     "through the vDSO.")
    share = re.fullmatch(r"Most of the difference \((\d+) %\) is libc's localtime_r, called 5 times\.", second)
    assert share and 50 <= int(share[1]) <= 65
    assert re.fullmatch(r"Only [3-7] % is Python's own execution \(3 more opcodes\)\.", third)
    assert sum(row["count"] for row in b["opcodes"]) in (6, 7)
    assert "  libc's localtime_r" in data["text"] and "5 calls" in data["text"]


@pytest.mark.wide
def test_a_system_call(why):
    """os.stat: the one call, its share of the time, and what else there is: the result is built."""
    data = why("-r", "2", "-s", "import os", "pass", "os.stat('.')")
    b = data["statements"][1]
    assert [(call["name"], call["count"]) for call in b["syscalls"]] == [("newfstatat", 1)]
    assert data["statements"][0]["syscalls"] == []
    assert b["instructions"]["kernel_entry"] == 1
    assert b["time"]["kernel_measured"] and 0.1 < b["time"]["kernel_ns"] / b["ns"]["median"] < 0.9
    assert b["allocations"]["count"] >= 5 and b["allocations"]["bytes"] > 300
    assert re.match(r"B makes 1 system call \(newfstatat\), about [\d.]+ of its [\d.]+ [nu]s are in the kernel; A "
                    r"makes none\. ", because(data))
    [row] = [row for row in b["native"] if row["symbol"] == "posix.stat"]
    assert row["calls"] == 1 and row["inclusive"] > 1000


def test_waiting(why):
    data = why("-r", "2", "pass", "time.sleep(0.001)")
    b = data["statements"][1]
    assert b["time"]["waiting_ns"] > 0.7 * b["ns"]["median"] and b["syscalls"][0]["name"] == "clock_nanosleep"
    assert re.fullmatch(r"(Nearly all|Most) of B's time is waiting, in clock_nanosleep: [\d.]+ of [\d.]+ ms\.",
                        because(data))


@pytest.mark.wide
def test_allocation(why):
    data = why(*ROUGH, "[]", "[0] * 1000")
    part = difference(data)
    assert part["allocation"] > 0.6 * part["total"]
    b = data["statements"][1]
    assert b["allocations"]["bytes"] >= 8008
    if b["objects"] is not None:
        assert b["allocations"]["bytes"] <= 8200 and {"name": "list", "count": 2} in b["objects"]
    assert re.search(r"Most of the difference \(\d+ %\) is making objects and giving them back",
                     because(data))


@pytest.mark.wide
def test_bytecode(why):
    data = why(*ROUGH, "sum(range(100))", "s = 0\nfor i in range(100): s += i")
    part = difference(data)
    assert part["bytecode"] > 0.5 * part["total"]
    assert re.search(r"(Most|Nearly all) of the difference \(\d+ %\) is bytecode: 60\d more opcodes", because(data))


@pytest.mark.wide
def test_a_function_of_the_users(why):
    data = why(*ROUGH, "-s", "l = list(range(100))\ndef f(x): return x", "sorted(l)", "sorted(l, key=f)")
    assert [(f["name"], f["calls"], f["file"]) for f in data["statements"][1]["functions"]] == [
        ("f", 100, "<statement B>")]
    assert data["statements"][0]["functions"] == []
    assert "f is called 100 times" in because(data)


def test_almost_the_same(why):
    """Shares of a difference that is next to nothing would mislead: there are none."""
    data = why(*ROUGH, "-s", "a = 1; b = 2", "a + b", "b + a")
    assert "Both do almost the same work: " in because(data)
    assert " %" not in data["text"].split("why ")[1].split("in all")[0]


def test_one_statement(why):
    data = why(*ROUGH, "-s", "import json; d = {'a': [1, 2, 3]}", "json.dumps(d)")
    [each] = data["statements"]
    assert data["comparisons"] == [] and each["because"][0] == "It makes no system call, so it is not the kernel."
    assert each["instructions"]["loops"] == [each["instructions"]["loops"][0]] * 6 or \
        len(each["instructions"]["loops"]) == 6
    assert data["text"].count("of the difference") == 0 and "in all" in data["text"]


def test_the_same_again(why):
    """Fresh processes: the same count, to the instruction."""
    totals = [[each["instructions"]["total"] for each in
               why("-n", "1", "-r", "1", "-s", "l = [3, 1, 2]", "sorted(l)", "{'a': 1}")["statements"]]
              for _ in range(3)]
    assert totals[0] == totals[1] == totals[2]


def test_what_is_told_with_v(run_sonde, python):
    done = run_sonde("timeit", "--python", python, "-v", *ROUGH, "-s", "import os", "os.stat('.')", check=True)
    assert re.search(r"^ inclusive +self +calls   function$", done.stdout, re.M)
    assert re.search(r"^ +[\d,]+ +[\d,]+ +1 +(python )?posix\.stat", done.stdout, re.M)
    assert " opcodes: 1 " in done.stdout and " system call: 1 newfstatat, about " in done.stdout
    assert "instructions of each loop" in done.stdout


def test_markdown_says_why(run_sonde, python):
    done = run_sonde("timeit", "--python", python, "--markdown", *ROUGH, "[]", "[0] * 1000", check=True)
    assert "Neither statement makes a system call, so it is not the kernel." in done.stdout


@pytest.mark.parametrize("statement, reason", [
    ("subprocess.run(['true'])", r".*"),
    ("time.sleep(2.2)", r".*(long|limit).*"),
    ("sum(range(5_000_000))", r".*(long|limit).*"),
    ("os.fork() or os._exit(0); os.wait()", r".*"),
])
def test_what_is_not_split_is_told(why, statement, reason):
    """Refused by name, or right: the timing stands."""
    data = why("-n", "1", "-r", "1", "-s", "import os, subprocess", statement)
    [each] = data["statements"]
    assert each["ns"]["median"] > 1000
    if each["method"] == "none":
        assert re.fullmatch(reason, each["refused"]) and f"It is not split: {each['refused']}." in data["text"] \
            .replace("\n", " ")
    else:
        assert each["partial"] or each["instructions"]["total"] > 1000


def test_older_python_has_no_split(run_sonde):
    import pathlib
    path = next((pathlib.Path.home() / ".pyenv/versions").glob("3.10.*/bin/python3"), None)
    if path is None:
        pytest.skip("there is no Python 3.10")
    done = run_sonde("timeit", "--python", path, *ROUGH, "1 + 1", check=True)
    assert "It is not split: sonde has no stepper for this Python." in done.stdout
