# SPDX-License-Identifier: Apache-2.0
"""What recordings come to: several tapes as one profile, and all that can be wrong."""

import errno
import fcntl
import os
import pstats
import re
import shutil
import subprocess
import tempfile

import pytest

from tape_writer import LAUNCHER, RUNNING, SECOND, THREAD_CPU, Tape


def calls_of(report):
    return sorted((f["qualname"], f["class"], f["calls"]) for f in report["functions"])


def write(folder, pid, functions, **options):
    """A tape of calls: (calls, name, file, line, {qualname, owner, hash})."""
    tape = Tape(pid=pid, **options)
    thread = tape.thread("MainThread")
    for calls, name, file, line, *more in functions:
        tape.node(thread, None, tape.function(name, file, line, **dict(*more)), calls, SECOND)
    return tape.write(folder)


def test_a_function_of_two_processes_is_one(tmp_path, report):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 3), (2, "g", "/a.py", 5)])
    write(tmp_path / "x.sonde", 2, [(10, "g", "/a.py", 5), (20, "f", "/a.py", 3)])
    assert calls_of(report("x.sonde")) == [("f", None, 21), ("g", None, 12)]


@pytest.mark.parametrize("other", [{"hash": 2}, {"qualname": "A.f"}])
def test_functions_that_differ_stay_apart(tmp_path, report, other):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 3)])
    write(tmp_path / "x.sonde", 2, [(10, "f", "/a.py", 3, other)])
    assert sorted(row[2] for row in calls_of(report("x.sonde"))) == [1, 10]


def test_what_ties_in_a_process_is_matched_by_its_order(tmp_path, report):
    name = "<lambda>"
    write(tmp_path / "x.sonde", 1, [(1, name, "/a.py", 3), (2, name, "/a.py", 3)])
    write(tmp_path / "x.sonde", 2, [(10, name, "/a.py", 3), (20, name, "/a.py", 3),
                                    (40, name, "/a.py", 3)])
    assert calls_of(report("x.sonde")) == [(name, None, 11), (name, None, 22), (name, None, 40)]


def test_generated_code_is_told_apart_by_its_class(tmp_path, report):
    a, b = {"owner": "A"}, {"owner": "B"}
    write(tmp_path / "x.sonde", 1, [(1, "__init__", "<string>", 2, a), (2, "__init__", "<string>", 2, b)])
    write(tmp_path / "x.sonde", 2, [(20, "__init__", "<string>", 2, b)])
    assert calls_of(report("x.sonde")) == [("__init__", "A", 1), ("__init__", "B", 22)]


def test_an_inherited_method_is_one_whatever_class_came_first(tmp_path, report):
    write(tmp_path / "x.sonde", 1, [(1, "run", "/a.py", 2, {"owner": "A"})])
    write(tmp_path / "x.sonde", 2, [(20, "run", "/a.py", 2, {"owner": "B"})])
    write(tmp_path / "x.sonde", 3, [(300, "run", "<frozen x>", 2, {"owner": "A"})])
    write(tmp_path / "x.sonde", 4, [(4000, "run", "<frozen x>", 2, {"owner": "B"})])
    assert calls_of(report("x.sonde")) == [("run", None, 21), ("run", None, 4300)]


def test_a_killed_process_was_where_it_was_last(tmp_path, report):
    """The launcher saw it die 3 s after it began; its last event came after 1 s."""
    write(tmp_path / "x.sonde", 1, [(1, "sleep", "/a.py", 2)], state=RUNNING, in_last_node=True)
    launcher = Tape(pid=9, role=LAUNCHER)
    launcher.process(1, "a.py", parent=9, status=9, wall_ns=3 * SECOND)
    launcher.write(tmp_path / "x.sonde")
    got = report("x.sonde")
    assert got["functions"][0]["self_ns"] == 3 * SECOND
    assert got["processes"][0]["wall_ns"] == 3 * SECOND
    assert got["run"]["wall_ns"] == 3 * SECOND


def test_cpu_time_is_named(tmp_path, report, run_sonde):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 2)], clock=THREAD_CPU)
    assert report("x.sonde")["run"]["clock"] == "cpu"
    assert "CPU time" in run_sonde("report", "x.sonde").stdout


def test_lost_events_are_told(tmp_path, report):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 2)], lost_events=12, fault=errno.ENOSPC)
    quality = report("x.sonde")["quality"]
    assert (quality["lost_events"], quality["exact"]) == (12, False)
    assert quality["notes"] == ["12 calls were not counted: no room left on the device. "
                                "Their time is with their callers."]


