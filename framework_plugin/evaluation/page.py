"""The report as one HTML page that needs nothing from elsewhere.

All text that comes from dialogues, replies or files is escaped, and the page forbids
scripts altogether.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from framework_plugin.evaluation.comparison import Comparison, Spread
from framework_plugin.evaluation.figure_kinds import FIGURE_KINDS, FigureKind, shown
from framework_plugin.evaluation.figures import Figure
from framework_plugin.evaluation.page_style import STYLE
from framework_plugin.evaluation.rasa_reports import RasaReport
from framework_plugin.evaluation.report import GROUPS, About, Report
from framework_plugin.evaluation.samples import HeatMap, Sample
from framework_plugin.evaluation.svg import (
    coverage_chart,
    length_chart,
    reliability_chart,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_REASONS = {
    "sure_but_wrong": "Sure, but wrong: what users would have seen",
    "unlike": "Least like what was expected",
    "right_but_unsure": "Right, but held back",
    "spread": "Some of all, evenly",
}


def page(
    report: Report,
    comparison: Comparison | None = None,
    rasa: Sequence[RasaReport] = (),
    folder: Path = Path(),
) -> str:
    """Writes the page.

    Args:
        report: What was found.
        comparison: The report beside others, if there are any.
        rasa: Rasa's own reports, to be linked.
        folder: Where the page will lie; links are relative to it.

    Returns:
        The whole document.
    """
    body = [
        _head(report.about),
        _figures(report),
        _comparison(comparison) if comparison else "",
        _charts(report),
        _samples(report.samples),
        _heat_maps(report.heat_maps),
        _rasa(rasa, folder),
        _method(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evaluation of {escape(report.about.name)}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, body))
        + "\n</body>\n</html>\n"
    )


def _head(about: About) -> str:
    notes = list(about.notes)
    if not about.complete:
        notes.insert(
            0,
            f"The evaluation was interrupted: {about.measured} of {about.asked} "
            "messages were measured, drawn at random.",
        )
    marked = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    return (
        f"<h1>Evaluation of {escape(about.name)}</h1>"
        f'<p class="quiet">{escape(about.model)} on {about.measured} messages of '
        f"{escape(about.corpus)} · {escape(about.created)} · seed {about.seed}</p>"
        f"{marked}"
    )


def _figures(report: Report) -> str:
    groups = [group for group in GROUPS if group in report.figures]
    rows = []
    for kind in FIGURE_KINDS:
        cells = [report.figures[group].get(kind.key) for group in groups]
        if any(cells):
            rows.append([_kind(kind), *(_figure(kind, cell) for cell in cells)])
    names = [escape(GROUPS[group]) for group in groups]
    return (
        "<h2>Figures</h2>"
        + _table(["", *names], rows)
        + (
            '<p class="quiet">Small print below a figure: its 95 % interval; of '
            "shares Wilson's, of others by resampling the messages. ↑ higher is "
            "better, ↓ lower is better.</p>"
        )
    )


def _comparison(comparison: Comparison) -> str:
    kinds = {kind.key: kind for kind in FIGURE_KINDS}
    rows = [
        [_kind(kinds[key]), *(_spread(kinds[key], spread) for spread in row)]
        for key, row in comparison.rows.items()
    ]
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in comparison.notes)
    names = [escape(name) for name in comparison.names]
    return (
        f"<h2>Beside other reports</h2>{notes}"
        + _table(["", *names], rows)
        + (
            '<p class="quiet">Mean ± standard deviation where a name has several '
            "reports (seeds).</p>"
        )
    )


def _charts(report: Report) -> str:
    lengths = report.lengths
    charts = (
        (
            reliability_chart(report.reliability),
            "Is the confidence honest? Dots on the dashed line: as often right as it "
            "says. Larger dots stand for more replies; whiskers are 95 % intervals.",
        ),
        (
            coverage_chart(report.coverage, report.threshold),
            "What a threshold gives: the fewer messages are answered, the more answers "
            "are right. The dot is the threshold in use.",
        ),
        (
            length_chart(lengths.replies, lengths.references, lengths.step),
            '<span class="key one"></span> replies '
            '<span class="key two"></span> references',
        ),
    )
    drawn = "".join(
        f"<figure>{chart}<figcaption>{caption}</figcaption></figure>"
        for chart, caption in charts
    )
    return f'<h2>Confidence and length</h2><div class="charts">{drawn}</div>'


def _samples(samples: Mapping[str, Sequence[Sample]]) -> str:
    parts = [
        f"<h3>{escape(_REASONS.get(reason, reason))}</h3>"
        f'<div class="samples">{"".join(map(_sample, chosen))}</div>'
        for reason, chosen in samples.items()
    ]
    return "<h2>Replies</h2>" + "".join(parts) if parts else ""


def _sample(sample: Sample) -> str:
    said = "".join(
        f'<p><span class="who">{escape(who)}</span>'
        f'<span lang="zh">{escape(text)}</span></p>'
        for who, text in sample.turns
    )
    facts = ", ".join(f"{kind} {value}" for kind, value in sample.facts)
    known = f'<p class="quiet">known: {escape(facts)}</p>' if facts else ""
    reply = escape(sample.reply) if sample.reply else "<i>no reply</i>"
    wanted = " / ".join(map(escape, sample.references)) or "<i>no free reply</i>"
    kind = "right" if sample.right else "wrong"
    return (
        f'<div class="sample">{known}{said}'
        f'<p><span class="who">reply</span><b class="{kind}" lang="zh">{reply}</b></p>'
        f'<p class="quiet">expected: <span lang="zh">{wanted}</span></p>'
        f'<p class="quiet">{kind}, {"sure" if sample.sure else "not sure"} '
        f"({sample.confidence:.0%}), {escape(sample.origin or 'no reply')}, "
        f"chrF2 {sample.chrf:.0f}</p></div>"
    )


def _heat_maps(maps: Sequence[HeatMap]) -> str:
    if not maps:
        return ""
    drawn = "".join(f'<div class="scroll">{_heat_map(each)}</div>' for each in maps)
    return (
        "<h2>Attention</h2><p>What the network looked at (columns) when it wrote each "
        "token (rows); the stronger the colour, the more. Only replies that it "
        f'wrote itself.</p><div class="maps">{drawn}</div>'
    )


def _heat_map(heat: HeatMap) -> str:
    head = "".join(f"<th>{escape(token)}</th>" for token in heat.source)
    rows = []
    for token, weights in zip(heat.tokens, heat.weights, strict=True):
        cells = "".join(
            f'<td style="--w:{min(max(w, 0.0), 1.0):.2f}" title="{w:.2f}"></td>'
            for w in weights
        )
        rows.append(f'<tr><th scope="row">{escape(token)}</th>{cells}</tr>')
    return (
        f'<table class="heat" lang="zh"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _rasa(reports: Sequence[RasaReport], folder: Path) -> str:
    if not reports:
        return ""
    rows = [
        [
            f'<a href="{_link(report.path, folder)}">{escape(report.name)}</a>',
            *map(_share, (report.accuracy, report.precision, report.recall, report.f1)),
        ]
        for report in reports
    ]
    head = ["report of <code>rasa test</code>", "accuracy", "precision", "recall", "F1"]
    return (
        "<h2>Rasa's own reports</h2>"
        + _table(head, rows)
        + (
            '<p class="quiet">Precision, recall and F1 weighted by how often each '
            "class occurs.</p>"
        )
    )


def _method(report: Report) -> str:
    settings = ", ".join(f"{k} {v}" for k, v in report.about.settings.items())
    meanings = [[escape(k.title), escape(k.meaning)] for k in FIGURE_KINDS]
    signatures = "".join(
        f"<p><code>{escape(signature)}</code></p>"
        for signature in report.signatures.values()
    )
    return (
        f"<h2>How it was measured</h2>{signatures}"
        f'<p class="quiet">{escape(settings)}</p>'
        f"<details><summary>What each figure means</summary>"
        f"{_table(['figure', 'meaning'], meanings, 'words')}</details>"
    )


def _kind(kind: FigureKind) -> str:
    arrow = {"higher": "\u00a0↑", "lower": "\u00a0↓", "": ""}[kind.better]
    return f'<span title="{escape(kind.meaning)}">{escape(kind.title)}{arrow}</span>'


def _figure(kind: FigureKind, figure: Figure | None) -> str:
    if figure is None:
        return "–"
    if figure.low is None or figure.high is None:
        return escape(shown(kind, figure.value))
    ends = f"{shown(kind, figure.low)} … {shown(kind, figure.high)}"
    return f"{escape(shown(kind, figure.value))}<small>{escape(ends)}</small>"


def _spread(kind: FigureKind, spread: Spread | None) -> str:
    if spread is None:
        return "–"
    if spread.deviation is None:
        return escape(shown(kind, spread.mean))
    both = f"{shown(kind, spread.mean)} ± {shown(kind, spread.deviation, spread.mean)}"
    return f"{escape(both)}<small>{spread.seeds} seeds</small>"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}".replace("%", " %")


def _link(path: Path, folder: Path) -> str:
    relative = os.path.relpath(path.absolute(), folder.absolute())
    return escape(quote(Path(relative).as_posix()))


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], style: str = "figures"
) -> str:
    """A table of cells that are HTML already."""
    names = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table class="{style}"><thead><tr>{names}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )
