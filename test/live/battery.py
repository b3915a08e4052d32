# SPDX-License-Identifier: Apache-2.0
"""Programs of many kinds, each with the words, files and environment it is started with.

SCRIPTS are run as app.py; CASES say how they are run. All print the same twice: what is
a time, a pid or an address is left out of them or falls under BLURRED.
"""

import io
import zipfile

# A time, an address; in what a crash leaves behind the C stack and our own module.
BLURRED = (rb"in \d+\.\d+s|0x[0-9a-f]{6,}|\b\d+\.\d+ seconds|^  Binary file .*\n"
           rb"|\n^Extension modules: sonde._agent \(total: 1\)\n")

SCRIPTS = {
    "lines_of_stdin": "import sys\nfor n, line in enumerate(sys.stdin): print(n, line.rstrip()[::-1])",
    "copies_bytes": "import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)",
    "argparse": """
        import argparse
        parser = argparse.ArgumentParser(description="does things")
        parser.add_argument("--level", type=int, choices=range(3), required=True)
        parser.parse_args()
        """,
    "big_output": "import sys\nfor i in range(60000): print(i, 'x' * 60)\nprint('e' * 1000000, file=sys.stderr)",
    "unicode": "print('\\u0105\\U0001f40d\\u05d0', ascii('\\udc80'), len('\\u0105'.encode()))",
    "lone_surrogate": "print('\\udc80')",
    "writes_files": """
        import csv, json, os, pickle, pathlib, shelve, sqlite3
        json.dump({"a": [1, 2.5, None]}, open("a.json", "w"))
        pickle.dump({"b": (1, {2})}, open("b.pickle", "wb"))
        csv.writer(open("c.csv", "w", newline="")).writerows([[1, "x,y"], [2, 'q"']])
        os.umask(0o027); pathlib.Path("d").mkdir(); pathlib.Path("d/e").write_text("é", "latin-1")
        os.symlink("d/e", "link"); os.chmod("c.csv", 0o640); os.mkfifo("fifo")
        base = sqlite3.connect("f.db"); base.create_function("twice", 1, lambda x: x * 2)
        base.execute("create table t (x)"); base.executemany("insert into t values (?)", [(i,) for i in range(100)])
        base.commit(); print(base.execute("select sum(twice(x)) from t").fetchone())
        """,
    "temporary": """
        import os, tempfile
        with tempfile.TemporaryDirectory(dir=".") as d:
            open(d + "/x", "w").write("y"); print(os.listdir(d))
        print(os.listdir("."))
        """,
    "modules": """
        import sys
        print(sorted(set(sys.modules) - {"sonde._agent", "sitecustomize"}))
        """,
    "process": """
        import os
        print(open("/proc/self/comm").read(), open("/proc/self/cmdline").read().split("\\0")[1:])
        print(os.sched_getaffinity(0) == os.sched_getaffinity(os.getppid()), os.getpgrp() != os.getpid() or True)
        print([l for l in open("/proc/self/status") if l.startswith(("Umask", "NoNewPrivs", "Seccomp", "Cap", "Threads"))])
        print(open("/proc/self/oom_score_adj").read(), open("/proc/self/timerslack_ns").read())
        """,
    "state": """
        import gc, locale, os, signal, sys, threading, time
        print(gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug(), gc.callbacks, gc.garbage)
        print(sys.meta_path, sys.path_hooks, sorted(sys.path_importer_cache, key=len)[:1], sys.dont_write_bytecode)
        print(locale.setlocale(locale.LC_ALL), os.getcwd(), os.times()[2:4], time.tzname, os.getsid(0) == os.getpgrp())
        print(threading.enumerate()[0].name, sys.getswitchinterval(), sys.get_asyncgen_hooks(), sys.flags)
        print(signal.getitimer(signal.ITIMER_REAL), signal.set_wakeup_fd(-1), sys.getrecursionlimit(), sys.warnoptions)
        print(getattr(sys, "ps1", None), sys.tracebacklimit if hasattr(sys, "tracebacklimit") else "", sys.unraisablehook)
        """,
    "atexit_and_threads": """
        import atexit, threading, sys
        @atexit.register
        def last(): print("last", threading.active_count())
        def wait(): threading.main_thread().join(); print("main is over")
        threading.Thread(target=wait).start()
        threading.Thread(target=lambda: 1 / 0, name="divides").start()
        threading.Thread(target=sys.exit, args=(3,)).start()
        threading._register_atexit(print, "before threads are joined")
        """,
    "finalizers": """
        import asyncio, sys, weakref
        class Loud:
            def __init__(self, name): self.name = name
            def __del__(self): print("del", self.name, sys.is_finalizing() in (True, False))
        class Broken:
            def __del__(self): raise ValueError("unraisable")
        keep, cycle = Loud("kept"), Loud("cycle"); cycle.me = cycle
        weakref.finalize(keep, print, "finalized")
        def numbers():
            try: yield 1
            finally: print("generator closed")
        g = numbers(); next(g)
        b = Broken(); del b
        async def never(): pass
        never()
        """,
    "signals": """
        import signal, os, time, sys
        got = []
        for n in signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD, signal.SIGWINCH:
            signal.signal(n, lambda n, f: got.append((n, f.f_code.co_name)))
        def here():
            os.kill(os.getpid(), signal.SIGUSR1)
            signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
            signal.raise_signal(signal.SIGWINCH)
            if os.fork() == 0: os._exit(0)
            os.wait()
        here(); print(got)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]); os.kill(os.getpid(), signal.SIGUSR2)
        print(signal.sigwait([signal.SIGUSR2]), signal.sigtimedwait([signal.SIGUSR2], 0))
        read, write = os.pipe(); os.set_blocking(write, False); signal.set_wakeup_fd(write)
        os.kill(os.getpid(), signal.SIGUSR1); print(os.read(read, 9))
        signal.signal(signal.SIGTERM, lambda *a: sys.exit(7)); os.kill(os.getpid(), signal.SIGTERM)
        """,
    "alarm_kills": "import signal, time; signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(20)",
    "vtalrm": """
        import signal
        class Done(Exception): pass
        def on(*a): raise Done
        signal.signal(signal.SIGVTALRM, on); signal.setitimer(signal.ITIMER_VIRTUAL, 0.02)
        def spin():
            while True: len("")
        try: spin()
        except Done: print("in time")
        """,
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)\nfor i in range(10**9): pass",
    "broken_pipe": "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); print('x' * 9); sys.stdout.flush()",
    "faulthandler": """
        import faulthandler, os, signal
        faulthandler.enable(); faulthandler.register(signal.SIGUSR1)
        def deep(n): return deep(n - 1) if n else (os.kill(os.getpid(), signal.SIGUSR1), faulthandler.dump_traceback())
        deep(5); os.abort()
        """,
    "segfault": """
        import ctypes, faulthandler, resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        faulthandler.enable(); ctypes.string_at(0)
        """,
    "stacks": """
        import inspect, sys, traceback
        def f(): traceback.print_stack(); return len(inspect.stack()), sys._getframe().f_back.f_lineno
        print(f(), list(map(lambda x: f(), [1])))
        """,
    "warns": """
        import warnings
        warnings.warn("one"); warnings.warn("two", DeprecationWarning)
        def old(): warnings.warn("three", FutureWarning, stacklevel=2)
        old(); open("nothing", "w")
        """,
    "logs": """
        import logging, logging.handlers
        logging.basicConfig(format="%(levelname)s %(name)s %(funcName)s %(lineno)d %(threadName)s %(message)s", level=10)
        def f(): logging.getLogger("a.b").debug("found %s at %d", "x", 3)
        f(); logging.exception("none"); logging.error("bad %d", "x")
        """,
    "subprocesses": """
        import os, subprocess, sys
        run = lambda *a, **k: print(subprocess.run(*a, stdout=-1, stderr=-1, **k))
        run([sys.executable, "-c", "print(input())"], input=b"hello"); run("echo a | tr a b; exit 3", shell=True)
        run([sys.executable, "-c", "import sys; print(sys.flags, sys.argv)"], env={})
        run([sys.executable, "-I", "-c", "import sys; print(sys.path, 'sitecustomize' in sys.modules)"])
        run([sys.executable, "-m", "json.tool"], input=b"{"); print(os.system("exit 5"), os.popen("echo p").read())
        run(["true"], preexec_fn=lambda: None, start_new_session=True, close_fds=False)
        print(os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "exit 4"], {}), 0)[1]))
        try: subprocess.run(["does-not-exist"])
        except FileNotFoundError as e: print(e)
        try: subprocess.run([sys.executable, "-c", "while True: pass"], timeout=0.2)
        except subprocess.TimeoutExpired as e: print("timed out", e.cmd[1:])
        """,
    "pools": """
        import concurrent.futures, multiprocessing, os
        def square(x):
            if x == 7: raise ValueError(x)
            return x * x
        def put(q): q.put(os.getppid() > 0)
        if __name__ == "__main__":
            for way in "fork", "spawn", "forkserver":
                context = multiprocessing.get_context(way)
                with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
                    print([f.exception() or f.result() for f in [pool.submit(square, i) for i in range(9)]])
                q = context.Queue(); p = context.Process(target=put, args=(q,)); p.start(); print(q.get()); p.join()
                p = context.Process(target=os._exit, args=(4,)); p.start(); p.join(); print(p.exitcode)
            with multiprocessing.Manager() as manager:
                d = manager.dict(a=1); d["b"] = 2; print(dict(d))
        """,
    "daemon": """
        import os
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.chdir("/"); os.umask(0)
                here = os.environ["HERE"]
                os.closerange(0, 3); os.closerange(3, write); os.closerange(write + 1, 1024)
                for n in range(3): os.open("/dev/null", os.O_RDWR)
                open(here + "/daemon", "w").write(repr([os.getcwd(), os.getsid(0) != os.getpid(), os.listdir("/proc/self/fd")[:3]]))
                os.write(write, b"x"); os._exit(0)
            os._exit(0)
        os.wait(); print(os.read(read, 1))
        """,
    "exec_chain": """
        import os, sys
        n = int(os.environ.get("N", 0))
        print(n, sys.argv, flush=True)
        if n < 3: os.environ["N"] = str(n + 1); os.execl(sys.executable, sys.executable, "app.py", f"after {n}")
        os.execvp("sh", ["sh", "-c", "echo shell; exit 9"])
        """,
    "exec_in_thread": "import os, sys, threading; threading.Thread(target=os.execv, args=(sys.executable, [sys.executable, '-c', 'print(1)'])).start()",
    "asyncio": """
        import asyncio, sys
        async def talk(reader, writer):
            writer.write((await reader.readline()).upper()); await writer.drain(); writer.close()
        async def main():
            server = await asyncio.start_unix_server(talk, "socket")
            reader, writer = await asyncio.open_unix_connection("socket")
            writer.write(b"hello\\n"); print(await reader.readline()); writer.close(); server.close()
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(2)", stdout=-1)
            print((await process.communicate())[0], process.returncode)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(asyncio.sleep(0.001, i)) for i in range(20)]
            print(sum(t.result() for t in tasks))
            print(await asyncio.to_thread(sum, range(10)), await asyncio.gather(*(asyncio.sleep(0, i) for i in range(3))))
            try:
                async with asyncio.timeout(0.01): await asyncio.sleep(10)
            except TimeoutError: print("timeout")
            asyncio.get_running_loop().create_task(asyncio.sleep(100)); raise KeyError("left")
        asyncio.run(main())
        """,
    "sockets": """
        import http.server, selectors, socket, threading, urllib.request
        a, b = socket.socketpair()
        s = selectors.DefaultSelector(); s.register(b, selectors.EVENT_READ); a.send(b"x"); print(s.select(5)[0][1], b.recv(1))
        class Hello(http.server.BaseHTTPRequestHandler):
            def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(self.path.encode())
            def log_message(self, *a): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
        threading.Thread(target=server.serve_forever).start()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        print(opener.open(f"http://127.0.0.1:{server.server_port}/x").read()); server.shutdown(); server.server_close()
        """,
    "ctypes": """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        numbers = (ctypes.c_int * 5)(5, 1, 4, 2, 3)
        libc.qsort(numbers, 5, 4, compare(lambda a, b: a[0] - b[0])); print(list(numbers))
        libc.qsort(numbers, 2, 4, compare(lambda a, b: 1 // 0)); print(libc.open(b"/nothing", 0), ctypes.get_errno())
        libc.printf(b"from C %d\\n", 3); libc.fflush(None)
        """,
    "curses": """
        import os, pty, select
        pid, fd = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            import curses
            def main(screen): screen.addstr(2, 3, "héllo"); screen.refresh(); key = screen.getch(); open("key", "w").write(str(key))
            curses.wrapper(main); os._exit(3)
        seen, sent = b"", False
        while True:
            try: more = os.read(fd, 4096)
            except OSError: break
            seen += more
            if b"llo" in seen and not sent: sent = os.write(fd, b"q")
            if not more: break
        print(seen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """,
    "limits": """
        import resource, os, threading
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20)); kept = []
        try:
            while True: kept.append(open("/dev/null"))
        except OSError as e: print(e, len(kept)); kept.clear()
        threading.stack_size(65536); t = threading.Thread(target=lambda: print(sorted([3, 1]))); t.start(); t.join()
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
        try: bytearray(1 << 30)
        except MemoryError: print("no memory")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
        while True: len("")
        """,
    "deep": """
        import sys
        sys.setrecursionlimit(60000)
        def f(n): return n and 1 + f(n - 1)
        print(f(50000)); g = lambda: g()
        sys.setrecursionlimit(200); g()
        """,
    "greedy": "x = bytearray(1 << 62)",
    "memory_limits": "import tracemalloc; tracemalloc.start(); x = [bytes(1000) for i in range(50)]; print(tracemalloc.get_traced_memory()[0] > 50000)",
    "import_hooks": """
        import importlib.abc, importlib.util, pkgutil, sys, zipimport
        class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
            def find_spec(self, name, path, target=None):
                return importlib.util.spec_from_loader(name, self) if name == "made_up" else print("asked", name)
            def exec_module(self, module): module.x = 3
        sys.meta_path.insert(0, Finder()); import made_up; print(made_up.x, made_up.__spec__)
        try: import really_absent
        except ImportError as e: print(repr(e), e.name)
        sys.path.insert(0, "lib.zip"); import zipped; print(zipped.VALUE, zipped.__file__)
        """,
    "audited": """
        import sys
        seen = []
        sys.addaudithook(lambda event, args: seen.append(event))
        def f(): return compile("1", "x", "eval")
        eval(f()); import colorsys, ctypes; open("x", "w").close(); sys._getframe()
        print([e for e in seen if e != "sys.setprofile"])
        """,
    "subinterpreter": """
        import os, sys
        try: import _interpreters as i
        except ImportError: import _xxsubinterpreters as i
        try: new = i.create("legacy")
        except TypeError: new = i.create(isolated=False)
        code = "import sys; print(sys.argv, sorted(set(sys.modules) - {'sitecustomize', 'sonde._agent'})[:4], flush=True)"
        print("before", flush=True); i.run_string(new, code); i.destroy(new); print("after")
        """,
    "interacts": """
        import code
        code.interact(banner="hi", local={"x": 5}, exitmsg="bye")
        """,
    "imports_tkinter": "import tkinter; tkinter.Tk()",
    "codecs": "import zlib, bz2, lzma, hashlib, base64; d = b'abc' * 999; print(hashlib.sha256(d).hexdigest(), [len(m.compress(d)) for m in (zlib, bz2, lzma)])",
    "random": "import random, uuid; random.seed(4); print(random.random(), random.sample(range(99), 5), {*'abcdef'}, hash('x'))",
    "dataclasses": """
        import dataclasses, enum, functools, typing, contextvars, string
        @dataclasses.dataclass(order=True, frozen=True)
        class P: x: int; y: "list[int]" = dataclasses.field(default_factory=list, compare=False)
        class C(enum.Flag): A = enum.auto(); B = enum.auto()
        print(P(1) < P(2), repr(P(3)), C.A | C.B, typing.get_type_hints(P), functools.singledispatch(len).registry)
        print(P.__init__.__code__.co_filename, P.__eq__.__qualname__)
        """,
    "mapped": "import mmap; m = mmap.mmap(-1, 4096); m[:3] = b'abc'; print(m[:4]); from multiprocessing import shared_memory as s; x = s.SharedMemory(create=True, size=9); x.buf[0] = 3; print(x.buf[0]); x.close(); x.unlink()",
    "breakpoint_hook": "import sys; sys.breakpointhook = lambda *a, **k: print('hook', a, k); breakpoint(1, x=2)",
    "closes_streams": "import os, sys; sys.stdout.close(); os.close(2); sys.exit(4)",
    "not_found": "import absent_module_of_mine",
    "tab_error": "if 1:\n\tx\n        y\n",
    "latin_source": "# -*- coding: ascii -*-\nprint('\\xe9')",
}


