# SPDX-License-Identifier: Apache-2.0
"""More than 300 names that are markup, script or worse, and profiles that have each of them as function, file,
class, thread, program, role, command line and reason."""

import marshal

from tape_writer import LAUNCHER, Tape

SCRIPT = "globalThis.executed = (globalThis.executed || 0) + 1"
SHORT = "globalThis.executed=1"  # without blanks, for attributes without quotes
TRICKS = [
    "<script>{0}</script>", "</script><script>{0}</script>", "<img src=x onerror='{0}'>",
    "<img src=x onerror={0}//", "<svg onload='{0}'>", "<svg><script>{0}</script></svg>",
    "<iframe srcdoc='<script>parent.{0}</script>'></iframe>", "<body onload='{0}'>", "\"><script>{0}</script>",
    "'><script>{0}</script>", "' onmouseover='{0}' x='", "\" onfocus=\"{0}\" autofocus x=\"", "javascript:{0}",
    "<a href='javascript:{0}'>x</a>", "<style>@import 'http://evil.invalid/x'</style>",
    "<link rel=stylesheet href=http://evil.invalid/x>", "<meta http-equiv=refresh content='0;url=http://evil.invalid'>",
    "<base href=http://evil.invalid/>", "<object data='javascript:{0}'></object>", "<!--<script>{0}//-->",
    "<!--sonde:script-->", "<!--sonde:data-->", "]]><script>{0}</script>", "\u2028{0}//", "\u2029{0}//", "\\u003cscript>{0}",
    "&lt;script&gt;{0}&lt;/script&gt;", "${{{0}}}", "{{{{constructor.constructor('{0}')()}}}}", "`${{{0}}}`",
    "<details open ontoggle='{0}'>", "<input autofocus onfocus='{0}'>", "<video><source onerror='{0}'></video>",
    "<math><mtext><script>{0}</script></mtext></math>", "<template><script>{0}</script></template>",
    "<noscript><img src=x onerror='{0}'></noscript>", "\u202egnp.exe", "\u0000<script>{0}</script>",
    "\x1b]0;title\x07\x1b[31m", "__proto__", "constructor", "toString", "hasOwnProperty", "a" * 5000, "\ud83d\ude00" * 200,
    "a\nb\r\nc\td", "%3Cscript%3E{0}%3C/script%3E", "p0.t0.4", "-1", "NaN", "../../../etc/passwd", " ", ".", "..", "|a|b|",
]
# What must be left first, and what runs then: each with each is a name.
LEAVE = ["", "\">", "'>", "</title>", "</textarea></style>", "-->", "]]>", "</svg>", "</text></g>", "`", "${", "\\\"", "%22%3E",
         "&quot;&gt;", "\u2028", "\n", "[x](", "\"];", "\x9b31m", "\udcff"]
RUN = ["<script>{0}</script>", "<img src=x onerror={0}>", "<svg/onload={0}>", "<iframe src=javascript:{0}>",
       "<iframe srcdoc=\"<script>parent.{0}</script>\">", "<details open ontoggle={0}>", "<input autofocus onfocus={0}>",
       "<style>@import'http://evil.invalid/'</style>", "<math><mi xlink:href=\"javascript:{0}\">", "<set onbegin={0} attributeName=x>",
       "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload={0}>", " onmouseover={0} style=position:fixed;inset:0 ",
       "javascript:{0}", "}});{0};({{"]


def names():
    found = [trick.format(SCRIPT).encode("utf-16", "surrogatepass").decode("utf-16", "replace") for trick in TRICKS]
    found += [leave + run.format(SHORT) for leave in LEAVE for run in RUN]
    assert len(found) == len(set(found)) > 300
    return found


def write_recording(folder, slower=1):
    """A process and a thread of each name, below a launcher that knows of commands of such names too; a function
    of each name in a file of that name, and one that only its file has. All are called by one function, too."""
    launcher = Tape(pid=9, role=LAUNCHER, python=0, program="<b>sonde</b>")
    for number, name in enumerate(names()):
        tape = Tape(pid=1000 + number, parent=9, program=name, duty=f"worker: {name}", called=name)
        thread = tape.thread(name)
        tape.node(thread, None, tape.function("", f"/srv/{name}/x.py", 3, qualname=""), 1, 5)
        hub = tape.node(thread, None, tape.function("hub", "/srv/app.py", 1), 1, 10)
        named = tape.node(thread, hub, tape.function(name, f"/srv/lib/{name}.py", 7, owner=name), 3, slower * (900 + number))
        tape.node(thread, named, tape.function(f"plain{number}", name, 1 + number), 2, 100)
        tape.node(thread, named, tape.function(name, qualname=name), 1, 50)
        tape.write(folder)
        launcher.process(50000 + number, name, parent=9, reason=name, status=0)
    launcher.write(folder)
    return folder


def write_dump(path):
    """What cProfile might have left of them: functions that call each other in a row."""
    table, keys = {}, []
    for i, text in enumerate(text.encode("utf-8", "replace").decode() for text in names()):
        keys += [("/srv/app.py", i + 1, text), (text, i + 1, f"plain{i}"), (text, i, text)]
    for i, key in enumerate(keys):
        table[key] = (1, 1, 0.01 + i / 1e4, 0.5, {keys[i // 2]: (1, 1, 0.01, 0.02)} if i else {})
    path.write_bytes(marshal.dumps(table, 2))
    return path
