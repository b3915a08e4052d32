# SPDX-License-Identifier: Apache-2.0
"""Programs made up from a seed: every way of calling in Python that we know of, mixed.

A program is a ladder of functions; each does a few things from STEPS with a function
further down. `left` bounds the whole. Nothing in a program depends on time, on addresses
or on the order of threads.
"""

import random
import re
import textwrap

HEAD = """
    import abc, asyncio, bisect, collections, concurrent.futures, contextlib, copy, dataclasses, enum, functools
    import gc, heapq, io, itertools, json, operator, re, string, struct, sys, threading, types, typing, weakref

    gc.disable()  # when it runs is chance; on 3.11 what it drops may be a generator, which that tells

    left = BUDGET
    """

# What a step may use. Each in one piece, so that a program holds only what it uses.
PARTS = {
    "Plain": """
        class Plain:
            made = 0
            def __init__(self, v=0, *, w=1):
                self.v = v + w
            def method(self, d):
                return call(self.v, d)
            @classmethod
            def made_of(cls, v):
                return cls(v)
            @staticmethod
            def loose(v):
                return v + 1
            @property
            def twice(self):
                return self.half_of(self.v * 4)
            @twice.setter
            def twice(self, v):
                self.v = v
            def half_of(self, v):
                return v // 2
            def __call__(self, *args, **kwargs):
                return self.v + sum(args) + len(kwargs)
        class Derived(Plain):
            def __init__(self, v):
                super().__init__(v, w=2)
            def method(self, d):
                return super().method(d) + 1
        """,
    "Dunder": """
        class Dunder:
            def __init__(self, v): self.v = v
            def __add__(self, o): return Dunder(self.v + getattr(o, 'v', 1))
            __radd__ = __add__
            def __iadd__(self, o): self.v += 1; return self
            def __eq__(self, o): return isinstance(o, Dunder) and self.v == o.v
            def __lt__(self, o): return self.v < o.v
            def __hash__(self): return hash(self.v)
            def __len__(self): return abs(self.v) % 7
            def __bool__(self): return self.v % 2 == 0
            def __iter__(self): return iter(range(len(self)))
            def __contains__(self, x): return x == self.v
            def __getitem__(self, i):
                if isinstance(i, slice) or i < 4: return self.v
                raise IndexError(i)
            def __setitem__(self, i, v): self.v = v
            def __delitem__(self, i): self.v -= 1
            def __getattr__(self, name):
                if name.startswith('x_'): return len(name)
                raise AttributeError(name)
            def __repr__(self): return f'Dunder({self.v!r})'
            def __str__(self): return 'd%d' % self.v
            def __format__(self, spec): return format(self.v, spec)
            def __index__(self): return self.v % 3
            def __int__(self): return self.v
            def __neg__(self): return Dunder(-self.v)
            def __enter__(self): return self
            def __exit__(self, *e): return e[0] is KeyError
            def __copy__(self): return Dunder(self.v)
            def __reduce__(self): return Dunder, (self.v,)
        class Iterated:
            def __init__(self, n): self.n = n
            def __iter__(self): return self
            def __next__(self):
                self.n -= 1
                if self.n < 0: raise StopIteration
                return self.n
        """,
    "meta": """
        class Meta(type):
            def __new__(m, name, bases, space, **kw): return super().__new__(m, name, bases, space)
            def __init__(c, name, bases, space, **kw): super().__init__(name, bases, space)
            def __call__(c, *a): return super().__call__(*a)
            def __instancecheck__(c, o): return True
        class Field:
            def __set_name__(self, owner, name): self.name = name
            def __get__(self, o, t=None): return self if o is None else o.__dict__.get(self.name, 0)
            def __set__(self, o, v): o.__dict__[self.name] = v
        class Registered:
            seen = []
            def __init_subclass__(cls, **kw): Registered.seen.append(cls.__name__)
            def __class_getitem__(cls, item): return cls
        """,
    "generators": """
        def count_to(n):
            for i in range(n):
                yield i
        def through(n):
            got = yield from count_to(n)
            yield from [1, 2]
            return got
        def talks():
            total = 0
            while True:
                try:
                    got = yield total
                except ValueError:
                    got = 10
                total += got or 0
        def cleans(log):
            try:
                yield 1
                yield 2
            finally:
                log.append(len(log))
        def nested(n):
            if n:
                yield n
                yield from nested(n - 1)
        """,
    "coroutines": """
        class Suspend:
            def __await__(self):
                return (yield 1)
        @types.coroutine
        def pause(v):
            yield v
            return v
        async def work(n):
            total = 0
            for i in range(n):
                total += await pause(i)
            await Suspend()
            return total
        async def chain(n):
            return await work(n) + (await chain(n - 1) if n else 0)
        async def ticks(n):
            for i in range(n):
                yield i
                await pause(i)
        class Room:
            async def __aenter__(self): return await pause(3)
            async def __aexit__(self, *e): return bool(e[0])
        async def guest(n):
            total = 0
            async with Room() as r:
                total += r
                raise KeyError
            async for t in ticks(n):
                total += t
            return total + len([t async for t in ticks(n) if t % 2])
        async def asked():
            got = 0
            try:
                while True:
                    try:
                        got = (yield got) or 0
                    except KeyError:
                        got = await pause(7)
            finally:
                await pause(0)
        @contextlib.asynccontextmanager
        async def opened(v):
            await pause(v)
            try:
                yield v
            finally:
                await pause(v)
        def drive(c):
            try:
                while True:
                    c.send(None)
            except StopIteration as end:
                return end.value
        """,
    "errors": """
        class Broken(Exception):
            def __init__(self, depth):
                super().__init__(depth)
                self.depth = depth
            def __str__(self): return f'broken at {self.depth}'
        def fall(depth, kind):
            if depth == 0:
                if kind == 0: raise Broken(depth)
                if kind == 1: int('x')
                if kind == 2: {}['k']
                if kind == 3: next(iter(()))
                if kind == 4: count_args(1, 2, 3)
                if kind == 5: [].missing
                if kind == 6: 5()
                return 1 / 0
            try:
                return fall(depth - 1, kind)
            finally:
                str(depth)
        def count_args(): pass
        def endless(n): return endless(n + 1)
        """,
    "groups": """
        def several(n, kinds):
            found = []
            for kind in kinds:
                try:
                    raise kind(n)
                except Exception as e:
                    found.append(e)
            raise ExceptionGroup('several', found + [ExceptionGroup('inner', [OSError(n)])])
        def sorted_out(n, kinds):
            try:
                several(n, kinds)
            except* KeyError as g:
                return_ = len(g.exceptions)
                raise LookupError(return_)
            except* (ValueError, OSError) as g:
                return_ = len(g.exceptions)
            return return_
        """,
    "shapes": """
        class Shape:
            __match_args__ = ('w', 'h')
            def __init__(self, w, h): self.w, self.h = w, h
            @property
            def area(self): return self.w * self.h
        class Square(Shape):
            def __init__(self, w): super().__init__(w, w)
        def matched(v):
            match v:
                case Square(w): return w
                case Shape(w, h) if leaf(w) > h: return w + h
                case Shape(area=a): return a
                case [x, *rest] if rest: return x + matched(rest)
                case {'k': k, **more}: return k + matched(more.get('l', 0))
                case int() | float(): return v
                case str(t): return len(t)
                case _: return 0
        """,
    "abstract": """
        class Base(abc.ABC):
            @property
            @abc.abstractmethod
            def v(self): ...
            def doubled(self, *a, **k): return self.v * 2 + len(a) + len(k)
        class Concrete(Base):
            def __init__(self, *a, **k): super().__init__(); self.a = a
            @property
            def v(self): return leaf(len(self.a))
        class Flags(enum.Flag):
            A = 1
            B = 2
        class Row(typing.NamedTuple):
            a: int
            b: int = 2
            def both(self): return self.a + self.b
        @dataclasses.dataclass(slots=True)
        class Slotted:
            a: int
            b: list = dataclasses.field(default_factory=list)
            def __post_init__(self): self.b.append(self.a)
        """,
    "contexts": """
        @contextlib.contextmanager
        def managed(v, swallow=()):
            try:
                yield v
            except swallow:
                pass
        class Held:
            def __enter__(self): return self
            def __exit__(self, kind, value, trace): return kind is not None
        """,
    "decorators": """
        def counted(f):
            @functools.wraps(f)
            def wrapper(*args, **kwargs):
                wrapper.count += 1
                return f(*args, **kwargs)
            wrapper.count = 0
            return wrapper
        def parametrised(n):
            def decorate(f):
                return lambda *a: f(*a) + n
            return decorate
        @counted
        @parametrised(3)
        def decorated(v): return v
        @functools.lru_cache(maxsize=16)
        def cached(n): return n if n < 2 else cached(n - 1) + cached(n - 2)
        @functools.singledispatch
        def by_type(v): return 0
        @by_type.register
        def _(v: int): return 1
        @by_type.register(str)
        def _(v): return 2
        """,
    "data": """
        @dataclasses.dataclass(order=True, frozen=True)
        class Point:
            x: int
            y: int = 0
        Pair = collections.namedtuple('Pair', 'a b')
        class Colour(enum.Enum):
            RED = 1
            BLUE = 2
            @property
            def wave(self): return self.value * 100
        """,
    "mutual": """
        def even(n): return True if n == 0 else odd(n - 1)
        def odd(n): return False if n == 0 else even(n - 1)
        def ackermann(m, n):
            if m == 0: return n + 1
            return ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))
        def hanoi(n, a, b, c): return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)
        """,
}