def archive(name, text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as z:
        z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return data.getvalue()


SHOWS = "import sys; print(__name__, __package__, __file__, __spec__, sys.argv, sys.path, sys.flags)\n"
ODD = '"""doc"""\nassert 0, "asserted"\nprint(__debug__, __doc__, b"x" == "x", __name__)\n'
PACKAGE = {"pack/__init__.py": "print('init', __path__)", "pack/__main__.py": "from . import part\n" + SHOWS,
           "pack/part.py": "print(__name__, __package__)"}
DOCTEST = '"""\n>>> 1 + 1\n3\n>>> print("a")\na\n"""\nif __name__ == "__main__":\n    import doctest; doctest.testmod()\n'
UNITTEST = """
import unittest
class T(unittest.TestCase):
    def test_good(self): self.assertTrue(1)
    def test_bad(self): self.assertEqual([1, 2], [1, 3])
    @unittest.skip("why not")
    def test_skipped(self): pass
    def test_parts(self):
        for i in range(3):
            with self.subTest(i=i): self.assertNotEqual(i, 1)
"""
TYPED = b"x = 6\nx * 7\ndef f():\n    return undefined\n\nf()\nimport sys; sys.exit(3)\n"
WORKER = """
class Point: pass
if __name__ == "__main__":
    import pickle, sys
    print(pickle.loads(pickle.dumps(Point())).__class__ is Point, sys.modules["__main__"].__name__)
"""


def case(*words, files=(), env=(), stdin=b"first line\nsecond \xff\n"):
    return {"words": words, "files": dict(files), "env": dict(env), "stdin": stdin}


LIB = {"lib.zip": archive("zipped.py", "VALUE = 4")}
ALL_WARN = {"app.py": SCRIPTS["warns"]}
CASES = {
    "stdin_program": case("-", stdin=b"import sys; print(sys.argv, __name__); sys.exit(2)"),
    "interactive": case("-i", "-q", "-c", "print(1)", stdin=TYPED),
    "zipapp": case("app.pyz", "a", files={"app.pyz": archive("__main__.py", SHOWS)}),
    "folder": case("app", "b", files={"app/__main__.py": SHOWS + "import beside", "app/beside.py": "print(__name__)"}),
    "package": case("-m", "pack", "c", files=PACKAGE),
    "module_of_package": case("-m", "pack.part", files=PACKAGE),
    "no_module": case("-m", "pack.none", files=PACKAGE),
    "module": case("-m", "mod", "-x", files={"mod.py": SHOWS}),
    "no_file": case("none.py"),
    "compiled": case("-c", "import py_compile, runpy; runpy.run_path(py_compile.compile('app.py', 'app.pyc'))",
                     files={"app.py": SHOWS.replace("sys.path", "1")}),
    "unittest": case("-m", "unittest", "-v", "suite", files={"suite.py": UNITTEST}),
    "doctest": case("-m", "doctest", "app.py", files={"app.py": DOCTEST}),
    "doctest_inside": case("app.py", files={"app.py": DOCTEST}),
    "json_tool": case("-m", "json.tool", "--sort-keys", stdin=b'{"b": 1, "a": [2]}'),
    "compileall": case("-m", "compileall", ".", files={"a.py": "x = lambda: 1", "b.py": "def (", "c/d.py": "y = 2.5"}),
    "site": case("-m", "site"),
    "pydoc": case("-m", "pydoc", "colorsys"),
    "dis": case("-m", "dis", "app.py", files={"app.py": "def f(x):\n    return [y for y in x if y]\n"}),
    "trace_module": case("-m", "trace", "--listfuncs", "app.py", files={"app.py": "def f(): return 1\nprint(f())\n"}),
    "zipfile_module": case("-m", "zipfile", "-l", "lib.zip", files=LIB),
    "pickles_main": case("app.py", files={"app.py": WORKER}),
    "imports_compile": case("app.py", files={"app.py": "import a, c.d; print(a.x(), c.d.y)",
                                             "a.py": "x = lambda: 1", "c/d.py": "y = 2.5"}),
    **{f"option_{'_'.join(words)}": case(*words, "app.py", files={"app.py": ODD}) for words in [
        ["-O"], ["-OO"], ["-b"], ["-bb"], ["-u"], ["-B"], ["-P"], ["-s"], ["-q"], ["-d"], ["-x"], ["-R"],
        ["-E"], ["-I"], ["-S"], ["-X", "dev"], ["-X", "utf8"], ["-X", "utf8=0"],
        ["-X", "faulthandler"], ["-X", "tracemalloc=3"], ["-X", "no_debug_ranges"], ["-X", "own=1"],
        ["-X", "frozen_modules=off"], ["-X", "int_max_str_digits=640"], ["-X", "pycache_prefix=cache"],
        ["-X", "warn_default_encoding"], ["--check-hash-based-pycs", "always"]]},
    **{f"option_{words[0]}{words[1]}": case(*words, "app.py", files=ALL_WARN) for words in [
        ["-W", "error"], ["-W", "ignore"], ["-W", "always"], ["-W", "error::FutureWarning"], ["-X", "dev"]]},
    **{f"{name}={value}": case("app.py", env={name: value}, files={"app.py": ODD + SHOWS}) for name, value in [
        ("PYTHONOPTIMIZE", "2"), ("PYTHONHASHSEED", "7"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONUNBUFFERED", "1"),
        ("PYTHONINSPECT", "1"), ("PYTHONPYCACHEPREFIX", "cache"), ("PYTHONSAFEPATH", "1"), ("PYTHONNOUSERSITE", "1"),
        ("PYTHONMALLOC", "debug"), ("PYTHONMALLOC", "malloc"), ("PYTHONDEVMODE", "1"), ("PYTHONVERBOSE", ""),
        ("PYTHONTRACEMALLOC", "5"), ("PYTHONFAULTHANDLER", "1"), ("PYTHONPATH", "pack:/nowhere"),
        ("PYTHONINTMAXSTRDIGITS", "700"), ("PYTHONPLATLIBDIR", "lib"), ("PYTHONCASEOK", "1"), ("PYTHONDEBUG", "0")]},
    "warnings_by_variable": case("app.py", env={"PYTHONWARNINGS": "error"}, files=ALL_WARN),
    "ascii": case("app.py", env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
                  files={"app.py": SCRIPTS["unicode"]}),
    "latin": case("app.py", env={"PYTHONIOENCODING": "latin-1:xmlcharrefreplace"}, files={"app.py": SCRIPTS["unicode"]}),
    "startup": case("-i", "-q", env={"PYTHONSTARTUP": "start.py"}, stdin=TYPED, files={"start.py": "print('startup')"}),
    "own_sitecustomize": case("-c", "print('main')", env={"PYTHONPATH": "own"}, files={
        "own/sitecustomize.py": "import sys; print('site', __file__, __name__, sys.path); sys.ours = 1"}),
    "broken_sitecustomize": case("-c", "import sys; print(sys.path)", env={"PYTHONPATH": "own"},
                                 files={"own/sitecustomize.py": "1 / 0"}),
    "own_usercustomize": case("-c", "print('main')", env={"PYTHONPATH": "own"},
                              files={"own/usercustomize.py": "print('user')"}),
    "shadows_library": case("app.py", files={"app.py": "import random; print(random.x)", "random.py": "x = 'own'"}),
    "import_hooks": case("app.py", files={"app.py": SCRIPTS["import_hooks"], **LIB}),
    "interacts": case("app.py", files={"app.py": SCRIPTS["interacts"]}, stdin=TYPED),
    "argparse_help": case("app.py", "--help", files={"app.py": SCRIPTS["argparse"]}, env={"COLUMNS": "60"}),
}
for _name, _text in SCRIPTS.items():
    CASES.setdefault(_name, case("app.py", "x y", "é", files={"app.py": _text},
                                 env={"PYTHONHASHSEED": "0", "HERE": "."} if _name in ("random", "daemon") else ()))