def test_counts_that_could_not_be_written_are_told(tmp_path, report):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 2)], flags=8, fault=errno.EIO)
    quality = report("x.sonde")["quality"]
    assert (quality["lost_events"], quality["exact"]) == (0, False)
    assert quality["notes"] == ["The last counts of 1 process are missing: "
                                "Input/output error."]


def test_a_damaged_tape_among_others_is_told(tmp_path, report):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 3)])
    cut = write(tmp_path / "x.sonde", 2, [(10, "f", "/a.py", 3)])
    whole = cut.read_bytes()
    for size in 0, 100, len(whole) - 64:
        cut.write_bytes(whole[:size])
        quality = report("x.sonde")["quality"]
        assert quality["truncated"] and len(quality["notes"]) == 1
        assert cut.name in quality["notes"][0]
    write(tmp_path / "x.sonde", 2, [(10, "f", "/a.py", 3)], version=2)
    assert "version 2" in report("x.sonde")["quality"]["notes"][0]


def test_the_newest_recording_is_read_and_named(tmp_path, run_sonde):
    for age, name in (30, "b.sonde"), (10, "new.sonde"), (20, "a.sonde"):
        write(tmp_path / name, 1, [(1, name[:-6], "/a.py", 3)])
        moment = os.stat(tmp_path).st_mtime - age
        os.utime(tmp_path / name, (moment, moment))
    (tmp_path / "empty.sonde").mkdir()
    (tmp_path / "file.sonde").write_text("")
    done = run_sonde("report")
    assert done.stderr == "sonde: new.sonde\n" and "new.sonde" in done.stdout
    assert run_sonde().stdout.startswith("new.sonde: ")


def check_error(done, status, *parts):
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("sonde: ") and done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


def test_nothing_here(tmp_path, run_sonde):
    check_error(run_sonde("report"), 1, "no recording here", "sonde run")
    assert run_sonde().stdout == run_sonde("--help").stdout


def bad_inputs(folder):
    """name: (what is there, what is said of it)"""
    good = write(folder / "good.sonde", 1, [(1, "f", "/a.py", 3)]).read_bytes()
    (folder / "plain").mkdir()
    (folder / "empty.tape").write_bytes(b"")
    (folder / "foreign").write_text("Once upon a time there was a text.\n" * 200)
    (folder / "cut.tape").write_bytes(good[:100])
    (folder / "newer.tape").write_bytes(good[:8] + b"\2" + good[9:])
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "fifo")
    return {"missing.sonde": "no such file (sonde run -o missing.sonde app.py makes it)",
            "missing": "no such file", "good": "did you mean good.sonde?",
            "plain": "no recording", "empty.tape": "empty",
            "foreign": "not a recording", "cut.tape": "cut short", "newer.tape": "version 2",
            "loop": "symbolic links", "fifo": "a pipe that nobody writes to", "foreign/x": "Not a directory",
            "/dev/zero": "not a regular file"}


def test_bad_inputs(tmp_path, run_sonde):
    for name, said in bad_inputs(tmp_path).items():
        check_error(run_sonde("report", name), 1, name, said)
        check_error(run_sonde("report", "good.sonde", name), 1, name, said)


def test_names_in_errors_are_shown_as_elsewhere(run_sonde):
    check_error(run_sonde("report", "no\nsuch\x7f"), 1, "cannot read recording: no\\x0asuch\\x7f: no such file")


def test_unreadable(sonde):
    """As a user who may not; root may read everything, so it becomes nobody."""
    with tempfile.TemporaryDirectory() as folder:
        command = shutil.copy(sonde, folder)
        os.chmod(folder, 0o755)
        os.mkdir(folder + "/x.sonde", 0)
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run([command, "report", "x.sonde"], cwd=folder, text=True,
                              capture_output=True, **user)
        check_error(done, 1, "x.sonde: Permission denied")


def test_nothing_recorded_yet(tmp_path, run_sonde):
    """The launcher is there and holds its tape, no agent has begun."""
    tape = Tape(pid=9, role=LAUNCHER, state=RUNNING)
    tape.process(10, "app.py", parent=9)
    with tape.write(tmp_path / "x.sonde").open("r+b") as held:
        fcntl.lockf(held, fcntl.LOCK_EX, 1)
        check_error(run_sonde("report", "x.sonde"), 1, "nothing recorded yet: x.sonde: the program is running")
    check_error(run_sonde("report", "x.sonde"), 1, "nothing recorded: x.sonde: ", "no Python")


def test_no_python_ran(tmp_path, run_sonde):
    tape = Tape(pid=9, role=LAUNCHER)
    tape.process(10, "true", parent=9, status=0)
    tape.write(tmp_path / "x.sonde")
    check_error(run_sonde("report", "x.sonde"), 1, "nothing recorded: x.sonde: ", "no Python")
    tape.process(11, "python3.9", parent=9, status=0, reason="Python 3.9 has no agent", flags=2)
    tape.write(tmp_path / "x.sonde")
    check_error(run_sonde("report", "x.sonde"), 1, "nothing recorded: x.sonde: Python 3.9 has no agent")


