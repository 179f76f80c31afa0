"""How well questions in other words find their answer; run it to see the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.retrieval import Choices, PassageIndex
from framework_plugin.retrieval.asking import ask

HERE = Path(__file__).parent
FAQ = HERE.parents[1] / "nlu_data" / "faq"
UNANSWERABLE = "-"


@dataclass(frozen=True)
class Case:
    """A query and the entry that answers it, or `-`."""

    expected: str
    query: str


@dataclass(frozen=True)
class Report:
    """Shares of answerable and of unanswerable queries, from 0 to 1.

    Args:
        first: Answerable queries whose entry ranks first, whatever its score.
        right: Answerable queries answered at once with their entry.
        offered: Answerable queries whose entry is among the choices offered.
        wrong: Answerable queries answered at once with another entry.
        answered: Unanswerable queries that got an answer.
        bothered: Unanswerable queries that were offered choices.
        precise: Of all queries that were answered at once, those answered rightly.
    """

    first: float
    right: float
    offered: float
    wrong: float
    answered: float
    bothered: float
    precise: float


def load_cases(name: str = "paraphrases.tsv") -> list[Case]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [Case(*line.split("\t")) for line in lines if not line.startswith("#")]


def measure(index: PassageIndex, cases: Sequence[Case]) -> Report:
    """The shares of what `ask` does with each query, as the actions say it."""
    counts: dict[str, int] = dict.fromkeys(Report.__annotations__, 0)
    for case in cases:
        hits = index.search(case.query)
        counts["first"] += bool(hits) and hits[0].passage.id == case.expected
        asked = ask(index.search, case.query)
        given = [one.answer.passage.id for one in asked if one.answer]
        choices = [one.decision for one in asked if isinstance(one.decision, Choices)]
        offered = [hit.passage.id for choice in choices for hit in choice.hits]
        if case.expected == UNANSWERABLE:
            counts["answered"] += bool(given)
            counts["bothered"] += bool(offered) and not given
        elif given:
            counts["right" if case.expected in given else "wrong"] += 1
        else:
            counts["offered"] += case.expected in offered
    unanswerable = sum(case.expected == UNANSWERABLE for case in cases)
    answerable = len(cases) - unanswerable
    counts["precise"] = counts["right"]
    given = counts["right"] + counts["wrong"] + counts["answered"]
    of = {"answered": unanswerable, "bothered": unanswerable, "precise": given}
    return Report(**{k: n / max(of.get(k, answerable), 1) for k, n in counts.items()})


def halves(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """The half that thresholds are tuned on, and the half that is only measured."""
    kinds = [
        [case for case in cases if (case.expected == UNANSWERABLE) is unanswerable]
        for unanswerable in (False, True)
    ]
    return [c for k in kinds for c in k[::2]], [c for k in kinds for c in k[1::2]]


def load_garbled() -> list[tuple[str, Case]]:
    """Mistyped and polite questions, each with its kind."""
    lines = (HERE / "garbled.tsv").read_text(encoding="utf-8").splitlines()
    cases = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(kind, Case(expected, query)) for expected, kind, query in cases]


def print_figures() -> None:
    """Measures and prints."""
    index = PassageIndex.open(FAQ)
    files = {"first": load_cases(), "fresh": load_cases("paraphrases_fresh.tsv")}
    blind = load_cases("paraphrases_blind.tsv")
    parts: dict[str, list[Case]] = {}
    for name, cases in files.items():
        parts[f"{name}, tuned"], parts[f"{name}, held out"] = halves(cases)
    parts["all"] = [case for cases in files.values() for case in cases]
    parts["blind, tuned"], parts["blind, held out"] = halves(blind)
    parts["second blind"] = load_cases("paraphrases_blind2.tsv")
    garbled = load_garbled()
    for kind in dict.fromkeys(kind for kind, _ in garbled):
        parts[f"garbled, {kind}"] = [case for own, case in garbled if own == kind]
    parts["garbled, all"] = [case for _, case in garbled]
    for name, cases in parts.items():
        shares = vars(measure(index, cases)).items()
        print(f"{name:16}", *(f"{key} {share:.3f}" for key, share in shares))


if __name__ == "__main__":
    print_figures()
