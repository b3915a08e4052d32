# SPDX-License-Identifier: Apache-2.0
"""sonde run: which program a word means, which Python, where the recording goes."""

import json
import os
import pty
import re
import resource
import shutil
import stat
import subprocess
import sys
import time
import zipfile

import pytest

from counting import package_of

SHOW = "import sys; print(sys.argv, __name__, sys.version_info[:2], sep='|')"
MAGIC = b"SONDETAP"


@pytest.fixture
def run(run_sonde, python):
    """run(words...): `sonde run --python PYTHON words...`."""
    return lambda *words, **options: run_sonde("run", "--python", python, *words, **options)


def recordings(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".sonde"))


def tapes(recording):
    return [path for path in recording.iterdir() if path.suffix == ".tape"]


def zipapp(path, text, first=b""):
    with open(path, "wb") as out:
        out.write(first)
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("__main__.py", text)


# What a word means.


@pytest.mark.parametrize("name", ["app.py", "app", "app.txt", "-app.py", "--", "ä ö.py"])
def test_script(run, tmp_path, name):
    (tmp_path / name).write_text(SHOW)
    done = run("--", name, "-o", "x", "--", "y")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{[name, '-o', 'x', '--', 'y']}|__main__|")
    assert len(recordings(tmp_path)) == 1


def test_options_of_the_program_are_its_own(run, tmp_path):
    (tmp_path / "app.py").write_text(SHOW)
    assert run("app.py", "-o", "x", "--version", "-q").stdout.startswith("['app.py', '-o', 'x', '--version', '-q']")
    assert run("-c", SHOW, "-o", "x").stdout.startswith("['-c', '-o', 'x']")
    assert run("-m", "app", "-o", "x").stdout.startswith(f"['{tmp_path}/app.py', '-o', 'x']")


