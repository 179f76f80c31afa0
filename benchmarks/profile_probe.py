"""Does a reply use what is known of the user? Questions that only the memory answers.

Every dialogue asks for one fact (name, home town, city, occupation, pet, favourite
food) that stands in the profile among others and nowhere else, or was told in passing
in one of the messages of the week before, 32 of them, and stands in no profile. The
values asked for in the probe are in no list that training draws from, many are written
with rare characters, so a right answer was copied out of the memory and not remembered.

Run: python benchmarks/profile_probe.py [--history] [--seed 7] to see some of them.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.formats import DialogueRecord

try:
    from benchmarks._probe_frames import (
        DAILY_TALK,
        FRAMES,
        KINDS,
        SMALL_TALK,
        TELLINGS,
        Frame,
    )
    from benchmarks._probe_values import PROBE_VALUES, TRAINING_VALUES, Values
except ModuleNotFoundError:  # run as a script: its own folder is where Python looks
    from _probe_frames import (
        DAILY_TALK,
        FRAMES,
        KINDS,
        SMALL_TALK,
        TELLINGS,
        Frame,
    )
    from _probe_values import PROBE_VALUES, TRAINING_VALUES, Values

_SMALL_TALK_SHARE = 0.4
_FEWEST_FACTS = 3
_MESSAGES_OF_A_WEEK = 32


@dataclass(frozen=True)
class ProbeRecord:
    """A dialogue whose reply must contain one value of the profile.

    Args:
        record: The dialogue; facts of its profile read `kind:value`.
        kind: Which fact is asked for, one of `KINDS`.
        expected: Its value.
        others: The values that are known too and were not asked for.
    """

    record: DialogueRecord
    kind: str
    expected: str
    others: tuple[str, ...]


def probe_training_records(
    seed: int, n: int, *, from_history: bool = False
) -> list[ProbeRecord]:
    """Dialogues that teach to answer from the memory.

    Args:
        seed: What all choices follow from.
        n: How many.
        from_history: Whether facts were told in earlier messages, in place of standing
            in the profile.
    """
    rng = random.Random(f"train/{seed}")
    return list(_records(TRAINING_VALUES, rng, n, from_history))


def probe_records(
    seed: int, n: int = 200, *, from_history: bool = False
) -> list[ProbeRecord]:
    """Dialogues of the same frames with values that training never shows.

    Args:
        seed: What all choices follow from.
        n: How many.
        from_history: See `probe_training_records`.
    """
    return list(_records(PROBE_VALUES, random.Random(f"probe/{seed}"), n, from_history))


def _records(
    values: Values, rng: random.Random, n: int, from_history: bool
) -> Iterator[ProbeRecord]:
    frames: list[Frame] = []
    for number in range(n):
        # Every frame once before any comes again.
        if not frames:
            frames = rng.sample(FRAMES, len(FRAMES))
        yield _record(frames.pop(), values, rng, number, from_history)


def _record(
    frame: Frame, values: Values, rng: random.Random, number: int, from_history: bool
) -> ProbeRecord:
    facts = _facts(frame.kind, values, rng)
    expected = facts[frame.kind]
    said = [rng.choice(frame.questions), rng.choice(frame.answers).format(expected)]
    if rng.random() < _SMALL_TALK_SHARE:
        said = [*rng.choice(SMALL_TALK), *said]
    turns = [
        Turn(Speaker.BOT if index % 2 else Speaker.USER, text)
        for index, text in enumerate(said)
    ]
    profile = [f"{kind}:{value}" for kind, value in facts.items()]
    rng.shuffle(profile)
    told = {"history": _week(facts, rng)} if from_history else {"profile": profile}
    known = {where: tuple(texts) for where, texts in told.items()}
    record = DialogueRecord(tuple(turns), **known, dialogue=f"probe#{number}")
    others = tuple(value for value in facts.values() if value != expected)
    return ProbeRecord(record, frame.kind, expected, others)


def _week(facts: dict[str, str], rng: random.Random) -> list[str]:
    """A week of messages, in some of which the facts are told."""
    told = [rng.choice(TELLINGS[kind]).format(value) for kind, value in facts.items()]
    said = [*told, *rng.sample(DAILY_TALK, _MESSAGES_OF_A_WEEK - len(told))]
    rng.shuffle(said)
    return said


def _facts(asked: str, values: Values, rng: random.Random) -> dict[str, str]:
    """The fact asked for and some others; no value is part of another."""
    others = [kind for kind in KINDS if kind != asked]
    count = rng.randint(_FEWEST_FACTS, len(KINDS)) - 1
    facts: dict[str, str] = {}
    for kind in [asked, *rng.sample(others, count)]:
        value = values.draw(kind, rng)
        while any(value in known or known in value for known in facts.values()):
            value = values.draw(kind, rng)
        facts[kind] = value
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=12)
    parser.add_argument("--history", action="store_true")
    arguments = parser.parse_args()
    probe = probe_records(arguments.seed, from_history=arguments.history)
    print(f"{len(probe)} dialogues of {len(FRAMES)} frames; for example:")
    for example in probe[: arguments.show]:
        print(f"\n[{'  '.join((*example.record.profile, *example.record.history))}]")
        for turn in example.record.turns:
            print(f"  {'你' if turn.speaker is Speaker.USER else '答'} › {turn.text}")


if __name__ == "__main__":
    main()
