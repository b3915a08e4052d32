# SPDX-License-Identifier: Apache-2.0
"""Names of functions, files, threads and programs that are markup, script or worse: the page
shows them as text. Nothing runs, nothing is asked for, no policy has to step in."""

import marshal

import pytest

from browser.views import CHARTS, VIEWS, views_of

SCRIPT = "globalThis.executed = (globalThis.executed || 0) + 1"
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
PLACES = 3  # as function, as file, as both: more than 150 functions and files


def hostile(name):
    """A file of cProfile whose functions call each other in a row."""
    texts = [trick.format(SCRIPT) for trick in TRICKS]
    keys = []
    for place in range(PLACES):
        for i, text in enumerate(texts):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            keys.append({0: ("/srv/app.py", i + 1, text), 1: (text, i + 1, f"plain{i}"), 2: (text, i, text)}[place])
    keys = list(dict.fromkeys(keys))
    table = {}
    for i, key in enumerate(keys):
        callers = {keys[i // 2]: (1, 1, 0.01, 0.02)} if i else {}
        table[key] = (1, 1, 0.01 + i / 1e4, 0.5, callers)
    name.write_bytes(marshal.dumps(table, 2))
    return name, len(keys)


@pytest.mark.parametrize("way", ["served", "saved"])
def test_names_are_text(browser, serve, save, tmp_path, way):
    file, many = hostile(tmp_path / "<img src=x onerror=alert(1)>.prof")
    url = (serve if way == "served" else save)(file)
    names = [name for name in VIEWS if name != "processes"]
    played = browser.play("names", url=url, views=views_of(5, *names), charts=list(CHARTS), functions=min(many, 60))
    assert played["executed"] is None and played["reports"] == [] and played["problems"] == []
    assert played["elements"] == [], "markup of a name became an element"
    assert played["rows"] > 30
    assert "<script" not in played["svg"].lower() and "onerror=" not in played["svg"].replace("&apos;", "'").split("<text")[0]
