# SPDX-License-Identifier: Apache-2.0
"""However a program ends, its last completed call is in the recording."""

import pytest
from tape import tapes

WORK = """
import atexit, ctypes, multiprocessing, os, resource, signal, threading, time
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

def last():
    return [1].count(1)

def work():
    for _ in range(1000):
        last()

"""
# The end, its status, and how many tapes have the calls.
ENDS = {
    "os._exit": ("work(); os._exit(3)", 3, 1),
    "abort": ("work(); os.abort()", -6, 1),
    "SIGSEGV": ("work(); ctypes.string_at(0)", -11, 1),
    "SIGTERM": ("work(); os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -15, 1),
    "SIGKILL": ("work(); os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)", -9, 1),
    "Pool.terminate": ("""
if __name__ == "__main__":
    pool = multiprocessing.get_context("fork").Pool(2)
    [pool.apply(work) for _ in range(1)]; work(); pool.terminate(); pool.join()
""", 0, 2),
    "daemon threads": ("""
def forever():
    work(); done.set(); time.sleep(600)
done = threading.Event()
threading.Thread(target=forever, daemon=True).start(); done.wait()
""", 0, 1),
    "exception in atexit": ("@atexit.register\ndef fails(): work(); 1 / 0\n", 0, 1),
}


@pytest.mark.smoke
@pytest.mark.parametrize("name", ENDS)
def test_last_call_is_there(run_sonde, python, tmp_path, name):
    text, status, count = ENDS[name]
    (tmp_path / "app.py").write_text(WORK + text)
    done = run_sonde("run", "-q", "-o", "out", "--python", python, "app.py")
    assert done.returncode == status, done.stderr
    calls = [tape.calls("last") for tape in tapes(tmp_path / "out.sonde") if tape.calls("last")]
    assert calls == [1000] * count
    assert run_sonde("report", "out.sonde").returncode == 0
