"""How well questions find the passages of prose; run it to see the figures.

    python tests/retrieval/measure_prose.py

Prints them for three documents alone, and for these and the bundled questions in one
index, with those on the bundled questions as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framework_plugin.retrieval import Passage, PassageIndex, load_faq
from framework_plugin.retrieval.document import Draft, Terms
from framework_plugin.retrieval.readers.opening import read_document
from framework_plugin.retrieval.word_lists import extractor_beside
from tests.retrieval.measure import FAQ, HERE, UNANSWERABLE, Case, load_cases, measure

FOLDER = HERE / "prose"


def load_prose(folder: Path = FOLDER) -> list[Passage]:
    """The passages of some documents, as the database keeps them."""
    passages = []
    for file in sorted(folder.glob("*.md")):
        draft = Draft(file.name, file.name, "", read_document(file), Terms(), 0.0)
        for number, (_, passage) in enumerate(draft.passages(), start=1):
            passages.append(_named(passage, f"{file.name}#{number}"))
    return passages


def load_prose_cases(passages: Sequence[Passage]) -> list[Case]:
    """Questions with the id of the passage that answers, or `-`."""
    lines = (HERE / "prose.tsv").read_text(encoding="utf-8").splitlines()
    cases = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Case(_holding(passages, words), query) for words, query in cases]


def _named(passage: Passage, id_: str) -> Passage:
    values = {**vars(passage), "id": id_}
    return Passage(**values)


def _holding(passages: Sequence[Passage], words: str) -> str:
    if words == UNANSWERABLE:
        return words
    (id_,) = (passage.id for passage in passages if words in passage.text)
    return id_


def parts(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Those that were used to tune, and those that are only measured."""
    return list(cases[::2]), list(cases[1::2])


def print_figures() -> None:
    """Measures and prints."""
    prose = load_prose()
    cases = load_prose_cases(prose)
    alone = PassageIndex(prose, extractor_beside(FAQ))
    both = PassageIndex([*load_faq(FAQ).entries, *prose], extractor_beside(FAQ))
    for place, index in (("documents alone", alone), ("documents and FAQ", both)):
        for name, some in zip(("tuned", "held out"), parts(cases), strict=True):
            print(f"{place}, {name}: {measure(index, some)}")
    print(f"questions on the FAQ: {measure(both, load_cases())}")


if __name__ == "__main__":
    print_figures()