# (parts it needs, statements). G is a function further down, K a small number.
STEPS = [
    ("", "x += G(d - 1)"),
    ("", "x += sum(G(d - 1) for _ in range(K))"),
    ("", "x += len([G(d - 1) for _ in range(K)]) + len({v: G(d - 1) for v in range(2)}) + len({G(d - 1)})"),
    ("", "x += max(map(lambda v: G(d - 1) + v, range(K)))"),
    ("", "x += sorted(range(K), key=lambda v: -G(d - 1) % 11)[0]; r = list('hello'); r.sort(key=ord)"),
    ("", "x += functools.reduce(lambda a, b: a + G(d - 1) + b, range(K), 0)"),
    ("", "x += (lambda v: (lambda w: G(w - 1))(v))(d)"),
    ("", "t = [lambda: 1, lambda: 2, lambda: G(d - 1)]; x += sum(f() for f in t)"),
    ("", """
        def outer(n):
            def inner():
                nonlocal n
                n += 1
                def innermost(): return n + G(d - 1)
                return innermost
            return inner
        x += outer(K)()()
        """),
    ("Plain", "o = Plain(K); x += o.method(d); m = o.method; x += m(d) + m(d); x += o(1, 2, a=3)"),
    ("Plain", "o = Derived(K); x += o.method(d) + o.twice; o.twice = 3; x += Plain.made_of(2).loose(1)"),
    ("Plain", "f = Plain.method; x += f(Plain(1), d); x += sum(map(Plain(2), range(K)))"),
    ("Plain", "x += operator.methodcaller('method', d)(Plain(1)); x += operator.attrgetter('twice')(Plain(K))"),
    ("Dunder", "a = Dunder(K) + 1; a += 2; x += len(a) + a.x_abc + a[1] + int(a) + (3 in a); a[0] = 5; del a[0]"),
    ("Dunder", "x += len({Dunder(i % 3) for i in range(K)}) + len(sorted([Dunder(3), Dunder(1), Dunder(2)]))"),
    ("Dunder", "x += len(f'{Dunder(3)}{Dunder(4)!r}{Dunder(5):04d}'); x += len(str(Dunder(1)) + repr([Dunder(2)]))"),
    ("Dunder", "x += sum(Dunder(K)) + sum(Iterated(K)) + len(list(Dunder(3)[1:2] for _ in '12')); x += max(Dunder(5))"),
    ("Dunder", "x += 1 if Dunder(K) else 2; x += [1, 2, 3][Dunder(4)] + hash(-Dunder(3)) % 3; copy.copy(Dunder(1))"),
    ("Dunder", "x += (Dunder(1) == Dunder(2)) + (Dunder(1) < Dunder(2)) + [Dunder(1), Dunder(K)].count(Dunder(1))"),
    ("Dunder", "x += getattr(Dunder(1), 'x_12') + hasattr(Dunder(1), 'nothing') + (copy.deepcopy(Dunder(3)).v)"),
    ("Dunder", """
        with Dunder(K) as w:
            x += w.v
            raise KeyError
        """),
    ("meta", """
        class Made(metaclass=Meta, tag=1):
            field = Field()
            def __init__(self, v): self.field = v
        x += Made(K).field + isinstance(3, Made)
        """),
    ("meta", """
        class Child(Registered, extra=2):
            a, b = Field(), Field()
            size = len([n for n in range(K)])
        x += len(Registered.seen) % 2 + Child.size + (Child[int] is Child)
        """),
    ("", "T = type('T', (dict,), {'__missing__': lambda s, k: G(d - 1)}); x += T()['a']"),
    ("generators", "x += sum(count_to(K)) + sum(through(3)) + len(list(nested(K)))"),
    ("generators", "g = talks(); next(g); g.send(2); g.send(3); x += g.throw(ValueError); g.close()"),
    ("generators", """
        log = []
        g = cleans(log); next(g); g.close()
        g = cleans(log); next(g); del g
        for v in cleans(log):
            break
        cleans(log)
        x += len(log)
        """),
    ("generators", """
        g = count_to(2)
        try:
            g.throw(KeyError)
        except KeyError:
            x += 1
        h = count_to(1); next(h)
        try:
            next(h)
        except StopIteration:
            x += 1
        """),
    ("generators", "a, *b = through(2); x += a + len(b) + sum(x for x in nested(2)) + max(0, *count_to(K))"),
    ("generators", "x += sum(a + b for a, b in zip(count_to(K), nested(K))) + sum(itertools.chain(nested(2), count_to(2)))"),
    ("generators", "x += sum(map(operator.add, count_to(K), nested(K))) + any(count_to(3)) + all(nested(2))"),
    ("generators", """
        def both(n):
            try:
                yield from cleans([])
            except ZeroDivisionError:
                yield n
        g = both(K); next(g); x += g.throw(ZeroDivisionError); g.close()
        """),
    ("coroutines", "x += drive(work(K)); x += drive(chain(2))"),
    ("coroutines", "x += drive(guest(K))"),
    ("coroutines", "c = work(1); c.close(); c = work(2); c.send(None); c.close(); a = ticks(2); drive(a.aclose())"),
    ("coroutines", """
        async def leader():
            a = ticks(3)
            first = await a.__anext__()
            await a.aclose()
            return first
        x += drive(leader())
        """),
    ("errors", """
        for kind in range(8):
            try:
                x += fall(K, kind)
            except Exception as e:
                x += len(str(e)) % 3
        """),
    ("errors", """
        try:
            fall(2, 0)
        except Broken as e:
            try:
                raise RuntimeError('again') from e
            except RuntimeError as f:
                x += f.__cause__.depth
        """),
    ("contexts errors", """
        with managed(K) as v, Held():
            x += v
            fall(1, 0)
        with managed(K, ZeroDivisionError):
            1 / 0
        with contextlib.suppress(KeyError), contextlib.ExitStack() as stack:
            stack.callback(G, d - 1)
            stack.enter_context(managed(1))
            raise KeyError
        """),
    ("decorators", "x += decorated(K) + decorated.count % 2 + cached(K + 3) + by_type(1) + by_type('') + by_type(())"),
    ("", "x += functools.partial(G, d - 1)() + functools.partial(max, 3)(K) + functools.partialmethod(G).func(d - 1)"),
    ("", "x += G(*(d - 1,)) + G(**{'d': d - 1}) + (lambda *a, **k: len(a) + len(k))(*range(K), **dict(a=1, b=2))"),
    ("", "x += max(*[1, 2, K]) + len('{} {}'.format(*[1, 2])) + sum(*[[1, 2]]); [].append(*[1]); print(*[], file=io.StringIO())"),
    ("", "l = list(range(K)); l.append(1); l.extend((2, 3)); l.pop(); x += l.index(1) + l.count(2); a = l.append; a(4); a(5)"),
    ("", "q = dict(a=1); q.update(b=2); q.setdefault('c', []).append(3); x += len(q.items()) + q.get('a') + q.pop('b')"),
    ("", "x += len(' a,b '.strip().split(',')) + 'abc'.find('c') + len('x'.join(str(i) for i in range(K)).encode())"),
    ("", "x += int('12') + float('1.5').is_integer() + len(bytes(3)) + len(tuple('ab')) + len(set([1, 1])) + len(range(K))"),
    ("", "x += len(dict.fromkeys('ab')) + int.from_bytes(b'12', 'big') % 7 + str.upper('a').count('A') + len(list.copy([1]))"),
    ("", "x += len(re.sub('[a-z]', lambda m: m.group().upper() * (G(d - 1) % 3), 'abc1')) + len(re.findall(r'\\d', 'a1b2'))"),
    ("", "x += len(json.dumps({'a': [1, 2, {'b': K}]}, indent=1)) + json.loads('{\"a\": [1, 2.5, null]}')['a'][0]"),
    ("", "x += len(json.dumps([1], default=str)) + len(json.dumps({'k': Ellipsis}, default=lambda o: G(d - 1)))"),
    ("", "x += eval('G(d - 1) + 1'); s = {}; exec('def made(n):\\n    return n + 1\\nr = made(3)', s); x += s['r']"),
    ("", "c = collections.Counter('abca'); x += c.most_common(1)[0][1]; q = collections.defaultdict(lambda: 7); x += q[1]"),
    ("", "x += len(list(itertools.groupby([1, 1, 2], key=lambda v: v % 2))) + sum(itertools.takewhile(lambda v: v < K, range(9)))"),
    ("", "x += sum(filter(lambda v: v % 2, range(K))) + sum(itertools.starmap(pow, [(2, 3), (2, 2)])) + next(filter(None, [0, 1]))"),
    ("", "x += sum(1 for _ in iter(iter([1, 2, 3]).__next__, 3)) + min([3, 1, K], key=lambda v: v * 2) + divmod(7, 2)[0]"),
    ("", "x += [].__len__() + (3).__add__(4) + 'a'.__contains__('a') + int.__add__(1, 2) + object.__repr__(x)[:0].__len__()"),
    ("coroutines", """
        async def asks():
            a = asked()
            got = await a.__anext__() + await a.asend(K) + await a.athrow(KeyError)
            await a.aclose()
            async with opened(2) as o:
                got += o
            return got + sum([await pause(i) for i in range(2)]) + len({i: 1 async for i in ticks(2)})
        x += drive(asks())
        """),
    ("coroutines", """
        async def leaves():
            async for t in ticks(K + 1):
                if t: break
            try:
                async with opened(1):
                    raise ValueError
            except ValueError:
                return t
        x += drive(leaves())
        """),
    ("", """
        async def one(n):
            await asyncio.sleep(0)
            return leaf(n)
        async def all_of(n):
            t = asyncio.create_task(one(n))
            got = await asyncio.gather(*(one(i) for i in range(n)))
            async with asyncio.TaskGroup() as group:
                u = group.create_task(one(1))
            u = asyncio.create_task(asyncio.sleep(99))
            await asyncio.sleep(0)
            u.cancel()
            return sum(got) + await t
        x += asyncio.run(all_of(K))
        """),
    ("groups", """
        for kinds in [(KeyError, ValueError), (ValueError,), (TypeError, KeyError)]:
            try:
                x += sorted_out(K, kinds)
            except* LookupError:
                x += 1
            except* TypeError as g:
                x += len(g.exceptions) + len(g.derive([ValueError()]).exceptions)
        """),
    ("shapes", "x += matched(Square(K)) + matched(Shape(1, 5)) + matched(Shape(K, 1)) + matched([1, 2, K]) + matched('ab')"),
    ("shapes", "x += matched({'k': K, 'l': {'k': 2, 'l': Square(1)}}) + sum(map(matched, (1, 2.5, None, (), [3])))"),
    ("abstract", "o = Concrete(*range(K), **{'a': 1}); x += o.doubled(*(1, 2), k=3) + isinstance(o, Base) + Row(K).both()"),
    ("abstract", """
        try:
            Base()
        except TypeError:
            x += (Flags.A | Flags.B).value + len(Slotted(K).b) + len(repr(Row(1))) + (Flags(1) in Flags(3))
        """),
    ("", """
        class Body:
            made = G(d - 1)
            squares = [v * v for v in range(K)]
            total = sum(v for v in range(K))
            pick = lambda self: self.total
            class Inner:
                depth = leaf(1)
                @staticmethod
                def s(*a, **k): return len(a) + len(k)
        x += Body().pick() + Body.Inner.s(*[1], **{'b': 2}) + len(Body.squares) + Body.Inner.depth
        """),
    ("decorators", """
        def register(**options):
            def inner(c):
                c.options = options
                return c
            return inner
        @register(a=leaf(1))
        class Decorated:
            @counted
            def m(self, *a, **k): return G(*a)
            @functools.cached_property
            def once(self): return leaf(2)
        o = Decorated(); x += o.m(d - 1) if d < 0 else Decorated.m(o, d - 1); x += o.once + o.once
        """),
    ("contexts", """
        @managed(K)
        def inside(n): return G(n - 1)
        x += inside(d) + inside(d)
        """),
    ("Dunder", "h = [Dunder(3), Dunder(1), Dunder(K)]; heapq.heapify(h); x += heapq.heappop(h).v; bisect.insort(h, Dunder(2), key=int)"),
    ("", "x += sorted(range(K), key=functools.cmp_to_key(lambda a, b: G(0) and b - a))[0] + len(list(enumerate('ab'))) + len(dict(zip('ab', 'cd')))"),
    ("", "x += (lambda *a, k=2, **m: len(a) + k + len(m))(*(1, 2), *[3], **{'k': K}, **{'z': 1}) + G(*[d - 1], **{})"),
    ("", """
        def either(n):
            try:
                return G(n - 1) // (n % 2)
            except ZeroDivisionError:
                return (y := leaf(n)) + y
            finally:
                leaf(0)
        x += either(K) + either(2) + (1 < leaf(1) < either(4))
        """),
    ("data", "x += Point(1, K).x + (Point(1) < Point(2)) + len(repr(Point(3))) + hash(Point(1)) % 2 + dataclasses.replace(Point(1), x=2).x"),
    ("data", "x += Pair(1, 2)._replace(a=3).a + Pair._make([1, K]).b + Colour(1).wave + Colour['BLUE'].wave + len(list(Colour))"),
    ("mutual", "x += even(K) + odd(K + 3) + ackermann(1, K) + hanoi(3, 'a', 'b', 'c')"),
    ("", """
        class Dies:
            def __del__(self): seen.append(1)
        seen = []
        o = Dies(); r = weakref.ref(o, lambda w: seen.append(2)); del o
        x += len(seen)
        """),
    ("", """
        def again(n):
            return n if n == 0 else max([n], key=lambda v: again(n - 1))
        x += again(K)
        """),
    ("", "s = string.Template('$a-$b').substitute(a=1, b=K); x += len(s) + len('%s %r' % (s, [s])) + s.startswith('1')"),
    ("", "x += struct.unpack('<I', struct.pack('<I', K))[0] + sum(memoryview(b'abc')) % 5 + len(io.BytesIO(b'ab').read())"),
]