def test_script_by_path(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/app.py").write_text("import sys; print(sys.argv[0], sys.path[0])")
    assert run("folder/app.py").stdout == f"folder/app.py {tmp_path}/folder\n"
    assert run(tmp_path / "folder/app.py").stdout == f"{tmp_path}/folder/app.py {tmp_path}/folder\n"


def test_folder(run, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__main__.py").write_text(SHOW)
    assert run("app", "x").stdout.startswith("['app', 'x']|__main__|")
    assert run("./app/", "x").stdout.startswith("['./app/', 'x']|__main__|")
    assert run(".", cwd=tmp_path / "app").stdout.startswith("['.']|__main__|")
    assert all(name.startswith("app-20") for name in recordings(tmp_path) + recordings(tmp_path / "app"))


@pytest.mark.parametrize("first", [b"", b"#!/usr/bin/env python3\n"])
@pytest.mark.parametrize("mode", [0o644, 0o755])
@pytest.mark.parametrize("name", ["app.pyz", "app"])
def test_zipapp(run, tmp_path, first, mode, name):
    zipapp(tmp_path / name, SHOW, first)
    (tmp_path / name).chmod(mode)
    done = run(f"./{name}", "x")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"['./{name}', 'x']|__main__|")


def test_program_on_stdin(run):
    assert run("-", "x", input=SHOW).stdout.startswith("['-', 'x']|__main__|")


def test_pipe_as_the_program(run, tmp_path):
    read, write = os.pipe()
    os.write(write, SHOW.encode())
    os.close(write)
    assert run(f"/dev/fd/{read}", pass_fds=[read]).stdout.startswith(f"['/dev/fd/{read}']|__main__|")
    os.close(read)


def test_module_of_a_package(run, tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/__init__.py").write_text("")
    (tmp_path / "pack/tool.py").write_text("import sys; print(sys.argv, __spec__.name, __package__)")
    assert run("-m", "pack.tool", "x").stdout == f"['{tmp_path}/pack/tool.py', 'x'] pack.tool pack\n"
    assert [re.sub("[0-9]+", "0", name) for name in recordings(tmp_path)] == ["tool-0-0.sonde"]


@pytest.mark.parametrize("first", ["#!/bin/sh\n", "#!/usr/bin/env sh\n"])
def test_command_by_path(run, tmp_path, first):
    (tmp_path / "tool").write_text(first + "echo $0 $*; exit 7\n")
    (tmp_path / "tool").chmod(0o755)
    done = run("./tool", "-o", "x")
    assert (done.returncode, done.stdout) == (7, "./tool -o x\n")
    assert "nothing recorded: tool: no Python was entered" in done.stderr


def test_command_on_path(run, clean_env, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tool").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "bin/tool").chmod(0o755)
    env = {**clean_env, "PATH": f"{tmp_path}/bin:{clean_env['PATH']}"}
    (tmp_path / "tool").write_text("raise SystemExit('the text file was read')")
    assert run("tool", env=env).stdout == "here\n"


def test_command_with_its_own_python(run_sonde, python, tmp_path):
    (tmp_path / "tool").write_text(f"#!{python}\n{SHOW}\n")
    (tmp_path / "tool").chmod(0o755)
    done = run_sonde("run", "-o", "x", "./tool", "a")
    assert done.stdout.startswith("['./tool', 'a']|__main__|")
    assert done.stderr == ""
    assert len(tapes(tmp_path / "x.sonde")) == 2
    done = run_sonde("run", "-o", "x", python, "-c", SHOW)
    assert done.stdout.startswith("['-c']|__main__|")
    assert len(tapes(tmp_path / "x.sonde")) == 2


def test_python_that_cannot_be_entered(run_sonde, python):
    done = run_sonde("run", python, "-I", "-c", "raise SystemExit(4)")
    assert done.returncode == 4
    assert done.stderr == (f"sonde: nothing recorded: {os.path.basename(python)}: no Python was entered (not a Python"
                           " program, or one started with -I, -E or -S, or as another user)\n")


# What cannot be run: as env(1).


def refused(done, status, text):
    assert (done.returncode, done.stdout) == (status, "")
    assert re.fullmatch(f"sonde: {text}\n", done.stderr), done.stderr


@pytest.mark.parametrize("word, status, text", [
    ("missing.py", 127, "cannot run: missing.py: No such file or directory"),
    ("missing", 127, "cannot run: missing: no such file or command"),
    ("./missing", 127, "cannot run: ./missing: No such file or directory"),
    ("folder", 126, "cannot run: folder: a directory without __main__.py"),
    ("folder/", 126, "cannot run: folder/: a directory without __main__.py"),
    ("binary", 126, "cannot run: binary: Permission denied"),
    ("shell", 126, "cannot run: shell: Permission denied"),
    ("tool", 127, r"cannot run: tool: not on PATH \(\./tool is here\)"),
    ("./orphan", 127, "cannot run: ./orphan: the interpreter it asks for is missing"),
    ("app.py/x", 126, "cannot run: app.py/x: Not a directory"),
])
def test_cannot_run(run, tmp_path, word, status, text):
    (tmp_path / "folder").mkdir()
    (tmp_path / "app.py").write_text("")
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    (tmp_path / "shell").write_text("#!/bin/sh\n")
    for name, text_of in (("tool", "#!/bin/sh\n"), ("orphan", "#!/no/such\n")):
        (tmp_path / name).write_text(text_of)
        (tmp_path / name).chmod(0o755)
    refused(run(word, "x"), status, text)
    assert recordings(tmp_path) == []


def test_cannot_run_leaves_an_older_recording(run, tmp_path):
    assert run("-o", "x", "-c", "pass").returncode == 0
    before = sorted(os.listdir(tmp_path / "x.sonde"))
    (tmp_path / "orphan").write_text("#!/no/such\n")
    (tmp_path / "orphan").chmod(0o755)
    assert run("-o", "x", "./orphan").returncode == 127
    assert sorted(os.listdir(tmp_path / "x.sonde")) == before
    assert recordings(tmp_path) == ["x.sonde"]


@pytest.mark.parametrize("words, text", [
    ([], r"nothing to run \(.*"),
    (["--nonsense"], "unknown option: --nonsense .*"),
    (["--pyton", "x", "app.py"], r"unknown option: --pyton \(did you mean --python\?\)"),
    (["-o"], "option needs a value: -o NAME"),
    (["-o", "", "app.py"], "bad value: -o : .*"),
    (["-o", "-", "app.py"], "bad value: -o -: .*"),
    (["--clock", "moon", "app.py"], "bad value: --clock moon: it is wall or cpu"),
    (["--clock", "counted", "app.py"], "not in this version yet: --clock counted .*"),
    (["--lines", "app.py"], "not in this version yet: --lines .*"),
    (["--lines=*.py", "app.py"], "not in this version yet: --lines .*"),
    (["--memory", "app.py"], "not in this version yet: --memory .*"),
    (["--sample=100", "app.py"], "not in this version yet: --sample .*"),
    (["--quiet=yes", "app.py"], "option takes no value: --quiet"),
    (["-m"], "option needs a value: -m MODULE"),
])
def test_usage(run_sonde, tmp_path, words, text):
    (tmp_path / "app.py").write_text("print('it ran')")
    refused(run_sonde("run", *words), 2, text)
    assert recordings(tmp_path) == []


# Which Python.


def test_no_such_python(run_sonde, tmp_path):
    for python in ("python9.9", "/no/such", tmp_path):
        refused(run_sonde("run", "--python", python, "-c", "pass"), 127, "no such Python: .*")


def make_environment(python, folder):
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    return folder


SAY_PREFIX = "import sys; print(sys.prefix, sys.executable)"


def test_python_of_the_environment(run_sonde, python, clean_env, tmp_path):
    venv = make_environment(python, tmp_path / "venv")
    done = run_sonde("run", "-c", SAY_PREFIX, env={**clean_env, "VIRTUAL_ENV": str(venv)})
    assert done.stdout == f"{venv} {venv}/bin/python\n"
    assert run_sonde("run", "--python", venv, "-c", SAY_PREFIX).stdout == done.stdout
    assert run_sonde("run", "--python", "venv/bin/python", "-c", SAY_PREFIX).stdout == done.stdout


def test_python_beside_sonde_then_on_path(sonde, python, run_sonde, clean_env, tmp_path):
    venv = make_environment(python, tmp_path / "venv")
    shutil.copy(sonde, venv / "bin/sonde")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(python)
    env = {**clean_env, "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}

    def prefix(command):
        return subprocess.run([command, "run", "-q", "-c", SAY_PREFIX], cwd=tmp_path, env=env, stdout=-1,
                              text=True, check=True).stdout.split()[0]

    assert prefix(venv / "bin/sonde") == str(venv)
    (tmp_path / "bin/sonde").symlink_to(venv / "bin/sonde")  # as pipx does: that venv is not the user's
    assert prefix(tmp_path / "bin/sonde") != str(venv)
    env["VIRTUAL_ENV"] = str(tmp_path / "gone")
    assert prefix(venv / "bin/sonde") == str(venv)
    env["PATH"] = "/nonexistent"
    done = subprocess.run([tmp_path / "bin/sonde", "run", "-c", ""], cwd=tmp_path, env=env, stderr=-1, text=True)
    assert (done.returncode, done.stderr) == (127, "sonde: no Python found: python3 is not on PATH (--python names"
                                                   " one)\n")


def other_pythons():
    """Pythons of this machine that have no agent."""
    found = shutil.which("pyenv") and subprocess.run(["pyenv", "root"], stdout=-1, text=True).stdout.strip()
    paths = [f"{found}/versions/{name}/bin/python" for name in sorted(os.listdir(f"{found}/versions"))] if found else []
    for path in paths:
        done = subprocess.run([path, "-c", "import sys; print('%d %d' % sys.version_info[:2])"], stdout=-1, text=True)
        if done.returncode == 0 and tuple(map(int, done.stdout.split())) < (3, 11):
            yield path


def test_python_without_an_agent(run_sonde, tmp_path):
    pythons = list(other_pythons())
    if not pythons:
        pytest.skip("no Python older than 3.11 on this machine")
    for python in pythons:
        code = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3]); sys.exit(3)"
        done = run_sonde("run", "-o", "x", "--python", python, "-c", code)
        assert done.returncode == 3
        named = re.escape(f"{python} is {done.stdout}")
        assert re.fullmatch(rf"sonde: no agent for this Python: {named} \(sonde has 3\.1[\d.-]+;"
                            r" the program ran unprofiled\)\n", done.stderr)
        assert run_sonde("run", "-q", "-o", "x", "--python", python, "-c", code).stderr == ""


# Where the recording goes.


def test_default_name(run, clean_env, tmp_path):
    """By the local time; none replaces another, be they of one second or not."""
    (tmp_path / "app.py").write_text("")
    os.environ["TZ"] = "Asia/Kolkata"
    time.tzset()
    try:
        before = time.strftime("app-%Y%m%d-%H%M%S")
        for count in range(1, 5):
            run("app.py", env={**clean_env, "TZ": "Asia/Kolkata"})
            assert len(recordings(tmp_path)) == count
        after = time.strftime("app-%Y%m%d-%H%M%S")
    finally:
        del os.environ["TZ"]
        time.tzset()
    assert all(before <= name[:len(before)] <= after for name in recordings(tmp_path))
    assert all(re.fullmatch(r"app-\d{8}-\d{6}(-[234])?\.sonde", name) for name in recordings(tmp_path))


def test_default_name_taken(run, tmp_path):
    """So many folders of the coming seconds are there that one of them is met."""
    for second in range(60):
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(time.time() + second))
        (tmp_path / f"python-{stamp}.sonde").mkdir()
        (tmp_path / f"python-{stamp}-2.sonde").touch()
    assert run("-c", "pass").returncode == 0
    assert len([name for name in recordings(tmp_path) if name.endswith("-3.sonde")]) == 1


def test_modes(run, tmp_path):
    assert run("-o", "x", "-c", "pass", umask=0).returncode == 0
    assert stat.S_IMODE((tmp_path / "x.sonde").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "x.sonde").iterdir()} == {0o600}
    code = "import os; print(oct(os.umask(0)))"
    assert run("-o", "y", "-c", code, umask=0o777).stdout == "0o777\n"
    assert stat.S_IMODE((tmp_path / "y.sonde").stat().st_mode) == 0o700


