"""Which generator another one was made from, and the adapters that stand beside it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import ArtefactError
from framework_plugin.generation import artefact

ADAPTER = "adapter.npz"
_ABOUT = "about"
_BLOCK = 1 << 20
_DAMAGED = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)


class Identity(NamedTuple):
    """What tells a trained generator from others, each a hash.

    Attributes:
        weights: Of its weights, or of its adapter if it has one.
        words: Of its vocabulary.
    """

    weights: str
    words: str


@dataclass(frozen=True, eq=False)
class Adapter:
    """Low-rank pairs beside the matrices of a base; see `network.adapters`.

    Args:
        arrays: The pairs, A and B in turn.
        rank: Of them.
        alpha: How much they count.
        base: The generator that they were trained beside.
    """

    arrays: list[npt.NDArray[np.float32]]
    rank: int
    alpha: float
    base: Identity


def identity(folder: Path) -> Identity:
    """Reads which generator lies in a folder.

    Raises:
        ArtefactError: If a file is missing.
    """
    name = ADAPTER if has_adapter(folder) else artefact.WEIGHTS
    paths = [folder / name, folder / artefact.VOCABULARY]
    for path in paths:
        if not path.is_file():
            raise ArtefactError(
                f"There is no trained generator in '{folder}': '{path.name}' is "
                "missing. Name the folder of a whole one, such as one of those in "
                "'cache_directory'."
            )
    return Identity(*(digest_of(path)[:16] for path in paths))


def has_adapter(folder: Path) -> bool:
    """Whether the generator is an adapter beside another one."""
    return (folder / ADAPTER).is_file()


def write_adapter(folder: Path, adapter: Adapter) -> None:
    """Writes an adapter: small, since the base's weights are not in it."""
    about = {
        "rank": adapter.rank,
        "alpha": adapter.alpha,
        "base": adapter.base._asdict(),
    }
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / ADAPTER, *adapter.arrays, **{_ABOUT: text})


def read_adapter(folder: Path, base: Path) -> Adapter:
    """Reads an adapter to be put beside a base.

    Args:
        folder: Where the adapter is.
        base: The generator that it is to stand beside.

    Raises:
        ArtefactError: If it is missing or damaged, or was trained beside a generator
            with other weights or another vocabulary.
    """
    path = folder / ADAPTER
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file[_ABOUT].tobytes())
            arrays = [file[f"arr_{i}"] for i in range(len(file.files) - 1)]
        trained_beside = Identity(**about["base"])
        adapter = Adapter(arrays, about["rank"], about["alpha"], trained_beside)
    except _DAMAGED as error:
        raise ArtefactError(
            f"The adapter '{path}' is missing or damaged ({error}). Train it again, or "
            "fetch it anew."
        ) from error
    for what, own, theirs in zip(
        Identity._fields, identity(base), adapter.base, strict=True
    ):
        if own != theirs:
            raise ArtefactError(
                f"The adapter '{path}' was trained beside another base: the {what} of "
                f"'{base}' are {own}, and of its own base {theirs}. Give it the "
                "generator that it was trained beside, or train it anew."
            )
    return adapter


def digest_of(path: Path) -> str:
    """A hash of a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
