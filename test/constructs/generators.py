# SPDX-License-Identifier: Apache-2.0
"""Generators, coroutines and what waits for them."""

from constructs.table import Construct, Elsewhere as On

CONSTRUCTS = [
    Construct("generator in a for loop", """
        def g(n):
            for i in range(n): yield i
        ---
        for v in g(3): pass
        """, "g 1+3 (range)"),
    Construct("generator in C functions", """
        def g():
            yield 1
            yield 2
        ---
        list(g()); sum(g()); a, b = g(); [*g()]; max(*g()); dict(zip(g(), "ab"))
        """, "list (g 1+2), sum (g 1+2), g 3+6, max, zip, dict (g 1+2)",
        ),
    Construct("next to the end", """
        def g():
            yield 1
            yield 2
        def f(): pass
        ---
        i = g()
        next(i); next(i); next(i, None)
        try:
            next(i)
        except StopIteration:
            f()
        """, "next 4 (g 1+2), f"),
    Construct("send", """
        def g():
            v = yield 1
            while v: v = yield f(v)
        def f(v): return v
        ---
        i = g()
        next(i); i.send(1); i.send(2); i.send(None) if False else i.close()
        """, "next (g), generator.send 2 (g 0+2 (f 2)), generator.close (g 0+1)",
        differs=[On("3.13.0-3.13.9", "next (g), generator.send 2 (g 0+2 (f 2)), generator.close", "dropped unrun")]),
    Construct("generator never started", """
        def g(): yield 1
        def f(): pass
        ---
        g(); i = g(); i.close(); f()
        """, "generator.close, f",
        differs=[On("3.11", "f, g 0+1, generator.close (g 0+1)", "not begun")]),
    Construct("throw into a generator never started", """
        def g(): yield 1
        def f(): pass
        ---
        i = g()
        try:
            i.throw(KeyError)
        except KeyError:
            f()
        """, "generator.throw, f",
        differs=[On("3.11-3.15", "f, generator.throw (g 0+1)", "not begun")]),
    Construct("throw, caught inside", """
        def g():
            while True:
                try:
                    yield 1
                except ValueError:
                    f()
        def f(): pass
        ---
        i = g()
        next(i); i.throw(ValueError); i.throw(ValueError); next(i)
        i.close()
        """, "next 2 (g 1+1), generator.throw 2 (g 0+2 (f 2)), generator.close (g 0+1)"),
    Construct("throw, not caught", """
        def g():
            yield 1
        def f(): pass
        ---
        i = g()
        next(i)
        try:
            i.throw(KeyError)
        except KeyError:
            f()
        """, "next (g), generator.throw (g 0+1), f"),
    Construct("close while suspended", """
        def g():
            yield 1
            yield 2
        def f(): pass
        ---
        i = g()
        next(i); i.close(); f()
        """, "next (g), generator.close (g 0+1), f",
        differs=[On("3.13.0-3.13.9", "next (g), generator.close, f", "dropped unrun")]),
    Construct("dropped while suspended", """
        def g():
            yield 1
            yield 2
        def f(): pass
        ---
        i = g()
        next(i)
        del i
        f()
        for v in g(): break
        f()
        """, "next (g), g 1+2, f 2",
        differs=[On("3.13.0-3.13.9", "next (g), g, f 2", "dropped unrun")]),
    Construct("close with finally", """
        def g():
            try:
                yield 1
            finally:
                f()
        def f(): pass
        ---
        i = g(); next(i); i.close()
        i = g(); next(i); del i
        f()
        """, "next 2 (g 2), generator.close (g 0+1 (f)), g 0+1 (f), f"),
    Construct("close that goes on", """
        def g():
            try:
                yield 1
            except GeneratorExit:
                yield f()
        def f(): pass
        ---
        i = g(); next(i)
        try:
            i.close()
        except RuntimeError:
            f()
        i.close()
        """, "next (g), generator.close 2 (g 0+2 (f)), f"),
    Construct("yield from", """
        def inner():
            yield 1
            yield 2
            return 3
        def outer():
            v = yield from inner()
            yield v
        ---
        for v in outer(): pass
        """, "outer 1+3 (inner 1+2)"),
    Construct("yield from, of C iterators", """
        def outer():
            yield from [1, 2]
            yield from range(2)
        ---
        list(outer())
        """, "list (outer 1+4 (range))"),
    Construct("yield from, closed and thrown into", """
        def inner():
            try:
                yield 1
            except KeyError:
                yield 2
        def outer():
            yield from inner()
        ---
        i = outer(); next(i); i.close()
        i = outer(); next(i); i.throw(KeyError); next(i, None)
        """, "next 3 (outer 2+1 (inner 2+1)), generator.close (outer 0+1 (inner 0+1)), "
             "generator.throw (outer 0+1 (inner 0+1))",
        differs=[On("3.11-3.15", "next 3 (outer 2+1 (inner 2+1)), generator.close (inner 0+1, outer 0+1), generator.throw (inner 0+1)", "handed on")]),
    Construct("yield from, four deep", """
        def g(n):
            if n: yield from g(n - 1)
            yield n
        ---
        list(g(3))
        """, "list (g 1+4 (g 3+6))"),
    Construct("exception out of a generator", """
        def g():
            yield 1
            raise KeyError
        def f(): pass
        ---
        try:
            for v in g(): f()
        except KeyError:
            f()
        """, "g 1+1, f 2"),
    Construct("generator expressions", """
        def f(v): return v
        ---
        sum(f(v) for v in (1, 2)); sorted(f(v) for v in (1, 2)); ",".join(str(v) for v in (1, 2))
        """, "sum (<genexpr> 1+2 (f 2)), sorted (<genexpr> 1+2 (f 2)), str.join (<genexpr> 1+2 (str 2))"),
    Construct("any, all, tuple of a generator expression", """
        def f(v): return v
        ---
        any(f(v) for v in (0, 0)); all(f(v) for v in (1, 2)); tuple(f(v) for v in (1, 2))
        """, "<genexpr> 3+6 (f 6)",
        truths=[On("3.11-3.13", "any (<genexpr> 1+2 (f 2)), all (<genexpr> 1+2 (f 2)), tuple (<genexpr> 1+2 (f 2))", "no call")]),
    Construct("list and set of a generator expression", """
        def f(v): return v
        ---
        list(f(v) for v in (1, 2)); set(f(v) for v in (1, 2))
        """, "<genexpr> 2+4 (f 4)",
        truths=[On("3.11-3.14", "list (<genexpr> 1+2 (f 2)), set (<genexpr> 1+2 (f 2))", "no call")]),
    Construct("generator expression left early", """
        def f(v): return v
        ---
        i = (f(v) for v in (1, 2, 3))
        next(i)
        del i
        (f(v) for v in (1, 2))
        f(0)
        """, "next (<genexpr> (f)), <genexpr> 0+1, f",
        differs=[On("3.13.0-3.13.9", "next (<genexpr> (f)), f", "dropped unrun"),
                 On("3.11", "next (<genexpr> (f)), <genexpr> 0+2, f", "not begun")]),
    Construct("generator that runs a generator", """
        def inner(n):
            for i in range(n): yield i
        def outer(n):
            for i in inner(n): yield i
        ---
        list(outer(2))
        """, "list (outer 1+2 (inner 1+2 (range)))"),
    Construct("recursive generator", """
        def walk(n):
            yield n
            for k in range(n):
                for v in walk(k): yield v
        ---
        list(walk(2))
        """, "list (walk 1+4 (range, walk 3+4 (range 3)))"),
    Construct("generator in another thread's hands", """
        import threading
        def g():
            yield 1
            yield 2
        ---
        i = g()
        next(i)
        t = threading.Thread(target=next, args=(i,))
        t.start()
        t.join()
        list(i)
        """, "next (g), list (g 0+1), thread (g 0+1)", warm=10),
    Construct("itertools over generators", """
        import itertools
        def g():
            yield 1
            yield 2
        def f(v): return v
        ---
        list(itertools.chain(g(), g())); list(itertools.islice(g(), 1)); list(itertools.takewhile(f, [1, 0]))
        """, "itertools.chain, itertools.islice, itertools.takewhile, list 3 (g 3+5, f 2)",
        differs=[On("3.13.0-3.13.9", "itertools.chain, itertools.islice, itertools.takewhile, list 3 (g 3+4, f 2)", "dropped unrun")]),
    Construct("contextlib.contextmanager", """
        import contextlib
        @contextlib.contextmanager
        def managed():
            try:
                yield 1
            except KeyError:
                f()
        def f(): pass
        ---
        with managed(): f()
        with managed(): raise KeyError
        """, "managed 2+2 (f), f"),
    Construct("coroutine driven by hand", """
        import types
        @types.coroutine
        def pause():
            yield 1
            return 2
        async def work():
            return await pause() + await pause()
        ---
        c = work()
        c.send(None); c.send(None)
        try:
            c.send(None)
        except StopIteration:
            pass
        """, "coroutine.send 3 (work 1+2 (pause 2+2))"),
    Construct("coroutines that await coroutines", """
        async def leaf(): return 1
        async def middle(): return await leaf() + await leaf()
        async def top(): return await middle()
        ---
        try:
            top().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (top (middle (leaf 2)))"),
    Construct("__await__", """
        class A:
            def __await__(self):
                yield 1
                return 2
        async def work(): return await A()
        ---
        c = work()
        c.send(None)
        try:
            c.send(None)
        except StopIteration:
            pass
        """, "coroutine.send 2 (work 1+1 (A.__await__ 1+1))"),
    Construct("coroutine never awaited", """
        import warnings
        warnings.simplefilter("ignore", RuntimeWarning)
        async def work(): return 1
        def f(): pass
        ---
        work()
        c = work(); c.close(); f()
        """, "coroutine.close, f",
        differs=[On("3.11", "coroutine.close (work 0+1), f", "not begun")]),
    Construct("coroutine closed, dropped, thrown into", """
        import types
        @types.coroutine
        def pause(): yield 1
        async def work(): await pause()
        def f(): pass
        ---
        c = work(); c.send(None); c.close()
        c = work(); c.send(None); del c
        c = work(); c.send(None)
        try:
            c.throw(KeyError)
        except KeyError:
            f()
        """, "coroutine.send 3 (work 3 (pause 3)), coroutine.close (work 0+1 (pause 0+1)), "
             "work 0+1 (pause 0+1), coroutine.throw (work 0+1 (pause 0+1)), f",
        differs=[On("3.13.0-3.13.9", "coroutine.send 3 (work 3 (pause 3)), coroutine.close (work 0+1), coroutine.throw (pause 0+1, work 0+1), f, work 0+1", "dropped unrun"),
                 On("3.11-3.15", "coroutine.send 3 (work 3 (pause 3)), coroutine.close (pause 0+1, work 0+1), coroutine.throw (pause 0+1, work 0+1), f, pause 0+1, work 0+1", "handed on")]),
    Construct("async generator", """
        import types
        @types.coroutine
        def pause(): yield 1
        async def ticks(n):
            for i in range(n):
                await pause()
                yield i
        async def work():
            async for v in ticks(2): f()
        def f(): pass
        ---
        c = work()
        try:
            while True: c.send(None)
        except StopIteration:
            pass
        """, "coroutine.send 3 (work 1+2 (ticks 1+4 (range, pause 2+2), f 2))"),
    Construct("async comprehension", """
        async def ticks(n):
            for i in range(n): yield i
        async def one(v): return v
        async def work():
            return [v async for v in ticks(2)], [await one(v) for v in (1, 2)], sum([v async for v in ticks(1)])
        ---
        try:
            work().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (work (ticks 2+3 (range 2), one 2, sum))",
        truths=[On("3.11", "coroutine.send (work (<listcomp> 3 (ticks 2+3 (range 2), one 2), sum))", "inlined")]),
    Construct("async generator expression", """
        async def ticks(n):
            for i in range(n): yield i
        async def work():
            async for v in (w async for w in ticks(2)): pass
        ---
        try:
            work().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (work (<genexpr> 1+2 (ticks 1+2 (range))))"),
    Construct("async generator's methods", """
        async def ticks():
            try:
                v = yield 1
                while v: v = yield v
            except KeyError:
                yield 9
            finally:
                f()
        def f(): pass
        async def work():
            a = ticks()
            await a.__anext__(); await a.asend(2); await a.athrow(KeyError); await a.aclose()
        ---
        try:
            work().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (work (ticks 1+3 (f), async_generator.__anext__, async_generator.asend, async_generator.athrow, "
             "async_generator.aclose))",
        differs=[On("3.11", "coroutine.send (work (ticks 1+3 (f), async_generator.asend, async_generator.athrow, "
                    "async_generator.aclose))", "C objects")]),
    Construct("async generator never begun, closed", """
        async def ticks(): yield 1
        async def work(): await ticks().aclose()
        ---
        try:
            work().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (work (async_generator.aclose))",
        differs=[On("3.11-3.15", "coroutine.send (work (async_generator.aclose, ticks 0+1))", "not begun")]),
    Construct("async generator dropped", """
        async def ticks():
            try:
                yield 1
            finally:
                f()
        def f(): pass
        async def work():
            async for v in ticks(): break
            f()
        ---
        try:
            work().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (work (ticks 1+1 (f), f))"),
    Construct("async with", """
        class A:
            async def __aenter__(self): return self
            async def __aexit__(self, *e): return True
        def f(): pass
        async def work():
            async with A(): f()
            async with A(): raise KeyError
        ---
        try:
            work().send(None)
        except StopIteration:
            pass
        """, "coroutine.send (work (A.__aenter__ 2, A.__aexit__ 2, f))"),
    Construct("asyncio tasks", """
        import asyncio
        async def work(n):
            await asyncio.sleep(0)
            f()
            return n
        def f(): pass
        async def main():
            await asyncio.gather(work(1), work(2))
            await asyncio.create_task(work(3))
        ---
        asyncio.run(main())
        """, "main 1+2, work 3+3 (f 3)", warm=10),
    Construct("asyncio callbacks and futures", """
        import asyncio
        def called(v): pass
        def done(task): pass
        async def work(): pass
        async def main():
            loop = asyncio.get_running_loop()
            loop.call_soon(called, 1)
            loop.call_later(0, called, 2)
            t = asyncio.ensure_future(work())
            t.add_done_callback(done)
            await t
            await asyncio.sleep(0.001)
        ---
        asyncio.run(main())
        """, "main 1+2 (_asyncio.get_running_loop, _asyncio.Task.add_done_callback), called 2, done, work", warm=10),
    Construct("asyncio cancel", """
        import asyncio
        async def work():
            try:
                await asyncio.sleep(9)
            finally:
                f()
        def f(): pass
        async def main():
            t = asyncio.create_task(work())
            await asyncio.sleep(0)
            t.cancel()
            try:
                await t
            except asyncio.CancelledError:
                f()
        ---
        asyncio.run(main())
        """, "main 1+2 (_asyncio.Task.cancel, f), work 1+1 (f)", warm=10),
    Construct("asyncio.TaskGroup", """
        import asyncio
        async def work(n):
            await asyncio.sleep(0)
            if n == 2: raise KeyError
        def f(): pass
        async def main():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(work(1)); group.create_task(work(2))
            except* KeyError:
                f()
        ---
        asyncio.run(main())
        """, "main 1+1 (f), work 2+2", warm=10),
    Construct("asyncio timeout", """
        import asyncio
        async def work(): await asyncio.sleep(9)
        def f(): pass
        async def main():
            try:
                await asyncio.wait_for(work(), 0.001)
            except TimeoutError:
                f()
        ---
        asyncio.run(main())
        """, "main 1+1 (f, work 1+1)", warm=5,
        truths=[On("3.11", "main 1+2 (f), work 1+1", "own task")],
        differs=[On("3.12-3.15", "main 1+1 (f, work), work 0+1", "handed on")]),
    Construct("asyncio.to_thread", """
        import asyncio
        import threading
        def work(go): go.acquire()
        async def main():
            go = threading.Lock()
            go.acquire()
            asyncio.get_running_loop().call_soon(go.release)
            await asyncio.to_thread(work, go)
        ---
        asyncio.run(main())
        """, "main 1+1 (_thread.allocate_lock, _thread.lock.acquire, _asyncio.get_running_loop), thread (work (_thread.lock.acquire))", warm=5,
        truths=[On("3.13-3.15", "main 1+1 (_thread.lock, _thread.lock.acquire, _asyncio.get_running_loop), "
                   "thread (work (_thread.lock.acquire))", "name")]),
]
