"""Questions of which the right entry is known, with what an index finds for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from framework_plugin.retrieval.evidence import Shared
from framework_plugin.retrieval.index import PassageIndex
from framework_plugin.retrieval.judging import Candidates, coverage
from framework_plugin.retrieval.rows import Floats, Places
from framework_plugin.retrieval.terms import KINDS


@dataclass(frozen=True)
class Question:
    """A question, and which passages answer it.

    Args:
        text: In the words of a user.
        right: Ids of the passages that answer it.
        wrong: Ids of passages that are known not to answer it.
        own: Whether it is a wording of an entry itself, which is then not found.
        unanswerable: Whether it is known that no passage answers it.
    """

    text: str
    right: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()
    own: bool = False
    unanswerable: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether of any passage found it is known if it is right."""
        return bool(self.right) or self.unanswerable


@dataclass(frozen=True, eq=False)
class Case:
    """A question with the wordings that an index finds for it.

    Args:
        question: The question.
        candidates: Never empty.
        ids: The passage of each wording: (rows,).
    """

    question: Question
    candidates: Candidates
    ids: Sequence[str]

    @cached_property
    def nearest(self) -> dict[str, int]:
        """Of each passage its best row by coverage; the best passage first."""
        return self.ranked(coverage(self.candidates))

    def ranked(self, scores: Floats) -> dict[str, int]:
        """Of each passage its best row; the best passage first."""
        best: dict[str, int] = {}
        for row in np.argsort(-scores, kind="stable").tolist():
            best.setdefault(self.ids[row], row)
        return best

    def asked(self, kind: int) -> list[str]:
        """The words (kind 0) or characters (1) of the question."""
        begin = f"{KINDS[kind]} "
        given = self.candidates
        names = [*given.unknown, *(given.names[term] for term in given.query)]
        return [name[len(begin) :] for name in names if name.startswith(begin)]

    def worded(self, row: int, kind: int) -> list[str]:
        """The words or characters of a wording."""
        begin = f"{KINDS[kind]} "
        names = (self.candidates.names[term] for term in self.candidates.rows[row])
        return [name[len(begin) :] for name in names if name.startswith(begin)]

    def shared(self, rows: Places) -> Shared:
        """What the question shares with some of the wordings."""
        return Shared(self.candidates.chosen(rows))


def cases(index: PassageIndex, questions: Sequence[Question]) -> Iterator[Case | None]:
    """What an index finds for each question; None where it finds nothing."""
    ids = [passage.id for passage in index]
    for question in questions:
        found = index.candidates(question.text)
        if found is None:
            yield None
            continue
        candidates = found[1]
        if question.own:
            plain = index.plain(question.text)
            other = [index.plain(text) != plain for text in candidates.wordings]
            candidates = candidates.chosen(np.flatnonzero(other))
        if len(candidates.rows):
            owners = [ids[owner] for owner in candidates.owners.tolist()]
            yield Case(question, candidates, owners)
        else:
            yield None
