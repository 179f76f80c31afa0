"""Encoded examples on disk, read in batches without ever being all in memory."""

from __future__ import annotations

import json
import os
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from framework_plugin.errors import ArtefactError, TrainingError
from framework_plugin.generation.training.batches import (
    TARGET,
    Batch,
    Encoded,
    Fields,
    batch_of,
    by_length,
)
from framework_plugin.generation.training.ragged import Indices, Ragged

_INDEX = "index.json"
_BLOCK = 512
"""Examples that stay together when shuffled, so that a disk reads in runs."""
_WINDOW = 128
"""Batches that are sorted by length together."""
_BUFFERED = 1 << 16


class Examples(Protocol):
    """What one epoch learns from."""

    def __len__(self) -> int:
        """How many examples there are."""
        ...

    def batches(
        self, seed: Sequence[int], batch_size: int, skip: int = 0
    ) -> Iterator[Batch]:
        """All examples in batches; `ceil(examples / batch_size)` of them.

        Args:
            seed: What their order follows from, and nothing else.
            batch_size: Examples in each; one may have fewer.
            skip: So many batches are left out at the beginning.
        """
        ...


class ExampleStore:
    """Encoded examples, in a folder or in memory.

    A folder holds, for each input name, the ids of all examples one after the other
    and where each begins. It is mapped into memory, not read.

    Args:
        fields: The examples by input name, all of the same number of rows.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    @classmethod
    def of(cls, examples: Sequence[Encoded]) -> ExampleStore:
        """Keeps examples in memory; for corpora that are small."""
        names = list(examples[0]) if examples else [TARGET]
        return cls({name: Ragged.of(e[name] for e in examples) for name in names})

    @classmethod
    def write(cls, path: Path, examples: Iterable[Encoded]) -> ExampleStore:
        """Writes examples to a folder as they come, and opens it.

        The folder appears only when it is whole; one that was there is replaced.

        Args:
            path: The folder.
            examples: All with the same input names; read once, never held together.

        Returns:
            The opened store.

        Raises:
            TrainingError: If the disk is full or cannot be written.
        """
        part = path.with_name(f".{path.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            _write(part, examples)
            shutil.rmtree(path, ignore_errors=True)
            part.rename(path)
        except OSError as error:
            raise TrainingError(
                f"The training examples cannot be written to '{path}' "
                f"({error.strerror or error}). Free some disk space and start again."
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> ExampleStore:
        """Opens what `write` wrote.

        Raises:
            ArtefactError: If it is missing or damaged.
        """
        try:
            index = json.loads((path / _INDEX).read_text(encoding="utf-8"))
            return cls(
                {
                    name: Ragged(
                        _map(path / f"{name}.ids", np.int32, tokens),
                        _map(path / f"{name}.offsets", np.int64, index["examples"] + 1),
                    )
                    for name, tokens in index["tokens"].items()
                }
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtefactError(
                f"The training examples in '{path}' are missing or damaged ({error}). "
                "Delete that folder and train again; they are made anew."
            ) from error

    def __len__(self) -> int:
        return len(self._fields[TARGET])

    def batches(
        self, seed: Sequence[int], batch_size: int, skip: int = 0
    ) -> Iterator[Batch]:
        """See `Examples.batches`.

        Blocks of examples are drawn in random order and shuffled within windows of many
        blocks. A window is sorted by length and cut into batches, and those are
        shuffled. Its order follows from the seed and its number alone, so that
        batches are skipped without reading them.
        """
        window = _WINDOW * batch_size
        order = np.random.default_rng([*seed, 0]).permutation(-(-len(self) // _BLOCK))
        for number, start in enumerate(range(0, len(self), window)):
            count = -(-min(window, len(self) - start) // batch_size)
            if skip >= count:
                skip -= count
                continue
            chosen = _drawn(order, len(self), start, start + window)
            rng = np.random.default_rng([*seed, 1, number])
            rng.shuffle(chosen)
            chosen = by_length(self._fields, chosen)
            for place in rng.permutation(count)[skip:]:
                rows = chosen[place * batch_size : (place + 1) * batch_size]
                yield batch_of(self._fields, rows)
            skip = 0


def _drawn(order: Indices, examples: int, start: int, stop: int) -> Indices:
    """The examples from `start` to `stop` when blocks follow in that order."""
    # Only the last block may be short; all that come after it move up by as much.
    sizes = np.full(len(order), _BLOCK, np.int64)
    sizes[order == len(order) - 1] = examples - (len(order) - 1) * _BLOCK
    ends = np.cumsum(sizes)
    first, last = np.searchsorted(ends, [start, min(stop, examples) - 1], side="right")
    rows = [
        np.arange(order[i] * _BLOCK, order[i] * _BLOCK + sizes[i])
        for i in range(first, last + 1)
    ]
    skipped = start - (ends[first] - sizes[first])
    return np.concatenate(rows)[skipped : skipped + stop - start]


class _FieldFiles:
    """The two files of one input name while they grow."""

    def __init__(self, folder: Path, name: str) -> None:
        self._files: list[BinaryIO] = [
            (folder / f"{name}.{kind}").open("wb") for kind in ("ids", "offsets")
        ]
        self._ids = array("i")
        self._offsets = array("q", [0])
        self.tokens = 0

    def add(self, row: Sequence[int]) -> None:
        self._ids.extend(row)
        self.tokens += len(row)
        self._offsets.append(self.tokens)
        if len(self._ids) >= _BUFFERED or len(self._offsets) >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        for file, buffer in zip(self._files, (self._ids, self._offsets), strict=True):
            buffer.tofile(file)
            del buffer[:]

    def close(self) -> None:
        for file in self._files:
            file.close()


def _write(folder: Path, examples: Iterable[Encoded]) -> None:
    fields: dict[str, _FieldFiles] = {}
    count = 0
    try:
        for example in examples:
            for name in example if not count else ():
                fields[name] = _FieldFiles(folder, name)
            for name, field in fields.items():
                field.add(example[name])
            count += 1
        if not count:
            fields[TARGET] = _FieldFiles(folder, TARGET)
        for field in fields.values():
            field.flush()
    finally:
        for field in fields.values():
            field.close()
    tokens = {name: field.tokens for name, field in fields.items()}
    index = {"examples": count, "tokens": tokens}
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


def _map(path: Path, kind: type[np.generic], length: int) -> Any:
    expected = length * np.dtype(kind).itemsize
    if (found := os.path.getsize(path)) != expected:
        raise ValueError(f"'{path.name}' has {found} bytes instead of {expected}")
    # An empty file cannot be mapped.
    return np.memmap(path, kind, "r", shape=(length,)) if length else np.empty(0, kind)
