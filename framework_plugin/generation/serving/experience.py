"""The exchanges that were learned, to compare new ones with.

Like messages mostly want like replies. The exchanges most like the present one propose
their replies, and vouch for what the network says (Qiu et al. 2017, "AliMe Chat: A
Sequence to Sequence and Rerank based Chatbot Engine", §3).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.generation.serving.ngrams import (
    FewVectors,
    NgramVectors,
    Postings,
)

_NEIGHBOURS = 60
_CONTEXT_WEIGHT = 0.4
_NO_CONTEXT = 0.5
"""How well an exchange that opens a dialogue suits whatever was said before."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Exchange:
    """A message and the reply that was learned for it.

    Args:
        context: What was said before, in words as read; empty at the beginning.
        message: The user's message, in words as read.
        reply: What was answered, placeholders unfilled.
        needs: Facts that must be known for the reply to make sense.
        forbids: Facts that must not be known.
    """

    context: str
    message: str
    reply: str
    needs: tuple[FactKind, ...] = ()
    forbids: tuple[FactKind, ...] = ()

    def suits(self, known: Collection[FactKind]) -> bool:
        """Whether the reply makes sense for a user of whom this is known."""
        return all(kind in known for kind in self.needs) and not any(
            kind in known for kind in self.forbids
        )


@dataclass(frozen=True)
class Likeness:
    """How like a reply's best precedent is to the present turn, each 0 to 1.

    Args:
        message: Cosine of the messages' characters.
        wording: Cosine of the messages' character pairs.
        context: Cosine of what was said before; 0.5 if the precedent opens a dialogue.
        reply: Cosine of the replies' characters.
        familiarity: The highest `message` of all exchanges, whatever their reply.
    """

    message: float
    wording: float
    context: float
    reply: float
    familiarity: float


class Experience:
    """Finds the exchanges most like a turn.

    Texts are compared as TF-IDF weighted bags of characters (and of pairs, for
    `Likeness.wording`). They are hashed, so that characters never seen count too, with
    the highest weight: a message of one known and ten unknown words is not familiar.

    Args:
        exchanges: What was learned; at least one.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = list(exchanges)
        messages = [e.message for e in exchanges]
        self._characters = NgramVectors(1, messages)
        self._pairs = NgramVectors(2, messages)
        self._messages = Postings(self._characters(messages))
        self._contexts = Postings(self._characters([e.context for e in exchanges]))
        self._wordings = Postings(self._pairs(messages))
        self._replies = self._characters([e.reply for e in exchanges])
        self._opens = np.array([not e.context for e in exchanges])

    def recall(
        self, context: str, message: str, known: Collection[FactKind]
    ) -> Recollection:
        """The exchanges most like a turn, of those that suit the user.

        Args:
            context: What was said before, in words as read.
            message: The user's message, in words as read.
            known: The kinds of fact that are known of the user.
        """
        same_message = self._messages.cosines(self._characters.vector(message))
        same_context = self._contexts.cosines(self._characters.vector(context))
        same_context[self._opens] = _NO_CONTEXT
        total = _CONTEXT_WEIGHT * same_context + (1 - _CONTEXT_WEIGHT) * same_message
        suitable = (
            row
            for row in _highest(total, 2 * _NEIGHBOURS)
            if self._exchanges[row].suits(known)
        )
        rows = list(islice(suitable, _NEIGHBOURS))
        return Recollection(
            replies=[self._exchanges[row].reply for row in rows],
            message=same_message[rows],
            context=same_context[rows],
            wording=self._wordings.cosines(self._pairs.vector(message))[rows],
            vectors=FewVectors(self._replies, rows) if rows else None,
            characters=self._characters,
            familiarity=float(same_message.max()),
        )


@dataclass(frozen=True)
class Recollection:
    """What experience has to say about one turn; rows are exchanges, best first."""

    replies: list[str]
    message: Scores
    context: Scores
    wording: Scores
    vectors: FewVectors | None
    characters: NgramVectors
    familiarity: float

    def proposals(self, limit: int) -> list[str]:
        """Different replies that like messages got, best first."""
        return list(dict.fromkeys(self.replies))[:limit]

    def likeness(self, replies: Sequence[str]) -> list[Likeness]:
        """How well each of some replies is backed by a precedent."""
        if self.vectors is None:
            return [Likeness(0.0, 0.0, 0.0, 0.0, self.familiarity) for _ in replies]
        alike = self.vectors.cosines([self.characters.vector(r) for r in replies])
        total = _CONTEXT_WEIGHT * self.context + (1 - _CONTEXT_WEIGHT) * self.message
        best = np.argmax(alike * total, axis=1)
        return [
            Likeness(
                float(self.message[row]),
                float(self.wording[row]),
                float(self.context[row]),
                float(min(alike[index, row], 1.0)),
                self.familiarity,
            )
            for index, row in enumerate(best)
        ]


def _highest(scores: Scores, count: int) -> list[int]:
    """Where the highest scores are, falling; of equal ones the first come first."""
    if len(scores) > count:
        bar = np.partition(scores, -count)[-count]
        near = np.flatnonzero(scores >= bar)
    else:
        near = np.arange(len(scores))
    order = np.argsort(-scores[near], kind="stable")[:count]
    return [int(row) for row in near[order]]
