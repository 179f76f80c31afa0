"""The report of one evaluation: plain values that JSON can hold.

The keys are stable: a report written by one version can be compared with one written by
a later one of the same `format`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from framework_plugin.errors import ReportError
from framework_plugin.evaluation import calibration
from framework_plugin.evaluation.figures import Figure, Figures, figures_of
from framework_plugin.evaluation.measuring import Outcome, Record
from framework_plugin.evaluation.metrics import (
    Tokenizer,
    bleu_signature,
    chrf_signature,
)
from framework_plugin.evaluation.samples import (
    HeatMap,
    Sample,
    heat_maps,
    samples_of,
)

FORMAT = 1
LENGTH_STEP = 4
"""Characters in one bar of the lengths."""

GROUPS = {
    "all": "all messages",
    "with_profile": "facts known, and given",
    "without_profile": "the same messages, facts withheld",
}
"""The groups of cases that figures are computed for."""


@dataclass(frozen=True)
class Lengths:
    """How many replies and references are how long.

    Args:
        step: Characters in one bin; the first begins at 0.
        replies: Replies in each bin.
        references: First references in each bin.
    """

    step: int
    replies: tuple[int, ...]
    references: tuple[int, ...]


@dataclass(frozen=True)
class About:
    """What was measured, and how.

    Args:
        name: What the table of comparisons calls it; reports of the same name are taken
            for seeds of one model.
        created: When, as ISO 8601.
        model: Which model, in words.
        corpus: Which dialogues, in words.
        seed: Of all that was drawn.
        asked: How many messages there were.
        measured: How many were measured; fewer if it was interrupted.
        tokenizer: What n-grams are made of.
        settings: How replies were searched for, and what else matters.
        notes: What a reader must know to read the figures rightly.
    """

    name: str
    created: str
    model: str
    corpus: str
    seed: int
    asked: int
    measured: int
    tokenizer: Tokenizer = "zh"
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def complete(self) -> bool:
        """Whether all was measured."""
        return self.measured == self.asked


@dataclass(frozen=True)
class Report:
    """All that one evaluation found.

    Args:
        about: What was measured, and how.
        figures: For each of `GROUPS` that has cases, its figures.
        signatures: How sacrebleu computed its scores.
        reliability: Of the replies as served.
        coverage: What each threshold would give.
        threshold: The lowest confidence at which a reply counted as sure, if any did.
        lengths: Of replies and references.
        samples: Replies worth reading, under the reason why.
        heat_maps: What the network attended to.
    """

    about: About
    figures: Mapping[str, Figures]
    signatures: Mapping[str, str]
    reliability: Sequence[calibration.ReliabilityBin]
    coverage: Sequence[calibration.CoveragePoint]
    threshold: float | None
    lengths: Lengths
    samples: Mapping[str, Sequence[Sample]]
    heat_maps: Sequence[HeatMap]


def report_on(outcomes: Sequence[Outcome], about: About) -> Report:
    """Computes a report.

    Args:
        outcomes: What was measured; at least one.
        about: What it was measured on.

    Raises:
        ReportError: If nothing was measured.
    """
    if not outcomes:
        raise ReportError(
            "Nothing was measured, so there is nothing to report. Expected at least "
            "one message; let the evaluation run longer or name another corpus."
        )
    served = [outcome.served for outcome in outcomes]
    confidences = [record.answer.confidence for record in served]
    right = [record.right for record in served]
    sure = [record.answer.confidence for record in served if record.answer.sure]
    curve = calibration.coverage_curve(confidences, right)
    return Report(
        about=about,
        figures=_figures(outcomes, about),
        signatures=_signatures(served, about.tokenizer),
        reliability=calibration.reliability(confidences, right),
        coverage=calibration.thinned(curve),
        threshold=min(sure, default=None),
        lengths=_lengths(served),
        samples=samples_of(served),
        heat_maps=heat_maps(served),
    )


def write_report(report: Report, path: Path) -> None:
    """Writes JSON.

    Raises:
        ReportError: If the file cannot be written.
    """
    values = {"format": FORMAT, "complete": report.about.complete, **asdict(report)}
    text = json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a file whole, and makes its folder.

    Raises:
        ReportError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(
            f"'{path}' cannot be written: {error.strerror}. Expected a folder that may "
            "be written to; name another one by --output."
        ) from error


def read_figures(path: Path) -> tuple[About, dict[str, Figures]]:
    """Reads what can be compared of a report.

    Raises:
        ReportError: If the file is missing, damaged or of another format.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}, not {FORMAT}")
        known = {each.name for each in fields(About)}
        about = About(**{k: v for k, v in values["about"].items() if k in known})
        figures = {
            str(group): {str(key): _figure(found) for key, found in each.items()}
            for group, each in values["figures"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"'{path}' is no report that can be compared ({error!r}). Expected a .json "
            "file that 'personal-chat evaluate' wrote."
        ) from error
    return about, figures


def _figure(values: Mapping[str, Any]) -> Figure:
    ends = [None if values[k] is None else float(values[k]) for k in ("low", "high")]
    return Figure(float(values["value"]), *ends)


def _figures(outcomes: Sequence[Outcome], about: About) -> dict[str, Figures]:
    pairs = [(o.served, o.without_profile) for o in outcomes if o.without_profile]
    groups = {
        "all": [outcome.served for outcome in outcomes],
        "with_profile": [served for served, _ in pairs],
        "without_profile": [bare for _, bare in pairs],
    }
    return {
        group: figures_of(records, tokenizer=about.tokenizer, seed=about.seed)
        for group, records in groups.items()
        if records
    }


def _signatures(records: Sequence[Record], tokenizer: Tokenizer) -> dict[str, str]:
    references = [r.case.references for r in records if r.case.references]
    if not references:
        return {}
    return {
        "bleu": bleu_signature(references, tokenizer=tokenizer),
        "chrf": chrf_signature(references),
    }


def _lengths(records: Sequence[Record]) -> Lengths:
    answerable = [record for record in records if record.case.references]
    replies = [len(r.answer.text) for r in answerable if r.answer.text]
    references = [len(record.case.references[0]) for record in answerable]
    bins = max([*replies, *references], default=0) // LENGTH_STEP + 1

    def counted(lengths: Sequence[int]) -> tuple[int, ...]:
        places = [length // LENGTH_STEP for length in lengths]
        return tuple(places.count(place) for place in range(bins))

    return Lengths(LENGTH_STEP, counted(replies), counted(references))
