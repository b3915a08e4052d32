# SPDX-License-Identifier: Apache-2.0
"""valgrind finds no error, no leak and no open file in what the command does.

But for the folder it records in, which the launcher holds to its end.
"""

import os
import shutil
import subprocess

import pytest

import tape_writer


@pytest.fixture
def recordings(run_sonde, python, tmp_path, root):
    """x.sonde of two processes; made.sonde made up; cut.sonde; and no recording at all."""
    code = "import os\nif os.fork() == 0: os._exit(sum(map(abs, range(9))) % 2)\nos.wait()"
    run_sonde("run", "-o", "x", "--python", python, "-c", code, check=True)
    tape = tape_writer.Tape()
    thread = tape.thread("MainThread")
    main = tape.node(thread, None, tape.function("main", "/app.py", 1), calls=1, self_ns=5)
    tape.node(thread, main, tape.function("len"), calls=3, self_ns=2)
    tape.write(tmp_path / "made.sonde")
    (tmp_path / "cut.sonde").mkdir()
    (tmp_path / "cut.sonde/1.tape").write_bytes(tape.bytes()[:-200])
    (tmp_path / "no.sonde").mkdir()
    (tmp_path / "no.sonde/1.tape").write_bytes(b"x" * 5000)
    shutil.copytree(root / "test/files/tape", tmp_path / "kept.sonde")
    shutil.copytree(root / "test/files/pack", tmp_path / "packs")
    run_sonde("pack", "x.sonde", "-o", "packed.sonde", check=True)
    (tmp_path / "cut-pack.sonde").write_bytes((tmp_path / "packed.sonde").read_bytes()[:-9])
    (tmp_path / "kept.prof").write_bytes((root / "test/files/pstats/3.6-profile-code.prof").read_bytes())
    (tmp_path / "cut.prof").write_bytes((root / "test/files/pstats/3.12-cprofile.prof").read_bytes()[:-9])
    os.utime(tmp_path / "x.sonde")
    return tmp_path


@pytest.fixture
def memcheck(sonde, clean_env, tmp_path):
    """memcheck(words): its status; valgrind's own errors fail."""

    def run(*words):
        log = tmp_path / "valgrind.log"
        done = subprocess.run(
            ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
             "--track-fds=yes", "--trace-children=no", "--child-silent-after-fork=yes", f"--log-file={log}", sonde,
             *map(str, words)],
            cwd=tmp_path, env=clean_env, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, timeout=200)
        told = log.read_text()
        left = [line for line in told.splitlines() if "Open file descriptor" in line and not line.endswith(".sonde")]
        assert done.returncode != 99 and "Invalid" not in told and "uninitialised" not in told, told
        assert len(left) == told.count("<inherited from parent>"), told
        return done.returncode

    return run


SMALL = [(["report", "x.sonde"], 0), (["report", "--json", "--tree", "x.sonde", "made.sonde"], 0), (["report", "kept.sonde", "made.sonde"], 1),
         (["report", "cut.sonde"], 0), (["report", "--all", "kept.prof", "x.sonde"], 0),
         (["report", "--callers", "kept.prof", "x.sonde"], 0), (["diff", "--tree", "x.sonde", "made.sonde"], 0),
         (["report", "--pstats", "cut.prof"], 1), (["report", "no.sonde"], 1), (["report", "nothing.sonde"], 1), (["-x"], 2),
         (["pack", "x.sonde"], 0), (["report", "packed.sonde"], 0), (["view", "--html", "x.html", "x.sonde", "kept.prof"], 0),
         (["view", "-s", "none.sonde"], 1)]
LARGE = [(["report", "--tree", "--processes", "--callers", "--callees", "x.sonde"], 0), ([], 0), (["formats"], 0),
         (["formats", "--json"], 0), (["doctor"], 0), (["doctor", "--json"], 0), (["report", "--as-cprofile", "x.sonde"], 0),
         (["report", "--by", "module", "-s", "calls,name", "-n", "0.5", "--only", "a", "--not", "b", "x.sonde"], 0),
         (["pstats", "kept.prof"], 0), (["report", "--by", "file", "--json", "kept.prof", "x.sonde"], 0),
         (["report", "cut.prof"], 1), (["report", "--tree", "kept.prof"], 1),
         (["diff", "--markdown", "--only", "a", "--fail-above", "1000000%", "kept.prof", "kept.prof"], 0),
         (["diff", "--json", "--tree", "--cumulative", *["--before", "x.sonde"] * 6, *["--after", "made.sonde"] * 6], 0),
         (["diff", "x.sonde", "kept.prof"], 2), (["diff", "x.sonde", "no.sonde"], 1), (["diff", "x.sonde"], 2),
         (["convert", "kept.prof", "x.sonde", "-o", "out.json"], 0), (["convert", "x.sonde", "-o", "out.prof"], 0),
         (["convert", "kept.prof", "kept.prof", "-o", "all.pstats"], 0), (["convert", "cut.prof", "-o", "out.prof"], 1),
         (["report", "--pstats", "--callers", "--callees", "-s", "name,time", "--only", "(", "--only", "[a-z]+(?=.)", "-n",
           "0.5", "--strip-dirs", "x.sonde"], 0), (["report", "--json", "-o", "out.json", "x.sonde", "made.sonde"], 0), (["report", "--only", "(", "x.sonde"], 2),
         (["report", "-o", "/dev/full", "x.sonde"], 1), (["--help"], 0), (["report", "--help"], 0), (["--version"], 0),
         (["report", "--by", "x"], 2), (["reprot"], 2), (["run"], 2), (["run", "nothing.py"], 127),
         (["run", "-q", "-o", "y", "true"], 0), (["run", "-o", "x", "-v", "/bin/false"], 1),
         (["run", "-o", "/nowhere/x", "true"], 0), (["pack", "-o", "-", "cut.sonde"], 0), (["pack", "no.sonde"], 1),
         (["pack", "packed.sonde"], 1), (["pack", "x.sonde", "-o", "/nowhere/x"], 1), (["report", "cut-pack.sonde"], 1),
         (["report", "--json", "packs/made-unreadable.sonde", "packs/made-damaged.sonde"], 0)]


@pytest.mark.parametrize("words, status", SMALL, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_reading(memcheck, recordings, words, status):
    assert memcheck(*words) == status


@pytest.mark.long
@pytest.mark.parametrize("words, status", LARGE, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_every_command(memcheck, recordings, words, status):
    assert memcheck(*words) == status


@pytest.mark.long
def test_a_launch(memcheck, recordings, python):
    assert memcheck("run", "-v", "-o", "z", "--python", python, "-c", "raise SystemExit(7)") == 7


@pytest.mark.long
def test_a_timing(memcheck, recordings, python):
    assert memcheck("timeit", "--python", python, "-n", "100", "-r", "2", "len('x')", "[]", "time.sleep(0)") == 0