def test_suffix_and_place(run, tmp_path):
    (tmp_path / "folder").mkdir()
    for asked, name in (("x", "x.sonde"), ("y.sonde", "y.sonde"), ("folder/z", "folder/z.sonde"),
                        ("w.sonde/", "w.sonde"), (tmp_path / "v", "v.sonde"), (".sonde", ".sonde")):
        assert run("-o", asked, "-c", "pass").stderr == ""
        assert len(tapes(tmp_path / name)) == 2


def test_recording_of_that_name_is_replaced(run, tmp_path):
    for _ in range(3):
        assert run("-o", "x", "-c", "pass").stderr == ""
        assert len(tapes(tmp_path / "x.sonde")) == 2
    assert os.listdir(tmp_path) == ["x.sonde"]


def in_the_way(path):
    """Things that are no recording, by name."""
    yield "file", lambda: path.write_text("mine")
    yield "folder", lambda: path.mkdir()
    yield "full folder", lambda: (path.mkdir(), (path / "x").write_text("mine"))
    yield "foreign tapes", lambda: (path.mkdir(), (path / "1.tape").write_text("mine"))
    yield "recording and more", lambda: (path.mkdir(), (path / "1.tape").write_bytes(MAGIC * 99),
                                         (path / "mine").write_text("mine"))
    yield "link", lambda: path.symlink_to("elsewhere")
    yield "fifo", lambda: os.mkfifo(path)