@pytest.mark.parametrize("pattern", [
    "spam", "^spam", "(?i)SPAM", r"\bspam\b", r"sp\u0061m", r"\x73pam", "(?<=s)pam", "(?P<a>s)p", r"\w+\(spam\)",
    r"a\.py:3\(", "sp{1,2}am", "[^a-r]p", "(?:s|x)pam$", "(?>s)pam", "naïve", r"\W", r"^\S+$", ".py:[0-9]+"])
def test_expressions_are_read_as_python_reads_them(tmp_path, report, pattern):
    functions = [(1, "spam", "/a.py", 3), (1, "Spam", "/a.py", 5), (1, "naïve", "/b/ä.py", 7),
                 (1, "<built-in method builtins.len>", "~", 0, {"qualname": "len"})]
    write(tmp_path / "x.sonde", 1, functions)
    got = report("x.sonde", "--only", pattern)["functions"]
    said = {name: pstats.func_std_string((file, line, name)) for _, name, file, line, *_ in functions}
    assert {f["name"] for f in got} == {
        name for name, text in said.items()
        if re.search(pattern, text) or re.search(pattern, "len" if name[0] == "<" else name)}


def test_pythons_without_an_agent_are_rows(tmp_path, report, run_sonde):
    write(tmp_path / "x.sonde", 1, [(1, "f", "/a.py", 3)])
    (tmp_path / "x.sonde/77.note").write_text("python 3.9.2 /opt/my pythons/python3.9\nwhy\n")
    (tmp_path / "x.sonde/78.note").symlink_to("/etc/passwd")
    got = report("x.sonde")
    assert [(p["pid"], p["entered"], p["name"], p["role"], p["reason"]) for p in got["processes"]] == [
        (1, True, "app.py", "main", None),
        (77, False, "python3.9", "child", "no agent for Python 3.9.2 (/opt/my pythons/python3.9)")]
    (tmp_path / "x.sonde/1-18d75b8423f30000.tape").unlink()
    Tape(pid=9, role=LAUNCHER).write(tmp_path / "x.sonde")
    check_error(run_sonde("report", "x.sonde"), 1, "nothing recorded: x.sonde: no agent for Python 3.9.2")


def test_a_pack_of_version_1_opens_for_ever(root, report):
    """Of a launcher, a finished agent, a killed one, one that was being written, and a note."""
    got = report(root / "test/files/old/pack-1.sonde")
    assert {f["qualname"]: (f["calls"], f["resumes"], f["self_ns"]) for f in got["functions"]} == {
        "main": (3, 0, 3 * SECOND // 2), "len": (304_000, 0, 3 * SECOND // 10),
        "A.parse_ü": (21, 9, 6_914_839_936_585)}
    assert [(p["pid"], p["alive"], p["exit"], p["wall_ns"], p["reason"]) for p in got["processes"]] == [
        (100, False, 0, SECOND, None), (101, False, None, SECOND, None), (103, True, None, 6_915_239_936_585, None),
        (102, False, 1, SECOND, "not Python"), (104, False, None, 0, "no agent for Python 3.9.2 (/opt/python3.9)")]
    assert got["quality"]["notes"] == [
        "It was packed while it was running, at 2026-11-28 20:04:00 UTC: this is what it had done so far."]


@pytest.mark.parametrize("words, said", [
    (["--only", "("], "bad regular expression: --only '('"),
    (["--not", "[z"], "bad regular expression: --not '[z'"),
    (["--only", "(a*)*(a*)*(a*)*$b"], None),
    (["-n", "-1"], "-n '-1'"), (["-n", "1.5"], "-n '1.5'"), (["-n", "x"], "-n 'x'"),
    (["-n", ""], "-n ''"), (["-n", "nan"], "-n 'nan'"), (["--by", "fil"], "did you mean file?"),
    (["--by", "file", "--tree"], "--by and --tree"), (["--callers", "--by", "role"], "--by and --callers"),
    (["--processes", "--by", "file"], "--by and --processes"),
    (["--why"], "--why"), (["--pstats", "--tree"], "--tree"),
    (["--all", "--reverse"], "--reverse")])
def test_bad_words(tmp_path, run_sonde, words, said):
    write(tmp_path / "x.sonde", 1, [(1, "a" * 40, "/a.py", 3)])
    done = run_sonde("report", "x.sonde", *words)
    if said is None:  # a pattern that would take for ever ends at once, either way
        assert done.returncode in (0, 2)
    else:
        check_error(done, 2, said)
