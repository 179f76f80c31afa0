"""What is found for a message: its questions, each with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from framework_plugin.retrieval.answer import (
    EXACT,
    Answer,
    AnswerSettings,
    Choices,
    Decision,
    decide,
    decide_by_words,
)
from framework_plugin.retrieval.completion import Search, complete, core_of, leans
from framework_plugin.retrieval.hits import Hit
from framework_plugin.retrieval.questions import asks, clauses_in, questions_in

_NAMED = AnswerSettings(lead=0.1)
_PART = AnswerSettings(sure=0.5)
"""Who asks one thing of the documents asks the next of them as well."""
_LONGEST_NAME = 4
_NEARLY = 0.95
"""What one wording holds of two questions counts a little more than it tells."""


@dataclass(frozen=True)
class Asked:
    """One question of a message.

    Args:
        question: As asked, or the whole message.
        query: What was searched: the same, or completed from earlier questions.
        decision: What to do about it.
    """

    question: str
    query: str
    decision: Decision

    @property
    def answer(self) -> Hit | None:
        """The hit that surely answers it."""
        return self.decision.hit if isinstance(self.decision, Answer) else None


def ask(search: Search, message: str, earlier: Sequence[str] = ()) -> tuple[Asked, ...]:
    """Looks a message up: as one question, or as the several that stand in it.

    It is taken apart only where its parts find more: at least two of them are surely
    answered, by different passages, and better than the message as a whole.

    Args:
        search: Finds passages.
        message: What the user says.
        earlier: The questions before it in the dialogue, the latest first.

    Returns:
        At least one question.
    """
    whole = _one(search, message, earlier)
    questions = questions_in(message)
    if len(questions) < 2 or (whole.answer and whole.answer.score >= EXACT):
        return (whole,)
    parts: list[Asked] = []
    before = tuple(earlier)
    for question in questions:
        parts.append(_one(search, question, before, _PART))
        before = (parts[-1].query, *before)
    return _each_once(parts) if _says_more(parts, whole) else (whole,)


def _one(
    search: Search,
    question: str,
    earlier: Sequence[str],
    settings: AnswerSettings | None = None,
) -> Asked:
    """One question, completed from earlier ones where it has no answer of its own."""
    asked = Asked(question, question, _decided(search, question, settings))
    own = asked.answer
    if own and not leans(question):
        return asked
    completed = complete(search, question, earlier)
    if completed is None:
        if own or not leans(question):
            return asked
        core = core_of(question)
        return Asked(question, core, decide_by_words(search(core)))
    hits = completed.hits
    if own and own.passage != hits[0].passage and own.score > hits[0].score:
        # It may go on with the matter, or turn to another.
        return Asked(question, completed.query, Choices((*hits, own)))
    decision = Answer(hits[0]) if completed.sure else Choices(hits)
    return Asked(question, completed.query, decision)


def _decided(
    search: Search, question: str, settings: AnswerSettings | None
) -> Decision:
    """What to do with a question by itself.

    A matter that is only named (`龙井`) is in many wordings: what is asked of it must
    stand out more.
    """
    hits = search(question)
    is_short = len(question.strip()) <= _LONGEST_NAME
    if is_short and not asks(question):
        return decide_by_words(hits, _NAMED)
    if is_short or leans(question):
        return decide_by_words(hits)
    decision = decide(hits, settings)
    if isinstance(decision, Choices):
        return _by_a_clause(search, question, hits[0]) or decision
    return decision


def _by_a_clause(search: Search, question: str, nearest: Hit) -> Answer | None:
    """The answer to what is asked beside what is told, as in `我在苏州，几天能到`.

    Only where that is the very wording of the passage which the whole is nearest to.
    """
    asking = [clause for clause in clauses_in(question) if asks(clause)]
    if len(asking) != 1 or asking[0] == question:
        return None
    (best, *_) = search(asking[0], 1) or (nearest,)
    same = best.score >= EXACT and best.passage == nearest.passage
    return Answer(best) if same else None


def _says_more(parts: Sequence[Asked], whole: Asked) -> bool:
    found = [part.answer for part in parts if part.answer]
    if len({hit.passage.id for hit in found}) < 2:
        return False
    mean = sum(hit.score for hit in found) / len(found)
    return whole.answer is None or mean > _NEARLY * whole.answer.score


def _each_once(parts: Sequence[Asked]) -> tuple[Asked, ...]:
    """Without those whose answer was given to one before."""
    kept: list[Asked] = []
    for part in parts:
        given = [one.answer.passage for one in kept if one.answer]
        if part.answer is None or part.answer.passage not in given:
            kept.append(part)
    return tuple(kept)
