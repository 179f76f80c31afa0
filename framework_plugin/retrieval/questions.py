"""The questions that stand in one message."""

from __future__ import annotations

import re

_ASKS = re.compile(
    "[?？吗么呢几哪谁啥]|什么|怎|多少|多久|多大|多长|能不能|可以|可不可以|行不行"
    "|是不是|有没有|会不会|要不要|想问|请问|咨询|([\u3400-\u9fff])不\\1"
)
_HAN = "[\u3400-\u9fff]"
_ENDS = re.compile(f"[。！!；;，,、\\n]+|[？?]+|(?<={_HAN})\\s+(?={_HAN})")
_JOINS = re.compile("(?=还有|另外|以及|顺便|再问|然后|其次)")
_OPENS = re.compile(
    "^(?:还有|另外|以及|顺便|然后|其次|再|对了|那么|我?想?(?:再|请)?(?:问|咨询)(?:一?下|问)?|请教一?下"
    "|麻烦|亲|哦|嗯|你好|您好)+"
)
_WANTS_TO_ASK = re.compile("问|请教|咨询")
_COURTESY = re.compile(
    "(?:亲|你好|您好|哈喽|在吗|在么|在不在|有人吗|有人在吗|请问|麻烦|谢谢|多谢|急|[啊呀哦嗯呢的了])*"
)


def asks(text: str) -> bool:
    """Whether a text looks like a question."""
    return bool(_ASKS.search(text))


def question_besides(message: str) -> str | None:
    """What a message asks beside what it tells: `我叫小雅 想问下运费` asks `运费？`.

    Returns:
        None if it only asks, or only tells.
    """
    clauses = clauses_in(message)
    asked = [clause for clause in clauses if asks(clause)]
    return "，".join(asked) if 0 < len(asked) < len(clauses) else None


def questions_in(message: str) -> list[str]:
    """Cuts a message into its questions.

    What only tells something belongs to the question behind it, or to the last one:
    `我在新疆，多久能到` is one question. Greetings and thanks belong to none.

    Returns:
        Questions in the order in which they were asked; the message itself if it has no
        more than one.
    """
    found: list[str] = []
    told: list[str] = []
    for clause in clauses_in(message):
        told.append(clause)
        if asks(clause):
            found.append("，".join(told))
            told = []
    if len(found) < 2:
        return [message]
    if told:
        found[-1] = "，".join((found[-1], *told))
    return found


def clauses_in(message: str) -> list[str]:
    """The clauses of a message without what opens them, and without greetings."""
    pieces: list[str] = []
    start = 0
    for end in _ENDS.finditer(message):
        # The sign of a question tells that it is one.
        mark = "？" if end[0][0] in "？?" else ""
        pieces.append(message[start : end.start()] + mark)
        start = end.end()
    pieces.append(message[start:])
    parts = (part.strip() for piece in pieces for part in _JOINS.split(piece))
    opened = map(_without_opening, parts)
    return [part for part in opened if not _COURTESY.fullmatch(part.strip("？"))]


def _without_opening(clause: str) -> str:
    """A clause without what opens it; `想问下运费` asks, though only by that."""
    opening = _OPENS.match(clause)
    if opening is None:
        return clause
    rest = clause[opening.end() :]
    asked = rest and _WANTS_TO_ASK.search(opening[0]) and not asks(rest)
    return f"{rest}？" if asked else rest
