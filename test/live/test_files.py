# SPDX-License-Identifier: Apache-2.0
"""How files are made: for their owner alone, new ones only, through no link, closed in what is
executed; and what stands at their name already is refused or left as it was."""

import json
import os
import re
import stat
import subprocess
import textwrap

import pytest

from counting import package_of, packages_in

FORKS = """
import os, subprocess, sys, threading
if os.fork() == 0:
    len("child")
    os._exit(0)
os.wait()
subprocess.run([sys.executable, "-c", "pass"])
"""
START = "import sonde; sonde.start('own'); len('x'); sonde.stop(); sonde.start('second'); len('y')"
NOBODY = 65534

need_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture
def package_env(clean_env, sonde, tmp_path):
    return {**clean_env, "PYTHONPATH": str(packages_in(tmp_path, sonde))}


def modes(folder):
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.lstat().st_mode))
            for path in sorted(folder.rglob("*"))}


def strace(command, **options):
    """Every call that makes a file or folder, as (call, path, flags and mode)."""
    log = options["cwd"] / "strace.log"
    subprocess.run(["strace", "-f", "-qq", "-s", "4096", "-e", "trace=openat,open,creat,mkdir,mkdirat,mknod,mknodat,"
                    "symlink,symlinkat,link,linkat", "-e", "signal=none", "-o", log, *map(str, command)],
                   check=True, timeout=120, stdin=subprocess.DEVNULL, **options)
    for line in log.read_text(errors="replace").splitlines():
        if match := re.match(r'\d+ +(\w+)\((?:AT_FDCWD, |\d+, )?"([^"]*)"(?:, )?(.*)\) += (?!-)', line):
            if match[1].startswith(("mk", "creat", "sym", "link")) or re.search("O_CREAT|O_TMPFILE", match[3]):
                yield match[1], match[2], match[3]


@pytest.mark.smoke
def test_every_file_of_a_run(sonde, python, clean_env, tmp_path):
    """Under umask 000: folders 0700, files 0600, each made new and through no link."""
    (tmp_path / "app.py").write_text(FORKS)
    made = list(strace([sonde, "run", "-o", "x", "--python", python, "app.py"], cwd=tmp_path, env=clean_env, umask=0))
    made = [call for call in made if not call[1].startswith("/dev/")]
    folders = [path for call, path, rest in made if call == "mkdir" and rest == "0700"]
    assert folders == [str(tmp_path / "x.sonde")]
    tapes = [(path, rest) for call, path, rest in made if call == "openat"]
    assert len(tapes) == 4, "the launcher's, the program's, two children's"
    for path, rest in tapes:
        assert re.fullmatch(re.escape(f"{tmp_path}/x.sonde/") + r"\d+-[0-9a-f]+\.tape", path)
        assert set(rest.split(", ")[0].split("|")) >= {"O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC"}
        assert rest.endswith(", 0600")
    assert len(made) == 5, made
    assert set(modes(tmp_path / "x.sonde").values()) == {"0o600"}
    assert modes(tmp_path)["x.sonde"] == "0o700"


def test_a_note(sonde, clean_env, python, tmp_path):
    """A Python whose agent is missing leaves a note, made as carefully."""
    (tmp_path / "x.sonde").mkdir(mode=0o700)
    hook = tmp_path / "bare/sonde/hook"
    hook.mkdir(parents=True)
    (hook / "sitecustomize.py").write_bytes((package_of(sonde) / "hook/sitecustomize.py").read_bytes())
    env = {**clean_env, "PYTHONPATH": str(hook), "SONDE_RECORDING": str(tmp_path / "x.sonde"),
           "PYTHONDONTWRITEBYTECODE": "1"}
    [made] = [call for call in strace([python, "-c", "pass"], cwd=tmp_path, env=env, umask=0)
              if not call[1].startswith("/dev/")]
    assert re.fullmatch(r".*/x\.sonde/\d+\.note", made[1])
    assert set(made[2].split(", ")[0].split("|")) >= {"O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC"}
    assert set(modes(tmp_path / "x.sonde").values()) == {"0o600"}


@pytest.mark.smoke
def test_every_file_of_start(python, package_env, tmp_path):
    made = list(strace([python, "-c", START], cwd=tmp_path, env=package_env, umask=0))
    made = [call for call in made if not call[1].startswith("/dev/") and "__pycache__" not in call[1]]
    assert [(call, path, rest) for call, path, rest in made if call == "mkdir"] == \
        [("mkdir", "own.sonde", "0700"), ("mkdir", "second.sonde", "0700")]
    tapes = [rest for call, path, rest in made if path.endswith(".tape")]
    assert len(tapes) == len(made) - 2 == 2
    for rest in tapes:
        assert set(rest.split(", ")[0].split("|")) >= {"O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC"}
        assert rest.endswith(", 0600")


def test_an_export(sonde, python, run_sonde, clean_env, tmp_path):
    """As the umask has it, and never writable for all; nothing else is made."""
    run_sonde("run", "-o", "x", "--python", python, "-c", "len('x')", check=True)
    run_sonde("report", "x.sonde", check=True)  # the first one measures the probe, in a folder that goes
    made = list(strace([sonde, "report", "--json", "-o", "out.json", "x.sonde"], cwd=tmp_path, env=clean_env, umask=0))
    [(_, folder, flags), (_, name, rest)] = [call for call in made if not call[1].startswith("/dev/")]
    assert folder == "." and set(flags.split(", ")[0].split("|")) == {"O_WRONLY", "O_TMPFILE", "O_CLOEXEC"}
    assert re.fullmatch(r"/proc/self/fd/\d+", name) and re.fullmatch(r'AT_FDCWD, "out\.json\.\d+\.part", AT_SYMLINK_FOLLOW', rest)
    assert modes(tmp_path)["out.json"] == "0o664"
    run_sonde("report", "--json", "-o", "own.json", "x.sonde", check=True, umask=0o077)
    assert modes(tmp_path)["own.json"] == "0o600"


