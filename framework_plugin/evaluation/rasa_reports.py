"""Rasa's own reports, as `rasa test` leaves them in `results/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUFFIX = "_report.json"


@dataclass(frozen=True)
class RasaReport:
    """The summary of one of Rasa's reports.

    Args:
        name: `intent`, `story`, `DIETClassifier` and the like.
        path: Where the file lies.
        accuracy: Share of right predictions, 0 to 1, if the report tells it.
        precision: Mean over the classes, weighted by how often they occur.
        recall: The same.
        f1: The same.
    """

    name: str
    path: Path
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None


def find_rasa_reports(folder: Path) -> list[RasaReport]:
    """The reports in a folder, by name; none if there is no such folder.

    What cannot be read is passed over: it is Rasa's, and only linked here.
    """
    found = []
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(values, dict):
            found.append(_summary(path, values))
    return found


def _summary(path: Path, values: Mapping[str, Any]) -> RasaReport:
    weighted = values.get("weighted avg")
    mean: Mapping[str, Any] = weighted if isinstance(weighted, dict) else {}
    return RasaReport(
        path.name.removesuffix(_SUFFIX),
        path,
        _number(values.get("accuracy")),
        _number(mean.get("precision")),
        _number(mean.get("recall")),
        _number(mean.get("f1-score")),
    )


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None
