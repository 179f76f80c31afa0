"""Recordings that grow while their visitors speak, in this process's memory alone."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from framework_plugin.components.guarded_routes import Refused

_SPEAKING = 32
"""Visitors at once; of whoever was silent for longest, the page sends all again."""
_SLOWEST = 1.5
"""Seconds; an engine that needs longer for the words so far is not asked again: whole
recordings would have to wait for it."""


@dataclass
class Growing:
    """A recording that goes on.

    Args:
        id: Made by the page, for this recording alone.
        data: What came so far.
        slow: Whether the engine cannot keep up with it.
    """

    id: str
    data: bytearray = field(default_factory=bytearray)
    slow: bool = False


class Parts:
    """What came so far of the recordings of visitors, one for each.

    Args:
        longest: Bytes that one may have.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._growing: OrderedDict[str, Growing] = OrderedDict()

    def add(self, visitor: str, id_: str, start: int, part: bytes) -> Growing:
        """Appends a part.

        Args:
            visitor: Whose recording.
            id_: Which one; another one than before begins anew.
            start: Where the part begins in it.
            part: The bytes.

        Raises:
            Refused: If parts before it are missing here, as when another server has
                them, or there are too many bytes.
        """
        found = self._growing.pop(visitor, None)
        if found is None or found.id != id_ or start == 0:
            found = Growing(id_)
        if start != len(found.data):
            raise Refused(409, "What was before this part did not come here.")
        if start + len(part) > self._longest:
            raise Refused(413, f"The recording has more than {self._longest} bytes.")
        found.data += part
        self._growing[visitor] = found
        if len(self._growing) > _SPEAKING:
            self._growing.popitem(last=False)
        return found

    def took(self, found: Growing, seconds: float) -> None:
        """Notes how long the engine needed for the words so far."""
        found.slow = found.slow or seconds > _SLOWEST

    def drop(self, visitor: str) -> None:
        """Forgets the recording of a visitor, who has done."""
        self._growing.pop(visitor, None)
