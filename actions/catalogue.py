"""The goods of the shop, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import DocumentError


class Caffeine(str, Enum):
    """How much caffeine a thing holds."""

    NONE = "none"
    LOW = "low"
    SOME = "some"


@dataclass(frozen=True)
class Good:
    """One thing the shop sells.

    Args:
        id: Its name in the catalogue.
        name: Its name for the user.
        kind: The shelf it stands on: 茶, 茶具, 点心 or 礼盒.
        prices: Price in yuan by size, cheapest first.
        tags: Words by which it is found.
        caffeine: How much caffeine it holds.
        gift: Whether it makes a present.
        seasons: Seasons in which it comes first.
        about: What is good about it, as half a sentence.
    """

    id: str
    name: str
    kind: str
    prices: tuple[tuple[str, int], ...]
    tags: frozenset[str]
    caffeine: Caffeine
    gift: bool
    seasons: frozenset[str]
    about: str

    @property
    def price(self) -> int:
        """The price of the smallest size, in yuan."""
        return self.prices[0][1]

    def priced(self, budget: int | None = None) -> str:
        """Sizes and prices for the user, those within a budget where there are."""
        affordable = [p for p in self.prices if budget is None or p[1] <= budget]
        return "，".join(f"{size} {price}元" for size, price in affordable)

    def matches(self, word: str) -> bool:
        """Whether a word names this thing or something it is known for."""
        word = word.strip().lower()
        if not word:
            return False
        if word == self.kind or word in self.name.lower():
            return True
        return any(tag in word or (len(word) > 1 and word in tag) for tag in self.tags)


class Catalogue:
    """All goods, in the order of the catalogue.

    Args:
        goods: The goods.
    """

    def __init__(self, goods: tuple[Good, ...]) -> None:
        self._goods = goods

    @classmethod
    def read(cls, path: Path) -> Catalogue:
        """The goods of a YAML file.

        Raises:
            DocumentError: The file cannot be read or a thing is incomplete.
        """
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(tuple(_good(item) for item in raw["goods"]))
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            raise DocumentError(
                f"The catalogue '{path}' cannot be read: {error!r}. Expected a list"
                " `goods`; each needs id, name, kind, prices, tags, caffeine, gift,"
                " seasons and about."
            ) from error

    def __iter__(self) -> Iterator[Good]:
        return iter(self._goods)

    def get(self, id_: str) -> Good | None:
        """The thing of that id, or None."""
        return next((good for good in self._goods if good.id == id_), None)


def _good(raw: dict[str, Any]) -> Good:
    prices = sorted(
        ((str(size), int(price)) for size, price in raw["prices"].items()),
        key=lambda sized: sized[1],
    )
    if not prices:
        raise ValueError(f"'{raw['id']}' has no price")
    return Good(
        id=str(raw["id"]),
        name=str(raw["name"]),
        kind=str(raw["kind"]),
        prices=tuple(prices),
        tags=frozenset(str(tag).lower() for tag in raw["tags"]),
        caffeine=Caffeine(raw["caffeine"]),
        gift=bool(raw["gift"]),
        seasons=frozenset(raw["seasons"]),
        about=str(raw["about"]),
    )
