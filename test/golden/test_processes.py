# SPDX-License-Identifier: Apache-2.0
"""What was told of processes joined with their tapes: made-up recordings, every row of which is known.

A row is (pid, parent, name, role, exit or signal, entered, reason).
"""

import json

import jsonschema
import pytest

from tape_writer import AGENT, LAUNCHER, RUNNING, SECOND, Tape

SAVED, FORKED, EXECUTED, LEFT_OUT = 1 << 4, 1 << 6, 1 << 7, 1 << 8
NOT_EXECUTED, IS_FORKED, IS_IMAGE, IS_VOID = 1 << 1, 1 << 2, 1 << 3, 1 << 4


def tape(pid, parent, program="app.py", begin=0, how=EXECUTED, **more):
    """Of an agent that has counted one call; begin in seconds."""
    made = Tape(pid=pid, parent=parent, program=program, begin_ns=int(begin * SECOND), flags=3 | how, role=AGENT, **more)
    thread = made.thread(f"of {pid}")
    made.node(thread, None, made.function(f"work_{pid}_{begin}", "/app.py", 1), calls=1, self_ns=5)
    return made


def launched(pid=100, status=0, wall=100):
    made = Tape(pid=9, parent=1, program="app", role=LAUNCHER)
    made.process(pid, "app.py", parent=9, status=status, wall_ns=wall * SECOND)
    return made


def tell(made, pid, name, start, end=None, status=None, reason="not Python", flags=0, parent=None, cpu=None):
    made.process(pid, name, parent=made.pid if parent is None else parent, status=status, reason=reason, flags=flags,
                 start_ns=int(start * SECOND), wall_ns=int(((end or start) - start) * SECOND),
                 cpu_ns=None if cpu is None else int(cpu * SECOND))


def killed(pid, parent, begin, how=FORKED):
    """In its function since the second after it began, when it was last heard of."""
    return tape(pid, parent, begin=begin, how=how, state=RUNNING, in_last_node=True)


@pytest.fixture
def rows(run_sonde, tmp_path, root):
    """rows(tapes): of the recording, and the same of its pack."""
    schema = jsonschema.Draft202012Validator(json.loads((root / "doc/schema/report.json").read_text()))

    def read(*tapes, notes=()):
        for made in tapes:
            made.write(tmp_path / "x.sonde", f"{made.pid}-{made.begin_ns:x}.tape")
        for name, text in notes:
            (tmp_path / "x.sonde" / name).write_text(text)
        run_sonde("pack", "x.sonde", check=True)
        found = []
        for name in "x.sonde", "x.pack.sonde":
            report = json.loads(run_sonde("report", "--json", name, check=True).stdout)
            schema.validate(report)
            assert sorted(t["process"] for t in report["threads"]) == [
                i for i, p in enumerate(report["processes"]) if p["entered"]]
            assert all(t["name"] == f"of {report['processes'][t['process']]['pid']}" for t in report["threads"])
            found.append([(p["pid"], p["parent"], p["name"], p["role"],
                           p["exit"] if p["signal"] is None else -p["signal"], p["entered"], p["reason"])
                          for p in report["processes"]])
        assert found[0] == found[1]
        return found[0]

    return read


def test_a_child_is_told_and_has_a_tape(rows):
    main = tape(100, 9)
    tell(main, 101, "python3", 1, 5, 7 << 8)
    tell(main, 102, "true", 2, 3, 0)
    tell(main, 103, "app.py", 4, 9, 15, flags=IS_FORKED)
    assert rows(launched(), main, tape(101, 100, "other.py", 1.5), tape(103, 100, "app.py", 4.5, FORKED)) == [
        (100, 9, "app.py", "main", 0, True, None),
        (101, 100, "other.py", "child", 7, True, None),
        (102, 100, "true", "child", 0, False, "not Python"),
        (103, 100, "app.py", "worker", -15, True, None)]


def test_a_pid_used_again_is_two_processes(rows):
    """Four times: unentered, entered, unentered and never waited for, entered."""
    main = tape(100, 9)
    tell(main, 101, "a", 1, 2, 1 << 8)
    tell(main, 101, "b", 3, 4, 2 << 8)
    tell(main, 101, "c", 5)
    tell(main, 101, "d", 7, 8, 4 << 8)
    assert rows(launched(), main, tape(101, 100, "b.py", 3.5), tape(101, 100, "d.py", 7.5)) == [
        (100, 9, "app.py", "main", 0, True, None),
        (101, 100, "a", "child", 1, False, "not Python"),
        (101, 100, "b.py", "child", 2, True, None),
        (101, 100, "c", "child", None, False, "not Python"),
        (101, 100, "d.py", "child", 4, True, None)]


