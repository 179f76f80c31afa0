"""When passages hold and for whom, side by side, so that many are asked at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.rows import Places


@dataclass(frozen=True, eq=False)
class Limits:
    """The passages of a list that do not hold always and for everyone.

    Args:
        places: Where they stand in the list: (limited,).
        begins: From when on each holds, in seconds since the epoch: (limited,).
        ends: From when on each no longer holds: (limited,).
        audiences: The different audiences.
        audience: Which of them each is for: (limited,).
    """

    places: Places
    begins: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    audiences: tuple[tuple[str, ...], ...]
    audience: Places

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Limits:
        """The limits of a list of passages."""
        limited = [
            (place, passage)
            for place, passage in enumerate(passages)
            if passage.audience
            or passage.valid_from is not None
            or passage.valid_until is not None
        ]
        numbers: dict[tuple[str, ...], int] = {}
        audience = [numbers.setdefault(p.audience, len(numbers)) for _, p in limited]
        begins = [-np.inf if p.valid_from is None else p.valid_from for _, p in limited]
        ends = [np.inf if p.valid_until is None else p.valid_until for _, p in limited]
        return cls(
            np.array([place for place, _ in limited], np.int64),
            np.array(begins, np.float64),
            np.array(ends, np.float64),
            tuple(numbers),
            np.array(audience, np.int64),
        )

    def closed(self, at: float | None, groups: Collection[str]) -> Places:
        """The places of those that may not be shown.

        Args:
            at: The time, in seconds since the epoch; None to pass over validity.
            groups: Those to which the user belongs. What is for an audience is only
                for users of it.
        """
        for_user = np.array(
            [not named or not set(groups).isdisjoint(named) for named in self.audiences]
        )
        shown = for_user[self.audience] if len(self.audiences) else self.audience > 0
        if at is not None:
            shown = shown & (self.begins <= at) & (at < self.ends)
        closed: Places = self.places[~shown]
        return closed
