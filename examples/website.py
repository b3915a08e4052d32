# SPDX-License-Identifier: Apache-2.0
"""website: renders pages of Markdown with coloured code into a small site.

    pip install markdown-it-py jinja2 pygments
    sonde run -o website.sonde website.py
    sonde view --source . website.sonde

Three libraries do most of it, and a word index is made in two worker processes while a
thread watches. `website.py alone` leaves both out, for profilers that see one thread.
`doc/viewers.md` shows it in four viewers.
"""
import concurrent.futures
import pathlib
import re
import sys
import threading

import jinja2
import markdown_it
import pygments
import pygments.formatters
import pygments.lexers

TEMPLATE = """<!doctype html><title>{{ page.title }}</title><nav>{% for link in links %}
<a href="{{ link.href }}"{% if link.href == page.href %} class=here{% endif %}>{{ link.title|e }}</a>
{% endfor %}</nav><main>{{ page.body }}</main>
<aside>{% for word, count in page.words %}<b>{{ word }}</b> {{ count }}{% endfor %}</aside>"""


def colour(code, language, attributes):
    lexer = pygments.lexers.get_lexer_by_name(language or "text")
    return pygments.highlight(code, lexer, pygments.formatters.HtmlFormatter(nowrap=True))


def count_words(text):
    counts = {}
    for word in re.findall(r"[a-z]{4,}", text.lower()):
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:12]


class Page:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.href = name + ".html"
        self.title = text.split("\n", 1)[0].lstrip("# ")

    def render(self, markdown):
        self.body = markdown.render(self.text)
        self.words = count_words(self.text)

    def links_to(self, other):
        return other.href in self.text


class Site:
    def __init__(self, pages):
        self.pages = pages
        self.markdown = markdown_it.MarkdownIt("commonmark", {"highlight": colour}).enable("table")
        self.template = jinja2.Environment(autoescape=False).from_string(TEMPLATE)

    def outline(self):
        return sorted(self.pages, key=lambda page: page.title)

    def build(self):
        for page in self.pages:
            page.render(self.markdown)
            yield self.template.render(page=page, links=self.outline())

    def orphans(self):
        return [page for page in self.pages if not any(other.links_to(page) for other in self.pages)]


def quotes(depth):
    return "" if depth == 0 else "> " * depth + f"quoted {depth}\n>\n" + quotes(depth - 1)


def write_pages(n):
    source = pathlib.Path(__file__).read_text().split("\n")
    for i in range(n):
        code = "\n".join(source[7 * i % 60:7 * i % 60 + 25])
        yield Page(f"page{i}", f"# Page {i}\n\nSome *words* with `code` and [a link](page{i // 2}.html)."
                   f"\n\n```python\n{code}\n```\n\n{quotes(3)}\n\n| a | b |\n|---|---|\n| 1 | {i} |\n\n- one\n- two\n")


def index(numbers):
    return [count_words(page.text) for page in write_pages(max(numbers)) for _ in numbers]


def watch(stop):
    while not stop.wait(0.02):
        pass


def main(alone):
    stop = threading.Event()
    if not alone:
        threading.Thread(target=watch, args=(stop,), name="watcher").start()
    site = Site(list(write_pages(60)))
    size = sum(len(html) for html in site.build())
    lost = site.orphans()
    if not alone:
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            list(pool.map(index, [range(i, i + 12) for i in range(0, 60, 12)]))
    stop.set()
    print(f"{size} bytes, {len(lost)} pages that nothing links to")


if __name__ == "__main__":
    main("alone" in sys.argv)