def test_a_process_has_the_parent_that_began_before_it(rows):
    """The pid of its parent was another's later on."""
    main = tape(100, 9)
    tell(main, 101, "first.py", 1, 5, 0)
    tell(main, 101, "second.py", 10, 20, 0)
    found = rows(launched(), main, tape(101, 100, "first.py", 1.5), tape(102, 101, "below.py", 3),
                 tape(101, 100, "second.py", 10.5), tape(103, 101, "below.py", 12))
    assert [(row[0], row[1], row[2]) for row in found] == [
        (100, 9, "app.py"), (101, 100, "first.py"), (102, 101, "below.py"), (101, 100, "second.py"), (103, 101, "below.py")]


def test_ancestors_lead_to_the_nearest_known(rows):
    """sh, timeout and env stood between, and are gone; further up nobody is asked for."""
    found = rows(launched(), tape(100, 9), tape(200, 150, "a.py", 1, ancestors=[151, 152, 100, 9]),
                 tape(201, 160, "b.py", 2, ancestors=[161, 200, 150, 151]),
                 tape(202, 170, "c.py", 3, ancestors=[171, 172, 173, 174]))
    assert [row[:4] for row in found] == [
        (100, 9, "app.py", "main"), (200, 100, "a.py", "child"), (201, 200, "b.py", "child"), (202, 170, "c.py", "child")]


def test_a_daemon_is_below_who_forked_it(rows):
    main = tape(100, 9)
    tell(main, 101, "app.py", 1, 2, 0, flags=IS_FORKED)
    found = rows(launched(), main, tape(101, 100, begin=1.5, how=FORKED, ancestors=[100, 9]),
                 tape(102, 1, begin=1.8, how=FORKED, ancestors=[101, 100, 9]))
    assert [row[:4] for row in found] == [
        (100, 9, "app.py", "main"), (101, 100, "app.py", "worker"), (102, 101, "app.py", "worker")]


def test_images_of_one_pid(rows):
    """Forked; then Python; then what is no Python, as which it ended. A failed exec is not told of."""
    main = tape(100, 9)
    tell(main, 101, "app.py", 1, 9, 3 << 8, flags=IS_FORKED)
    first = tape(101, 100, begin=1.5, how=FORKED, start_ticks=50)
    tell(first, 101, "nosuch", 2, flags=IS_IMAGE | IS_VOID, parent=100)
    tell(first, 101, "python3", 3, flags=IS_IMAGE, parent=100, reason="Python was started with -I")
    second = tape(101, 100, "next.py", 3.5, start_ticks=50)
    tell(second, 101, "sleep", 5, flags=IS_IMAGE, parent=100)
    assert rows(launched(), main, first, second) == [
        (100, 9, "app.py", "main", 0, True, None),
        (101, 100, "app.py", "worker", None, True, None),
        (101, 100, "next.py", "child", None, True, None),
        (101, 100, "sleep", "child", 3, False, "not Python")]


def test_a_later_process_of_that_pid_is_no_image(rows):
    main = tape(100, 9)
    tell(main, 101, "app.py", 1, flags=IS_FORKED)
    first = tape(101, 100, begin=1.5, how=FORKED, start_ticks=50)
    tell(first, 101, "sleep", 2, flags=IS_IMAGE, parent=100)
    found = rows(launched(), main, first, tape(101, 300, "other.py", 8, start_ticks=777))
    assert [(row[2], row[5], row[6]) for row in found if row[0] == 101] == [
        ("app.py", True, None), ("sleep", False, "not Python"), ("other.py", True, None)]


def test_code_between_fork_and_exec(rows):
    """preexec_fn: the forked image has a tape, and the command is another row, which ended."""
    main = tape(100, 9)
    tell(main, 101, "sleep", 1, 5, 2 << 8)
    assert rows(launched(), main, tape(101, 100, begin=1.5, how=FORKED))[1:] == [
        (101, 100, "app.py", "worker", None, True, None), (101, 100, "sleep", "child", 2, False, "not Python")]


def test_what_system_started(rows):
    """Its pid is that of the Python it became, of the shell above one, or none."""
    main = tape(100, 9)
    tell(main, 0, "sh -c python3", 1, 2, 1 << 8)
    tell(main, 0, "sh -c cd", 3, 4, 2 << 8)
    tell(main, 0, "sh -c true", 5, 6, 3 << 8)
    assert rows(launched(), main, tape(101, 100, "a.py", 1.5), tape(103, 102, "b.py", 3.5, ancestors=[100, 9])) == [
        (100, 9, "app.py", "main", 0, True, None),
        (101, 100, "a.py", "child", 1, True, None),
        (102, 100, "sh -c cd", "child", 2, False, "not Python"),
        (103, 102, "b.py", "child", None, True, None),
        (None, 100, "sh -c true", "child", 3, False, "not Python")]


