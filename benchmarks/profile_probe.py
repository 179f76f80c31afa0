"""Does a reply use what is known of the user? Questions that only the profile answers.

Every dialogue asks for one fact (name, home town, city, occupation, pet, favourite
food) that stands in the profile among others and nowhere else. The values asked for in
the probe are in no list that training draws from, many are written with rare
characters, so a right answer was copied out of the profile and not remembered.

Run: python benchmarks/profile_probe.py [--seed 7] to see some of them.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.formats import DialogueRecord

try:
    from benchmarks._probe_frames import FRAMES, KINDS, SMALL_TALK, Frame
    from benchmarks._probe_values import PROBE_VALUES, TRAINING_VALUES, Values
except ModuleNotFoundError:  # run as a script: its own folder is where Python looks
    from _probe_frames import FRAMES, KINDS, SMALL_TALK, Frame
    from _probe_values import PROBE_VALUES, TRAINING_VALUES, Values

_SMALL_TALK_SHARE = 0.4
_FEWEST_FACTS = 3


@dataclass(frozen=True)
class ProbeRecord:
    """A dialogue whose reply must contain one value of the profile.

    Args:
        record: The dialogue; facts of its profile read `kind:value`.
        kind: Which fact is asked for, one of `KINDS`.
        expected: Its value.
    """

    record: DialogueRecord
    kind: str
    expected: str

    @property
    def others(self) -> tuple[str, ...]:
        """The values of the profile that were not asked for."""
        values = (fact.partition(":")[2] for fact in self.record.profile)
        return tuple(value for value in values if value != self.expected)


def probe_training_records(seed: int, n: int) -> list[ProbeRecord]:
    """Dialogues that teach to answer from the profile.

    Args:
        seed: What all choices follow from.
        n: How many.
    """
    return list(_records(TRAINING_VALUES, random.Random(f"train/{seed}"), n))


def probe_records(seed: int, n: int = 200) -> list[ProbeRecord]:
    """Dialogues of the same frames with values that training never shows.

    Args:
        seed: What all choices follow from.
        n: How many.
    """
    return list(_records(PROBE_VALUES, random.Random(f"probe/{seed}"), n))


def _records(values: Values, rng: random.Random, n: int) -> Iterator[ProbeRecord]:
    frames: list[Frame] = []
    for number in range(n):
        # Every frame once before any comes again.
        if not frames:
            frames = rng.sample(FRAMES, len(FRAMES))
        yield _record(frames.pop(), values, rng, number)


def _record(
    frame: Frame, values: Values, rng: random.Random, number: int
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
    record = DialogueRecord(tuple(turns), tuple(profile), dialogue=f"probe#{number}")
    return ProbeRecord(record, frame.kind, expected)


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
    arguments = parser.parse_args()
    probe = probe_records(arguments.seed)
    print(f"{len(probe)} dialogues of {len(FRAMES)} frames; for example:")
    for example in probe[: arguments.show]:
        print(f"\n[{'  '.join(example.record.profile)}]")
        for turn in example.record.turns:
            print(f"  {'你' if turn.speaker is Speaker.USER else '答'} › {turn.text}")


if __name__ == "__main__":
    main()
