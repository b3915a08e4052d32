# SPDX-License-Identifier: Apache-2.0
"""What sonde says of a family of processes: recordings of trees whose every figure is known.

GOLDEN=write pytest test/golden rewrites the expected texts; read the difference.
"""

import json
import pstats
import random
import re
import subprocess
import unicodedata

import pytest

from family import CRUNCH, process, write_many, write_shop
from tape_writer import LAUNCHER, Tape
from terminal import on_terminal


@pytest.fixture
def shop(tmp_path):
    write_shop(tmp_path / "shop.sonde")
    return "shop.sonde"


VIEWS = {
    "shop_processes": ["--processes"],
    "shop_some_processes": ["--processes", "-n", "4"],
    "shop_by_role": ["--by", "role"],
    "shop_by_process": ["--by", "process"],
    "shop_by_thread": ["--by", "thread"],
    "shop_workers": ["--process", "worker*", "--processes", "--callers"],
}


@pytest.mark.parametrize("view", VIEWS)
def test_text(shop, check_golden, view):
    check_golden(view, "report", shop, *VIEWS[view])


def test_alone(shop, check_golden):
    check_golden("shop_alone")


def report(run_sonde, *words):
    done = run_sonde("report", "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def pids(run_sonde, *words):
    return [p["pid"] for p in report(run_sonde, *words)["processes"]]


def rows(text):
    """The pids of the tree as [(pid, columns it is indented by)]."""
    found = [re.match(r" +(\d+)  ( *)\S", line) for line in text.splitlines()]
    return [(int(match[1]), len(match[2])) for match in found if match]


def test_each_process_is_a_row_below_who_started_it(shop, run_sonde):
    text = run_sonde("report", shop, "--processes", check=True).stdout
    at = dict(rows(text))
    assert sorted(at) == sorted(pids(run_sonde, shop))
    assert at[4101] == at[4120] == 0 and at[4107] == at[4108] == at[4109] == 2
    assert at[4112] == at[4113] == 4
    assert text.index("4107") < text.index("4108") < text.index("4109")


def test_limits_as_elsewhere(shop, run_sonde):
    for limit, shown in ("2", 2), ("0.5", 4), ("0", 0), ("99", 8):
        text = run_sonde("report", shop, "--processes", "-n", limit, check=True).stdout
        assert len(rows(text)) == shown and f" {shown} of 8 processes, " in text
    assert "-n 4 shows more" in run_sonde("report", shop, "--processes", "-n", "2").stdout
    assert "shows more" not in run_sonde("report", shop, "--processes").stdout


@pytest.mark.parametrize("glob, expected", [
    ("main", [4101]), ("4109", [4109]), ("work*", [4107, 4108, 4109, 4112]), ("sh*", [4101, 4107, 4108, 4109, 4111, 4112]),
    ("convert.py", [4120]), ("*3.8", [4113]),
])
def test_process_chooses(shop, run_sonde, glob, expected):
    assert sorted(pids(run_sonde, shop, "--process", glob)) == expected


def test_figures_are_of_the_chosen(shop, run_sonde):
    got = report(run_sonde, shop, "--process", "4107", "--process", "4109", "--tree")
    assert [(f["name"], f["calls"], f["self_ns"]) for f in got["functions"]] == [("crunch", 4_000_000, 5_200_000_000)]
    assert (got["total_calls"], got["total_ns"]) == (4_000_000, 5_200_000_000)
    assert [t["pid"] for t in got["threads"]] == [4107, 4109] and len(got["nodes"]) == 2
    assert got["run"]["wall_ns"] == 11_200_000_000  # from the first one's start to the last one's end
    assert got["run"]["started"] == "2026-09-21T14:13:20.100000Z"
    text = run_sonde("report", shop, "--process", "4107", "--process", "4109", check=True).stdout
    assert text.startswith("shop.sonde --process '4107' --process '4109'   11.2 s   2 processes, ")
    assert " 1 of 1 functions, 100 % of the time." in text


def test_chosen_in_each_command(shop, run_sonde, tmp_path):
    """report --pstats, convert and diff count the same calls."""
    text = run_sonde("report", "--pstats", shop, "--process", "worker", check=True).stdout
    assert re.search(r" 6100007 function calls .*\n", text) and "serve" not in text
    for out in "w.pstats", "w.json":
        assert run_sonde("convert", shop, "--process", "worker", "-o", out, check=True).stderr == ""
    assert pstats.Stats(str(tmp_path / "w.pstats")).total_calls == 6_100_007
    assert json.loads((tmp_path / "w.json").read_text())["total_calls"] == 6_100_007
    write_shop(tmp_path / "again.sonde")
    done = run_sonde("diff", "--json", shop, "again.sonde", "--process", "worker", check=True)
    assert [f["name"] for f in json.loads(done.stdout)["functions"]] == ["crunch"]
    text = run_sonde("diff", shop, "again.sonde", "--process", "worker", "--process", "4120", check=True).stdout
    assert "note: Of the processes alone that --process 'worker' --process '4120' names.\n" in text


def test_what_cannot_be_chosen(shop, run_sonde, tmp_path):
    there = r"main \(shop.py\), child \((convert.py|python3.8|sh -c convert) and 2 more\), worker \(shop.py and 3 more\)"
    for words in ["report"], ["report", "--pstats"], ["convert", "-o", "x.json"], ["convert", "-o", "x.prof"]:
        done = run_sonde(*words, shop, "--process", "worker", "--process", "crnch")
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(f"sonde: no such process: --process 'crnch': shop.sonde has {there}\n", done.stderr)
    assert list(tmp_path.glob("x.*")) == []
    assert run_sonde("convert", shop, "-o", "w.pstats").returncode == 0
    for words in ["report"], ["report", "--all"], ["convert", "-o", "x.json"]:
        done = run_sonde(*words, "w.pstats", "--process", "worker")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == ("sonde: no processes: w.pstats: such a file does not tell of which it is (leave it out, "
                               "or --process)\n")
    done = run_sonde("convert", shop, "-o", "x.sonde", "--process", "worker")
    assert done.returncode == 2 and done.stderr.endswith("(leave --process out)\n")
    done = run_sonde("report", shop, "--process", "")
    assert done.returncode == 2 and done.stderr == "sonde: bad value: --process '': a name, role or pid\n"


def test_names_cannot_steer_the_terminal(run_sonde, tmp_path):
    for i in range(30):
        process(tmp_path / "x.sonde", 100 + i, 99, i, program=f"a\33[2J\u202e{i}.py")
    for words in ["report", "--processes"], ["report", "--by", "thread"], ["report", "--process", "nosuch"], []:
        done = run_sonde(*words, *(["x.sonde"] if words else []))
        assert not re.search("[^\n -~]", done.stdout + done.stderr), words


def test_deep_and_wide_trees_fit_a_terminal(sonde, clean_env, tmp_path):
    folder = tmp_path / "deep.sonde"
    reason = "no agent for Python 2.7.18 (/opt/a/long/path/to/where/it/is/python2.7/bin/python2.7)"
    for depth in range(40):
        process(folder, 1000 + depth, 999 + depth, depth, program="a-rather-long-name-of-a-program.py",
                tells=[(2000, "python2.7", 11, {"reason": reason, "flags": 2})] if depth == 3 else [])
    env = clean_env | {"TERM": "xterm", "LANG": "C.UTF-8"}
    for width in 80, 132:
        text = on_terminal(sonde, env, tmp_path, width, "report", "deep.sonde", "--processes")
        lines = re.sub("\33\\[[0-9]*m|\r", "", text).split("\n")
        assert max(sum(unicodedata.east_asian_width(c) in "WF" or 1 for c in line) for line in lines) <= width
        found = rows("\n".join(lines))
        assert len(found) == 41 and any(re.search(r"\+\d+ (worker|child|\w+\.\.\.)", line) for line in lines)
        assert "SIGSEGV" in text and "no agent for Python 2.7.18" in text


def test_a_thousand_processes(run_sonde, tmp_path):
    write_many(tmp_path / "many.sonde", 1000)
    text = run_sonde("report", "--processes", "many.sonde", check=True).stdout
    assert [pid for pid, _ in rows(text)] == list(range(100_000, 101_001))
    assert text.endswith("\n 1,001 of 1,001 processes, 100 % of the time.\n"
                         " All: 1 main, 1,000 worker; 10 killed (SIGKILL).\n")
    assert re.match(r"many\.sonde   1\.00 s   1,001 processes, .* in all", text)
    text = run_sonde("report", "--processes", "-n", "25", "many.sonde", check=True).stdout
    assert len(rows(text)) == 25
    assert text.endswith("\n 25 of 1,001 processes, 2 % of the time.   -n 50 shows more\n"
                         " All: 1 main, 1,000 worker; 10 killed (SIGKILL).\n")
    got = report(run_sonde, "many.sonde")
    assert {f["name"]: f["calls"] for f in got["functions"]} == {"crunch": 500_500, "serve": 1}
    assert run_sonde().stdout.splitlines()[0] == ("many.sonde: 1.00 s, 1,001 processes (1 main, 1,000 worker), "
                                                  "Python 3.13.0.")
    assert run_sonde().stdout.splitlines()[2] == "Ten workers were killed (SIGKILL); what they counted is here."


@pytest.mark.parametrize("words", [["--processes"], ["--process", "worker"], ["--json"]], ids=" ".join)
def test_what_a_thousand_cost(sonde, clean_env, tmp_path, words):
    """A tape is open at a time, and what it holds is let go of."""
    write_many(tmp_path / "many.sonde", 1000)
    limited = 'ulimit -n 8 && ulimit -v 40000 && exec "$0" "$@"'  # KB, of address space
    subprocess.run(["bash", "-c", limited, sonde, "report", "many.sonde", *words], cwd=tmp_path, env=clean_env,
                   stdout=subprocess.DEVNULL, check=True)


@pytest.mark.long
def test_the_cost_grows_with_the_number(sonde, clean_env, tmp_path):
    """In instructions, the clearing of memory left out: four times as many processes, four times as many."""
    instructions = []
    for workers in 500, 2000:
        write_many(tmp_path / f"{workers}.sonde", workers)
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={tmp_path}/out", sonde, "report",
                        f"{workers}.sonde", "--processes"], cwd=tmp_path, env=clean_env, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = subprocess.run(["callgrind_annotate", "--threshold=100", f"{tmp_path}/out"], text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        counted = [line for line in text.splitlines() if re.match(r" *[\d,]+ \(.*:", line) and "memset" not in line]
        instructions.append(sum(int(line.split()[0].replace(",", "")) for line in counted))
    assert 3 < instructions[1] / instructions[0] < 5


@pytest.mark.parametrize("seed", range(3))
def test_hostile_families(run_sonde, tmp_path, seed):
    """Parents in circles, of no process, of themselves: each process is a row, and once."""
    chance = random.Random(seed)
    for pid in range(1, 60):
        process(tmp_path / "x.sonde", pid, chance.randrange(70), chance.randrange(3))
    text = run_sonde("report", "--processes", "x.sonde", check=True, timeout=10).stdout
    assert sorted(pid for pid, _ in rows(text)) == list(range(1, 60))
    assert min(indent for _, indent in rows(text)) == 0


KILLED = [
    ({1: 9}, "It was killed (SIGKILL); what it counted is here."),
    ({1: 0, 2: 9}, "One worker was killed (SIGKILL); what it counted is here."),
    ({1: 0, 2: 9, 3: 15, 4: 9}, "Three workers were killed (SIGKILL and SIGTERM); what they counted is here."),
    ({1: 2, 2: 9, 3: 15}, "Three processes were killed (SIGINT, SIGKILL and SIGTERM); what they counted is here."),
    ({1: 0, 2: 34}, "One worker was killed (signal 34); what it counted is here."),
    ({1: 0, **{pid: 9 for pid in range(2, 14)}}, "12 workers were killed (SIGKILL); what they counted is here."),
    ({1: 0, 2: 0}, "Every call was counted; none was lost."),
]


@pytest.mark.parametrize("ends, sentence", KILLED)
def test_the_dead_are_told(run_sonde, tmp_path, ends, sentence):
    for pid in ends:
        tells = [(child, "app.py", status, {}) for child, status in ends.items() if pid == 1 < child]
        process(tmp_path / "x.sonde", pid, 1 if pid > 1 else 99, pid, tells=tells)
    launcher = Tape(pid=99, role=LAUNCHER)
    launcher.process(1, "app.py", status=ends[1])
    launcher.write(tmp_path / "x.sonde")
    assert run_sonde().stdout.splitlines()[2] == sentence


@pytest.mark.parametrize("old, sentence", [
    (0, "Every call was counted; none was lost."),
    (1, "One process was not entered (sonde report --processes tells why)."),
    (2, "Two processes were not entered (sonde report --processes tells why)."),
])
def test_the_shut_out_are_told(run_sonde, tmp_path, old, sentence):
    """A command that is no Python is no loss, nor what was not wanted or never ran."""
    fine = "not Python", "left out by --children", "it could not be executed", "it ended before its program began"
    tells = [(20 + n, "sh", 0, {"reason": reason, "flags": 2}) for n, reason in enumerate(fine)]
    tells += [(3 + n, "python3.8", 0, {"reason": "no agent for Python 3.8.18", "flags": 2}) for n in range(old)]
    process(tmp_path / "x.sonde", 1, 99, 0, tells=tells)
    launcher = Tape(pid=99, role=LAUNCHER)
    launcher.process(1, "app.py", status=0)
    launcher.write(tmp_path / "x.sonde")
    assert run_sonde().stdout.splitlines()[2] == sentence


def test_instances_of_a_worker_are_one(run_sonde, tmp_path):
    """But one whose code is another is not."""
    for pid in range(1, 5):
        process(tmp_path / "x.sonde", pid, 99, pid, CRUNCH, 10 ** pid)
    tape = Tape(pid=9)
    tape.node(tape.thread("MainThread"), None, tape.function(*CRUNCH, hash=2), 3)
    tape.write(tmp_path / "x.sonde")
    assert [f["calls"] for f in report(run_sonde, "x.sonde")["functions"]] == [11_110, 3]
