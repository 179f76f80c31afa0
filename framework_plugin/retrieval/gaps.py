"""Questions without an answer, those that ask the same together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from framework_plugin.retrieval.terms import TermExtractor

ALIKE = 0.35
"""From which cosine on two questions ask the same.

Measured on the groups of `tests/retrieval/same_questions.txt`.
"""

Terms = Mapping[str, float]


@dataclass(frozen=True)
class Question:
    """A question that got no answer.

    Args:
        id: Names it.
        text: The words.
        at: When it was asked, in seconds since the epoch.
        reason: Why it counts as unanswered.
    """

    id: int
    text: str
    at: float
    reason: str = ""


@dataclass(frozen=True)
class Gap:
    """What several questions ask, and no document answers.

    Args:
        questions: At least one, in the order of their ids.
        example: The wording that was used most often; of several the first.
    """

    questions: tuple[Question, ...]
    example: str

    @property
    def id(self) -> int:
        """The id of the first question: it stays when others come."""
        return self.questions[0].id

    @property
    def latest_at(self) -> float:
        """When it was asked last, in seconds since the epoch."""
        return max(question.at for question in self.questions)

    @property
    def reasons(self) -> Mapping[str, int]:
        """How often for each reason."""
        return Counter(question.reason for question in self.questions)

    @property
    def wordings(self) -> tuple[str, ...]:
        """The different wordings, the most frequent first."""
        return tuple(text for text, _ in _counted(self.questions))


def gaps_in(
    questions: Iterable[Question],
    extract: TermExtractor | None = None,
    alike: float = ALIKE,
) -> list[Gap]:
    """Puts questions together that ask the same, those asked most often first.

    Each question joins the group to whose first question it is most alike, or begins
    one (leader clustering, Hartigan 1975, chapter 3), in the order of their ids, so
    that a group keeps its first question when others come. Words that stand in many
    questions count for less.

    Args:
        questions: In any order.
        extract: Turns a text into terms; the package's own when left out.
        alike: From which cosine on two ask the same, from 0 to 1.
    """
    ordered = sorted(questions, key=lambda question: question.id)
    extract = extract or TermExtractor.default()
    # Many are asked in the very same words.
    plain = {q.text: extract.plain(q.text) or q.text for q in ordered}
    terms = _weighted({text: extract(text) for text in dict.fromkeys(plain.values())})
    groups = _Groups(alike)
    for question in ordered:
        words = plain[question.text]
        groups.add(question, words, terms[words])
    gaps = [Gap(tuple(members), _counted(members)[0][0]) for members in groups.members]
    return sorted(gaps, key=lambda gap: (-len(gap.questions), -gap.latest_at))


class _Groups:
    """Groups of questions, looked up by the telling terms of the first of each."""

    def __init__(self, alike: float) -> None:
        self.members: list[list[Question]] = []
        self._alike = alike
        self._places: dict[str, int] = {}
        self._terms: list[Terms] = []
        self._postings: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, question: Question, words: str, terms: Terms) -> None:
        """Puts a question where it belongs."""
        place = self._places.get(words)
        if place is None:
            place = self._nearest(terms)
        if place is None:
            place = len(self.members)
            self.members.append([])
            self._terms.append(terms)
            for term in terms:
                self._postings[term].append(place)
        self._places[words] = place
        self.members[place].append(question)

    def _nearest(self, terms: Terms) -> int | None:
        """The group that is most alike, and alike enough."""
        places = {p for term in self._telling(terms) for p in self._postings[term]}
        cosines = {
            place: sum(weight * other.get(term, 0.0) for term, weight in terms.items())
            for place in places
            for other in (self._terms[place],)
        }
        best = max(cosines, key=lambda place: (cosines[place], -place), default=None)
        return best if best is not None and cosines[best] >= self._alike else None

    def _telling(self, terms: Terms) -> Iterator[str]:
        """The weightiest terms: without one of them no other text is alike enough.

        What the rest can add to a cosine is at most its length (prefix filtering,
        Bayardo, Ma and Srikant, "Scaling Up All Pairs Similarity Search", 2007).
        """
        rest = 1.0
        for term in sorted(terms, key=lambda term: -terms[term]):
            if rest < self._alike**2:
                break
            yield term
            rest -= terms[term] ** 2


def _weighted(texts: Mapping[str, Terms]) -> dict[str, Terms]:
    """The terms of each text by kind and rarity, as vectors of length 1."""
    often = Counter(term for terms in texts.values() for term in terms)
    found: dict[str, Terms] = {}
    for text, terms in texts.items():
        raw = {t: w * log(1 + len(texts) / often[t]) for t, w in terms.items()}
        length = sqrt(sum(weight**2 for weight in raw.values())) or 1.0
        found[text] = {term: weight / length for term, weight in raw.items()}
    return found


def _counted(questions: Sequence[Question]) -> list[tuple[str, int]]:
    return Counter(question.text for question in questions).most_common()
