"""A trained generator on disk: one folder with all that is needed to serve it."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.generation.serving.experience import Exchange
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.settings import settings_from

VOCABULARY = "vocabulary.txt"
CONFIDENCE = "confidence.json"
METRICS = "metrics.json"
BACKWARD = "backward"
"""The folder of the network that guesses messages, if there is one."""
WEIGHTS = "weights.npz"
WORK = "work"
"""Folder where checkpoints and encoded examples lie until the training is over."""
_SETTINGS = "settings.json"
_TRAINING = "training.json"
_EXPERIENCE = "experience.jsonl"

Group = TypeVar("Group", NetworkSettings, TrainingSettings)
Metrics = dict[str, Any]
"""Figures of merit, ready for JSON."""


def write_settings(folder: Path, settings: NetworkSettings) -> None:
    """Writes what the network was made of."""
    write_json(folder / _SETTINGS, dataclasses.asdict(settings))


def read_settings(folder: Path) -> NetworkSettings:
    """Reads what the network was made of.

    Raises:
        ArtefactError: If they are missing or damaged.
    """
    return _read_group(folder, _SETTINGS, NetworkSettings)


def _read_group(folder: Path, name: str, group: type[Group]) -> Group:
    try:
        return settings_from(group, read_json(folder / name))
    except SettingsError as error:
        raise ArtefactError(
            f"The generator in '{folder}' was trained by another version ({error}) "
            "Train again with `rasa train`."
        ) from error


def write_training(folder: Path, settings: TrainingSettings) -> None:
    """Writes how the network was trained."""
    write_json(folder / _TRAINING, dataclasses.asdict(settings))


def read_training(folder: Path) -> TrainingSettings:
    """Reads how the network was trained.

    Raises:
        ArtefactError: If it is missing or damaged.
    """
    return _read_group(folder, _TRAINING, TrainingSettings)


def write_weights(folder: Path, weights: Sequence[npt.NDArray[np.float32]]) -> None:
    """Writes a network's weights, in its own order."""
    np.savez(folder / WEIGHTS, *weights)


def read_weights(folder: Path) -> list[npt.NDArray[np.float32]]:
    """Reads what `write_weights` wrote.

    Raises:
        ArtefactError: If the file is missing or damaged.
    """
    path = folder / WEIGHTS
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[f"arr_{index}"] for index in range(len(arrays.files))]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def write_experience(folder: Path, exchanges: Sequence[Exchange]) -> None:
    """Writes the learned exchanges, one JSON object a line."""
    lines = (json.dumps(vars(exchange), ensure_ascii=False) for exchange in exchanges)
    (folder / _EXPERIENCE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_experience(folder: Path) -> list[Exchange]:
    """Reads the learned exchanges.

    Raises:
        ArtefactError: If they are missing or damaged.
    """
    path = folder / _EXPERIENCE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [_exchange(json.loads(line)) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def _exchange(values: dict[str, Any]) -> Exchange:
    facts = {
        name: tuple(FactKind(kind) for kind in values[name])
        for name in ("needs", "forbids")
    }
    return Exchange(**{**values, **facts})


def write_json(path: Path, values: Any) -> None:
    """Writes JSON that a person can read."""
    text = json.dumps(values, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Reads JSON.

    Raises:
        ArtefactError: If the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ArtefactError:
    return ArtefactError(
        f"The generator's file '{path.name}' is missing or damaged ({error}). "
        "Train again with `rasa train`, or fetch the model anew."
    )
