"""What readers make of a file, before it gets its place in the database."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST_KEY = 128
"""Characters of an entry's own id; the database has room for no more."""

_LOST = re.compile(
    # Controls but for tab and line feed, soft hyphen, zero-width signs, direction
    # marks, byte order marks, surrogates: nobody sees them, and databases refuse some.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"
    "\ud800-\udfff\ufeff]"
)
# Programs that make PDFs give radicals for the characters that look like them, and
# ligatures for letters; copied text brings them into any file. Unicode, chapter 18.1.
_RADICALS = (
    "⺒巳⺓幺⺝月⺟母⺠民⺩王⺬示⺼肉⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马"
    "⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻳龟"
)
_LOOKALIKES = {
    **{
        code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)
    },
    **{
        code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)
    },
    **dict(zip(map(ord, _RADICALS[::2]), _RADICALS[1::2], strict=True)),
    # By the standard it stands for the traditional form, which looks different.
    ord("⼾"): "户",
}
# Most texts hold nothing else, and are clean.
_PLAIN = re.compile("[!-~\u3001-\u303f\u3400-\u9fff\uff01-\uff5e]*")
_BLANKS = re.compile("[ \t\xa0\u2000-\u200a\u202f]+")
_LINE_ENDS = re.compile(" ?(?:\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]) ?")
_MANY_LINES = re.compile("\n{3,}")


@dataclass(frozen=True)
class Piece:
    """A passage without its document; see `Passage` for what is not said here.

    Args:
        text: The answer or passage.
        key: The entry's own id, unique in its file; None for none.
        section: Path of headings.
        title: What is cited; None for the title of the document.
        questions: Wordings of its question; empty for prose.
        keywords: Words that point to it.
        url: None for that of the document, as with the next three.
        valid_from: In seconds since the epoch.
        valid_until: In seconds since the epoch.
        audience: Groups of users.
    """

    text: str
    key: str | None = None
    section: str = ""
    title: str | None = None
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    url: str | None = None
    valid_from: float | None = None
    valid_until: float | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What a file says.

    Args:
        kind: `faq`, `responses`, `markdown`, `html`, `pdf` or `docx`.
        title: What is cited.
        pieces: In the order of the file; at least one.
        problems: One sentence for each thing left out, with file and place.
        url: What the file says of where it is published.
        valid_from: What the file says of all its pieces, as with the next two.
        valid_until: In seconds since the epoch.
        audience: Groups of users.
    """

    kind: str
    title: str
    pieces: tuple[Piece, ...]
    problems: tuple[str, ...] = ()
    url: str | None = None
    valid_from: float | None = None
    valid_until: float | None = None
    audience: tuple[str, ...] = ()


def clean(text: str) -> str:
    """A text as it can be stored and shown: no signs that nobody sees, blanks single.

    Line ends stay, at most two together. Nothing in it is interpreted.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = text.translate(_LOOKALIKES)
    text = _LINE_ENDS.sub("\n", _BLANKS.sub(" ", text))
    return _MANY_LINES.sub("\n\n", _LOST.sub("", text)).strip()


def one_line(text: str) -> str:
    """A cleaned text on one line, for titles and headings."""
    return " ".join(clean(text).split())
