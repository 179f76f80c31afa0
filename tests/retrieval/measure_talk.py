"""How well follow-ups and messages of several questions are understood.

`python -m tests.retrieval.measure_talk` prints the figures, with `-v` the mistakes too.
Of each file every second case was used to tune, and the others only to measure.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from framework_plugin.retrieval import Choices, PassageIndex
from framework_plugin.retrieval.asking import Asked, ask
from tests.retrieval.measure import FAQ, HERE, UNANSWERABLE, load_cases

ONE_QUESTION = "1"

Case = Sequence[str]
"""The fields of a line; the first says what is expected."""


def load(name: str) -> list[Case]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def halves(cases: Sequence[Case], nothing: str) -> tuple[list[Case], list[Case]]:
    """The half to tune on, and the half that is only measured."""
    kinds = [[c for c in cases if (c[0] == nothing) is is_] for is_ in (False, True)]
    return [c for k in kinds for c in k[::2]], [c for k in kinds for c in k[1::2]]


def judged_follow_up(index: PassageIndex, case: Case) -> str:
    """`right`, `offered`, `wrong`; else `left alone` or `carried over`."""
    expected, question, message = case
    (asked, *_) = ask(index.search, message, [question])
    if expected == UNANSWERABLE:
        (alone, *_) = ask(index.search, message)
        kept = asked.answer is None or (
            alone.answer is not None and asked.answer.passage == alone.answer.passage
        )
        return "left alone" if kept else "carried over"
    if asked.answer:
        return "right" if asked.answer.passage.id == expected else "wrong"
    offered = asked.decision.hits if isinstance(asked.decision, Choices) else ()
    return "offered" if expected in [hit.passage.id for hit in offered] else "wrong"


def judged_alone(index: PassageIndex, case: Case) -> str:
    """The same without the question before."""
    if case[0] == UNANSWERABLE:
        return "left alone"
    (alone, *_) = ask(index.search, case[2])
    right = alone.answer is not None and alone.answer.passage.id == case[0]
    return "right" if right else "wrong"


def judged_message(index: PassageIndex, case: Case) -> str:
    """`right`, `partly` (some part had no sure answer), `wrong`; `whole` or `torn`."""
    expected, message = case
    parts = ask(index.search, message)
    if expected == ONE_QUESTION:
        return "whole" if len(parts) == 1 else "torn"
    wanted = [one.split("/") for one in expected.split("+")]
    found = [part.answer.passage.id if part.answer else None for part in parts]
    if len(found) != len(wanted) or any(
        id_ is not None and id_ not in ids
        for id_, ids in zip(found, wanted, strict=True)
    ):
        return "wrong"
    return "partly" if None in found else "right"


def counted(
    judge: Callable[[PassageIndex, Case], str],
    index: PassageIndex,
    cases: Sequence[Case],
) -> Counter[str]:
    return Counter(judge(index, case) for case in cases)


def torn_apart(index: PassageIndex) -> list[tuple[Asked, ...]]:
    """The single questions of `paraphrases.tsv` that are taken for several."""
    found = (ask(index.search, case.query) for case in load_cases())
    return [parts for parts in found if len(parts) > 1]


def main() -> None:
    index = PassageIndex.open(FAQ)
    follow_ups = halves(load("follow_ups.tsv"), UNANSWERABLE)
    messages = halves(load("several_questions.tsv"), ONE_QUESTION)
    for number, name in enumerate(("tuned", "held out")):
        print(name)
        for judge, cases in (
            (judged_alone, follow_ups[number]),
            (judged_follow_up, follow_ups[number]),
            (judged_message, messages[number]),
        ):
            print(f"  {judge.__name__:16}", dict(counted(judge, index, cases)))
            for case in cases if "-v" in sys.argv else ():
                print("     ", judge(index, case), *case)
    begun = time.perf_counter()
    torn = torn_apart(index)
    each = (time.perf_counter() - begun) / len(load_cases()) * 1000
    print(f"single questions torn apart: {len(torn)}; {each:.1f} ms a message")


if __name__ == "__main__":
    main()
