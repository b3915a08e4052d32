# SPDX-License-Identifier: Apache-2.0
"""Any name a program can have comes back as it was, and everything printed of it is valid: UTF-8,
JSON, no raw control character, whatever the locale."""

import json
import os

import pytest

LONG = 64 * 1024 - 4  # with what stands before a qualified name, all that is kept of one
FILES = {  # what is compiled under that file name
    "plain": "plain.py",
    "latin": "latin1-é.py",
    "ucs2": "ucs2-€-漢字.py",
    "ucs4": "ucs4-🐍-𝔘.py",
    "bytes": "bytes-\udce9-\udcff-\udc80.py",
    "high": "lone-\ud800.py",
    "low": "lone-\udfff-and-\ude00.py",
    "controls": "controls-" + "".join(map(chr, [*range(1, 32), 127, *range(128, 160)])) + ".py",
    "escape": "\x1b[31mred\x1b]0;title\x07.py",
    "lines": "one\ntwo\rthree\u2028four\u2029.py",
    "turned": "rtl-\u202egnp.py-\u2066x\u2069-אבג-ابج.py",
    "invisible": "zero\u200bwidth\ufeff\u00ad\U000e0041.py",
    "quotes": "quote\"'\\</script><!--&.py",
    "percent": "%s%n%d{}.py",
    "combining": "a\u0301\u0302\u0303e\u0308.py",
    "noncharacter": "x\uffff\ufffe\U0010ffff.py",
    "long": "/" + "l" * (LONG - 2) + "e",
    "long wide": "🐍" * (LONG // 4),
    "empty": "",
    "spaces": "  a  b\t.py",
}
assert len(FILES["long"]) == len(FILES["long wide"].encode()) == LONG
PROGRAM = """
import threading, types

FILES = {files}

def call(label, name):
    code = compile("def f(): return len(())\\nf()", name, "exec")
    exec(code, {{}})

for label, name in FILES.items():
    call(label, name)

def named(name):
    code = (lambda: None).__code__
    types.FunctionType(code.replace(co_name=name, co_qualname="q." + name), {{}})()

for label, name in FILES.items():
    if name:
        named(name)
for label in ("latin", "ucs2", "ucs4", "bytes", "low", "escape", "turned", "long"):
    thread = threading.Thread(target=len, args=((),), name=FILES[label])
    thread.start()
    thread.join()

class Ünicode:
    def möthod(self): pass

Ünicode().möthod()
"""


@pytest.fixture(params=["C", "C.UTF-8"])
def recording(request, run_sonde, python, clean_env, tmp_path):
    env = {k: v for k, v in clean_env.items() if not k.startswith("LC_")} | {"LANG": request.param}
    folder = os.fsencode(tmp_path) + b"/\xe9\xff\x1b odd"
    os.mkdir(folder)
    program = folder + b"/na\xefve\x1b.py"
    with open(program, "w", encoding="utf-8", errors="surrogatepass") as f:
        f.write(PROGRAM.format(files=ascii(FILES)))
    done = run_sonde("run", "-v", "-o", "x", "--python", python, os.fsdecode(program), env=env, text=False)
    assert done.returncode == 0, done.stderr
    return done.stderr, env


def strict(raw):
    """Its text: UTF-8 without a control character but the ends of lines."""
    text = raw.decode("utf-8")
    assert [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202e\u2066\u200b\ufeff"] == []
    return text


def test_json_gives_every_name_back(recording, run_sonde, tmp_path):
    _, env = recording
    done = run_sonde("report", "--json", "--tree", "x.sonde", check=True, text=False, env=env)
    report = json.loads(done.stdout.decode("utf-8"))
    found = {f["file"] for f in report["functions"]}
    assert set(FILES.values()) - {""} <= found
    names = {f["name"]: f["qualname"] for f in report["functions"]}
    wanted = {name for name in FILES.values() if name}
    assert {n for n in wanted if n not in names} == set()
    assert {n for n in wanted if names[n] != "q." + n} - {"f"} == set()
    threads = {t["name"] for t in report["threads"]}
    assert {FILES[k] for k in ("latin", "ucs2", "ucs4", "bytes", "low", "escape", "turned", "long")} <= threads
    assert report["run"]["program"] == os.fsdecode(b"na\xefve\x1b.py")
    assert "Ünicode.möthod" in names.values()
    assert {f["file"] for f in report["functions"] if f["name"] == "möthod"} == \
        {os.fsdecode(os.fsencode(tmp_path) + b"/\xe9\xff\x1b odd/na\xefve\x1b.py")}


VIEWS = [["report", "-n", "9999"], ["report", "--tree", "-n", "9999"], ["report", "--callers", "--callees", "-n", "9999"],
         ["report", "--processes"], ["report", "--by", "file", "-n", "9999"], ["report", "--by", "thread"],
         ["report", "--strip-dirs", "-n", "9999"], ["report", "--as-cprofile"], []]


def test_text_is_valid(recording, run_sonde):
    summary, env = recording
    texts = [strict(run_sonde(*view, check=True, text=False, env=env).stdout) for view in VIEWS]
    assert all(len(text) > 100 for text in texts)
    assert all(part in texts[0] for part in ("\\x1b[31mred", "latin1-é", "漢字", "\\xff"))
    strict(summary)
