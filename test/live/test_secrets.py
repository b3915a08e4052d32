# SPDX-License-Identifier: Apache-2.0
"""What a program handles does not get into a recording, nor into anything made from it."""

import pytest

from tape import pack_content

VALUES = {kind: f"canary-{kind}-5f1e0c" for kind in
          ("local", "argument", "argv", "environ", "constant", "exception", "url", "stdin", "returned", "docstring")}
PROGRAM = '''
"""canary-docstring-5f1e0c"""
import os, sys, threading, urllib.parse

PASSWORD = "canary-constant-5f1e0c"

class Account:
    def __init__(self, secret):
        self.secret = secret

    def open(self, token="canary-constant-5f1e0c"):
        """canary-docstring-5f1e0c"""
        password = "".join(["canary", "-local-", "5f1e0c"])
        return self.secret + token + password

def fetch(url, body):
    parts = urllib.parse.urlsplit(url)
    return "-".join(["canary", "returned", "5f1e0c"]) + parts.netloc + body

def fail(text):
    try:
        raise ValueError(text)
    except ValueError as error:
        return str(error)

def work():
    Account(sys.argv[1]).open()
    Account(os.environ["CANARY"]).open("-".join(["canary", "argument", "5f1e0c"]))
    fetch("https://user:" + "-".join(["canary", "url", "5f1e0c"]) + "@example.org/?t=1", sys.stdin.read())
    fail("-".join(["canary", "exception", "5f1e0c"]))
    eval("len('" + "-".join(["canary", "constant", "5f1e0c"]) + "')")

thread = threading.Thread(target=work)
thread.start()
thread.join()
if os.fork() == 0:
    work()
    os._exit(0)
os.wait()
os.execvp(sys.executable, [sys.executable, "-c", "pass", sys.argv[1]])
'''


@pytest.mark.smoke
def test_no_kind_of_secret_is_in_a_recording(run_sonde, python, clean_env, tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM)
    done = run_sonde("run", "-v", "-o", "x", "--python", python, "app.py", VALUES["argv"], check=True,
                     input=VALUES["stdin"], env={**clean_env, "CANARY": VALUES["environ"]})
    made = {"summary": done.stdout + done.stderr, "alone": run_sonde(check=True).stdout}
    for path in (tmp_path / "x.sonde").iterdir():
        made[path.name] = path.read_bytes().decode("latin-1")
    assert len(made) == 2 + 4
    run_sonde("pack", "x.sonde", check=True)
    made["pack"] = pack_content((tmp_path / "x.pack.sonde").read_bytes())[0].decode("latin-1")
    for options in (["--json"], ["-n", "9999"], ["--tree", "-n", "9999"], ["--processes"],
                    ["--callers", "--callees", "-n", "9999"], ["--by", "thread"], ["--json", "--tree", "--processes"]):
        made[" ".join(options)] = run_sonde("report", *options, check=True).stdout
    found = {(kind, where) for where, text in made.items() for kind, value in VALUES.items() if value in text}
    assert found == set()
    assert "Account.open" in made["--json"], "the names are there, the values are not"


def test_words_of_other_commands_are_not_recorded(run_sonde, python, tmp_path):
    """Of a command its base name alone; of -c CODE not the code."""
    code = f"len({VALUES['constant']!r})"
    run_sonde("run", "-o", "c", "--python", python, "-c", code, VALUES["argv"], check=True)
    run_sonde("run", "-o", "e", "env", f"A={VALUES['environ']}", python, "-c", code, VALUES["argv"], check=True)
    for name in "ce":
        for path in (tmp_path / f"{name}.sonde").iterdir():
            assert not any(value.encode() in path.read_bytes() for value in VALUES.values())
