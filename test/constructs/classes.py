# SPDX-License-Identifier: Apache-2.0
"""Classes, their attributes and operators; objects made, copied and lost."""

from constructs.table import Construct, Elsewhere as On

CONSTRUCTS = [
    Construct("constructor", """
        class C:
            def __init__(self, a=1): self.a = a
        ---
        C(); C(2); C(a=3)
        """, "C.__init__ 3"),
    Construct("class without a constructor", """
        class C: pass
        def f(): pass
        ---
        C(); f(); object(); C()
        """, "f, object"),
    Construct("__new__ and __init__", """
        class C:
            def __new__(cls, a): return super().__new__(cls)
            def __init__(self, a): super().__init__()
        ---
        C(1)
        """, "C.__new__ (super, object.__new__), C.__init__ (super, object.__init__)",
        differs=[On("3.11", "C.__init__ (super), C.__new__ (object.__new__, super)", "C objects")]),
    Construct("__new__ of another type", """
        class C:
            def __new__(cls): return 5
            def __init__(self): pass
        ---
        C()
        """, "C.__new__"),
    Construct("C types' constructors", """
        ---
        int("1"); str(1); list("ab"); dict(a=1); tuple([1]); set(); frozenset(); bool(1); float("1"); range(3)
        bytes(3); bytearray(1); complex(1); enumerate([]); reversed([]); zip(); type(1); object(); slice(1); memoryview(b"")
        """, "int, str, list, dict, tuple, set, frozenset, bool, float, range, bytes, bytearray, complex, "
             "enumerate, reversed, zip, type, object, slice, memoryview"),
    Construct("C types' constructors in variables", """
        import collections, decimal
        kinds = [int, str, float, list, decimal.Decimal, collections.deque, collections.OrderedDict]
        ---
        for kind in kinds:
            kind()
        """, "int, str, float, list, decimal.Decimal, collections.deque, collections.OrderedDict"),
    Construct("exceptions made", """
        ---
        ValueError(1); KeyError(); OSError(2, "x"); StopIteration()
        """, "ValueError, KeyError, OSError, StopIteration"),
    Construct("subclass of a C type", """
        class L(list): pass
        class I(int):
            def __new__(cls, v): return int.__new__(cls, v)
        class D(dict):
            def __init__(self, **k): dict.__init__(self, **k)
        ---
        L([1]); I(3); D(a=1)
        """, "I.__new__ (int.__new__), D.__init__ (dict.__init__)",
        differs=[On("3.11", "D.__init__, I.__new__ (int.__new__)", "C objects")]),
    Construct("exception class", """
        class E(Exception):
            def __init__(self, v): super().__init__(v)
        ---
        try:
            raise E(1)
        except E:
            pass
        """, "E.__init__ (super, Exception.__init__)",
        truths=[On("3.14-3.15", "E.__init__ (super, BaseException.__init__)", "name")],
        differs=[On("3.11", "E.__init__ (super)", "C objects")]),
    Construct("property", """
        class C:
            @property
            def p(self): return 1
            @p.setter
            def p(self, v): pass
            @p.deleter
            def p(self): pass
        o = C()
        ---
        o.p; o.p = 2; del o.p; getattr(o, "p")
        """, "C.p 3, getattr (C.p)"),
    Construct("descriptor", """
        class D:
            def __get__(self, o, t=None): return 1
            def __set__(self, o, v): pass
            def __delete__(self, o): pass
        class C:
            d = D()
        o = C()
        ---
        o.d; C.d; o.d = 1; del o.d
        """, "D.__get__ 2, D.__set__, D.__delete__"),
    Construct("__getattr__ and the like", """
        class C:
            def __getattr__(self, name):
                if name == "none": raise AttributeError(name)
                return 1
            def __setattr__(self, name, v): pass
            def __delattr__(self, name): pass
        class G:
            def __getattribute__(self, name): return 1
        o, g = C(), G()
        ---
        o.x; o.y; o.z = 1; del o.z; hasattr(o, "none"); g.a
        """, "C.__getattr__ 2, C.__setattr__, C.__delattr__, hasattr (C.__getattr__ (AttributeError)), G.__getattribute__"),
    Construct("method through __getattr__", """
        class C:
            def __getattr__(self, name): return self.found
            def found(self): pass
        o = C()
        ---
        o.x(); o.y()
        """, "C.__getattr__ 2, C.found 2"),
    Construct("__getattr__ of a module", """
        import sys
        def __getattr__(name):
            if name.startswith("__"): raise AttributeError(name)
            return 1
        me = sys.modules[__name__]
        ---
        me.something
        """, "__getattr__ (str.startswith)"),
    Construct("binary operators", """
        class C:
            def __add__(self, o): return self
            def __radd__(self, o): return self
            def __iadd__(self, o): return self
            def __matmul__(self, o): return self
            def __neg__(self): return self
            def __pow__(self, o, m=None): return self
        ---
        c = C()
        c + 1; 1 + c; c += 1; c @ c; -c; c ** 2; pow(c, 2, 3)
        """, "C.__add__, C.__radd__, C.__iadd__, C.__matmul__, C.__neg__, C.__pow__, pow (C.__pow__)"),
    Construct("operators that give up", """
        class A:
            def __add__(self, o): return NotImplemented
            def __lt__(self, o): return NotImplemented
        class B:
            def __radd__(self, o): return 1
            def __gt__(self, o): return True
        a, b = A(), B()
        ---
        a + b; a < b
        """, "A.__add__, B.__radd__, A.__lt__, B.__gt__"),
    Construct("comparisons and truth", """
        class C:
            def __lt__(self, o): return self
            def __eq__(self, o): return True
            def __bool__(self): return True
            def __hash__(self): return 1
            def __contains__(self, v): return True
        ---
        a, b = C(), C()
        a < b < a; a == b; 1 in a; a in [b]; not a; {a: 1}[b]; bool(a)
        if a: pass
        """, "C.__lt__ 2, C.__bool__ 3, C.__eq__ 3, C.__contains__, C.__hash__ 2, bool (C.__bool__)"),
    Construct("container methods", """
        class C:
            def __len__(self): return 1
            def __getitem__(self, i):
                if i == 2: raise IndexError
                return 1
            def __setitem__(self, i, v): pass
            def __delitem__(self, i): pass
            def __missing__(self, k): pass
        o = C()
        ---
        len(o); o[0]; o[0] = 1; del o[0]; o[1:]
        for v in o: pass
        """, "len (C.__len__), C.__getitem__ 5, C.__setitem__, C.__delitem__",
        truths=[]),
    Construct("iterator", """
        class C:
            def __init__(self, n): self.n = n
            def __iter__(self): return self
            def __next__(self):
                self.n -= 1
                if self.n < 0: raise StopIteration
                return self.n
        ---
        for v in C(3): pass
        list(C(2)); next(C(1)); a, b = C(2); [*C(1)]
        """, "C.__init__ 5, C.__iter__ 3, C.__next__ 9, list (C.__iter__, C.__next__ 3), next (C.__next__)"),
    Construct("conversions", """
        class C:
            def __index__(self): return 1
            def __int__(self): return 2
            def __float__(self): return 3.0
            def __bytes__(self): return b""
            def __dir__(self): return []
            def __round__(self, n=None): return 1
            def __format__(self, spec): return "f"
            def __length_hint__(self): return 1
            def __iter__(self): return iter(())
        o = C()
        ---
        [1, 2][o]; int(o); float(o); bytes(o); dir(o); round(o); format(o); list(o)
        """, "C.__index__, int (C.__int__), float (C.__float__), bytes (C.__bytes__), dir (C.__dir__), "
             "round (C.__round__), format (C.__format__), list (C.__iter__ (iter), C.__length_hint__)"),
    Construct("__missing__", """
        class D(dict):
            def __missing__(self, k): return 1
        d = D()
        ---
        d["a"]; d["b"]; d.get("c")
        """, "D.__missing__ 2, dict.get"),
    Construct("default factory", """
        import collections
        def make(): return 0
        ---
        d = collections.defaultdict(make)
        d[1]; d[2]; d[1]
        """, "collections.defaultdict, make 2"),
    Construct("class statement", """
        def f(): return 1
        ---
        class C:
            a = f()
            def m(self): pass
            class D:
                b = f()
        C().m()
        """, "__build_class__ (C (f, __build_class__ (C.D (f)))), C.m"),
    Construct("class statement with a metaclass", """
        class M(type):
            @classmethod
            def __prepare__(m, name, bases, **k): return {}
            def __new__(m, name, bases, space, **k): return super().__new__(m, name, bases, space)
            def __init__(c, name, bases, space, **k): super().__init__(name, bases, space)
            def __call__(c, *a): return super().__call__(*a)
        ---
        class C(metaclass=M, tag=1):
            def __init__(self, a): pass
        C(1)
        """, "__build_class__ (M.__prepare__, C, M.__new__ (super, type.__new__), M.__init__ (super, type.__init__)), "
             "M.__call__ (super, type.__call__ (C.__init__))",
        differs=[On("3.11", "__build_class__ (M.__prepare__, C, M.__new__ (super, type.__new__), M.__init__ (super)), M.__call__ (super, C.__init__)", "C objects")]),
    Construct("__init_subclass__ and __set_name__", """
        class Base:
            def __init_subclass__(cls, **k): pass
            def __class_getitem__(cls, item): return cls
        class Field:
            def __set_name__(self, owner, name): pass
        ---
        class C(Base, tag=1):
            a, b = Field(), Field()
        C[int]
        """, "__build_class__ (C, Field.__set_name__ 2, Base.__init_subclass__), Base.__class_getitem__"),
    Construct("class made by type()", """
        def m(self): pass
        ---
        T = type("T", (), {"m": m})
        T().m()
        """, "type, m"),
    Construct("__mro_entries__", """
        class E:
            def __mro_entries__(self, bases): return ()
        e = E()
        ---
        class C(e): pass
        """, "__build_class__ (E.__mro_entries__, C)"),
    Construct("isinstance and issubclass", """
        class M(type):
            def __instancecheck__(c, o): return True
            def __subclasscheck__(c, o): return True
        class C(metaclass=M): pass
        ---
        isinstance(1, C); issubclass(int, C); isinstance(1, int)
        """, "isinstance 2 (M.__instancecheck__), issubclass (M.__subclasscheck__)"),
    Construct("abstract base classes", """
        import abc
        class A(abc.ABC):
            @abc.abstractmethod
            def m(self): pass
            @classmethod
            def __subclasshook__(cls, c): return NotImplemented
        class B(A):
            def m(self): return super().m()
        def f(): pass
        isinstance(B(), A)
        ---
        B().m()
        isinstance(B(), A)
        try:
            A()
        except TypeError:
            f()
        """, "B.m (super, A.m), isinstance, f",
        differs=[On("3.11", "B.m (super, A.m), isinstance, f, TypeError", "refused")]),
    Construct("dataclass", """
        import dataclasses
        @dataclasses.dataclass(order=True)
        class P:
            x: int
            y: int = dataclasses.field(default_factory=lambda: 1)
            def __post_init__(self): pass
        ---
        a, b = P(1), P(2, 3)
        a == b; a < b
        """, "__init__ 2 (P.<lambda>, P.__post_init__ 2), __eq__, __lt__"),
    Construct("namedtuple", """
        import collections
        P = collections.namedtuple("P", "a b")
        ---
        p = P(1, 2); p.a; p._replace(a=2)
        """, "<lambda> (tuple.__new__)"),
    Construct("enum", """
        import enum
        class C(enum.Enum):
            RED = 1
            BLUE = 2
            @property
            def wave(self): return self.value
            @classmethod
            def _missing_(cls, v): return cls.RED
        ---
        C(1); C["RED"]; C.RED.wave; C(7); list(C)
        """, "C.wave, C._missing_, list"),
    Construct("slots", """
        class C:
            __slots__ = ("a",)
            def __init__(self): self.a = 1
        ---
        o = C(); o.a; del o.a
        """, "C.__init__"),
    Construct("__del__", """
        class C:
            def __del__(self): f()
        def f(): pass
        ---
        C(); o = C(); del o; o = C(); o = None
        """, "C.__del__ 3 (f 3)"),
    Construct("__del__ at the end of a function", """
        class C:
            def __del__(self): pass
        def f():
            o = C()
            return 1
        ---
        f()
        """, "f, C.__del__"),
    Construct("__del__ found by the collector", """
        import gc
        class C:
            def __init__(self): self.me = self
            def __del__(self): pass
        ---
        gc.disable()
        C(); C()
        gc.collect(0)
        gc.enable()
        """, "gc.disable, gc.enable, C.__init__ 2, gc.collect (C.__del__ 2)"),
    Construct("weakref callback", """
        import weakref
        class C: pass
        def gone(r): pass
        ---
        o = C()
        r = weakref.ref(o, gone)
        weakref.finalize(o, gone, 1)
        del o
        """, "weakref.ReferenceType, gone 2",
        ),
    Construct("collector's callback", """
        import gc
        def seen(phase, info): pass
        ---
        gc.disable()
        gc.callbacks.append(seen)
        gc.collect(0)
        gc.callbacks.remove(seen)
        gc.enable()
        """, "gc.disable, list.append, gc.collect (seen 2), list.remove, gc.enable"),
    Construct("copy", """
        import copy
        class C:
            def __copy__(self): return self
            def __deepcopy__(self, memo): return self
        class R:
            def __reduce__(self): return made, (1,)
        def made(v): return v
        ---
        copy.copy(C()); copy.deepcopy(C()); copy.copy(R()); copy.deepcopy([R()])
        """, "C.__copy__, C.__deepcopy__, R.__reduce__ 2, made 2"),
    Construct("pickle", """
        import pickle
        class C:
            def __getstate__(self): return {"a": 1}
            def __setstate__(self, state): pass
        class R:
            def __reduce__(self): return made, (1,)
        def made(v): return v
        ---
        pickle.loads(pickle.dumps([C(), R()]))
        """, "_pickle.dumps (C.__getstate__, R.__reduce__), _pickle.loads (made, C.__setstate__)"),
    Construct("functools.total_ordering", """
        import functools
        @functools.total_ordering
        class C:
            def __eq__(self, o): return False
            def __lt__(self, o): return True
        a, b = C(), C()
        ---
        a < b; a >= b
        """, "C.__lt__ 2"),
    Construct("type parameters", """
        def f(): return int
        ---
        exec("def g[T: f()](v: T): return v\\ng(1)\\nclass C[T]:\\n    def m(self): return 1\\nC().m()\\ntype A = f()\\nA.__value__", {"f": f})
        """, "exec (<module> (<generic_parameters_of_g>, g, <generic_parameters_of_C> (__build_class__ (C)), C.m, A (f)))",
        since="3.12"),
    Construct("operator module and sum of objects", """
        import operator
        class C:
            def __add__(self, o): return self
            def __radd__(self, o): return self
        a = C()
        ---
        operator.add(a, 1); sum([a, a])
        """, "_operator.add (C.__add__), sum (C.__radd__, C.__add__)"),
    Construct("sort of objects", """
        class C:
            def __init__(self, v): self.v = v
            def __lt__(self, o): return self.v < o.v
        l = [C(1), C(2), C(3)]
        ---
        sorted(l); max(l[:1])
        """, "sorted (C.__lt__ 2), max"),
]
