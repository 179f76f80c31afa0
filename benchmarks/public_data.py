"""Public dialogue data as the benchmarks use it: where, how it is split, how much.

Each set is looked for by its published file name anywhere below the data folder. Where
a development split is published it is used as it is; elsewhere a share of the dialogues
is kept aside, chosen by a hash of what is said (of who is played, in PersonaChat), so
that the same dialogues are kept on every machine, no dialogue lies on both sides, and
dialogues that open alike lie on one.

Run: python benchmarks/public_data.py --data DIR   (or PERSONAL_CHAT_DATA=DIR)
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from framework_plugin.corpus.formats import DialogueRecord, Skipped, open_records
from framework_plugin.text.segment import Segmenter, create_segmenter

DATA_VARIABLE = "PERSONAL_CHAT_DATA"
SEED = "personal-chat/1"
"""Part of every hash; another seed is another split."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_WORD = re.compile(r"[\W_]+")


def spoken(text: str) -> str:
    """An utterance without what two spellings of the same may differ in."""
    return _NO_WORD.sub("", text).lower()


def opening(record: DialogueRecord) -> str:
    """The first turn of a dialogue: those that open alike go to the same side."""
    return spoken(record.turns[0].text)


def character(record: DialogueRecord) -> str:
    """Who is played: nobody of the development split is met in training."""
    return "\n".join(sorted(record.profile))


def series(record: DialogueRecord) -> str:
    """The television series of a scene: as in CPED's own split, all of it is new."""
    return record.dialogue.partition("#")[2].partition("/")[0]


@dataclass(frozen=True)
class PublicSet:
    """One public data set.

    Args:
        source: Its name and where it is from.
        files: Patterns of the files to learn from, below the data folder.
        dev_files: The same of a published development split; empty if there is none.
        share: How much of the dialogues becomes the development split otherwise.
        kept_together: What dialogues of one side have in common.
    """

    source: str
    files: tuple[str, ...]
    dev_files: tuple[str, ...] = ()
    share: float = 0.1
    kept_together: Callable[[DialogueRecord], str] = opening


SETS = {
    "tatoeba": PublicSet(
        "Tatoeba sentence pairs, Chinese-English, published split",
        ("zh_en_train.txt",),
        ("zh_en_val.txt",),
    ),
    "lccc": PublicSet(
        "LCCC-base, validation part (Wang et al. 2020)",
        ("lccc_base_valid.json",),
        share=0.05,
    ),
    "short_pairs": PublicSet(
        "chicken_and_gossip, short chit-chat pairs",
        ("chicken_and_gossip.txt",),
        share=0.05,
    ),
    "kdconv": PublicSet(
        "KdConv, development part of all three domains (Zhou et al. 2020)",
        ("film/dev.json", "music/dev.json", "travel/dev.json"),
    ),
    "personachat": PublicSet(
        "PersonaChat, 10,000 pairs (Zhang et al. 2018)",
        ("src-train.txt",),
        kept_together=character,
    ),
    "cped": PublicSet(
        "CPED, validation part (Chen et al. 2022)",
        ("valid_split.csv",),
        kept_together=series,
    ),
    "crosswoz": PublicSet(
        "CrossWOZ, validation part (Zhu et al. 2020)", ("val.json.zip",)
    ),
    "dailydialog": PublicSet(
        "DailyDialog, published split (Li et al. 2017)",
        ("dialogues_train.txt",),
        ("dialogues_validation.txt",),
    ),
}


class MissingDataError(Exception):
    """A file of a public data set is not below the data folder."""


@dataclass(frozen=True)
class Split:
    """The two sides of a data set.

    Args:
        train: To learn from.
        dev: To try on. In an own split nothing of it, message and reply, is in `train`;
            a published one is whole, so that figures can be compared.
        leaked: What was in both: taken out of `dev` in an own split.
        skipped: Entries of the files that could not be used.
    """

    train: list[DialogueRecord]
    dev: list[DialogueRecord]
    leaked: list[DialogueRecord]
    skipped: int


def data_folder(argument: Path | None) -> Path | None:
    """The folder of the public data: the argument, or else the environment's."""
    named = os.environ.get(DATA_VARIABLE)
    return argument or (Path(named) if named else None)


def open_split(name: str, data: Path) -> Split:
    """Reads one of `SETS` and splits it.

    Args:
        name: Its name in `SETS`.
        data: The folder below which its files lie.

    Raises:
        MissingDataError: If a file is not there.
        CorpusError: If a file cannot be used.
    """
    chosen = SETS[name]
    skipped = Skipped()
    records = list(_read(data, chosen.files, skipped))
    if chosen.dev_files:
        dev = list(_read(data, chosen.dev_files, skipped))
        return Split(records, dev, _leaked(records, dev), skipped.count)
    train, held = split_by_dialogue(records, chosen.share, chosen.kept_together)
    leaked = _leaked(train, held)
    gone = set(map(id, leaked))
    dev = [record for record in held if id(record) not in gone]
    return Split(train, dev, leaked, skipped.count)


