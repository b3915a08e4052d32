# SPDX-License-Identifier: Apache-2.0
"""sonde view of files that are written anew while they are shown: read again when the page is loaded again."""

import json
import marshal
import signal
import subprocess

from live.viewing import View, built, viewing  # noqa: F401


def write_dump(path, seconds):
    """A file of cProfile: functions by name, their seconds."""
    path.write_bytes(marshal.dumps({("app.py", line, name): (1, 1, spent, spent, {})
                                    for line, (name, spent) in enumerate(seconds.items(), 1)}))


def about(view):
    return json.loads(view.ask("/q/about")[1])


def test_a_file_that_was_written_anew_is_read_again(sonde, clean_env, tmp_path):
    file = tmp_path / "app.prof"
    write_dump(file, {"one": 1, "two": 2})
    with viewing(sonde, clean_env, tmp_path, "app.prof") as view:
        view.enter()
        view.ask("/")
        assert (about(view)["generation"], about(view)["functions"]) == (1, 2)
        write_dump(file, {"one": 1, "two": 2, "three": 3})
        # Not between two questions of one page: its ids are of what it has read.
        assert (about(view)["generation"], about(view)["functions"]) == (1, 2)
        assert view.ask("/")[0].status == 200
        assert (about(view)["generation"], about(view)["total"]) == (2, 6_000_000_000)
        view.ask("/")
        rows = json.loads(view.ask("/q/rows?count=3")[1])
        assert (rows["generation"], rows["self"][0]) == (2, 3_000_000_000)


def test_what_cannot_be_read_again_stays_as_it_was(sonde, clean_env, tmp_path):
    file = tmp_path / "app.prof"
    write_dump(file, {"one": 1})
    process = subprocess.Popen([sonde, "view", "-s", "app.prof"], cwd=tmp_path, env=clean_env, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    view = View(process, process.stdout.readline().strip())
    view.enter()
    file.write_bytes(b"half a fi")
    assert view.ask("/")[0].status == 200 and about(view)["generation"] == 1
    file.unlink()
    assert view.ask("/")[0].status == 200 and about(view)["functions"] == 1
    write_dump(file, {"one": 1, "two": 2})
    view.ask("/")
    assert about(view)["functions"] == 2
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1].splitlines()
    assert len(said) == 2 and all(line.startswith("sonde: ") and line.endswith("; shown as it was before") for line in said)