def plant(what, name, victim):
    """Puts it at the name; the victim is what an attacker would have us write to."""
    if what == "symlink":
        name.symlink_to(victim)
    elif what == "dangling":
        name.symlink_to(victim.parent / "not-there")
    elif what == "fifo":
        os.mkfifo(name)
    elif what == "hard link":
        os.link(victim / "1.tape" if victim.is_dir() else victim, name)
        os.chown(name, NOBODY, NOBODY)
    elif what == "foreign":
        (name.mkdir if victim.is_dir() else name.touch)()
        os.chown(name, NOBODY, NOBODY)


def state(folder):
    """Names, kinds, owners, times of change and contents below a folder."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        s = path.lstat()
        whole = path.read_bytes() if stat.S_ISREG(s.st_mode) else b""
        found[str(path)] = s.st_ino, s.st_mode, s.st_uid, s.st_size, s.st_mtime_ns, whole
    return found


def recording_of(run_sonde, python, folder, name):
    run_sonde("run", "-o", folder / name, "--python", python, "-c", "len('x')", check=True)
    return folder / name


KINDS = ["symlink", "fifo", pytest.param("hard link", marks=need_root), pytest.param("foreign", marks=need_root)]


@pytest.mark.parametrize("what", KINDS)
def test_planted_where_run_records(run_sonde, python, tmp_path, what):
    """Refused, left as it is, and the program runs."""
    place = tmp_path / "place"
    (tmp_path / "victims").mkdir()
    place.mkdir()
    victim = recording_of(run_sonde, python, tmp_path / "victims", "v.sonde")
    if what == "hard link":
        victim = next(victim.glob("*.tape"))
    plant(what, place / "x.sonde", victim)
    before = state(place), state(tmp_path / "victims")
    done = run_sonde("run", "-o", "x", "--python", python, "-c", "print('ran')", cwd=place)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert re.fullmatch(r"sonde: cannot record: x\.sonde: (another user's|it exists and is no recording); "
                        r"the program runs unprofiled\n", done.stderr)
    assert (state(place), state(tmp_path / "victims")) == before


@pytest.mark.parametrize("what", KINDS)
def test_planted_where_start_records(run_sonde, python, package_env, tmp_path, what):
    place = tmp_path / "place"
    (tmp_path / "victims").mkdir()
    place.mkdir()
    victim = recording_of(run_sonde, python, tmp_path / "victims", "v.sonde")
    if what == "hard link":
        victim = next(victim.glob("*.tape"))
    plant(what, place / "x.sonde", victim)
    before = state(place), state(tmp_path / "victims")
    code = textwrap.dedent("""
        import sonde
        try:
            sonde.start("x")
        except OSError as error:
            print(type(error).__name__, error.filename)
        """)
    done = subprocess.run([python, "-c", code], cwd=place, env=package_env, text=True, stdout=-1, stderr=-1, timeout=60)
    assert done.stderr == "" and re.fullmatch(r"\w+Error x\n", done.stdout)
    assert (state(place), state(tmp_path / "victims")) == before


@pytest.mark.parametrize("what", [*KINDS, "dangling"])
def test_planted_where_an_export_goes(run_sonde, python, tmp_path, what):
    place = tmp_path / "place"
    (tmp_path / "victims").mkdir()
    place.mkdir()
    recording = recording_of(run_sonde, python, tmp_path, "r.sonde")
    victim = tmp_path / "victims/file"
    victim.write_text("the victim's")
    plant(what, place / "out.json", victim)
    before = state(place), state(tmp_path / "victims")
    done = run_sonde("report", "--json", "-o", "out.json", recording, cwd=place, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"sonde: cannot write: out\.json: (not a regular file|another user's file) "
                        r"\(give another name\)\n", done.stderr)
    assert (state(place), state(tmp_path / "victims")) == before


def test_another_name_of_a_replaced_export_keeps_its_text(run_sonde, python, tmp_path):
    recording = recording_of(run_sonde, python, tmp_path, "r.sonde")
    (tmp_path / "kept").write_text("as it was")
    os.link(tmp_path / "kept", tmp_path / "out.json")
    run_sonde("report", "--json", "-o", "out.json", recording, check=True)
    assert (tmp_path / "kept").read_text() == "as it was"
    assert json.loads((tmp_path / "out.json").read_text())["schema"] == "sonde.report/1"


def test_links_in_a_recording_are_not_followed_when_it_is_replaced(run_sonde, python, tmp_path):
    """They go with it; what they lead to stays."""
    recording = recording_of(run_sonde, python, tmp_path, "r.sonde")
    (tmp_path / "kept.tape").write_text("as it was")
    (recording / "0.tape").symlink_to(tmp_path / "kept.tape")
    recording_of(run_sonde, python, tmp_path, "r.sonde")
    assert (tmp_path / "kept.tape").read_text() == "as it was"
    assert not (recording / "0.tape").is_symlink()
