# SPDX-License-Identifier: Apache-2.0
"""Regular expressions are Python's: what re.compile refuses is refused, what it takes finds the same."""

import json
import marshal
import random
import subprocess

import pytest

from .pythons import NEWEST, PYTHONS

NAMES = ["a", "ab", "aab", "abc", "A", "aB", "a1", "_x", "a.b", "a b", "a-b", "[x]", "{y}", "a|b", "x+y", "tab\there",
         "two\nlines", "end\n", "ä", "äö", "你好", "Straße", "ſ", "K", "١٢", "\x1c", "\u2028", "a\\b", "$", "^",
         "<lambda>", "aaa", "abab", "xyzzy", "q'q", 'd"d', "(p)", "a/b", "#", "café", "e\u0301"]

PATTERNS = r"""
a|a*|a+|a?b|^a|b$|^$|.|..|\.|\d|\D|\w|\W|\s|\S|\bа|\ba|a\b|\Ba|\Aa|b\Z|b\z|\\|[abc]|[^abc]|[a-c]|[]x]|[^]x]|[-a]|[a-]
[\d\s]|[\w-]|[\b]|[\\]|[[]|[[:alpha:]]|[a&&b]|[a--b]|[a||b]|[^\W\d_]|(a)|(?:a)|(a)(b)\2|(a)\1|(?P<n>a)(?P=n)|(?P<n>a)b(?(n)b|c)
(a)?b(?(1)c|$)|(?=a)|(?!a)a|(?<=a)b|(?<!a)b|(?#no)a|(?i)A|(?i:A)b|(?-i:a)|(?s).|(?s:.)b|(?m)^l|(?m:^l)|(?x) a b # c
(?x:a b)c|(?a)\w|(?a:\w)|(?u)\w|(?a)\d|(?a)\s|(?a)\W|(?a)[\W]|(?a)[\D]|(?a)[\S]|(?a)\ba|(?a)a\B|(?i)ss|(?i)K|(?i)[k]|(?is).
a{2}|a{2,}|a{,2}b|a{1,2}|a{,}|a{|a{}|a{x}|a{1|a{1,|{a}|}|]|a*?|a+?b|a??|a*+|a++b|a{1,2}?|a{1,2}+|(?>a+)b|(?>a|ab)c
\x61|\x6|\u0061|\u006|\U00000061|\U0061|\141|\0|\01|\377|\400|\8|\1|\07|\a|\f|\n|\r|\t|\v|\e|\h|\c|\p{L}|\X|\R|\K|\Q|\G|\N
\_|\-|\ä|\/|\ |\"|\'|\<|\>|\#|\&|\~|[\A]|[\Z]|[\B]|[\z]|[\8]|[\400]|[\1]|[\x61-c]|[z-a]|[\d-z]|[a-\d]|[a-z&&[aeiou]]|[
(|)|(()|())|a)|(a|*|+|?|{1}|**|a**|a*{2}|a{2}{3}|a{2}*|^*|$*|\b*|\A+|(?:)*|()*|(?=a)*|a|||b|(|a)|(a|)|(?)|(?P)|(?P<)|(?P<>a)
(?P<1>a)|(?P<n>a)(?P<n>b)|(?P=n)|(?P<n>(?P=n))|(\1)|(?<n>a)|(?'n'a)|(?&n)|(?R)|(?1)|(?|a)|(*ACCEPT)|(?(1)a)|(?(2)a)|(?(0)a)
(?(x)a)|(a)(?(1)b|c|d)|(?#|(?i|(?z)|(?i-)|(?i-i:a)|(?-a:b)|(?L)a|(?au)a|(?-)|(?ii)a|a(?i)|(?i)(?m)a|(?#x)(?i)A|x(?i)|(?i)|a|(?L:a)
(?iL)a|(?a-i:a)|(?i-s:A.)|\07a|x\
[a-a]|[aa]|[^^]|[$^]|a$b|a^b|(?s)a.*e|\Aend$|end\Z|end$|lines$|(?m)two$|[\s]|[^\s]|[\n]|\t|[\t]|é|[é]|[ä-ö]|[^ä]|(?i)Ä|(?i)STRASSE
(?<=a|b)c|(?<=ab)a|(?<=(a))b|(?<!a{2})b|(?=(a))\1|((a)|b)\2|(?:a|b)*?b|(a*)*|(a*)+|(a|b)*c|x{0}|x{0,0}y|(?:x{0})y
""".replace("\n", "|")


