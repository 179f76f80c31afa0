"""The replies of a trained generator, for a student to learn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.generation.compression.original import Original
from framework_plugin.generation.serving.calibration import patient
from framework_plugin.generation.serving.candidates import CandidateFinder, Query
from framework_plugin.generation.settings import DecodingSettings

Groups = Sequence[Sequence[Example]]
Watch = Callable[[Groups], Iterable[Sequence[Example]]]
"""Gives groups of examples one by one and shows how far that is."""

_TOGETHER = 16


def unwatched(groups: Groups) -> Iterable[Sequence[Example]]:
    """Shows nothing."""
    return groups


class Teacher:
    """Answers messages with the network's own words.

    Args:
        original: The generator.
        decoding: How replies are searched for; without recalled ones, since a network
            has nothing of its own to teach in them, and without a time limit.

    Raises:
        ArtefactError: If the generator is incomplete or damaged.
    """

    def __init__(self, original: Original, decoding: DecodingSettings) -> None:
        self.original = original
        searching = replace(patient(decoding), recalled_candidates=0, mmi="none")
        self._finder = CandidateFinder(
            original.folder, "fp32", original.codec, searching
        )

    def answered(
        self, examples: Sequence[Example], watch: Watch = unwatched
    ) -> list[Example]:
        """The same messages with the best reply that the search finds to each.

        Args:
            examples: Their targets are not looked at.
            watch: Shows how far it is.

        Returns:
            In another order: messages of users of whom the same is known are answered
            side by side.
        """
        found: list[Example] = []
        for group in watch(_alike(examples)):
            queries = [Query(e.turns, e.known, e.memory) for e in group]
            replies = self._finder.find_together(queries)
            found.extend(
                replace(example, target=reply.candidates[0].tokens)
                for example, reply in zip(group, replies, strict=True)
            )
        return found


def _alike(examples: Sequence[Example]) -> list[list[Example]]:
    """Groups of which the same facts are known, as `find_together` wants them."""
    parted: defaultdict[frozenset[FactKind], list[Example]] = defaultdict(list)
    for example in examples:
        parted[example.known].append(example)
    return [
        some[start : start + _TOGETHER]
        for some in parted.values()
        for start in range(0, len(some), _TOGETHER)
    ]
