# SPDX-License-Identifier: Apache-2.0
"""Calls of functions and of other things that can be called."""

from constructs.table import Construct, Elsewhere as On

CONSTRUCTS = [
    Construct("plain call", """
        def f(): pass
        ---
        f(); f(); f()
        """, "f 3"),
    Construct("keywords and defaults", """
        def f(a, b=2, *, k=1): pass
        ---
        f(1, k=2); f(a=1); f(1, b=3, k=4)
        """, "f 3"),
    Construct("star call", """
        def f(*a, **k): pass
        a, k = (1, 2), {"x": 1}
        ---
        f(*a); f(**k); f(*a, **k); f(1, *a, y=2, **k)
        """, "f 4"),
    Construct("star call of a method", """
        class C:
            def m(self, *a, **k): pass
            @classmethod
            def c(cls, *a): pass
            @staticmethod
            def s(*a): pass
        o, a = C(), (1, 2)
        bound = o.m
        ---
        o.m(*a); bound(*a, **{"x": 1}); C.c(*a); C.s(*a); C.m(o, *a)
        """, "C.m 3, C.c, C.s"),
    Construct("star call of a class", """
        class C:
            def __init__(self, *a, **k): pass
        a = (1, 2)
        ---
        C(*a); C(*a, **{"x": 1})
        """, "C.__init__ 2"),
    Construct("star call of C functions", """
        l, a = [], ("abc",)
        append = l.append
        ---
        len(*a); l.append(*a); append(*a); max(*[1, 2], key=None, **{"default": 3} if not a else {})
        """, "len, list.append 2, max"),
    Construct("star call of a C type", """
        a = ("12",)
        ---
        int(*a); int(*a, **{"base": 16}); dict(**{"a": 1})
        """, "int 2, dict"),
    Construct("lambda", """
        ---
        f = lambda x: x
        f(1); (lambda: 2)()
        """, "<lambda> 2"),
    Construct("closure", """
        def outer(n):
            def inner():
                def innermost(): return n
                return innermost
            return inner
        ---
        outer(1)()()
        """, "outer, inner, innermost"),
    Construct("calls in arguments", """
        def f(x): return x
        def g(x): return x
        ---
        f(g(f(1)))
        """, "f 2, g"),
    Construct("default value made by a call", """
        def g(): return 1
        ---
        def f(a=g()): return a
        f(); f()
        """, "g, f 2"),
    Construct("recursion", """
        def f(n): return n and f(n - 1)
        ---
        f(9); f(4)
        """, "f 2 (f 13)"),
    Construct("mutual recursion", """
        def even(n): return True if n == 0 else odd(n - 1)
        def odd(n): return False if n == 0 else even(n - 1)
        ---
        even(3)
        """, "even (odd (even (odd)))"),
    Construct("5,000 frames deep", """
        import sys
        def f(n): return n and f(n - 1)
        ---
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(9_000)
        f(5_000)
        sys.setrecursionlimit(limit)
        """, "sys.getrecursionlimit, sys.setrecursionlimit 2, f (f 5000)", warm=3),
    Construct("C function", """
        ---
        len("abc"); abs(-1); max(1, 2); max([1], key=None)
        """, "len, abs, max 2"),
    Construct("C function with keywords", """
        import io
        out = io.StringIO()
        ---
        print("a", end="", file=out); sorted([2, 1], reverse=True); int.from_bytes(b"1", byteorder="big")
        """, "print, sorted, int.from_bytes"),
    Construct("C method", """
        ---
        [].append(1); "a".upper(); {}.get(1)
        """, "list.append, str.upper, dict.get"),
    Construct("C method in a variable", """
        l = []
        append = l.append
        ---
        append(1); append(2)
        l.clear()
        """, "list.append 2, list.clear"),
    Construct("unbound C method", """
        l = []
        upper = str.upper
        ---
        str.upper("a"); upper("b"); list.append(l, 1)
        """, "str.upper 2, list.append"),
    Construct("C class method", """
        ---
        dict.fromkeys("ab"); {}.fromkeys("ab"); float.fromhex("0x1")
        """, "dict.fromkeys 2, float.fromhex"),
    Construct("slot wrapper and method wrapper", """
        add = (3).__add__
        ---
        (3).__add__(4); int.__add__(3, 4); add(1); [].__len__()
        """, "int.__add__ 3, list.__len__",
        differs=[On("3.11", "", "C objects")]),
    Construct("method object around a C function", """
        import types
        def f(): pass
        m = types.MethodType(len, "abc")
        ---
        m(); f(); m(); f()
        """, "len 2, f 2",
        differs=[On("3.12-3.13", "f 2", "around C")]),
    Construct("method object around a C function, star call", """
        import types
        def f(): pass
        m = types.MethodType(len, "abc")
        ---
        m(*()); f(); m(*()); f()
        """, "len 2, f 2",
        differs=[On("3.11-3.15", "f 2", "around C")]),
    Construct("method object around a C type", """
        import types
        def f(): pass
        m = types.MethodType(int, "12")
        ---
        m(); m(*()); f()
        """, "int 2, f",
        differs=[On("3.12-3.13", "f", "around C"),
                 On("3.14-3.15", "f, int", "around C")]),
    Construct("method object around an object", """
        import types
        class C:
            def __call__(self, x): pass
        m = types.MethodType(C(), 1)
        ---
        m(); m(*())
        """, "C.__call__ 2"),
    Construct("bound method", """
        class C:
            def m(self): pass
        o = C()
        bound = o.m
        ---
        o.m(); bound(); bound(); C.m(o); o.m.__func__(o)
        """, "C.m 5"),
    Construct("static and class methods", """
        class C:
            @staticmethod
            def s(): pass
            @classmethod
            def c(cls): pass
        o = C()
        ---
        C.s(); o.s(); C.c(); o.c(); f = C.c; f()
        """, "C.s 2, C.c 3"),
    Construct("super", """
        class A:
            def m(self): return 1
            @classmethod
            def c(cls): return 2
        class B(A):
            def m(self): return super().m()
            @classmethod
            def c(cls): return super().c()
        o = B()
        ---
        o.m(); B.c()
        """, "B.m (super, A.m), B.c (super, A.c)"),
    Construct("super of a C method", """
        class L(list):
            def append(self, v): super().append(v + 1)
        ---
        L().append(1)
        """, "L.append (super, list.append)"),
    Construct("object that can be called", """
        class C:
            def __call__(self, *a, **k): return 1
        o = C()
        ---
        o(); o(1, k=2); o(*[1]); o.__call__()
        """, "C.__call__ 4"),
    Construct("functools.partial", """
        import functools
        def f(a, b): pass
        p = functools.partial(f, 1)
        ---
        p(2); p(*[2]); functools.partial(f)(1, 2)
        """, "functools.partial 4 (f 3)",
        differs=[On("3.11", "f 3, functools.partial", "C objects")]),
    Construct("functools.partial of a C function", """
        import functools
        p = functools.partial(max, 1)
        ---
        p(2); p(*[2])
        """, "functools.partial 2",
        differs=[On("3.11", "", "C objects")]),
    Construct("functools.partialmethod", """
        import functools
        class C:
            def m(self, a): pass
            p = functools.partialmethod(m, 1)
        o = C()
        ---
        o.p()
        """, "functools.partial (C.m)",
        differs=[On("3.11", "C.m", "C objects")]),
    Construct("functools.lru_cache", """
        import functools
        @functools.lru_cache
        def f(n): return n
        ---
        f.cache_clear(); f(1); f(1); f(2)
        """, "functools._lru_cache_wrapper.cache_clear, functools._lru_cache_wrapper 3 (f 2)",
        differs=[On("3.11", "f 2, functools._lru_cache_wrapper.cache_clear", "C objects")]),
    Construct("operator's getters", """
        import operator
        class C:
            def m(self, a): pass
            @property
            def p(self): return 1
        item, attr, method = operator.itemgetter(0), operator.attrgetter("p"), operator.methodcaller("m", 1)
        o = C()
        ---
        item("ab"); attr(o); method(o)
        """, "operator.itemgetter, operator.attrgetter (C.p), operator.methodcaller (C.m)",
        differs=[On("3.11", "C.m, C.p", "C objects")]),
    Construct("functools.singledispatch", """
        import functools
        @functools.singledispatch
        def f(v): pass
        @f.register
        def g(v: int): pass
        @f.register(str)
        def h(v): pass
        ---
        f(1.5); f(1); f("")
        """, "f, g, h"),
    Construct("functools.cached_property", """
        import functools
        class C:
            @functools.cached_property
            def p(self): return 1
        ---
        o = C(); o.p; o.p
        """, "C.p"),
    Construct("sorted, min, max, sort with a key", """
        def key(v): return v
        l = [3, 1, 2]
        ---
        sorted(l, key=key); min(l, key=key); max(1, 2, key=key); l.sort(key=key)
        """, "sorted (key 3), min (key 3), max (key 2), list.sort (key 3)"),
    Construct("map and filter", """
        def f(v): return v
        ---
        list(map(f, [1, 2, 3])); sum(filter(f, [1, 2])); [v for v in map(f, [1, 2])]; next(map(f, [1]))
        """, "map 3, filter, list (f 3), sum (f 2), f 2, next (f)",
        truths=[On("3.11", "map 3, filter, list (f 3), sum (f 2), <listcomp> (f 2), next (f)", "inlined")]),
    Construct("functools.reduce", """
        import functools
        def add(a, b): return a + b
        ---
        functools.reduce(add, [1, 2, 3])
        """, "_functools.reduce (add 2)"),
    Construct("C functions called by C functions", """
        ---
        list(map(len, ["a", "b"])); sorted(["a"], key=len); sum(map(abs, [1, 2]))
        """, "map 2, list, sorted, sum"),
    Construct("decorator", """
        def deco(f):
            def wrapper(*a): return f(*a)
            return wrapper
        def with_arguments(n):
            def inner(f): return f
            return inner
        ---
        @deco
        @with_arguments(1)
        def f(a): pass
        f(1); f(2)
        """, "with_arguments, inner, deco, wrapper 2 (f 2)"),
    Construct("class decorator", """
        def deco(c): return c
        ---
        @deco
        class C: pass
        """, "__build_class__ (C), deco"),
    Construct("wrong arguments", """
        def f(a): pass
        def g(): pass
        ---
        for arguments in [(), (1, 2)]:
            try:
                f(*arguments)
            except TypeError:
                g()
        try:
            f(1, 2, 3)
        except TypeError:
            g()
        """, "g 3",
        differs=[On("3.11", "TypeError 3, g 3", "refused")]),
    Construct("call of what cannot be called", """
        def g(): pass
        ---
        for thing in 5, "", None:
            try:
                thing()
            except TypeError:
                g()
        """, "g 3",
        differs=[On("3.11", "TypeError 3, g 3", "refused")]),
    Construct("walrus and conditions", """
        def f(): return 0
        def g(): return 1
        ---
        if (n := f()) or (m := g()): g()
        g() if f() else f()
        """, "f 3, g 2"),
    Construct("loop of one line", """
        def f(n): return n < 9
        n = 0
        ---
        n = 0
        while f(n): n += 1
        for _ in range(5): f(0)
        """, "f 15, range"),
    Construct("comprehensions", """
        def f(v): return v
        ---
        [f(v) for v in (1, 2)]; {f(v) for v in (1, 2)}; {f(v): 0 for v in (1, 2)}; [[f(v) for v in (1, 2)] for _ in (1, 2)]
        """, "f 10",
        truths=[On("3.11", "<listcomp> 2 (f 2, <listcomp>.<listcomp> 2 (f 4)), <setcomp> (f 2), <dictcomp> (f 2)", "inlined")]),
    Construct("comprehension that raises", """
        def f(v): return 1 // v
        def g(): pass
        ---
        try:
            [f(v) for v in (1, 0, 2)]
        except ZeroDivisionError:
            g()
        """, "f 2, g", truths=[On("3.11", "<listcomp> (f 2), g", "inlined")]),
    Construct("exec, eval, compile", """
        def f(): pass
        code = compile("f()", "made", "exec")
        ---
        exec(code); eval("f()"); exec("def g(): f()\\ng()"); compile("1", "x", "eval")
        """, "exec 2 (<module> 2 (f, g (f))), eval (<module> (f)), compile"),
    Construct("import of a module", """
        import pathlib, sys
        pathlib.Path(__file__).with_name("c_import_of_a_module__part.py").write_text("def f(): pass\\nf()\\nf()\\n")
        ---
        import c_import_of_a_module__part
        del sys.modules["c_import_of_a_module__part"]
        """, "<module> (f 2)", warm=10),
    Construct("annotations", """
        def f(): return int
        ---
        def g(a: f(), b: f() = 1) -> f(): return a
        g(1)
        """, "f 3, g", truths=[On("3.14-3.15", "g", "deferred")]),
    Construct("deferred annotations read", """
        def f(): return int
        ---
        def g(a: f()): return a
        g.__annotations__
        """, "__annotate__ (f)", since="3.14",
        truths=[On("3.15", "g.__annotate__ (f)", "name")]),
    Construct("template strings", """
        def f(): return 1
        class C:
            def __format__(self, spec): return "c"
        o = C()
        ---
        namespace = {"f": f, "o": o}
        eval("t'{f()} {o:x}'", namespace)
        """, "eval (<module> (f))", since="3.14"),
    Construct("f-strings", """
        class C:
            def __format__(self, spec): return "c"
            def __repr__(self): return "r"
            def __str__(self): return "s"
        o = C()
        ---
        f"{o}{o:>3}{o!r}{o!s}"; "%s %r" % (o, o); format(o); str(o); repr(o)
        """, "C.__format__ 2, C.__repr__ 2, C.__str__ 2, format (C.__format__), str (C.__str__), repr (C.__repr__)"),
    Construct("print to an object", """
        class W:
            def write(self, text): pass
        w = W()
        ---
        print("a", file=w)
        """, "print (W.write 2)"),
    Construct("match statement", """
        class C:
            __match_args__ = ("a", "b")
            def __init__(self): self.n = 1
            @property
            def a(self): return 1
            @property
            def b(self): return 2
            def __eq__(self, other): return other == 5
        o = C()
        def guard(v): return v
        ---
        for value in (o, [1, 2], {"k": 3}, 5):
            match value:
                case C(a=x) if guard(x) > 1: pass
                case C(1, 2): pass
                case [1, y] if guard(y): pass
                case {"k": z}: guard(z)
                case _: pass
        """, "C.a 2, C.b, guard 3"),
    Construct("ctypes callback", """
        import ctypes
        def compare(a, b): return 0
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        callback = kind(compare)
        numbers = (ctypes.c_int * 2)(2, 1)
        two = ctypes.byref(ctypes.c_size_t(2))
        lfind = ctypes.CDLL(None).lfind
        lfind.restype = None
        lfind.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, kind]
        ---
        lfind(numbers, numbers, two, 4, callback)
        """, "_FuncPtr (compare)",
        differs=[On("3.11-3.15", "compare", "own class")]),
    Construct("str.format and join of calls", """
        def f(v): return str(v)
        ---
        "{} {}".format(f(1), f(2)); ",".join(f(v) for v in (1, 2))
        """, "f 2 (str 2), str.format, str.join (<genexpr> 1+2 (f 2 (str 2)))"),
]
