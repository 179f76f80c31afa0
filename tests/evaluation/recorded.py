"""A subject that says what was written down for it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework_plugin.corpus.reader import read_corpus
from framework_plugin.corpus.script import Corpus
from framework_plugin.evaluation.cases import Case, cases_from, reply_pool
from framework_plugin.evaluation.measuring import Answer, Measurer, Outcome
from framework_plugin.evaluation.report import About

DIALOGUES = """
U: 我叫{name} | 叫我{name}
B: {name}，很高兴认识你。 | {name}你好呀。

@ name -city
U: 早上好 | 早安
B: 早，{name}！

U: 下雨了 | 外面在下雨
B: 记得带伞。
U: 忘带了
B: 那就等等再走。

U: 累死我了
B: 辛苦了，早点休息。
"""


def exactly(reply: str, references: Sequence[str]) -> bool:
    return reply in references


class Recorded:
    """Says one thing to everybody; finds replies likely by how short they are.

    Args:
        says: The reply.
        confidence: Of every reply; sure from a half on.
    """

    def __init__(self, says: str = "记得带伞。", confidence: float = 0.8) -> None:
        self.says = says
        self.confidence = confidence
        self.asked: list[Case] = []
        self.scored: list[tuple[Case, list[str]]] = []

    def answer(self, case: Case) -> Answer:
        self.asked.append(case)
        tokens, source = ("记得", "带伞"), ("<user>", "下雨", "了")
        weights = ((0.1, 0.7, 0.2), (0.0, 1.0, 0.0))
        return Answer(
            self.says,
            self.confidence,
            self.confidence >= 0.5,
            "searched",
            tokens,
            source,
            weights,
            2.0,
        )

    def log_probs(self, case: Case, replies: Sequence[str]) -> list[Sequence[float]]:
        self.scored.append((case, list(replies)))
        return [[-float(len(reply))] * (len(reply) + 1) for reply in replies]


class AllAlike(Recorded):
    """Holds every reply for as likely: each token a half."""

    def log_probs(self, case: Case, replies: Sequence[str]) -> list[Sequence[float]]:
        return [[math.log(0.5)] * (len(reply) + 1) for reply in replies]


def small_corpus(folder) -> Corpus:
    path = folder / "small.txt"
    path.write_text(DIALOGUES, encoding="utf-8")
    return read_corpus(path)


def measured(corpus: Corpus, subject: Recorded, *more: Case) -> list[Outcome]:
    measurer = Measurer(subject, exactly, reply_pool(corpus.scripts), seed=1)
    return list(measurer.measure([*cases_from(corpus.scripts, 1), *more]))


def about(**changes) -> About:
    values = {
        "name": "m",
        "created": "2026-01-02T03:04:05",
        "model": "m.tar.gz",
        "corpus": "dev",
        "seed": 1,
        "asked": 7,
        "measured": 7,
    }
    return About(**{**values, **changes})