@pytest.mark.parametrize("what", [name for name, _ in in_the_way(None)])
def test_anything_else_of_that_name_is_left(run, tmp_path, what):
    path = tmp_path / "x.sonde"
    (tmp_path / "elsewhere").mkdir()
    dict(in_the_way(path))[what]()
    before = subprocess.run(["ls", "-lR", "--full-time", tmp_path], stdout=-1).stdout
    done = run("-o", "x", "-c", "print('it ran'); raise SystemExit(3)")
    assert (done.returncode, done.stdout) == (3, "it ran\n")
    assert done.stderr == "sonde: cannot record: x.sonde: it exists and is no recording; the program runs unprofiled\n"
    assert subprocess.run(["ls", "-lR", "--full-time", tmp_path], stdout=-1).stdout == before


@pytest.mark.parametrize("asked, why", [
    ("missing/x", "No such file or directory"),
    ("file/x", "Not a directory"),
    ("/proc/x", "No such file or directory"),
    ("n" * 300, "File name too long"),
])
def test_output_that_cannot_be(run, tmp_path, asked, why):
    (tmp_path / "file").touch()
    done = run("-o", asked, "-c", "print('it ran'); raise SystemExit(3)")
    assert (done.returncode, done.stdout) == (3, "it ran\n")
    assert done.stderr == f"sonde: cannot record: {asked}.sonde: {why}; the program runs unprofiled\n"
    assert recordings(tmp_path) == []


def test_nobody_listens(run, tmp_path):
    """A message that cannot be delivered changes nothing."""
    read, write = os.pipe()
    os.close(read)
    done = run("-v", "-o", "/no/such", "-c", "print('it ran'); raise SystemExit(3)", stderr=write)
    os.close(write)
    assert (done.returncode, done.stdout) == (3, "it ran\n")


def test_unwritable_folder(run, tmp_path):
    (tmp_path / "folder").mkdir(mode=0o555)
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    done = run("-c", "print('it ran')", cwd=tmp_path / "folder")
    assert (done.returncode, done.stdout) == (0, "it ran\n")
    assert "Permission denied (-o names another place); the program runs unprofiled" in done.stderr


def test_folder_that_is_gone(sonde, python, clean_env, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sonde, "run", "--python", python, "-c",
                           "print('it ran')"], cwd=gone, env=clean_env, stdout=-1, stderr=-1, text=True)
    assert (done.returncode, done.stdout) == (0, "it ran\n")
    assert re.fullmatch("sonde: cannot record: python-.*: No such file or directory.*; the program runs"
                        " unprofiled\n", done.stderr)


