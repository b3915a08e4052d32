# SPDX-License-Identifier: Apache-2.0
"""Exceptions and `with`."""

from constructs.table import Construct, Elsewhere as On

CONSTRUCTS = [
    Construct("exception through five frames", """
        def down(n):
            if n == 0: raise KeyError(n)
            down(n - 1)
        def f(): pass
        ---
        try:
            down(4)
        except KeyError:
            f()
        """, "down (down 4 (KeyError)), f"),
    Construct("raised again at each frame", """
        def down(n):
            if n == 0: raise KeyError
            try:
                down(n - 1)
            except KeyError:
                f()
                raise
        def f(): pass
        ---
        try:
            down(3)
        except KeyError:
            f()
        """, "down (down 3 (f 2), f), f"),
    Construct("finally, else, return in finally", """
        def a():
            try: raise KeyError
            finally: return f()
        def b():
            try: f()
            except KeyError: pass
            else: f()
            finally: f()
        def f(): pass
        ---
        a(); b()
        """, "a (f), b (f 3)", ),
    Construct("exception in except and in finally", """
        def a():
            try: raise KeyError
            except KeyError: raise ValueError
            finally: f()
        def f(): pass
        ---
        try: a()
        except ValueError: f()
        """, "a (f), f"),
    Construct("exception from C", """
        def f(): pass
        ---
        for text in "1", "x":
            try: int(text)
            except ValueError: f()
        try: {}["k"]
        except KeyError: f()
        try: [].pop()
        except IndexError: f()
        try: 1 / 0
        except ZeroDivisionError: f()
        """, "int 2, list.pop, f 4"),
    Construct("exception through C", """
        def key(v): raise KeyError
        def f(): pass
        ---
        try: sorted([1, 2], key=key)
        except KeyError: f()
        try: list(map(key, [1]))
        except KeyError: f()
        f()
        """, "sorted (key), map, list (key), f 3"),
    Construct("StopIteration", """
        class I:
            def __iter__(self): return self
            def __next__(self): raise StopIteration
        def f(): pass
        ---
        for v in I(): pass
        try: next(iter(()))
        except StopIteration: f()
        list(I())
        """, "I.__iter__, I.__next__, iter, next, f, list (I.__iter__, I.__next__)"),
    Construct("RecursionError", """
        import sys
        def endless(): endless()
        def f(): pass
        def depth(frame):
            n = 0
            while frame: n, frame = n + 1, frame.f_back
            return n
        ---
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(depth(sys._getframe()) + 50)
        try: endless()
        except RecursionError: f()
        sys.setrecursionlimit(limit)
        """, "sys.getrecursionlimit, sys.setrecursionlimit 2, sys._getframe, depth, endless (endless 49), f"),
    Construct("with", """
        class W:
            def __enter__(self): return self
            def __exit__(self, *e): return e[0] is KeyError
        def f(): pass
        ---
        with W(): f()
        with W(): raise KeyError
        try:
            with W(), W(): raise ValueError
        except ValueError: f()
        f()
        """, "W.__enter__ 4, W.__exit__ 4, f 3"),
    Construct("exception in __enter__ and in __exit__", """
        class A:
            def __enter__(self): raise KeyError
            def __exit__(self, *e): pass
        class B:
            def __enter__(self): return self
            def __exit__(self, *e): raise KeyError
        def f(): pass
        ---
        try:
            with A(): pass
        except KeyError: f()
        try:
            with B(): f()
        except KeyError: f()
        try:
            with B(): raise ValueError
        except KeyError: f()
        f()
        """, "A.__enter__, B.__enter__ 2, B.__exit__ 2, f 5"),
    Construct("with, left by return, break and continue", """
        class W:
            def __enter__(self): return self
            def __exit__(self, *e): pass
        def f():
            with W(): return 1
        ---
        f()
        for _ in (1, 2):
            with W(): continue
        for _ in (1, 2):
            with W(): break
        """, "f (W.__enter__, W.__exit__), W.__enter__ 3, W.__exit__ 3"),
    Construct("with static and class methods", """
        class W:
            @staticmethod
            def __enter__(): pass
            @classmethod
            def __exit__(cls, *e): pass
        def f(): pass
        ---
        with W(): f()
        f()
        """, "W.__enter__, W.__exit__, f 2"),
    Construct("with a lock", """
        import threading
        lock = threading.Lock()
        def f(): pass
        ---
        with lock: f()
        f()
        """, "_thread.lock.__enter__, _thread.lock.__exit__, f 2",
        differs=[On("3.11-3.13", "_thread.lock.__exit__, f 2", "with")]),
    Construct("with a lock, left by an exception", """
        import threading
        lock = threading.Lock()
        def f(): pass
        ---
        try:
            with lock: raise KeyError
        except KeyError: f()
        f()
        """, "_thread.lock.__enter__, _thread.lock.__exit__, f 2",
        differs=[On("3.11-3.13", "f 2", "with"),
                 On("3.14-3.15", "_thread.lock.__enter__, f 2", "with")]),
    Construct("contextlib", """
        import contextlib
        def f(*a): pass
        class W:
            def __enter__(self): return self
            def __exit__(self, *e): pass
            close = f
        ---
        with contextlib.suppress(KeyError), contextlib.ExitStack() as stack:
            stack.callback(f, 1)
            stack.enter_context(W())
            stack.push(f)
            raise KeyError
        with contextlib.closing(W()): f()
        with contextlib.nullcontext(): f()
        """, "W.__enter__, W.__exit__, f 5"),
    Construct("except*", """
        def f(): pass
        def raises(): raise ExceptionGroup("g", [KeyError(), ValueError(), TypeError()])
        ---
        try:
            try: raises()
            except* KeyError: f()
            except* ValueError: f()
        except ExceptionGroup: f()
        """, "raises (KeyError, ValueError, TypeError), f 3"),
    Construct("assert and exceptions with from", """
        def f(): return "text"
        def g(v):
            try: assert v, f()
            except AssertionError as e: raise ValueError from e
        ---
        try: g(0)
        except ValueError: pass
        """, "g (AssertionError, f)"),
    Construct("exception whose class makes a frame", """
        class M(type):
            def __instancecheck__(c, o): return True
        class E(Exception):
            def __init__(self, *a): f()
            def __str__(self): return "e"
        def f(): pass
        ---
        try: raise E
        except (KeyError, E) as e: str(e)
        """, "E.__init__ (f), str (E.__str__)"),
    Construct("sys.exit, caught", """
        import sys
        def f(): pass
        ---
        try: sys.exit(3)
        except SystemExit: f()
        """, "sys.exit, f"),
]
