"""A follow-up such as `那运费呢`, completed from the questions before it.

Only scores decide what is carried over: what the completed question finds must be found
better than by the message alone and than by the earlier words alone, so that both of
them tell something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from framework_plugin.retrieval.answer import (
    Answer,
    AnswerSettings,
    NoAnswer,
    decide_by_words,
)
from framework_plugin.retrieval.hits import Hit
from framework_plugin.retrieval.questions import asks
from framework_plugin.retrieval.terms import load_asking_words
from framework_plugin.text.segment import create_segmenter
from framework_plugin.text.stop_words import load_stop_words


class Search(Protocol):
    """Finds passages, best first; `PassageIndex.search` is one."""

    def __call__(self, query: str, limit: int = 5) -> Sequence[Hit]:
        """At most `limit` hits for a query."""


@dataclass(frozen=True)
class Completed:
    """A follow-up with what it leans on.

    Args:
        query: What was searched: words of the earlier question, and the message.
        hits: What that found which neither finds alone, best first; at least one.
        sure: Whether the first of them surely answers.
    """

    query: str
    hits: tuple[Hit, ...]
    sure: bool


# Longer messages say themselves what they are about.
_LONGEST = 12
_WORDS = 6
_DEEP = 20
_NEARLY = 0.9
"""Share of a score that may be lost where a word is added; see `_more_than`."""
_LEADS = re.compile("^(?:那么?|要是|如果|假如|换成?|还有)+")
_LEANS = re.compile("^那|呢[?？!！。~ ]*$")
_TAIL = re.compile("[呢啊呀吧嘛哦?？!！。,，~ ]+$")
_PERSONAL = re.compile("[你您我](?!们)|咱")


def is_follow_up(message: str) -> bool:
    """Whether a message may lean on the questions before it."""
    text = message.strip()
    if not 0 < len(text) <= _LONGEST or _PERSONAL.search(text):
        return False
    return asks(text) or leans(text)


def leans(message: str) -> bool:
    """Whether a message says itself that it goes on, as `那运费呢` does."""
    return bool(_LEANS.search(message.strip()))


def complete(search: Search, message: str, earlier: Sequence[str]) -> Completed | None:
    """Completes a follow-up; None where it is none, or nothing is well found.

    Args:
        search: Finds passages.
        message: What the user says.
        earlier: The questions before it, the latest first.
    """
    core = core_of(message)
    if not core or not is_follow_up(message):
        return None
    by_itself = _ByItself(search(core, _DEEP), _NEARLY if leans(message) else 1.0)
    for question in earlier:
        found = [
            completed
            for words in _matters(question)
            if (completed := _carried(search, words, core, by_itself))
        ]
        if found:
            return max(found, key=lambda one: (one.sure, one.hits[0].score))
    return None


class _ByItself(NamedTuple):
    """What a message finds by itself, and how much of that a completed one may lose."""

    hits: Sequence[Hit]
    slack: float


def _carried(
    search: Search, words: Sequence[str], core: str, by_itself: _ByItself
) -> Completed | None:
    """What words of an earlier question and a message find only together."""
    context = " ".join(words)
    query = f"{context} {core}"
    hits = search(query, _DEEP)
    decision = decide_by_words(hits)
    if isinstance(decision, NoAnswer):
        return None
    before = search(context, _DEEP)
    sure = isinstance(decision, Answer)
    near = (decision.hit,) if isinstance(decision, Answer) else decision.hits
    both = [
        hit
        for hit in near
        if _more_than(*by_itself, hit) and _more_than(before, _NEARLY, hit)
    ]
    if not both or both[0] is not near[0] or both[0].score < AnswerSettings().sure:
        return None
    return Completed(query, tuple(both), sure)


def _more_than(hits: Sequence[Hit], slack: float, hit: Hit) -> bool:
    """Whether a passage is found better than among some hits.

    A single word is covered wholly by every passage in which it stands, so that one
    more word may score a little less and yet tell which of them is meant. So some
    slack may be given to a passage that is not the best of the hits.
    """
    known = next((one.score for one in hits if one.passage == hit.passage), 0.0)
    best = bool(hits) and hits[0].passage == hit.passage
    return hit.score > known * (1.0 if best else slack)


def core_of(message: str) -> str:
    """`运费` of `那运费呢`."""
    text = _TAIL.sub("", message.strip())
    return _LEADS.sub("", text) or text


def _matters(question: str) -> Iterator[tuple[str, ...]]:
    """What of an earlier question may be meant: each of its words, and all of them."""
    words = _content_words(question)[:_WORDS]
    yield from ((word,) for word in words)
    if len(words) > 1:
        yield tuple(words)


def _content_words(question: str) -> list[str]:
    """Words that name a matter, each once."""
    words = _words()
    found = (word for word in words.segment(question) if word not in words.empty)
    return [word for word in dict.fromkeys(found) if any(map(str.isalnum, word))]


class _Words(NamedTuple):
    """Cuts a text into words; those that name nothing."""

    segment: Callable[[str], Sequence[str]]
    empty: frozenset[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    empty = load_stop_words() | load_asking_words()
    return _Words(create_segmenter().norms, empty)
