"""Anger at us, strong and repeated: then a person of the shop shall answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from framework_plugin.text.normalise import normalise

ANGRY_INTENTS = frozenset(("complain", "insult"))
"""Messages of these are aimed at the shop or the assistant, not at someone's boss."""

_LOOKED_AT, _WANTED = 3, 2
_STRONG = re.compile(
    "气死|气炸|火大|气疯|忍无可忍|受够|受不了|太过分|过分了|欺人太甚|骗子|骗人|骗钱|诈骗|坑人|坑爹|坑钱"
    "|垃圾|黑店|破店|奸商|无耻|不要脸|恶心|混蛋|王八|滚(?:开|蛋|吧|远|$)|去死|废物|白痴|脑残|智障|他妈的|操你|傻逼"
    "|傻[xb叉]|狗屁|放屁|举报|曝光|消协|12315|起诉|告你们|报警|差评|糟透|差劲|忽悠|耍我|玩我"
    "|敷衍|踢皮球|恶劣|什么玩意|愤怒|寒心"
)
_NOT_ANGRY = re.compile("(?:不|没|没有|别|并不)(?:是|要|想|会|太|那么|再)*$")
_STRESSED = re.compile("[!！]{2,}|[?？]{3,}")


def is_strong(text: str) -> bool:
    """Whether a message shows strong anger, by its words or its signs."""
    norm = normalise(text)
    found = (
        match
        for match in _STRONG.finditer(norm)
        if not _NOT_ANGRY.search(norm[: match.start()])
    )
    return any(found) or bool(_STRESSED.search(text))


def is_angry(messages: Sequence[tuple[str, str | None]]) -> bool:
    """Whether a user is angry with us, not for the first time.

    Args:
        messages: The user's messages in order, each with its intent; the last one is
            being answered.

    Returns:
        Whether it is strongly angry, and one of the two before it was as well.
    """
    angry = [
        intent in ANGRY_INTENTS and is_strong(text)
        for text, intent in messages[-_LOOKED_AT:]
    ]
    return bool(angry) and angry[-1] and sum(angry) >= _WANTED
