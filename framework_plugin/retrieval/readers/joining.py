"""Lines of a source joined to running text: Chinese takes no blank between them."""

from __future__ import annotations

import re

_HAN = "\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’"
_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}])[ \t]*\n[ \t]*(?=[{_HAN}])")
_BROKEN_WORD = re.compile("(?<=[a-z])-\n(?=[a-z])")
_LINE_END = re.compile("[ \t]*\n[ \t]*")


def join_lines(text: str) -> str:
    """The text without line ends, as if its lines had never been broken."""
    text = _BETWEEN_HAN.sub("", _BROKEN_WORD.sub("", text))
    return _LINE_END.sub(" ", text)


def with_address(text: str, address: str | None) -> str:
    """The words of a link with the address that they lead to, if others can go there.

    A link that says `这里` is worth nothing without.
    """
    if not address or not address.startswith(("http://", "https://")):
        return text
    plain = text.strip()
    return plain if not plain or address in plain else f"{plain}（{address}）"