def patterns():
    """Those above, cut apart where a bar stands outside of brackets; and made-up ones."""
    listed, depth, start = [], 0, 0
    pieces = PATTERNS.strip("|").split("|")
    listed = [piece for piece in pieces if piece]
    for size in 2, 3, 4:
        listed += ["|".join(pieces[n:n + size]) for n in range(len(pieces) - size)]
    return list(dict.fromkeys(p for p in listed if "\0" not in p))


def made_up(seed, count):
    chance = random.Random(seed)
    parts = ["a", "b", "ä", ".", "\\", "d", "[", "]", "(", ")", "?", "*", "+", "{", "}", "1", ",", "2", "|", "^", "$", "-",
             ":", "P", "<", ">", "=", "!", "n", "i", "x", "#", " ", "w", "b", "Z", "(?:", "(?P<n>", "(?P=n)", "(?i)",
             "(?=", "(?<=", "[^", "\\w", "\\b", "{1,2}", "(?>", "(?(1)", "\\1", "\\x61"]
    return ["".join(chance.choice(parts) for _ in range(chance.randrange(1, 9))) for _ in range(count)]


ANSWER = """
import json, re, sys, warnings
warnings.simplefilter("ignore")
names, patterns = json.load(sys.stdin)
answers = []
for pattern in patterns:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        answers.append(None)
        continue
    answers.append([n for n, name in enumerate(names) if compiled.search("m.py:%d(%s)" % (n + 1, name))])
json.dump(answers, sys.stdout)
"""



@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    path = tmp_path_factory.mktemp("names") / "n.prof"
    path.write_bytes(marshal.dumps({("m.py", n, name): (1, 1, 0.0, 0.0, {}) for n, name in enumerate(NAMES, 1)}))
    return path


def differences(root, run_sonde, profile, tried):
    if tuple(map(int, NEWEST.split("."))) < (3, 14):
        tried = [pattern for pattern in tried if r"\z" not in pattern]  # 3.14's
    said = json.loads(subprocess.run([PYTHONS[NEWEST], "-c", ANSWER], input=json.dumps([NAMES, tried]), text=True,
                                     stdout=subprocess.PIPE, check=True, timeout=120).stdout)
    wrong = []
    for pattern, expected in zip(tried, said):
        done = run_sonde("report", "--pstats", f"--only={pattern}", profile, text=False)
        text = done.stdout.decode()
        if done.returncode != 0:
            found = done.stderr.decode()
        elif "   <Invalid regular expression " in text:
            found = None
        else:
            found = [n for n in range(len(NAMES)) if f" m.py:{n + 1}({NAMES[n]})\n" in text]
        if found != expected:
            wrong.append((pattern, found, expected))
    return wrong


def test_patterns_mean_what_they_mean_in_python(root, run_sonde, profile):
    assert differences(root, run_sonde, profile, patterns()[::3]) == []


@pytest.mark.long
def test_all_patterns(root, run_sonde, profile):
    assert differences(root, run_sonde, profile, patterns() + made_up(1, 3000)) == []


def test_one_that_explodes_is_an_error(run_sonde, tmp_path):
    (tmp_path / "s.prof").write_bytes(marshal.dumps({("m.py", 1, "a" * 60): (1, 1, 0.0, 0.0, {})}))
    done = run_sonde("report", "--pstats", "--only", r"(a*)*(a*)*(a*)*(a*)*[bc]\d", "s.prof", timeout=20)
    assert (done.returncode, done.stdout) == (2, "") and "takes too long" in done.stderr
