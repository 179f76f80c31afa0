"""Readers of dialogue files: written ones (`.txt`), pairs (`.tsv`), public corpora.

The form of a `.txt` file is told in docs/corpus.md. A `.tsv` file holds one
`utterance<TAB>reply` a line. All are read as UTF-8 or, failing that, GB18030. Public
corpora are known by their contents and read by `corpus.formats`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from framework_plugin.corpus.cleaning import clean_utterance, problem_with
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.formats.detect import dialogue_files, find_format
from framework_plugin.corpus.formats.files import ENCODINGS
from framework_plugin.corpus.formats.personachat import is_read_along, personachat_files
from framework_plugin.corpus.formats.record import Skipped
from framework_plugin.corpus.formats.scripts import scripts_of
from framework_plugin.corpus.placeholders import placeholders_in, sayable_kind
from framework_plugin.corpus.script import BrokenLine, Corpus, Script, ScriptedTurn
from framework_plugin.corpus.user_context import SAYABLE_KINDS, FactKind
from framework_plugin.errors import CorpusError

_SPEAKERS = {"U:": Speaker.USER, "B:": Speaker.BOT}
_SUFFIXES = (".txt", ".tsv")
_KINDS = ", ".join(kind.value for kind in SAYABLE_KINDS)


class _LineError(ValueError):
    """A line that cannot be used; caught where its place is known."""


def read_corpus(path: Path) -> Corpus:
    """Reads one dialogue file, or all that lie below a folder.

    A broken line costs the rest of its dialogue and nothing else.

    Args:
        path: A `.txt` or `.tsv` file, a public corpus, or a folder of them.

    Returns:
        The dialogues and the lines that were skipped.

    Raises:
        CorpusError: If there is no such file or folder, or nothing usable in it.
    """
    scripts: list[Script] = []
    broken: list[BrokenLine] = []
    below = [f for f in corpus_files(path) if not is_read_along(f)]
    for file in below if path.is_dir() else [path]:
        for item in _read_file(file):
            if isinstance(item, Script):
                scripts.append(item)
            else:
                broken.append(item)
    if not scripts:
        skipped = f" ({len(broken)} broken lines, first: {broken[0]})" if broken else ""
        raise CorpusError(
            f"No dialogue could be read from '{path}'{skipped}. Expected lines that "
            "begin with 'U:' and 'B:' in turns, dialogues separated by a blank line, "
            "or one of the public formats told in docs/corpus.md."
        )
    return Corpus(tuple(scripts), tuple(broken))


def corpus_files(path: Path) -> list[Path]:
    """The files that `read_corpus` would read, sorted by path.

    Those of a corpus in several files are all named; of a folder, files of neither a
    known suffix nor a known format are left out.

    Raises:
        CorpusError: If there are none.
    """
    if path.is_file():
        together = [f for f in personachat_files(path) if f.is_file()]
        return sorted({path, *together})
    if not path.is_dir():
        raise CorpusError(
            f"There is no corpus at '{path}'. Expected a file or a folder of .txt or "
            ".tsv dialogue files; correct `corpus` in config.yml or create it."
        )
    public = {file for file, _ in dialogue_files(path)}
    along = {f for file in public for f in personachat_files(file) if f.is_file()}
    own = {f for f in path.rglob("*") if f.suffix in _SUFFIXES}
    files = sorted(own | public | along)
    if not files:
        raise CorpusError(
            f"The corpus folder '{path}' holds no .txt or .tsv file and no public "
            "corpus of a known format. Put your dialogues there; see docs/corpus.md "
            "for their form."
        )
    return files


def read_lines(path: Path) -> list[str]:
    """Reads the lines of a text file in any of `ENCODINGS`.

    Raises:
        CorpusError: If the file is in none of them or cannot be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"'{path}' cannot be read: {error.strerror}.") from error
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding).splitlines()
        except UnicodeDecodeError:
            continue
    # One bad byte must not cost the file: its lines are named as broken instead.
    return data.decode("utf-8", errors="replace").splitlines()


