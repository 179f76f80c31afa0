"""Smaller generators, really made from the small one, for all tests that need them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from framework_plugin.corpus.script import Corpus
from framework_plugin.generation.compression.original import Material, Original
from framework_plugin.generation.compression.place import Place
from tests.small_generator import SMALL, UNANSWERABLE, Silent

SPARSITY = 0.7


@pytest.fixture(scope="session")
def original(artefact: Path) -> Original:
    return Original.read(artefact)


@pytest.fixture(scope="session")
def material(corpus: Corpus) -> Material:
    from framework_plugin.generation.training.sources import script_source

    settings = replace(SMALL, training=replace(SMALL.training, epochs=40, patience=40))
    source = script_source(corpus.scripts, settings)
    return Material.of(source, source, UNANSWERABLE, settings, "small")


@pytest.fixture(scope="session")
def pruned(
    original: Original,
    material: Material,
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    from framework_plugin.generation.compression.pruning import (
        PruningSettings,
        prune,
        pruning_place,
    )

    settings = PruningSettings(SPARSITY, climb_epochs=10, recovery_epochs=10)
    output = tmp_path_factory.mktemp("compressed")
    place = pruning_place(output, original, material, settings)
    prune(original, material, settings, place, Silent())
    return place
