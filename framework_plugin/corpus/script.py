"""A dialogue as it is written for training: turns with alternatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.placeholders import placeholders_in
from framework_plugin.corpus.user_context import FactKind


@dataclass(frozen=True)
class ScriptedTurn:
    """One turn and the other ways to say it.

    Args:
        speaker: Who says it.
        alternatives: At least one wording; each means the same.
    """

    speaker: Speaker
    alternatives: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """A written dialogue: user and bot in turns, the user first, the bot last.

    Args:
        turns: An even number of turns.
        known: Facts that must be known of the user before the dialogue.
        unknown: Facts that must not be known.
        topic: The stem of the file it stands in.
    """

    turns: tuple[ScriptedTurn, ...]
    known: frozenset[FactKind] = frozenset()
    unknown: frozenset[FactKind] = frozenset()
    topic: str = ""

    @property
    def exchanges(self) -> int:
        """Pairs of a user's turn and its reply."""
        return len(self.turns) // 2

    def known_at(self, index: int) -> set[FactKind]:
        """What is known when the turn at `index` is answered, that turn included."""
        known = set(self.known)
        for turn in self.turns[: index + 1]:
            for wording in turn.alternatives:
                known |= placeholders_in(wording)
        return known


@dataclass(frozen=True)
class BrokenLine:
    """A line that was skipped, and why."""

    path: Path
    number: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.number}: {self.reason}"


@dataclass(frozen=True)
class Corpus:
    """All dialogues that could be read, and the lines that could not.

    Args:
        scripts: The dialogues in the order of files and lines.
        broken: The skipped lines in the same order.
    """

    scripts: tuple[Script, ...]
    broken: tuple[BrokenLine, ...] = field(default=())

    @property
    def exchanges(self) -> int:
        """Pairs of a user's turn and its reply in all dialogues."""
        return sum(script.exchanges for script in self.scripts)

    def utterances(self, speaker: Speaker) -> tuple[str, ...]:
        """All wordings of one speaker, in order, repeats included."""
        return tuple(
            wording
            for script in self.scripts
            for turn in script.turns
            if turn.speaker is speaker
            for wording in turn.alternatives
        )
