"""A generator that holds its int8 graphs and nothing it does not need to serve them."""

from __future__ import annotations

import shutil
from pathlib import Path

from framework_plugin.corpus.examples import spread
from framework_plugin.generation import artefact
from framework_plugin.generation.compression.fitting import copy_common
from framework_plugin.generation.compression.original import (
    Material,
    Original,
    graphs,
    parameters,
)
from framework_plugin.generation.compression.place import Place
from framework_plugin.generation.serving.calibration import agreement
from framework_plugin.generation.training.results import Progress

NAME = "int8"
_MOST_COMPARED = 300


def int8_place(output: Path, original: Original, material: Material) -> Place:
    """Where the int8 generator goes."""
    made_from = {"original": original.identity, "material": material.key}
    return Place(output, NAME, {"method": "int8", **made_from})


def to_int8(
    original: Original, material: Material, place: Place, progress: Progress
) -> float:
    """Writes a generator of int8 graphs alone.

    They are those that every training makes (`network.export.quantise`): weights are
    rounded to 8 bits, each column with a scale of its own, and activations while it
    runs (dynamic quantisation). The graphs in fp32 and the weights are left out: it can
    be served and no longer be trained.

    Args:
        original: The generator.
        material: To compare the precisions on.
        place: See `int8_place`.
        progress: See `results.Progress`.

    Returns:
        The share of held-out messages, 0 to 1, that both precisions answer with the
        same words. Below `serving.generator.INT8_AGREEMENT`, `precision: auto` would
        look for the fp32 graphs, so that `int8` must be asked for.

    Raises:
        ArtefactError: If the original is incomplete.
        TrainingError: If it cannot be written.
    """
    progress.stage("rounding to int8")
    with place.new() as folder:
        copy_common(original, folder)
        artefact.write_settings(folder, original.settings)
        for path in graphs(original.folder, "int8"):
            shutil.copy2(path, folder)
        shutil.copy2(original.folder / artefact.CONFIDENCE, folder)
        compared = spread(material.tried, _MOST_COMPARED)
        same = agreement(original.folder, compared, original.codec)
        metrics = artefact.read_json(original.folder / artefact.METRICS)
        metrics["int8_agreement"] = same
        artefact.write_json(folder / artefact.METRICS, metrics)
        figures = parameters(artefact.read_weights(original.folder))
        place.write_record(folder, {**figures, "int8_agreement": same})
    return same
