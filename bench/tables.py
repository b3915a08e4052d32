# SPDX-License-Identifier: Apache-2.0
"""The results for people: a table of 80 columns a Python, and Markdown for README."""

import figures

HEAD = """\
                    bare  time with / without   added time, sonde's / cProfile's
program               ms   cProfile     sonde   and 95 %      without builtins"""


def number(value):
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def span(figure):
    return "-".join(map(number, figure["ci95"])) if figure["ci95"] else ""


def line(program):
    """One row; what cProfile adds too little to is set in brackets."""
    times = program["times"]

    def cell(pair, judged):
        value = number(program[pair]["value"])
        return f"{value if judged else f'({value})':>7} {span(program[pair]):10}"

    bare = sorted(program["cpu_ms"]["bare"])
    return (f"{program['name']:18}{bare[len(bare) // 2]:6.0f}{times['cprofile']:11.2f}"
            f"{times['sonde']:10.2f}{cell('added', program['judged'])}"
            f"{cell('added_python', program['judged_python'])}").rstrip()


def mean_cell(mean):
    return f"{number(mean['value']):>7} {span(mean):10}" if mean else " " * 18


def worst_of(section):
    judged = [program for program in section["programs"] if program["judged"]]
    return max(judged, key=lambda program: program["added"]["value"], default=None)


def dearer_without(section):
    """Programs that are proven to cost more without builtins than with them."""
    return [program["name"] for program in section["programs"]
            if program["python_over_all"]["ci95"] and program["python_over_all"]["ci95"][0] > 1]


def text(section):
    programs = section["programs"]
    lines = [f"CPython {section['version']}, {section['rounds']} rounds in turn, processor time",
             "", HEAD, *map(line, [p for p in programs if p["judged"]])]
    mean, mean_python = section["mean"], section["mean_python"]
    lines.append(f"{'geometric mean':45}{mean_cell(mean)}{mean_cell(mean_python)}".rstrip())
    others = [program for program in programs if not program["judged"]]
    if others:
        lines += ["cProfile adds less than 30 %, so not in the mean:", *map(line, others)]
    dearer = dearer_without(section)
    if section["rounds"] >= figures.ROUNDS_FOR_INTERVAL:
        lines.append("without builtins never dearer than with them" if not dearer else
                     f"dearer without builtins than with them: {', '.join(dearer)}")
    started = section["startup"] or {}
    for key, what in (("hook", "the agent"), ("run", "agent and launcher")):
        if key not in started:
            continue
        figure = started[key]
        lines.append(f"added to `python -c pass` by {what}: {figure['value']:.1f} ms "
                     f"{span(figure)}".rstrip())
    return "\n".join(lines)


def by_version(results):
    return sorted(results["pythons"].values(),
                  key=lambda section: [int(part) for part in section["version"].split(".")])


def summary_rows(sections):
    def mean(key):
        return [f"**{s[key]['value']:.2f}** {span(s[key])}".rstrip() if s[key] else ""
                for s in sections]

    def worst(section):
        program = worst_of(section)
        return f"{program['added']['value']:.2f} ({program['name']})" if program else ""

    def startup(section):
        started = section["startup"]
        return f"{started['hook']['value']:.1f} ms" if started else ""

    yield "geometric mean of added time", mean("mean")
    yield "the dearest program", [worst(s) for s in sections]
    yield "without builtins, geometric mean", mean("mean_python")
    yield "added to the start of Python", [startup(s) for s in sections]


def program_rows(sections):
    names = []
    for section in sections:
        names += [p["name"] for p in section["programs"] if p["name"] not in names]
    for name in names:
        cells = []
        for section in sections:
            found = [p for p in section["programs"] if p["name"] == name]
            cells += [detail(p) for p in found] or [""]
        yield name, cells


def detail(program):
    times = program["times"]
    value = number(program["added"]["value"])
    return f"{times['cprofile']:.1f} {times['sonde']:.1f} " + (
        f"**{value}**" if program["judged"] else f"({value})")


def markdown(results):
    sections = by_version(results)
    head = "".join(f" {section['version']} |" for section in sections)
    rule = "---|" * (len(sections) + 1)

    def table(title, rows):
        return [f"| {title} |{head}", f"|{rule}",
                *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)]

    rounds = min(section["rounds"] for section in sections)
    date = max(section["date"] for section in sections)
    return "\n".join([
        *table("sonde's added time over cProfile's", summary_rows(sections)),
        "",
        "Time with cProfile, with sonde, each over time without; in bold sonde's added time over",
        "cProfile's (in brackets where cProfile adds less than 30 %: not in the mean).",
        "",
        *table("program", program_rows(sections)),
        "",
        "Processor time of the program's own work, bare, under cProfile and under sonde in turn,",
        f"medians of {rounds} rounds with 95 % intervals; {results['machine']}; {date}.",
    ]) + "\n"
