"""Names, places, foods, hobbies and occupations, for examples with other values.

One file a kind, words parted by blanks, `#` before comments. Personal names are not
listed but combined from surnames and the characters of given names.
"""

from __future__ import annotations

import random
from functools import lru_cache
from importlib import resources

LISTED = ("city", "food", "hobby", "occupation")
"""The kinds with a list, each in the file of its name."""

_NICKNAMES = 0.15
_TWO_CHARACTERS = 0.7


@lru_cache(maxsize=len(LISTED) + 2)
def listed_values(kind: str) -> tuple[str, ...]:
    """The words of one of the lists, in its order."""
    text = (resources.files(__package__) / f"{kind}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(word for line in lines for word in line.split())


def personal_names(count: int, rng: random.Random) -> tuple[str, ...]:
    """Different personal names: mostly full ones, some nicknames such as `小北`.

    Args:
        count: How many, at most ten thousand.
        rng: What they are drawn with.

    Raises:
        ValueError: If more are asked for.
    """
    if not 0 <= count <= 10_000:
        raise ValueError(f"Expected a count from 0 to 10,000 names, not {count}.")
    surnames = listed_values("surname")
    characters = listed_values("given_name")
    names: dict[str, None] = {}
    while len(names) < count:
        if rng.random() < _NICKNAMES:
            name = rng.choice("小阿") + rng.choice(characters)
        else:
            length = 2 if rng.random() < _TWO_CHARACTERS else 1
            name = rng.choice(surnames) + "".join(rng.sample(characters, length))
        names[name] = None
    return tuple(names)


def all_values(rng: random.Random, *, names: int = 2000) -> dict[str, tuple[str, ...]]:
    """The values of every kind, for `EntitySubstitution`.

    Args:
        rng: What personal names are drawn with.
        names: How many of them.
    """
    values = {"name": personal_names(names, rng)}
    return values | {kind: listed_values(kind) for kind in LISTED}
