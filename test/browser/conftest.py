# SPDX-License-Identifier: Apache-2.0
"""What browser tests share: Chromium, recordings, `sonde view` over them, saved pages.

driver.mjs plays the scenes of scenes/ in one Chromium; tests compare what they saw.
"""

import json
import pathlib
import re
import shutil
import subprocess
import textwrap

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

PROGRAM = """
    import json, re, threading

    class Rule:
        def __init__(self, text):
            self.text = re.compile(text)
        def matches(self, line):
            return self.text.search(line) is not None

    RULES = [Rule("a+b"), Rule("[0-9]{3}"), Rule("order-[0-9]+")]

    def find_rules(line):
        return [rule for rule in RULES if rule.matches(line)]

    def price_order(order):
        return sum(len(find_rules(line)) for line in order)

    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    def handle(n):
        orders = [["order-%d line %d" % (i, j) for j in range(5)] for i in range(n)]
        for order in orders:
            price_order(order)
        fib(14)

    def publish():
        for i in range(200):
            json.loads(json.dumps({"a": i, "b": [1, 2, 3]}))

    def main():
        thread = threading.Thread(target=publish, name="publisher")
        thread.start()
        handle(300)
        thread.join()

    main()
"""

class Driver:
    """Plays scenes: driver.play("views", url=..., views=...)."""

    def __init__(self, node, chromium):
        self.process = subprocess.Popen([node, HERE / "driver.mjs", chromium], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.version = json.loads(self.process.stdout.readline())["version"]

    def play(self, scene, **args):
        print(json.dumps({"scene": scene, "args": args}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, "the browser's driver ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def close(self):
        self.process.communicate(timeout=30)


@pytest.fixture(scope="session")
def browser():
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("there is no chromium here (tool/packages test installs it)")
    node = ROOT / "build/venv/bin/node"
    if not (ROOT / "web/node_modules").is_dir() or not node.exists():
        pytest.skip("there is no node here (tool/page tools brings it in)")
    driver = Driver(node, chromium)
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def pythons_newest(request):
    return request.config.sonde_pythons[0][0]


@pytest.fixture(scope="session")
def recording(sonde, pythons_newest, tmp_path_factory):
    """A recording of PROGRAM."""
    folder = tmp_path_factory.mktemp("orders")
    (folder / "orders.py").write_text(textwrap.dedent(PROGRAM))
    subprocess.run([sonde, "run", "--python", pythons_newest, "-o", "orders.sonde", "orders.py"], cwd=folder,
                   check=True, stdin=subprocess.DEVNULL)
    return folder / "orders.sonde"


@pytest.fixture(scope="session")
def dump(pythons_newest, tmp_path_factory):
    """What cProfile writes of PROGRAM: callers are known, paths are not."""
    folder = tmp_path_factory.mktemp("dump")
    (folder / "orders.py").write_text(textwrap.dedent(PROGRAM))
    subprocess.run([pythons_newest, "-m", "cProfile", "-o", "orders.prof", "orders.py"], cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return folder / "orders.prof"


class Served:
    """`sonde view` over files; its address holds the token, once."""

    def __init__(self, sonde, files, *options):
        self.process = subprocess.Popen([sonde, "view", "-s", *options, *map(str, files)], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            raise AssertionError(f"no address: {line!r} {self.process.communicate(timeout=10)!r}")
        self.url = found.group()

    def close(self):
        self.process.terminate()
        self.process.communicate(timeout=10)


@pytest.fixture
def serve(sonde):
    """serve(files, options): the address of a fresh `sonde view`."""
    running = []

    def start(*files, options=()):
        running.append(Served(sonde, files, *options))
        return running[-1].url

    yield start
    for server in running:
        server.close()


@pytest.fixture
def save(sonde, tmp_path):
    """save(files, options): the file:// address of a saved page."""
    def start(*files, options=()):
        out = tmp_path / "page.html"
        subprocess.run([sonde, "view", "--html", out, *options, *map(str, files)], check=True,
                       stdin=subprocess.DEVNULL)
        return out.as_uri()
    return start


@pytest.fixture
def told(sonde):
    """told(file): sonde report --json of it."""
    def report(*files, options=()):
        done = subprocess.run([sonde, "report", "--json", *options, *map(str, files)], check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        return json.loads(done.stdout)
    return report
