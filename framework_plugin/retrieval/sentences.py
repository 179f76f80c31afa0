"""Sentences of Chinese and English prose, in their own signs."""

from __future__ import annotations

import re

_CLOSING = "”’」』）)】》\"'"
_HAN_OR_OPEN = "\u3400-\u9fff“‘「『（【《"
_END = re.compile(
    f"[。！？…]+[!?]*[{_CLOSING}]*"
    # In an address such as a.com?b=c these signs end nothing.
    f"|[!?]+[{_CLOSING}]*(?=\\s|$|[{_HAN_OR_OPEN}])"
    f"|\\.[{_CLOSING}]*(?=\\s+[A-Z{_HAN_OR_OPEN}]|\\s*$)"
    "|\n"
)
_NO_END = re.compile(
    # The number of a list or of a heading, an initial, an abbreviation.
    r"(?:^|[\s(（])(?:\d{1,3}(?:\.\d+)*|[A-Za-z]|Mr|Mrs|Ms|Dr|No|vs|etc|e\.g|i\.e"
    r"|Inc|Ltd|Co|Fig|Vol)$"
)


def sentences(text: str) -> list[str]:
    """Cuts a text behind the ends of its sentences and of its lines.

    Joined together they are the text, blanks around them aside.

    Returns:
        Sentences without blanks around them; none is empty.
    """
    found = []
    start = 0
    for match in _END.finditer(text):
        if match[0].startswith(".") and _NO_END.search(text[start : match.start()]):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return [sentence.strip() for sentence in found if sentence.strip()]