def read_messages(path: Path) -> list[str]:
    """Reads a file of one message a line; blank lines and `#` comments are left out.

    Raises:
        CorpusError: If the file cannot be opened.
    """
    lines = (line.strip() for line in read_lines(path))
    return [line for line in lines if line and not line.startswith("#")]


def _read_file(path: Path) -> Iterator[Script | BrokenLine]:
    if path.suffix == ".tsv":
        yield from _read_pairs(path)
    elif known := find_format(path):
        skipped = Skipped(keep=None)
        yield from scripts_of(known.read(path, skipped), path.stem)
        yield from skipped.first
    else:
        yield from _read_dialogues(path)


def _read_pairs(path: Path) -> Iterator[Script | BrokenLine]:
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) != 2:
            reason = f"expected utterance<TAB>reply, found {len(fields)} fields"
            yield BrokenLine(path, number, reason)
            continue
        try:
            user = ScriptedTurn(Speaker.USER, (_utterance(fields[0]),))
            bot = ScriptedTurn(Speaker.BOT, (_utterance(fields[1]),))
        except _LineError as error:
            yield BrokenLine(path, number, str(error))
        else:
            yield Script((user, bot), topic=path.stem)


def _read_dialogues(path: Path) -> Iterator[Script | BrokenLine]:
    draft = _Draft(path.stem)
    for number, raw in enumerate([*read_lines(path), ""], start=1):
        line = raw.strip()
        if line.startswith("#"):
            continue
        if not line:
            if script := draft.finish():
                yield script
            draft = _Draft(path.stem)
        elif not draft.broken:
            try:
                draft.add(line)
            except _LineError as error:
                draft.broken = True
                yield BrokenLine(path, number, str(error))


class _Draft:
    """A dialogue that is being read line by line."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.turns: list[ScriptedTurn] = []
        self.known: set[FactKind] = set()
        self.unknown: set[FactKind] = set()
        self.told: set[FactKind] = set()
        self.broken = False

    def add(self, line: str) -> None:
        if line.startswith("@"):
            self._add_facts(line[1:].split())
            return
        speaker = _SPEAKERS.get(line[:2].replace("：", ":").upper())
        if speaker is None:
            raise _LineError(f"expected 'U:', 'B:' or '@', found '{line[:12]}'")
        expected = Speaker.BOT if len(self.turns) % 2 else Speaker.USER
        if speaker is not expected:
            raise _LineError(f"two turns of the {speaker.value} in a row")
        wordings = tuple(_utterance(w) for w in line[2:].split(" | "))
        self._check_placeholders(speaker, wordings)
        self.turns.append(ScriptedTurn(speaker, wordings))

    def _add_facts(self, names: list[str]) -> None:
        for name in names:
            try:
                kind = sayable_kind(name.lstrip("-"))
            except ValueError:
                message = f"unknown fact '{name}'; known are {_KINDS}"
                raise _LineError(message) from None
            (self.unknown if name.startswith("-") else self.known).add(kind)

    def _check_placeholders(self, speaker: Speaker, wordings: tuple[str, ...]) -> None:
        try:
            kinds = frozenset[FactKind]().union(*map(placeholders_in, wordings))
        except ValueError:
            raise _LineError(f"unknown placeholder; known are {_KINDS}") from None
        if speaker is Speaker.USER:
            self.told |= kinds
        elif missing := kinds - self.told - self.known:
            names = ", ".join(sorted(kind.value for kind in missing))
            raise _LineError(
                f"the reply uses {names}, which the user has not told; name it in an "
                "'@' line above the dialogue if it is known from before"
            )

    def finish(self) -> Script | None:
        turns = self.turns[: len(self.turns) // 2 * 2]
        if not turns:
            return None
        return Script(
            tuple(turns), frozenset(self.known), frozenset(self.unknown), self.topic
        )


def _utterance(text: str) -> str:
    cleaned = clean_utterance(text)
    if problem := problem_with(cleaned):
        raise _LineError(problem)
    return cleaned