def test_roles_and_names_of_multiprocessing(rows):
    found = rows(launched(), tape(100, 9), tape(101, 100, "-c", 1, duty="resource_tracker", called="resource_tracker"),
                 tape(102, 100, "-c", 2, duty="worker: crunch", called="SpawnProcess-1"),
                 tape(103, 102, "-c", 3, FORKED, duty="worker: Pool", called="ForkPoolWorker-2"),
                 tape(104, 100, "x.py", 4, duty="main"), tape(105, 100, "x.py", 5, FORKED, duty="\x1b[2J"))
    assert [row[:4] for row in found] == [
        (100, 9, "app.py", "main"), (101, 100, "resource_tracker", "resource_tracker"),
        (102, 100, "SpawnProcess-1", "worker: crunch"), (103, 102, "ForkPoolWorker-2", "worker: Pool"),
        (104, 100, "x.py", "child"), (105, 100, "x.py", "worker")], "no tape tells another role than an agent would"


def test_left_out_is_listed_and_nothing_of_it_counted(rows, run_sonde):
    main = tape(100, 9)
    tell(main, 101, "python3", 1, 5, 7 << 8)
    out = tape(101, 100, "other.py", 1.5, EXECUTED | LEFT_OUT)
    tell(out, 102, "true", 2, 3, 0)
    assert rows(launched(), main, out) == [
        (100, 9, "app.py", "main", 0, True, None),
        (101, 100, "other.py", "child", 7, False, "left out by --children"),
        (102, 101, "true", "child", 0, False, "not Python")]
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    assert (report["total_calls"], [f["name"] for f in report["functions"]]) == (1, ["work_100_0"])


def test_notes_give_the_reason(rows):
    """Of one that was told of, of one that was not and names its parent, and of one before notes did."""
    main = tape(100, 9)
    tell(main, 101, "python2.7", 1, 5, 7 << 8, reason="it ended before its program began")
    notes = [("101.note", "python 2.7.18 /opt/python2.7\nFileNotFoundError: x\nparent 100\n"),
             ("102.note", "python 3.8.1 /opt/python3.8\nImportError: x\nparent 101\n"),
             ("103.note", "python 3.9.1 /opt/python3.9\nImportError: x\n")]
    assert rows(launched(), main, notes=notes) == [
        (100, 9, "app.py", "main", 0, True, None),
        (101, 100, "python2.7", "child", 7, False, "no agent for Python 2.7.18 (/opt/python2.7)"),
        (102, 101, "python3.8", "child", None, False, "no agent for Python 3.8.1 (/opt/python3.8)"),
        (103, None, "python3.9", "child", None, False, "no agent for Python 3.9.1 (/opt/python3.9)")]


@pytest.fixture
def read(run_sonde, tmp_path):
    """read(tapes): the report, the seconds that each process was in its function, and notes."""

    def read(*tapes, notes=()):
        for made in tapes:
            made.write(tmp_path / "x.sonde", f"{made.pid}-{made.begin_ns:x}.tape")
        for name, text in notes:
            (tmp_path / "x.sonde" / name).write_text(text)
        got = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
        told = [note for note in got["quality"]["notes"] if "probe" not in note]
        return got, {f["name"].split("_")[1]: round(f["self_ns"] / SECOND, 3) for f in got["functions"]}, told

    return read


def test_a_group_that_was_killed(read):
    """Who would have seen the workers end was killed with them: its launcher did see that."""
    main = killed(100, 9, 0, EXECUTED)
    tell(main, 101, "app.py", .2, flags=IS_FORKED)
    below = killed(103, 102, 1, EXECUTED)
    below.ancestors = (101, 100, 9, 0)
    got, seconds, notes = read(launched(status=15, wall=4), main, killed(101, 100, .5), below)
    assert seconds == {"100": 3, "101": 2.5, "103": 2}
    assert [p["wall_ns"] / SECOND for p in got["processes"]] == [4, 3.5, 3]
    assert notes == ["2 processes ended unseen: what they were in last is charged up to the end of app.py (100), at most."]
    assert got["quality"]["exact"]


def test_the_nearest_end_that_is_known_counts(read):
    """Of a worker that was waited for, of its parent's own, of another's: each bounds those below it."""
    main = tape(100, 9, wall_ns=9 * SECOND)
    tell(main, 101, "app.py", .2, 5, 9, flags=IS_FORKED)
    got, seconds, notes = read(launched(wall=20), main, killed(101, 100, .5), killed(102, 101, 1), killed(103, 100, 2))
    assert seconds == {"100": 0, "101": 3.5, "102": 3, "103": 17}
    assert notes == ["2 processes ended unseen: what they were in last is charged up to the end of who started each, at most."]