# Where the limit lies is not the same for a profile function in Python.
ENDLESS = ("errors", """
    try:
        endless(0)
    except RecursionError:
        x += 1
    """)

THREADS = ("", """
    def in_thread(n):
        for i in range(n):
            results.append(deeper(n))
    def deeper(n):
        return n if n == 0 else deeper(n - 1) + len([n])
    results = []
    threads = [threading.Thread(target=in_thread, args=(n,)) for n in (3, 4, 5)]
    for t in threads: t.start()
    for t in threads: t.join()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        x += pool.submit(deeper, 2).result() + sum(pool.map(deeper, [1, 2]))
    x += len(results)
    """)


def indent(text, by):
    return textwrap.indent(textwrap.dedent(text).strip(), " " * by)


def has_threads(seed):
    return seed % 8 == 7


def is_endless(seed):
    return seed % 8 == 3


def program(seed):
    """The text of a program with a main()."""
    rng = random.Random(seed)
    count = rng.randint(6, 14)
    more = [THREADS] * has_threads(seed) + [ENDLESS] * is_endless(seed)
    parts, functions = set(), []
    for i in range(count):
        steps = rng.sample(STEPS, rng.randint(2, 4)) + more * (i == count - 1)
        body = []
        for needs, text in steps:
            parts.update(needs.split())
            callee = f"f{rng.randrange(i)}" if i else "leaf"
            text = re.sub(r"\bG\b", callee, textwrap.dedent(text).strip())
            body.append(textwrap.indent(re.sub(r"\bK\b", str(rng.randint(1, 5)), text), " " * 8))
        functions.append(f"def f{i}(d=3):\n    global left\n    left -= 1\n    x = d\n"
                         "    if d > 0 and left > 0:\n" + "\n".join(body) + "\n    return int(x) % 1000\n")
    shared = [indent(PARTS[name], 0) for name in sorted(parts)]
    calls = "\n".join(f"    total += f{i}({rng.randint(1, 4)})" for i in range(count))
    return "\n\n".join([
        indent(HEAD, 0).replace("BUDGET", str(rng.choice([60, 150, 400]))),
        "def leaf(d=0):\n    return d + 1",
        "def call(v, d):\n    return v + leaf(d)",
        *shared, *functions, f"def main():\n    total = 0\n{calls}\n    return total", ""])


if __name__ == "__main__":
    import sys
    print(program(int(sys.argv[1])))
