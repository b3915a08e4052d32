# SPDX-License-Identifier: Apache-2.0
"""Threads, signals, and what runs when a program ends."""

from constructs.table import Construct, Elsewhere as On

CONSTRUCTS = [
    Construct("threading.Thread", """
        import threading
        def work(n): return n and work(n - 1)
        ---
        t = threading.Thread(target=work, args=(3,))
        t.start()
        t.join()
        """, "thread (work (work 3))", warm=20),
    Construct("subclass of Thread", """
        import threading
        class T(threading.Thread):
            def run(self): f()
        def f(): pass
        ---
        t = T()
        t.start()
        t.join()
        """, "thread (T.run (f))", warm=20),
    Construct("_thread", """
        import _thread
        def work(lock):
            f()
            lock.release()
        def f(): pass
        ---
        lock = _thread.allocate_lock()
        lock.acquire()
        _thread.start_new_thread(work, (lock,))
        lock.acquire()
        """, "_thread.allocate_lock, _thread.lock.acquire 2, _thread.start_new_thread, thread (work (f, _thread.lock.release))", warm=20),
    Construct("thread that ends by an exception", """
        import threading
        def work(): f(1 // 0)
        def f(v): pass
        def hook(args): pass
        ---
        threading.excepthook = hook
        t = threading.Thread(target=work)
        t.start()
        t.join()
        threading.excepthook = threading.__excepthook__
        """, "thread (work, hook)", warm=20),
    Construct("concurrent.futures", """
        import concurrent.futures
        def work(n): return n
        def done(future): pass
        pool = concurrent.futures.ThreadPoolExecutor(1)
        pool.submit(int).result()
        ---
        pool.submit(work, 1).result()
        list(pool.map(work, [1, 2]))
        """, "list, thread (work 3)", warm=20),
    Construct("threading.Timer and local", """
        import threading
        local = threading.local()
        def work(): local.v = 1
        ---
        t = threading.Timer(0, work)
        t.start()
        t.join()
        """, "thread (work)", warm=10),
    Construct("queue between threads", """
        import queue, threading
        def work(q, answers):
            while (v := q.get()) is not None: answers.put(f(v))
        def f(v): return v
        ---
        q, answers = queue.Queue(), queue.SimpleQueue()
        t = threading.Thread(target=work, args=(q, answers))
        t.start()
        for v in (1, 2, 3): q.put(v)
        answers.get()
        q.put(None)
        t.join()
        """, "_queue.SimpleQueue, _queue.SimpleQueue.get, thread (work (f 3, _queue.SimpleQueue.put 3))", warm=10),
    Construct("signal handler", """
        import signal
        def handler(number, frame): f()
        def f(): pass
        signal.signal(signal.SIGUSR1, handler)
        ---
        signal.raise_signal(signal.SIGUSR1)
        f()
        """, "_signal.raise_signal (handler (f)), f"),
    Construct("signal handler in a loop", """
        import _thread, signal
        def handler(number, frame): f()
        def f(): pass
        signal.signal(signal.SIGUSR1, handler)
        ---
        for _ in (1, 2): _thread.interrupt_main(signal.SIGUSR1)
        f()
        """, "_thread.interrupt_main 2, handler 2 (f 2), f"),
    Construct("signal handler as a function begins", """
        import _thread, functools, signal
        def handler(number, frame): seen.append(frame.f_code.co_name)
        def f(v): pass
        seen = []
        signal.signal(signal.SIGUSR1, handler)
        trip = functools.partial(_thread.interrupt_main, signal.SIGUSR1)
        ---
        next(map(f, iter(trip, 1)))
        assert seen.pop() == "f"
        """, "map, iter, next (f (handler (list.append))), list.pop"),
    Construct("signal handler that raises as a function begins", """
        import _thread, functools, signal
        def handler(number, frame): raise KeyError
        def f(v): pass
        def g(): pass
        trip = functools.partial(_thread.interrupt_main, signal.SIGUSR1)
        ---
        signal.signal(signal.SIGUSR1, handler)
        for _ in (1, 2):
            try: next(map(f, iter(trip, 1)))
            except KeyError: g()
        g()
        """, "next 2 (f 2 (handler 2)), map 2, iter 2, g 3",
        differs=[On("3.13-3.15", "next 2 (f 0 (handler 2)), map 2, iter 2, g 3", "at entry"),
                 On("3.11", "next 2 (f 0 (handler 2)), map 2, iter 2, g 3", "at entry")]),
    Construct("signal.setitimer", """
        import signal
        def handler(number, frame): got.append(1)
        def f(): pass
        got = []
        signal.signal(signal.SIGALRM, handler)
        ---
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        signal.sigwait([]) if False else signal.pause()
        got.clear()
        """, "_signal.setitimer, _signal.pause (handler (list.append)), list.clear", warm=5),
    Construct("sys.unraisablehook", """
        import sys
        class C:
            def __del__(self): raise KeyError
        def hook(unraisable): pass
        ---
        sys.unraisablehook = hook
        C()
        sys.unraisablehook = sys.__unraisablehook__
        """, "C.__del__, hook"),
    Construct("sys.settrace by the program", """
        import sys
        def trace(frame, what, arg): return None
        def f(): pass
        ---
        sys.settrace(trace)
        f()
        sys.settrace(None)
        f()
        """, "sys.settrace 2, f 2 (trace)",
        differs=[On("3.11-3.15", "sys.settrace 2, f 2", "tracer")]),
    Construct("sys.audit", """
        import sys
        ---
        sys.audit("made", 1)
        """, "sys.audit"),
    Construct("functions made of changed code", """
        def f(): pass
        code = f.__code__.replace(co_name="renamed", co_qualname="renamed")
        import types
        g = types.FunctionType(code, {})
        ---
        f(); g(); g()
        """, "f, renamed 2"),
    Construct("functions changed while they run", """
        def f(): g.__code__ = h.__code__
        def g(): return 1
        def h(): return 2
        old = g.__code__
        ---
        g(); f(); g()
        g.__code__ = old
        """, "g, f, h"),
    Construct("atexit", """
        import atexit
        def last(): f()
        def f(): pass
        ---
        atexit.register(last)
        """, "run (atexit.register), last (f)", ends=True),
    Construct("__del__ at the end of the program", """
        class C:
            def __del__(self): f()
        def f(g=lambda: None): g()
        ---
        global kept
        kept = C()
        """, "run, C.__del__ (f (<lambda>))", ends=True),
    Construct("threads that outlive main", """
        import threading
        def work(): threading.main_thread().join(); f()
        def f(): pass
        ---
        threading.Thread(target=work).start()
        """, "run, thread (work (f))", ends=True),
]
