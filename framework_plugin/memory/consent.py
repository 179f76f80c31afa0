"""Whether a user agreed to be remembered, and how they say so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.history import USER
from framework_plugin.memory.tables import consents
from framework_plugin.text.normalise import normalise


class Consent(str, Enum):
    """What is known of a user's will; nothing at all if nobody has asked."""

    GIVEN = "given"
    REFUSED = "refused"


@dataclass(frozen=True)
class ConsentTold:
    """What a user has said last about being remembered.

    Args:
        state: What they said.
        at: When, in seconds since the epoch.
    """

    state: Consent
    at: float


ASKS = "consent"
"""The kind of source in the metadata of the message with which the bot asks."""

_TOLD: Any = sa.select(consents.c.state, consents.c.changed_at).where(
    consents.c.user_id == USER
)

_KEEP = "(?:记住?|记录|记下来?|保存|存储?|留存|收集|使用)"
_POLITE = "(?:那|嗯|哦|好的?|行|可以)*[,，。!！ ]*"
_TAIL = "[了吧的啊呀哦啦哈呢嘛~。.!！,，]*"
_GIVES = re.compile(
    f"{_POLITE}(?:我)?(?:同意|允许|准许|授权|愿意)(?:让)?(?:你们?)?(?:可以)?{_KEEP}.{{0,16}}"
    f"|{_POLITE}(?:你)?(?:可以|能)(?:帮我)?{_KEEP}(?:我的?.{{0,8}})?{_TAIL}"
)
_AGREES = re.compile(
    "(?:嗯|好|好的|行|可以|没问题|没事|同意|我同意|我愿意|愿意|当然|当然可以|记吧|你记吧|你记"
    f"|可以记|可以的|行的|ok|yes|好啊|好呀|同意记住?|那就记吧|[,， ])+{_TAIL}",
    re.IGNORECASE,
)
_WITHDRAWS = re.compile(
    f".{{0,6}}(?:撤回|撤销|收回|取消|撤掉)(?:我的?|之前的?|刚才的?|对你的)*(?:同意|授权|许可).{{0,6}}"
    f"|{_POLITE}我?(?:不同意|不允许|不准|不愿意|拒绝)(?:让)?(?:你们?)?(?:再|继续)?{_KEEP}.{{0,12}}"
)
_REFUSES = re.compile(
    "(?:不|不要|不用了?|不行|不可以|不好|不同意|我不同意|不愿意|不了|别记|别|先不|算了|拒绝|no"
    f"|不要记|不用记|还是不|谢谢|[,， ])+{_TAIL}",
    re.IGNORECASE,
)
_ASKING = re.compile("[?？吗么]|怎么|如何|什么|能不能|可不可以|会不会|是不是|如果|要是")
_LONGEST_ANSWER = 40


def consent_told(text: str, *, asked: bool) -> Consent | None:
    """What a message says about being remembered; None if it speaks of other things.

    Args:
        text: The message.
        asked: Whether the bot has just asked: only then `好的` means that.
    """
    norm = normalise(text).strip()
    if len(norm) > _LONGEST_ANSWER or _ASKING.search(norm):
        return None
    if _WITHDRAWS.fullmatch(norm) or (asked and _REFUSES.fullmatch(norm)):
        return Consent.REFUSED
    if _GIVES.fullmatch(norm) or (asked and _AGREES.fullmatch(norm)):
        return Consent.GIVEN
    return None


class ConsentReader:
    """Follows a conversation to tell what its messages say about being remembered.

    `好的` says so only right after the question. One that opens a session is sent
    together with the answer to a message that was typed before it; then it is the
    message after that.
    """

    def __init__(self) -> None:
        self._opening = True
        self._messages_before: int | None = None

    def begin_session(self) -> None:
        """Rasa runs the action that opens a session, and that may ask."""
        self._opening = True

    def hear_bot(self, metadata: Mapping[str, Any] | None) -> None:
        """The bot says something.

        Args:
            metadata: Of its message; a `source` of the kind `consent` marks the
                question.
        """
        source = (metadata or {}).get("source")
        if isinstance(source, Mapping) and source.get("kind") == ASKS:
            self._messages_before = 1 if self._opening else 0

    def hear_user(self, text: str) -> Consent | None:
        """The user says something; what it says about being remembered."""
        asked = self._messages_before == 0
        self._messages_before = 0 if self._messages_before == 1 else None
        self._opening = False
        return consent_told(text, asked=asked)


def read_consent(connection: Connection, user_id: str) -> Consent | None:
    """What a user has said about being remembered."""
    told = read_told(connection, user_id)
    return told.state if told else None


def read_told(connection: Connection, user_id: str) -> ConsentTold | None:
    """What a user has said about being remembered, and when."""
    row = connection.execute(_TOLD, {"user": user_id}).first()
    return ConsentTold(Consent(row.state), row.changed_at) if row else None


def write_consent(
    connection: Connection, user_id: str, state: Consent, at: float
) -> None:
    """Keeps what a user says, instead of what they said before.

    Args:
        connection: In a transaction.
        user_id: Rasa's `sender_id`.
        state: What they say now.
        at: When, in seconds since the epoch.
    """
    connection.execute(sa.delete(consents).where(consents.c.user_id == user_id))
    connection.execute(
        sa.insert(consents).values(user_id=user_id, state=state.value, changed_at=at)
    )
