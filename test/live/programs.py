# SPDX-License-Identifier: Apache-2.0
"""Small programs that show what they see of themselves, or end in their own way.

Each prints the same twice: nothing in them depends on time, addresses or pids.
"""

PROGRAMS = {
    "words": "import sys; print(sys.argv)",
    "main": "print(__name__, __file__, __package__, __spec__, __builtins__ is not None, __doc__)",
    "main_names": "print(sorted(globals()))",
    "path": "import sys; print(sys.path)",
    "flags": "import sys; print(sys.flags, sys.warnoptions, sys._xoptions, sys.executable, sys.prefix)",
    "orig_argv": "import sys; print(sys.orig_argv)",
    "modules": """
        import sys
        print([m for m in sys.modules if "sonde" in m and m != "sonde._agent"])
        print("site" in sys.modules, "threading" in sys.modules, "encodings" in sys.modules)
        """,
    "hooks": """
        import gc, sys, threading
        print(sys.gettrace(), sys.excepthook is sys.__excepthook__, gc.get_threshold(), gc.isenabled())
        print(sys.displayhook is sys.__displayhook__, sys.getrecursionlimit(), sys.getswitchinterval())
        print(threading.gettrace(), threading.getprofile(), sys.breakpointhook is sys.__breakpointhook__)
        """,
    "codecs": """
        import locale, sys
        print(sys.stdout.encoding, sys.stdout.errors, sys.stdout.line_buffering, locale.getlocale())
        print(sys.stdin.isatty(), sys.stderr.errors, sys.getfilesystemencoding())
        """,
    "streams": "import sys; sys.stdout.write('out\\n'); sys.stderr.write('err\\n'); sys.stdout.write('no newline')",
    "binary": "import sys; sys.stdout.buffer.write(bytes(range(256)) * 300)",
    "stdin": "import sys; print(sys.stdin.read().upper()); print(sys.stdin.read())",
    "input": "print(input('? ')); print(input())",
    "signals": """
        import signal
        print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        print([(s, signal.getsignal(s)) for s in sorted(signal.valid_signals())
               if signal.getsignal(s) not in (signal.SIG_DFL, signal.default_int_handler)])
        print(signal.sigpending(), [signal.getitimer(t) for t in range(3)])
        """,
    "limits": """
        import os, resource
        print([resource.getrlimit(n) for n in range(16)], os.nice(0), os.getpriority(os.PRIO_PROCESS, 0))
        """,
    "umask": "import os; print(oct(os.umask(0)), os.getcwd())",
    "ids": """
        import os
        print(os.getuid(), os.getegid(), os.getgroups(), os.getcwd())
        """,
    "descriptors": """
        import os, stat
        for fd in range(700):
            try:
                print(fd, stat.S_IFMT(os.fstat(fd).st_mode), os.get_inheritable(fd))
            except OSError:
                pass
        """,
    "inherited": """
        import os, subprocess
        print(subprocess.run(["sh", "-c", "cd /proc/self/fd; echo *"], stdout=-1, close_fds=False).stdout)
        """,
    "exit_3": "import sys; print('bye'); sys.exit(3)",
    "exit_text": "import sys; sys.exit('it went wrong')",
    "exit_none": "raise SystemExit",
    "exit_300": "import sys; sys.exit(300)",
    "exit_minus_1": "import sys; sys.exit(-1)",
    "exit_hard": "import os; print('gone', flush=True); os._exit(5)",
    "exception": "def f(n):\n    return 1 // n\n\nf(0)\n",
    "chained": """
        def f():
            raise KeyError("inner")
        try:
            f()
        except KeyError as e:
            raise ValueError("outer") from e
        """,
    "group": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "syntax_error": "def f(:\n",
    "interrupt": "raise KeyboardInterrupt",
    "recursion": """
        def f(n):
            return f(n + 1)
        try:
            f(0)
        except RecursionError as e:
            print(type(e), str(e)[:34])
        """,
    "atexit": """
        import atexit, sys
        atexit.register(print, "last")
        atexit.register(lambda: sys.stdout.write("first\\n"))
        class Fails:
            __repr__ = lambda self: "fails"
            __call__ = lambda self: 1 / 0
        atexit.register(Fails())
        """,
    "finalizer": """
        class Late:
            def __del__(self):
                print("deleted")
        late = Late()
        """,
    "threads": """
        import threading
        def work(n):
            got.append(n)
        got = []
        all = [threading.Thread(target=work, args=(n,), name=f"t{n}") for n in range(20)]
        [t.start() for t in all]
        [t.join() for t in all]
        print(sorted(got), threading.current_thread().name, threading.active_count())
        """,
    "thread_exception": """
        import threading
        def fail():
            raise ValueError("in a thread")
        threading.excepthook = lambda a: print(a.exc_type, a.exc_value)
        t = threading.Thread(target=fail)
        t.start()
        t.join()
        """,
    "daemon_thread": """
        import threading, time
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        print("done")
        """,
    "fork": """
        import os, sys
        print("before", flush=True)
        pid = os.fork()
        if pid == 0:
            print("child", flush=True)
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """,
    "fork_exit": """
        import os, sys
        pid = os.fork()
        if pid:
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        else:
            sys.exit(9)
        """,
    "no_children": """
        import os
        try:
            os.wait()
        except ChildProcessError as e:
            print(e)
        """,
    "subprocess": """
        import subprocess, sys
        code = "import sys; print(sys.argv, sys.path[1:], __name__); sys.exit(4)"
        done = subprocess.run([sys.executable, "-c", code, "x"], stdout=-1, text=True)
        print(done.stdout, done.returncode)
        """,
    "multiprocessing": """
        import multiprocessing
        class Point:
            def __init__(self, x):
                self.x = x
        def double(p):
            return Point(2 * p.x)
        if __name__ == "__main__":
            for way in multiprocessing.get_all_start_methods():
                with multiprocessing.get_context(way).Pool(2) as pool:
                    print(way, [p.x for p in pool.map(double, [Point(1), Point(2)])])
        """,
    "pickle": """
        import pickle, sys
        class Point:
            pass
        text = pickle.dumps(Point(), 0)
        print(text, type(pickle.loads(text)) is Point, sys.modules["__main__"].Point is Point)
        """,
    "generators": """
        import asyncio
        def numbers(n):
            for i in range(n):
                got = yield i
        async def work(n):
            await asyncio.sleep(0)
            return n
        async def main():
            return sum(await asyncio.gather(*(work(n) for n in range(100))))
        print(list(numbers(5)), asyncio.run(main()))
        """,
    "warnings": "import warnings; warnings.warn('take care')",
    "own_profiler": """
        import cProfile, io, pstats
        def f():
            return sum(range(10))
        p = cProfile.Profile()
        p.runcall(f)
        print(sorted(str(k[2]) for k in pstats.Stats(p).stats))
        """,
    "setprofile": """
        import sys
        seen = []
        def f():
            return len("")
        def note(frame, what, arg):
            seen.append((what, frame.f_code.co_name, getattr(arg, "__name__", arg)))
        sys.setprofile(note)
        f()
        sys.setprofile(None)
        print(seen, sys.getprofile())
        """,
    "settrace": """
        import sys
        seen = []
        def f():
            return 1
        def trace(frame, what, arg):
            seen.append((what, frame.f_code.co_name, frame.f_lineno))
            return trace
        sys.settrace(trace)
        f()
        sys.settrace(None)
        print(seen)
        """,
    "executable": "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'import sys; print(sys.argv)', 'x'])",
    "killed": "import os, signal; print('now', flush=True); os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "pipe_broken": "import os, signal; signal.signal(13, signal.SIG_DFL); os.kill(os.getpid(), 13)",
    "crashed": "import ctypes, resource; resource.setrlimit(4, (0, 0)); ctypes.string_at(0)",
    "aborted": "import os, resource; resource.setrlimit(4, (0, 0)); os.abort()",
    "real_time_signal": "import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 1)",
    "group_killed": "import os, signal; signal.signal(15, lambda *a: print('once')); os.killpg(0, 15)",
}
