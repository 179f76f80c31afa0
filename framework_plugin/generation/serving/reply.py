"""The value object `Reply`: what the generator says, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from framework_plugin.generation.serving.copying import Copied
from framework_plugin.generation.serving.search import FloatArray


@dataclass(frozen=True)
class Reply:
    """A reply that explains itself.

    Args:
        text: What to say; personal words filled in.
        confidence: Calibrated probability, 0 to 1, that it is right.
        sure: Whether the confidence suffices to say it.
        tokens: Its words before personal words were filled in.
        probabilities: The network's, of each token and of the end.
        origin: `searched` if the network wrote it word by word, `recalled` if it was
            learned for a like message and the network found it likely here.
        source: What was read: the facts that are known, the dialogue and, of a network
            that reads it, the user's profile and history, each part behind its mark.
        attention: Of a searched reply, weights over the source, shape (tokens, source
            length). Those over the dialogue sum up to 1, and so do those over profile
            and history.
        copied: Of a searched reply, for each token where it was copied from, or None
            if it was written; empty of a network that cannot copy.
        milliseconds: Time taken.
    """

    text: str
    confidence: float
    sure: bool
    tokens: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    origin: str = ""
    source: tuple[str, ...] = ()
    attention: FloatArray | None = field(default=None, compare=False, repr=False)
    copied: tuple[Copied | None, ...] = ()
    milliseconds: float = field(default=0.0, compare=False)