def test_recording_removed_meanwhile(run, tmp_path):
    done = run("-o", "x", "-c", "import shutil; shutil.rmtree('x.sonde'); raise SystemExit(3)")
    assert done.returncode == 3
    assert done.stderr == "sonde: recording gone: x.sonde: it was moved or removed while the program ran\n"


def test_tape_cut_short_meanwhile(run, tmp_path):
    """Whoever cuts a mapped file kills who touches it: not us, when told the status."""
    code = ("import glob, os, sys; [os.truncate(name, 0) for name in glob.glob('x.sonde/%d-*.tape' % os.getppid())];"
            "sys.exit(3)")
    assert run("-o", "x", "-c", code).returncode == 3


def test_file_size_limited(run, tmp_path):
    """RLIMIT_FSIZE is the program's: no signal of ours hits it."""
    done = run("-o", "x", "-c", "print('it ran')",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)))
    assert (done.returncode, done.stdout) == (0, "it ran\n")


# What is recorded of the program.


@pytest.mark.smoke
@pytest.mark.parametrize("words, agents", [([], 2), (["--no-children"], 1)])
def test_children(run, tmp_path, words, agents):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'])"
    assert run(*words, "-o", "x", "-c", code).stderr == ""
    assert len(tapes(tmp_path / "x.sonde")) == 1 + agents


def test_own_tape_tells_end(run, run_sonde, tmp_path):
    run("-o", "x", "-c", "raise SystemExit(9)")
    report = json.loads(run_sonde("report", "--json", "x.sonde").stdout)
    assert [p["exit"] for p in report["processes"] if p["entered"]] == [9]


def test_verbose_and_quiet(run, python, tmp_path):
    done = run("-v", "-o", "x", "-c", "raise SystemExit(9)")
    lines = done.stderr.splitlines()
    assert lines[0] == f"sonde: python: {python} (--python)"
    assert lines[1].startswith("sonde: hook: ") and lines[1].endswith("/sonde/hook")
    assert lines[2:4] == [f"sonde: recording: {tmp_path}/x.sonde", "sonde: python: exit status 9"]
    assert "Recording: x.sonde" in done.stderr
    assert run("-q", "-o", "/no/such", "-c", "pass").stderr == ""


def test_summary_on_a_terminal_tells_own_from_builtin(run, sonde, clean_env):
    controller, terminal = pty.openpty()
    code = "def own():\n for n in range(1000000): n + 1\nown(); sorted(range(100000), key=abs)"
    run("-o", "x", "-c", code, stderr=terminal, env=clean_env | {"TERM": "xterm"})
    os.close(terminal)
    text = os.read(controller, 65536).decode()
    os.close(controller)
    assert "\33[1mown\33[0m" in text and "\33[2msorted\33[0m" in text


def test_a_folder_whose_name_is_no_utf8(run, tmp_path):
    folder = os.fsencode(tmp_path) + b"/\xff \xe9"
    os.mkdir(folder)
    done = run("-o", "x", "-c", "print(len('ab'))", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    assert sorted(os.listdir(folder)) == [b"x.sonde"]
    names = os.listdir(folder + b"/x.sonde")
    assert len(names) == 2 and all(name.endswith(b".tape") for name in names)


def test_under_itself(run, sonde, python, tmp_path):
    done = run("-q", "-o", "outer", sonde, "run", "-q", "-o", "inner", "--python", python, "-c",
               "import sys, os; print(os.environ['PYTHONPATH'].count('sonde/hook')); sys.exit(6)")
    assert (done.returncode, done.stdout) == (6, "1\n")
    assert len(tapes(tmp_path / "inner.sonde")) == 2


def test_an_agent_that_cannot_record_says_why(run_sonde, python, tmp_path):
    (tmp_path / "app.py").write_text("print('ran')")
    done = run_sonde("run", "-o", "x", "sh", "-c", f"ulimit -f 8; exec {python} app.py")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr == "sonde: cannot record: sh: File too large (the program ran unprofiled)\n"


def test_import_where_there_is_no_agent(sonde, tmp_path):
    """The package on a Python that has none: one line that says so."""
    (tmp_path / "sonde").mkdir()
    (tmp_path / "sonde/__init__.py").write_text(
        (package_of(sonde) / "__init__.py").read_text())
    done = subprocess.run([sys.executable, "-c", "import sonde"], cwd=tmp_path, text=True,
                          stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert re.search(r"ImportError: sonde: no agent for this Python: .* is 3\.", done.stderr)
