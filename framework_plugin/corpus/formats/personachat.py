"""PersonaChat, two strangers who got a character to play (Zhang et al. 2018).

"Personalizing Dialogue Agents: I have a dog, do you have pets too?", ACL 2018. Three
files with a line for every reply: `src-*.txt` what is answered, `tgt-*.txt` the reply,
`per-*.txt` the sentences about whoever replies, parted by `</s>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby, zip_longest
from pathlib import Path
from typing import NamedTuple

from framework_plugin.corpus.formats.conversation import (
    SIDES,
    Utterance,
    clean_spaced,
    replies_in,
)
from framework_plugin.corpus.formats.files import open_text
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)
from framework_plugin.errors import CorpusError

PARTS = ("src", "tgt", "per")
BETWEEN_SENTENCES = "</s>"
EXPECTED = "`src-*.txt`, `tgt-*.txt` and `per-*.txt` side by side, with a line a reply"


class _Line(NamedTuple):
    number: int
    message: str
    reply: str
    profile: str


def read_personachat(
    path: Path, skipped: Skipped | None = None
) -> Iterator[DialogueRecord]:
    """Reads PersonaChat; lines in a row with the same profile are one dialogue.

    Only the replies of `tgt` are learned, since the profile is that of their speaker.

    Args:
        path: Any of the three files; the others are looked for beside it.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If one of the files is missing, cannot be read or is longer than
            another.
    """
    return usable_records(_dialogues, path, skipped, EXPECTED)


def personachat_files(path: Path) -> tuple[Path, ...]:
    """The three files that `path` is one of; empty if its name is not such a one's."""
    part, dash, rest = path.name.partition("-")
    if not dash or part not in PARTS:
        return ()
    return tuple(path.with_name(f"{name}-{rest}") for name in PARTS)


def is_read_along(path: Path) -> bool:
    """Whether a file is the second or third of a whole PersonaChat corpus."""
    files = personachat_files(path)
    return path in files[1:] and all(file.is_file() for file in files)


def _dialogues(path: Path, skipped: Skipped) -> Iterator[DialogueRecord]:
    files = personachat_files(path)
    missing = [file.name for file in files if not file.is_file()]
    if missing or not files:
        raise CorpusError(
            f"'{path}' is not a whole PersonaChat corpus; missing: "
            f"{', '.join(missing) or 'all'}. Expected {EXPECTED}."
        )
    source = files[0]
    for number, (profile, lines) in enumerate(
        groupby(_lines(files), key=lambda line: line.profile)
    ):
        facts = tuple(
            fact
            for sentence in profile.split(BETWEEN_SENTENCES)
            if (fact := clean_spaced(sentence))
        )
        utterances = [said for line in lines for said in _exchange(line, facts)]
        yield from replies_in(f"{source.name}#{number}", utterances, source, skipped)


def _lines(files: tuple[Path, ...]) -> Iterator[_Line]:
    with ExitStack() as opened:
        texts = [opened.enter_context(open_text(file)) for file in files]
        # Blank lines count: line n of one file belongs to line n of the others.
        for number, parts in enumerate(zip_longest(*texts), start=1):
            if None in parts:
                ended = files[parts.index(None)].name
                raise CorpusError(
                    f"'{ended}' ends before line {number}, the files beside it do not."
                    " Their lines belong together; get all three of one edition."
                )
            message, reply, profile = parts
            yield _Line(number, message, reply, profile.strip())


def _exchange(line: _Line, facts: tuple[str, ...]) -> Iterator[Utterance]:
    user, speaker = SIDES
    message, reply = clean_spaced(line.message), clean_spaced(line.reply)
    yield Utterance(user, message, line=line.number, learn=False)
    yield Utterance(speaker, reply, facts, line.number)
