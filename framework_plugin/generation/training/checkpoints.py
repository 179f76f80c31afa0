"""States of a training on disk: whole or not there at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import ArtefactError, TrainingError
from framework_plugin.text.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

Arrays = Mapping[str, npt.NDArray[Any]]
Signature = Mapping[str, str]
"""What a checkpoint depends on, by name."""

_BEST = "best.npz"
_STEPS = "step-*.npz"
_STATE = "state"
_UNSET = "not set"
_DAMAGED = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)
_FREE_TO_CHANGE = frozenset(
    {
        *("epochs", "patience", "checkpoint_every", "kept_checkpoints"),
        *("tensorboard", "workers"),
    }
)


def signature_of(vocabulary: Vocabulary, *settings: Any) -> dict[str, str]:
    """What a training depends on, so that it goes on only where it fits.

    Args:
        vocabulary: Its tokens are the rows of the network's matrices.
        settings: Dataclasses. Those that only say how long to train or what to keep
            are left out.

    Returns:
        A short text for each setting, and one for the vocabulary.
    """
    digest = hashlib.sha256("\n".join(vocabulary.tokens).encode()).hexdigest()[:16]
    values = {
        name: repr(value)
        for group in settings
        for name, value in dataclasses.asdict(group).items()
        if name not in _FREE_TO_CHANGE
    }
    return {"vocabulary": f"{len(vocabulary)} tokens ({digest})", **values}


@dataclass(frozen=True)
class Checkpoint:
    """What was saved at one step.

    Args:
        path: The file.
        step: Steps done.
        arrays: The values of all variables, by name.
        state: All else that is needed to go on; plain JSON values.
    """

    path: Path
    step: int
    arrays: Arrays
    state: Mapping[str, Any]


class Checkpoints:
    """The last few checkpoints of a training, and its best.

    Each is one file with a checksum for each array, written under another name, brought
    to the disk and then renamed: whatever happens, an earlier one stays whole.

    Args:
        folder: Made if it is missing.
        signature: What the training depends on; see `signature_of`.
        kept: How many of the last are kept, the best not counted.
    """

    def __init__(self, folder: Path, signature: Signature, kept: int) -> None:
        self._folder = folder
        self._signature = dict(signature)
        self._kept = kept

    def save(self, step: int, arrays: Arrays, state: Mapping[str, Any]) -> Path:
        """Saves a checkpoint and deletes those that are too old.

        Raises:
            TrainingError: If the disk is full or cannot be written.
        """
        path = self._write(f"step-{step:010d}.npz", step, arrays, state)
        for old in self._paths()[self._kept :]:
            old.unlink(missing_ok=True)
        return path

    def save_best(self, step: int, arrays: Arrays, state: Mapping[str, Any]) -> Path:
        """Saves the best so far in place of the one before.

        Raises:
            TrainingError: If the disk is full or cannot be written.
        """
        return self._write(_BEST, step, arrays, state)

    def latest(self) -> Checkpoint | None:
        """The last checkpoint that is whole; None if there never was one.

        Raises:
            ArtefactError: If there are some and none is whole, or it was made with
                another vocabulary or other settings.
        """
        paths = self._paths()
        for path in paths:
            try:
                return self._read(path)
            except _DAMAGED as error:
                logger.warning(
                    "The checkpoint '%s' is damaged (%s); the one before it is taken.",
                    path,
                    error,
                )
        if paths:
            raise ArtefactError(
                f"All {len(paths)} checkpoints in '{self._folder}' are damaged. Delete "
                "that folder and train again from the beginning."
            )
        return None

    def best(self) -> Checkpoint | None:
        """The best so far; None if there is none.

        Raises:
            ArtefactError: If it is damaged, or was made with another vocabulary or
                other settings.
        """
        path = self._folder / _BEST
        if not path.exists():
            return None
        try:
            return self._read(path)
        except _DAMAGED as error:
            raise ArtefactError(
                f"The best checkpoint '{path}' is damaged ({error}). Delete "
                f"'{self._folder}' and train again from the beginning."
            ) from error

    def _paths(self) -> list[Path]:
        """All checkpoints but the best, the last first."""
        return sorted(self._folder.glob(_STEPS), reverse=True)

    def _write(
        self, name: str, step: int, arrays: Arrays, state: Mapping[str, Any]
    ) -> Path:
        path, part = self._folder / name, self._folder / f".{name}.part"
        content = {"step": step, "signature": self._signature, "state": dict(state)}
        text = np.frombuffer(json.dumps(content).encode(), np.uint8)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                _write_arrays(file, {_STATE: text, **arrays})
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync(self._folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise self._unwritten(path, step, arrays, error) from error
        return path

    def _unwritten(
        self, path: Path, step: int, arrays: Arrays, error: OSError
    ) -> TrainingError:
        size = sum(array.nbytes for array in arrays.values()) / 1e6
        before = next(iter(self._paths()), None)
        then = f"training goes on from '{before.name}'" if before else "start again"
        return TrainingError(
            f"The checkpoint of step {step} cannot be written to '{path}' "
            f"({error.strerror or error}). It takes {size:.0f} MB; earlier ones are "
            f"whole. Free that much, and {then} the next time."
        )

    def _read(self, path: Path) -> Checkpoint:
        with np.load(path, allow_pickle=False) as file:
            content = json.loads(file[_STATE].tobytes())
            self._check(path, content["signature"])
            arrays = {name: file[name] for name in file.files if name != _STATE}
        return Checkpoint(path, content["step"], arrays, content["state"])

    def _check(self, path: Path, found: Signature) -> None:
        own = self._signature
        other = [
            f"'{name}' was {found.get(name, _UNSET)} and is {own.get(name, _UNSET)}"
            for name in dict.fromkeys([*own, *found])
            if own.get(name) != found.get(name)
        ]
        if other:
            raise ArtefactError(
                f"The checkpoint '{path}' is of another training: {'; '.join(other)}. "
                f"Delete '{self._folder}' to train anew, or go back to what it was."
            )


def _write_arrays(file: BinaryIO, arrays: Arrays) -> None:
    """Writes what `numpy.load` reads.

    As `numpy.savez` does, which leaves its archive open when the disk is full.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.save(member, array, allow_pickle=False)


def _sync(folder: Path) -> None:
    """Brings a renaming to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
