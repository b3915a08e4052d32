# SPDX-License-Identifier: Apache-2.0
"""Where a program has more rights than who started it, the agent stays out; where it gives its rights
up in mid-run, what was opened stays open, nothing is opened anew, and nothing breaks."""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import sysconfig

import pytest

from counting import package_of
from tape import Tape, tapes

NOBODY = 65534
SECURE = "import os; print(os.getuid(), os.geteuid(), os.getegid(), sum(map(abs, range(10))))"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a program of another user's")


@pytest.fixture
def open_folder(tmp_path):
    """One that others can reach, too."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != pathlib.Path("/"):
            folder.chmod(folder.stat().st_mode | 0o711)
    return tmp_path


@pytest.fixture
def raised(python, open_folder):
    """A copy of the Python, to be given rights, which finds the library of its original."""
    prefix = subprocess.run([python, "-c", "import sys; print(sys.base_prefix, sys.version_info[1])"], stdout=-1,
                            text=True, check=True).stdout.split()
    copy = open_folder / "environment/bin" / f"python3.{prefix[1]}"
    copy.parent.mkdir(parents=True)
    shutil.copy(os.path.realpath(python), copy)
    (open_folder / "environment/pyvenv.cfg").write_text(f"home = {os.path.dirname(os.path.realpath(python))}\n")
    return copy


def entered_env(clean_env, sonde, recording):
    """What the launcher tells the agent."""
    return {**clean_env, "PYTHONPATH": str(package_of(sonde) / "hook"), "SONDE_RECORDING": str(recording),
            "SONDE_OPTIONS": ""}


def run(command, env, **options):
    return subprocess.run(list(map(str, command)), env=env, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, text=True,
                          timeout=60, **options)


def raise_group(copy):
    """Another group is enough to be started with more rights; the user stays one who may read all Pythons."""
    os.chown(copy, 0, NOBODY)
    copy.chmod(0o2755)


def readable_by_all(path):
    path = pathlib.Path(os.path.realpath(path))
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


@pytest.fixture
def recording(open_folder):
    """Where anybody could write: so it is not the folder that keeps the agent out."""
    folder = open_folder / "x.sonde"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.mark.smoke
def test_setgid(raised, clean_env, sonde, recording):
    env = entered_env(clean_env, sonde, recording)
    assert run([raised, "-c", SECURE], env).stdout == "0 0 0 45\n"
    assert len(list(recording.iterdir())) == 1, "without more rights it is entered"
    raise_group(raised)
    done = run([raised, "-c", SECURE], env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"0 0 {NOBODY} 45\n", "its rights were raised"
    assert len(list(recording.iterdir())) == 1, "and nothing was made"


def test_setuid(raised, python, clean_env, sonde, recording):
    if not readable_by_all(python):
        pytest.skip("this Python lies where no other user can read it")
    os.chown(raised, NOBODY, NOBODY)
    raised.chmod(0o6755)
    done = run([raised, "-c", SECURE], entered_env(clean_env, sonde, recording))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"0 {NOBODY} {NOBODY} 45\n", "")
    assert list(recording.iterdir()) == []


def test_setgid_where_there_is_no_agent(raised, clean_env, sonde, recording, open_folder):
    """Not even the note that says why."""
    hook = open_folder / "bare/sonde/hook"
    hook.mkdir(parents=True)
    shutil.copy(package_of(sonde) / "hook/sitecustomize.py", hook)
    env = {**entered_env(clean_env, sonde, recording), "PYTHONPATH": str(hook), "PYTHONDONTWRITEBYTECODE": "1"}
    assert run([raised, "-c", SECURE], env).returncode == 0
    assert [path.suffix for path in recording.iterdir()] == [".note"]
    raise_group(raised)
    assert run([raised, "-c", SECURE], env).stdout == f"0 0 {NOBODY} 45\n"
    assert len(list(recording.iterdir())) == 1


def test_capabilities_of_the_file(raised, python, clean_env, sonde, recording):
    """AT_SECURE without another uid: as nobody, with a capability of the file."""
    if not shutil.which("setcap"):
        pytest.skip("there is no setcap here to give a file a capability")
    if not readable_by_all(python):
        pytest.skip("this Python lies where no other user can read it")
    env = entered_env(clean_env, sonde, recording)
    os.chown(raised, NOBODY, NOBODY)
    subprocess.run(["setcap", "cap_net_bind_service=ep", raised], check=True)
    done = run([raised, "-c", SECURE], env, user=NOBODY, group=NOBODY)
    assert (done.returncode, done.stdout) == (0, f"{NOBODY} {NOBODY} {NOBODY} 45\n")
    assert list(recording.iterdir()) == []
    subprocess.run(["setcap", "-r", raised], check=True)
    assert run([raised, "-c", SECURE], env, user=NOBODY, group=NOBODY).returncode == 0
    assert len(list(recording.iterdir())) == 1, "without the capability it is entered"


DROPS = f"""
import os, threading

def before(): pass
def after(): pass
def more(): exec("def f(): pass\\nf()")

for _ in range(10):
    before()
os.setgroups([])
os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
for _ in range(20):
    after()
for _ in range(5000):  # so many new functions that the tape must grow
    more()
thread = threading.Thread(target=after)
thread.start()
thread.join()
if os.fork() == 0:
    after()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
print(open("/proc/self/status").read().split("Uid:")[1].split()[1])
"""


LOST = ("1 forked process could not be recorded: calls made there, and in what was forked from there, "
        "are missing.")


def test_rights_given_up_in_mid_run(run_sonde, python, sonde, clean_env, open_folder):
    """The folder is root's: the tape goes on, for the child none can be made, and the program runs."""
    (open_folder / "app.py").write_text(DROPS)
    log = open_folder / "opened"
    done = run(["strace", "-f", "-qq", "-e", "trace=openat,setresuid", "-e", "signal=none", "-o", log,
                sonde, "run", "-o", "x", "--python", python, "app.py"], clean_env, cwd=open_folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{NOBODY}\n", "")
    [tape] = tapes(open_folder / "x.sonde")
    assert (tape.calls("before"), tape.calls("after"), tape.calls("more")) == (10, 21, 5000)
    assert tape.header.state == 2 and tape.calls("f") == 5000
    assert tape.header.lost_processes == 1 | 1 << 31  # and no more: it is closed
    behind = log.read_text().split("setresuid", 1)[1]
    opened = [line for line in behind.splitlines() if ".tape" in line and "= -1 EACCES" not in line]
    assert [line for line in opened if "O_RDONLY" not in line] == []  # the launcher reads what is told
    [path] = (open_folder / "x.sonde").glob(f"{tape.header.pid}-*.tape")
    Tape(path, sums=True)  # its seal fits, the child's word included
    quality = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)["quality"]
    assert (quality["exact"], [note for note in quality["notes"] if "forked" in note]) == (False, [LOST])
    assert " 21 " in run_sonde("report", "--only", "after", "x.sonde", check=True).stdout
    assert stat.S_IMODE((open_folder / "x.sonde").stat().st_mode) == 0o700


def test_the_copy_is_a_whole_python(raised, python, clean_env):
    """Else the tests above would show nothing."""
    code = "import json, sys; print(sys.version, json.__file__)"
    assert run([raised, "-c", code], clean_env).stdout == run([python, "-c", code], clean_env).stdout
    assert sysconfig.get_platform().startswith("linux")