def split_by_dialogue(
    records: Iterable[DialogueRecord],
    share: float,
    kept_together: Callable[[DialogueRecord], str] = opening,
) -> tuple[list[DialogueRecord], list[DialogueRecord]]:
    """Sends every dialogue as a whole to training or development.

    Args:
        records: Those of one dialogue behind one another.
        share: How much of the dialogues to keep for development, between 0 and 1.
        kept_together: Of a dialogue's first record, what decides.
    """
    train: list[DialogueRecord] = []
    dev: list[DialogueRecord] = []
    for _, grouped in groupby(records, key=lambda record: record.dialogue):
        dialogue = list(grouped)
        decides = f"{SEED}/{kept_together(dialogue[0])}".encode()
        number = int.from_bytes(hashlib.sha256(decides).digest()[:8], "big")
        (dev if number < share * 2**64 else train).extend(dialogue)
    return train, dev


def _read(
    data: Path, patterns: Sequence[str], skipped: Skipped
) -> Iterator[DialogueRecord]:
    for pattern in patterns:
        found = sorted(data.rglob(pattern))
        if not found:
            raise MissingDataError(f"there is no '{pattern}' below '{data}'")
        yield from open_records(found[0], skipped)


def _pair(record: DialogueRecord) -> tuple[str, str]:
    # Signs alone are compared as they are: "？" is no other spelling of "！".
    said, reply = spoken(record.message), spoken(record.reply)
    return said or record.message, reply or record.reply


def _leaked(
    train: Iterable[DialogueRecord], dev: Iterable[DialogueRecord]
) -> list[DialogueRecord]:
    learned = set(map(_pair, train))
    return [record for record in dev if _pair(record) in learned]


class Lengths(NamedTuple):
    """The mean and the 95th percentile of some lengths."""

    mean: float
    high: float

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Lengths:
        """Of at least one length."""
        ranked = sorted(lengths)
        return cls(statistics.fmean(ranked), ranked[int(0.95 * (len(ranked) - 1))])

    def __str__(self) -> str:
        return f"{self.mean:5.1f} {self.high:4.0f}"


@lru_cache(maxsize=1)
def _segmenter() -> Segmenter:
    return create_segmenter()


def words_in(text: str) -> int:
    """How many words: as segmented in Chinese, parted by blanks elsewhere."""
    return len(_segmenter().words(text) if _HAN.search(text) else text.split())


def characters_in(text: str) -> int:
    """How many characters, blanks not counted."""
    return sum(not sign.isspace() for sign in text)


def show_sizes(name: str, split: Split) -> None:
    everything = [*split.train, *split.dev]
    cells = [f"{name:12s}"]
    for side in (split.train, split.dev):
        dialogues = len({record.dialogue for record in side})
        cells.append(f"{dialogues:7,d} {len(side):7,d}")
    cells.append(f"{statistics.fmean(len(r.turns) for r in everything) - 1:5.1f}")
    for count in (characters_in, words_in):
        cells.append(str(Lengths.of([count(r.message) for r in everything])))
        cells.append(str(Lengths.of([count(r.reply) for r in everything])))
    for told in ("profile", "history"):
        cells.append(f"{_share(bool(getattr(r, told)) for r in everything):5.0%}")
    print(" ".join([*cells, f"{split.skipped:7,d}"]))


def show_duplicates(name: str, split: Split) -> None:
    pairs = [_pair(record) for record in split.train]
    messages, replies = ({p[i] for p in pairs} for i in (0, 1))
    seen = [_pair(record) for record in split.dev]
    fate = "kept" if SETS[name].dev_files else "removed"
    print(
        f"{name:12s} {len(pairs) - len(set(pairs)):10,d} "
        f"{len(split.leaked):7,d} {fate:8s} "
        f"{_share(message in messages for message, _ in seen):8.1%} "
        f"{_share(reply in replies for _, reply in seen):8.1%}"
    )


def _share(values: Iterable[bool]) -> float:
    return statistics.fmean(map(float, values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help=f"else from {DATA_VARIABLE}")
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    arguments = parser.parse_args()
    data = data_folder(arguments.data)
    if data is None:
        print(f"Skipped: name the public data with --data or {DATA_VARIABLE}.")
        return
    splits = {}
    for name in arguments.sets:
        try:
            splits[name] = open_split(name, data)
        except MissingDataError as error:
            print(f"{name} is skipped: {error}. It is {SETS[name].source}.")
    print(
        "\n                    train             dev  turns    characters: mean, 95%"
        "         words: mean, 95%        with    with  entries\n"
        "set          dialog. replies dialog. replies before    message      reply"
        "    message      reply profile history skipped"
    )
    for name, split in splits.items():
        show_sizes(name, split)
    print(
        "\n             pairs more   dev pairs in     message    reply\n"
        "set          than once           train     in train in train"
    )
    for name, split in splits.items():
        show_duplicates(name, split)


if __name__ == "__main__":
    main()
