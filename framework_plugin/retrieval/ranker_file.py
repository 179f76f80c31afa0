"""A learned judge as one file of plain numbers and words (NPZ, nothing pickled)."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.alignment import ALIGNED_KINDS
from framework_plugin.retrieval.associations import Associations
from framework_plugin.retrieval.calibration import Calibration
from framework_plugin.retrieval.ranker import EVIDENCE, LearnedJudge
from framework_plugin.retrieval.sentence_model import SentenceModel
from framework_plugin.retrieval.sentence_vectors import Remembering, WordMeans

FORMAT = 1
"""Counted up when older files can no longer be read."""

Arrays = Mapping[str, npt.NDArray[Any]]


def save_judge(judge: LearnedJudge, file: Path) -> None:
    """Writes a judge; whoever reads meanwhile finds the old file or the new one.

    Raises:
        DocumentError: It cannot be written.
    """
    arrays: dict[str, npt.NDArray[Any]] = {"weights": judge.weights}
    about: dict[str, object] = {
        "format": FORMAT,
        "evidence": EVIDENCE[: len(judge.weights)],
        "bias": judge.bias,
        "calibration": vars(judge.calibration),
    }
    for kind, known in zip(ALIGNED_KINDS, judge.associations, strict=True):
        arrays |= _from_associations(kind, known)
    encoder = judge.encoder
    if isinstance(encoder, Remembering):
        encoder = encoder.encoder
    if isinstance(encoder, WordMeans):
        arrays["vector words"] = _texts(encoder.words)
        arrays["vectors"] = encoder.matrix.astype(np.float16)
        arrays["common"] = encoder.common
    elif isinstance(encoder, SentenceModel):
        about["sentence model"] = str(encoder.folder.resolve())
    arrays["about"] = np.array(json.dumps(about, ensure_ascii=False))
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            np.savez_compressed(stream, **arrays)
        os.replace(part, file)
    except OSError as error:
        raise DocumentError(
            f"The judge cannot be written to '{file}' ({error}). Check that the folder "
            "may be written to and has space left."
        ) from error


def load_judge(file: Path) -> LearnedJudge:
    """Reads a judge.

    Raises:
        DocumentError: The file is missing, damaged or of another version, or the
            sentence model that it names is gone.
    """
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return _judge({name: arrays[name] for name in arrays.files})
    except FileNotFoundError as error:
        raise DocumentError(
            f"There is no judge at '{file}'. 'personal-chat documents learn' makes one."
        ) from error
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        zipfile.BadZipFile,
    ) as error:
        raise DocumentError(
            f"The judge '{file}' cannot be used ({error}). Expected a file that "
            "'personal-chat documents learn' has written: learn it anew, or remove it "
            "to go on with the formula."
        ) from error


def _judge(arrays: Arrays) -> LearnedJudge:
    about = json.loads(str(arrays["about"]))
    if about["format"] != FORMAT:
        raise ValueError(f"its format is {about['format']}, expected {FORMAT}")
    weights = arrays["weights"].astype(np.float32)
    if tuple(about["evidence"]) != EVIDENCE[: len(weights)] or not len(weights):
        raise ValueError("it weighs other evidence than this version gathers")
    if not np.isfinite(weights).all():
        raise ValueError("its weights are no numbers")
    words, characters = (_to_associations(kind, arrays) for kind in ALIGNED_KINDS)
    encoder: WordMeans | SentenceModel | None = None
    if "vectors" in arrays:
        encoder = WordMeans(
            arrays["vector words"].tolist(),
            arrays["vectors"].astype(np.float32),
            arrays["common"],
        )
    elif "sentence model" in about:
        encoder = SentenceModel(Path(about["sentence model"]))
    if (encoder is None) != (len(weights) < len(EVIDENCE)):
        raise ValueError("it weighs meanings, but has no vectors")
    return LearnedJudge(
        (words, characters),
        weights,
        float(about["bias"]),
        Calibration(**about["calibration"]),
        Remembering(encoder) if encoder else None,
    )


def _from_associations(kind: str, known: Associations) -> dict[str, npt.NDArray[Any]]:
    words = sorted({w for pair in known.together for w in pair} | known.alone.keys())
    numbers = {word: number for number, word in enumerate(words)}
    pairs = sorted(known.together.items())
    alone = [known.alone.get(word, 0.0) for word in words]
    places = [(numbers[a], numbers[b]) for (a, b), _ in pairs]
    return {
        f"{kind} names": _texts(words),
        f"{kind} alone": np.array(alone, np.float32),
        f"{kind} pairs": np.array(places, np.int32).reshape(-1, 2),
        f"{kind} together": np.array([value for _, value in pairs], np.float32),
    }


def _to_associations(kind: str, arrays: Arrays) -> Associations:
    words = arrays[f"{kind} names"].tolist()
    pairs = arrays[f"{kind} pairs"].tolist()
    values = arrays[f"{kind} together"].tolist()
    alone = arrays[f"{kind} alone"].tolist()
    together = {
        (words[one], words[other]): value
        for (one, other), value in zip(pairs, values, strict=True)
    }
    return Associations(together, dict(zip(words, alone, strict=True)))


def _texts(words: Any) -> npt.NDArray[Any]:
    return np.array(list(words) or [""], np.str_)[: len(words)]