def test_all_that_was_there_was_killed(read):
    """The launcher as well: there is the last moment that anything tells of, and no more."""
    launcher = launched(status=None, wall=0)
    launcher.state, launcher.wall_ns = RUNNING, 0
    got, seconds, notes = read(launcher, killed(100, 9, 0, EXECUTED), killed(101, 100, 2), killed(102, 100, 6))
    assert seconds == {"100": 6, "101": 4, "102": 0}
    assert notes == ["2 processes ended unseen: what they were in last is charged up to the last moment that was "
                     "recorded, at most."]


def test_one_alone_that_was_killed(read):
    """Nobody tells anything but itself: its threads were there at its last event, and that is no guess."""
    alone = killed(100, 9, 0, EXECUTED)
    assert read(alone)[1:] == ({"100": 0}, [])


def test_who_told_of_its_end_is_charged_to_it(read):
    """By os._exit, an exec, a signal to itself; that somebody waited later for it is no matter."""
    main = tape(100, 9, wall_ns=9 * SECOND)
    tell(main, 101, "app.py", .2, 8, 0, flags=IS_FORKED)
    got, seconds, notes = read(launched(wall=20), main, killed(101, 100, .5, FORKED | SAVED),
                               killed(102, 100, 1, FORKED | SAVED))
    assert (seconds, notes) == ({"100": 0, "101": 0, "102": 0}, [])


@pytest.mark.parametrize("children, spent", [([], 5), ([1.5, .25], 3.25), ([1.5, 0], .5), ([9], .5)])
def test_processor_time_of_a_program_that_was_killed(read, children, spent):
    """Its launcher's wait has it, with that of the children it waited for; of one nobody knows what it took."""
    launcher = launched(status=None)
    launcher.processes.clear()
    launcher.process(100, "app.py", parent=9, status=9, wall_ns=9 * SECOND, cpu_ns=5 * SECOND)
    main = killed(100, 9, 0, EXECUTED)
    for n, cpu in enumerate(children):
        tell(main, 200 + n, "true", 1, 2, 0, cpu=cpu)
    tell(main, 300, "waited for by nobody", 1)
    tell(main, 301, "no such", 1, 1, 127 << 8, flags=NOT_EXECUTED, cpu=0)
    got, _, _ = read(launcher, main)
    assert got["processes"][0]["cpu_ns"] / SECOND == spent


def test_what_could_not_be_recorded_is_told(read):
    main = tape(100, 9)
    for pid in 101, 102:
        tell(main, pid, "app.py", 1, 2, 0, flags=IS_FORKED)
    got, _, notes = read(launched(), main, notes=[
        (f"{pid}.note", "python 3.13.0 app.py\nagent: No space left on device\nparent 100\n") for pid in (101, 102, 103)])
    assert not got["quality"]["exact"]
    assert notes == ["3 processes could not be recorded (No space left on device): the calls made there are missing."]
    assert [p["reason"] for p in got["processes"]] == [None] + ["cannot record: No space left on device"] * 3


def test_siblings_in_the_order_of_their_start(rows):
    """Not of their first events; and what was started before the program's, and lost its parents, comes behind it."""
    main = tape(100, 9, begin=1)
    for n, pid in enumerate((103, 101, 102)):
        tell(main, pid, "app.py", 2 + n, 9, 0, flags=IS_FORKED)
    found = rows(launched(), main, *(tape(pid, 100, begin=6 + n, how=FORKED) for n, pid in enumerate((102, 101, 103))),
                 tape(50, 40, begin=.5))
    assert [row[0] for row in found] == [100, 103, 101, 102, 50]


def test_parents_in_a_circle(rows):
    """Each row once, whoever is whose parent."""
    found = rows(tape(100, 103), tape(101, 100), tape(102, 101), tape(103, 102), tape(104, 104, ancestors=[104, 104]),
                 tape(105, 103))
    assert sorted(row[0] for row in found) == [100, 101, 102, 103, 104, 105]


def test_a_hundred_thousand_records_of_one_pid(run_sonde, tmp_path):
    """Told by two tapes, with starts and ends that mean nothing, beside 200 tapes of that pid."""
    for n in range(2):
        main = tape(100 + n, 9)
        for i in range(50_000):
            tell(main, 7, "x", i % 97, i % 89, 0, flags=i % 16)
        main.write(tmp_path / "x.sonde", f"{100 + n}.tape")
    for i in range(200):
        tape(7, 7, begin=i % 50, ancestors=[7, 7, 7, 7]).write(tmp_path / "x.sonde", f"7-{i}.tape")
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True, timeout=10).stdout)
    assert 50_000 < len(report["processes"]) <= 100_202


def test_more_processes_than_there_was_room_for(run_sonde, tmp_path):
    tape(100, 9, more_processes=3, state=RUNNING).write(tmp_path / "x.sonde")
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    assert "3 more processes were started than there was room to list." in report["quality"]["notes"]
