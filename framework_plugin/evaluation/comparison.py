"""Several reports side by side; reports of one name are seeds of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from framework_plugin.evaluation.figure_kinds import FIGURE_KINDS
from framework_plugin.evaluation.figures import Figures
from framework_plugin.evaluation.report import About


@dataclass(frozen=True)
class Spread:
    """A figure over several seeds.

    Args:
        mean: Over the seeds.
        deviation: Standard deviation of a sample (n - 1); None for a single seed.
        seeds: How many.
    """

    mean: float
    deviation: float | None
    seeds: int


@dataclass(frozen=True)
class Comparison:
    """Figures of several models.

    Args:
        names: The models, in the order in which they were first seen.
        rows: For each figure that any of them has, one entry for each model.
        notes: Why some of it should not be compared.
    """

    names: tuple[str, ...]
    rows: dict[str, tuple[Spread | None, ...]]
    notes: tuple[str, ...]


def compare(
    reports: Sequence[tuple[About, dict[str, Figures]]], group: str = "all"
) -> Comparison:
    """Puts reports side by side.

    Args:
        reports: What `read_figures` gave; the same report may not stand there twice.
        group: The group of cases to compare.
    """
    names = tuple(dict.fromkeys(about.name for about, _ in reports))
    rows = {}
    for kind in FIGURE_KINDS:
        row = tuple(
            _spread(
                [
                    figures[group][kind.key].value
                    for about, figures in reports
                    if about.name == name and kind.key in figures.get(group, {})
                ]
            )
            for name in names
        )
        if any(row):
            rows[kind.key] = row
    return Comparison(names, rows, tuple(_notes([about for about, _ in reports])))


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Spread(float(np.mean(values)), deviation, len(values))


def _notes(abouts: Sequence[About]) -> list[str]:
    notes = []
    if len({about.corpus for about in abouts}) > 1:
        notes.append("The reports were made on different dialogues.")
    if len({about.tokenizer for about in abouts}) > 1:
        notes.append(
            "The reports cut text into different tokens; BLEU differs by that."
        )
    if len({about.measured for about in abouts}) > 1:
        notes.append(
            "The reports measured different numbers of messages; Distinct-n falls with "
            "that number."
        )
    return notes
