"""What can go wrong with speech, and how the user is told."""

from __future__ import annotations

from enum import Enum

from framework_plugin.errors import VoiceError


class Trouble(Enum):
    """Why there are no words, or no sound."""

    OFF = "off"
    """Nothing is set up for it."""
    BUSY = "busy"
    """Too many wait already."""
    SLOW = "slow"
    """It took too long."""
    TOO_LONG = "too_long"
    """More seconds or bytes than are allowed."""
    UNREADABLE = "unreadable"
    """The sound is damaged, or of a kind that nobody here can read."""
    SILENT = "silent"
    """Nobody speaks in it."""
    UNCLEAR = "unclear"
    """Somebody speaks, but no words were made out."""
    BROKEN = "broken"
    """The engine does not work."""


_SAID = {
    Trouble.OFF: "语音我还听不懂，麻烦您打字告诉我，好吗？",
    Trouble.BUSY: "这会儿说话的人有点多，请稍等一下再说一遍，或者打字告诉我。",
    Trouble.SLOW: "这段语音我听了太久还没听完，麻烦您说短一点，或者打字告诉我。",
    Trouble.TOO_LONG: "这段语音太长了，最多{seconds}秒，麻烦您分开说，或者打字告诉我。",
    Trouble.UNREADABLE: "这段语音我打不开，麻烦您再说一遍，或者打字告诉我。",
    Trouble.SILENT: "我没听到声音，麻烦您离话筒近一点再说一遍，或者打字告诉我。",
    Trouble.UNCLEAR: "我没听清您说的，麻烦您再说一遍，或者打字告诉我。",
    Trouble.BROKEN: "我这会儿听不了语音，麻烦您打字告诉我，好吗？",
}


class NotHeard(VoiceError):
    """There are no words, or no sound.

    Args:
        trouble: Why.
        message: For the log; it holds nothing that was said.
    """

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


def said_of(trouble: Trouble, longest: float) -> str:
    """What the user is told.

    Args:
        trouble: Why there are no words.
        longest: Seconds that an utterance may have.
    """
    return _SAID[trouble].format(seconds=f"{longest:g}")
