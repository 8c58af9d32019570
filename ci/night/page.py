"""The report as one page: no scripts, nothing fetched, light and dark."""

import html
import time

from night import plot

STYLE = """
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#57606a;--line:#d0d7de;--bad:#b3261e;--good:#1a7f37;--note:#8a5a00;
--c0:#0b63ce;--c1:#b3261e;--c2:#1a7f37;--c3:#8a5a00;--c4:#7b3fc4;--c5:#00707a}
@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--soft:#9aa4af;--line:#30363d;--bad:#ff7b72;--good:#56d364;--note:#e3b341;
--c0:#79b8ff;--c1:#ff7b72;--c2:#56d364;--c3:#e3b341;--c4:#d2a8ff;--c5:#56d4dd}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:64rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}
th,td{border-bottom:1px solid var(--line);padding:.25rem .6rem;text-align:left;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow-x:auto;border:1px solid var(--line);padding:.6rem;border-radius:4px}
.finding,.failed{color:var(--bad)}.passed{color:var(--good)}.skipped,.cut,.stopped{color:var(--note)}.soft{color:var(--soft)}
article{border:1px solid var(--line);border-radius:6px;padding:.2rem 1rem;margin:1rem 0}
svg{width:100%;height:auto;font:11px system-ui,sans-serif;fill:var(--soft)}svg .grid{stroke:var(--line)}svg .curve{fill:none;stroke-width:1.8}
""" + "".join(f"svg path.c{n}{{stroke:var(--c{n})}}svg text.c{n}{{fill:var(--c{n})}}" for n in range(6))


def cell(value, number=False):
    return f"<td{' class=n' if number else ''}>{value}</td>"


