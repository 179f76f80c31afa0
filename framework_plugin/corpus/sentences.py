"""The sentences of corpus files of any size, read as a stream and cut into tokens.

Files hold one sentence a line, written dialogues (docs/corpus.md), sentences parted by
tabs (`.tsv`), or a public corpus that `corpus.formats` knows. They may be packed as
`.gz` or `.zip`.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.formats import find_format
from framework_plugin.corpus.formats.files import open_text
from framework_plugin.errors import CorpusError

_TURN = re.compile(r"[UBub][:：]")
_FACTS = re.compile(r"@(\s|$)")


def read_sentences(file: Path) -> Iterator[str]:
    """The cleaned sentences of one file, without empty ones.

    Lines that begin with `#` are comments. Wordings of a dialogue's turn are sentences
    of their own; lines with characters lost in an earlier conversion are left out.

    Raises:
        CorpusError: If the file cannot be read.
    """
    try:
        for text in _raw_sentences(file):
            sentence = clean_utterance(text)
            if sentence and "\ufffd" not in sentence:
                yield sentence
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise CorpusError(
            f"'{file}' cannot be read: {reason}. Check that it is there, that you may "
            "read it, and that it is complete."
        ) from error


def token_sequences(sentence: str, codec: UtteranceCodec) -> list[tuple[str, ...]]:
    """Cuts a sentence into the tokens that the generator's network sees.

    What is read is normalised, what is said is learned as written. A sentence in which
    these differ (capitals, traditional characters, `？` and `?`) is given in both
    forms, so that each form gets a vector.

    Args:
        sentence: The sentence.
        codec: Splits utterances into tokens.

    Returns:
        One or two token sequences; none if there is nothing to cut.
    """
    written, read = codec.write(sentence), codec.read(sentence)
    differs = any(token not in written for token in read)
    return [tokens for tokens in (written, read if differs else ()) if tokens]


def _raw_sentences(file: Path) -> Iterator[str]:
    known = None if file.suffix == ".tsv" else find_format(file)
    if known is None:
        yield from _lines(file)
        return
    for record in known.read(file, None):
        # The turns before these two were given with earlier replies.
        yield from (turn.text for turn in record.turns[-2:])


def _lines(file: Path) -> Iterator[str]:
    is_dialogue: bool | None = None
    with open_text(file) as text:
        for raw in text:
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if file.suffix == ".tsv":
                yield from line.split("\t")
                continue
            if is_dialogue is None:
                is_dialogue = bool(_TURN.match(line) or _FACTS.match(line))
            if not is_dialogue:
                yield line
            elif not _FACTS.match(line):
                yield from _TURN.sub("", line, count=1).split(" | ")