def table(head, rows, numbers=()):
    top = "".join(f"<th{' class=n' if place in numbers else ''}>{html.escape(word)}</th>" for place, word in enumerate(head))
    body = "".join("<tr>" + "".join(cell(value, place in numbers) for place, value in enumerate(row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def count(number):
    return f"{number:,}" if isinstance(number, int) else "–"


def outcome(word):
    return f'<b class="{word}">{word}</b>'


def head(value):
    groups = value["groups"]
    new = sum(not group["known"] for group in groups)
    said = f"{len(groups)} groups of findings, {new} new" if groups else "Nothing was found"
    wrong = [key for key, part in value["parts"].items() if part["outcome"] in ("failed", "finding")]
    lines = [f"<h1>Night {value['night']}: {outcome(value['outcome'])}</h1>",
             f"<p><b>{said}.</b>{' These stages complain: ' + html.escape(', '.join(wrong)) + '.' if wrong else ''}"
             f"{' The night was ended early: ' + html.escape(value['stopped']) + '.' if value['stopped'] else ''}</p>"]
    lines += [f"<p class=cut>Note: {html.escape(note)}.</p>" for note in value["notes"]]
    return lines


def finding(group):
    known = f"known since {group['first_seen']}" if group["known"] else "<b class=finding>new</b>"
    lines = [f"<article><h3><code>{html.escape(group['cause'])}</code> <span class=soft>{html.escape(group['program'])}</span></h3>",
             f"<p>{known}; {len(group['files'])} files of <code>{html.escape(group['from'])}</code></p>"]
    for name in ("where", "expected", "found"):
        if group.get(name):
            lines.append(f"<div><span class=soft>{name}:</span> {html.escape(group[name])}</div>")
    if group.get("text"):
        lines.append(f"<pre>{html.escape(group['text'])}</pre>")
    for label, name in (("to see it again", "replay"), ("the raw file in its target", "raw_replay")):
        if group.get(name):
            lines.append(f"<div class=soft>{label}:</div><pre>{html.escape(group[name])}</pre>")
    lines.append("<details><summary>files</summary><ul>" + "".join(f"<li><code>{html.escape(path)}</code></li>" for path in group["files"])
                 + "</ul></details></article>")
    return "".join(lines)


def coverage(value):
    lines = []
    points = value["coverage"].get("points", [])
    if points:
        last = points[-1]
        series = [(name, [(point["at"], point[name]) for point in points]) for name in ("lines", "branches")]
        for name, curve in series:
            lines.append(plot.curves(f"{name} of allocator/ that the corpus reaches, by the time of its files", f"{name} reached",
                                     [(f"of {last['all_' + name]:,}:", curve)]))
        lines.append(f"<p>The corpus reaches {last['lines']:,} of {last['all_lines']:,} lines and {last['branches']:,} of {last['all_branches']:,}"
                     " branches of <code>allocator/</code>. What stands at the beginning are the seeds and what earlier nights left.</p>")
    else:
        reason = value["parts"].get("coverage", {}).get("detail") or "the stage was not part of this night"
        lines.append(f"<p>No source coverage was measured: {html.escape(reason)}.</p>")
    samples = {key.partition("/")[2]: part["samples"] for key, part in value["parts"].items() if part.get("samples")}
    for name, unit in (("edges", "edges, by libFuzzer's count"), ("inputs", "inputs that a process holds")):
        lines.append(plot.curves(f"{name} by target over time", unit,
                                 [(target, [(one["at"], one[name]) for one in some if one["edges"]]) for target, some in samples.items()]))
    return lines


def page(value):
    engines = sorted({engine for row in value["executions"].values() for engine in row})
    runs = [[f"<code>{html.escape(target)}</code>", *(count(row.get(engine)) for engine in engines)] for target, row in value["executions"].items()]
    corpus = [[f"<code>{html.escape(target)}</code>", count(before[0]), count(after[0]), count(before[1]), count(after[1])]
              for target, before in value["corpus_before"].items() if (after := value["corpus_after"].get(target))]
    stages = [[f"<code>{html.escape(key)}</code>", outcome(part["outcome"]), f"{part['planned']:.0f}", f"{part['seconds']:.0f}",
               "–" if part["status"] is None else part["status"], html.escape(part["detail"]),
               " ".join(f'<a href="{html.escape(log)}">{html.escape(log.rpartition("/")[2])}</a>' for log in part["log"][:4])]
              for key, part in value["parts"].items()]
    facts = [["seed", value["seed"]], ["workers", value["workers"]], ["started", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(value["started"]))],
             ["took", f"{value['seconds']:.0f} s of {value['total']} s"], ["resumed", f"{value['resumed']} times"],
             ["commit", f"{value['commit']['hash']} {value['commit']['title']}"
              + (f", and {value['commit']['changed_files']} files changed since" if value["commit"]["changed_files"] else "")],
             *([name.replace("_", " "), fact] for name, fact in value["machine"].items()), ["the same again", value["again"]]]
    lines = ["<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
             f"<title>Night {value['night']}</title><style>{STYLE}</style>", *head(value)]
    if value["groups"]:
        lines += ["<h2>Findings</h2>", *map(finding, sorted(value["groups"], key=lambda group: group["known"]))]
    if value["gone"]:
        lines.append(f"<p>{len(value['gone'])} files of earlier findings show nothing any more.</p>")
    lines += ["<h2>Executions</h2>", table(["target", *engines], runs, range(1, 1 + len(engines))) if runs else "<p>None.</p>"]
    lines += ["<h2>Coverage over time</h2>", *coverage(value)]
    lines += ["<h2>Corpus</h2>", table(["target", "inputs before", "after", "bytes before", "after"], corpus, range(1, 5))]
    lines += ["<h2>Stages</h2>", table(["stage", "outcome", "planned, s", "took, s", "status", "why", "log"], stages, (2, 3, 4))]
    lines += ["<h2>Plan</h2>", table(["stage", "seconds", "what for"], [[f"<code>{html.escape(key)}</code>", f"{seconds:.0f}" if seconds else "as is",
                                     html.escape(about) + ("" if enough else " (too little time)")] for key, seconds, enough, about in value["plan"]], (1,))]
    lines += ["<h2>This night</h2>", table(["", ""], [[name, f"<code>{html.escape(str(fact))}</code>"] for name, fact in facts])]
    return "\n".join(lines) + "\n"
