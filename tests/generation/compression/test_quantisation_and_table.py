from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.examples import spread
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.errors import ArtefactError, TrainingError
from framework_plugin.generation import artefact as artefacts
from framework_plugin.generation.compression.original import (
    Material,
    Original,
    parameters,
)
from framework_plugin.generation.compression.place import RECORD, Place
from framework_plugin.generation.compression.quantisation import int8_place, to_int8
from framework_plugin.generation.compression.table import (
    Contender,
    Measuring,
    compressed_size,
)
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.settings import DecodingSettings
from tests.small_generator import Silent


@pytest.fixture(scope="module")
def int8(original: Original, material: Material, tmp_path_factory) -> Place:
    place = int8_place(tmp_path_factory.mktemp("int8"), original, material)
    to_int8(original, material, place, Silent())
    return place


@pytest.mark.slow
def test_the_int8_generator_holds_no_weights_and_answers_like_the_original_in_int8(
    int8, original
) -> None:
    names = {path.name for path in int8.folder.iterdir()}
    assert not {n for n in names if ".fp32." in n} | (names & {artefacts.WEIGHTS})
    settings = DecodingSettings(precision="int8", time_budget_ms=60_000.0)
    own, old = (
        ResponseGenerator(folder, settings) for folder in (int8.folder, original.folder)
    )
    for message in ("早上好", "累死我了", "下雨了", "没有学过的话"):
        dialogue = Dialogue((Turn(Speaker.USER, message),))
        ours, theirs = (g.reply(dialogue, UserContext("")) for g in (own, old))
        assert (ours.text, ours.confidence) == (theirs.text, theirs.confidence)


@pytest.mark.slow
def test_it_notes_how_often_both_precisions_agree(int8, original) -> None:
    record = artefacts.read_json(int8.folder / RECORD)
    metrics = artefacts.read_json(int8.folder / artefacts.METRICS)
    assert record["int8_agreement"] == metrics["int8_agreement"]
    assert 0.8 <= record["int8_agreement"] <= 1.0


@pytest.mark.slow
def test_a_generator_without_weights_is_not_made_smaller_again(
    int8, material, tmp_path
) -> None:
    with pytest.raises(ArtefactError, match="missing"):
        Original.read(int8.folder)


@pytest.mark.slow
def test_the_table_tells_sizes_and_losses_of_each_generator(
    int8, pruned, original, material
) -> None:
    counts = parameters(artefacts.read_weights(original.folder))
    fewer = parameters(artefacts.read_weights(pruned.folder))
    measuring = Measuring(
        [
            Contender("as trained", original.folder, "fp32", **counts),
            Contender("int8", int8.folder, "int8", **counts),
            Contender("pruned", pruned.folder, "fp32", **fewer),
        ],
        original,
        material.decoding,
    )
    assert measuring.rows() == []
    for example in material.tried:
        measuring.ask(example)
    trained, rounded, sparse = measuring.rows()
    assert trained.same == 1.0
    assert trained.bleu > 90
    assert trained.right > 0.9
    metrics = artefacts.read_json(original.folder / artefacts.METRICS)
    assert trained.perplexity == pytest.approx(
        metrics["development_perplexity"], rel=0.01
    )
    assert trained.perplexity < sparse.perplexity < 3.0
    assert rounded.size < 0.6 * trained.size
    assert sparse.size == pytest.approx(trained.size, rel=0.01)
    assert sparse.compressed < 0.6 * trained.compressed
    assert sparse.contender.nonzero < 0.35 * trained.contender.nonzero
    assert all(row.milliseconds > 0 for row in (trained, rounded, sparse))


@pytest.mark.slow
def test_a_message_that_was_interrupted_counts_for_no_generator(
    original, material, monkeypatch
) -> None:
    counts = parameters(artefacts.read_weights(original.folder))
    contenders = [
        Contender(name, original.folder, name, **counts) for name in ("fp32", "int8")
    ]
    measuring = Measuring(contenders, original, material.decoding)
    first, second = material.tried[:2]
    measuring.ask(first)
    with pytest.raises(TypeError):
        measuring.ask(replace(second, references=None))  # type: ignore[arg-type]
    assert measuring.asked == 1
    assert len(measuring.rows()) == 2


def test_the_compressed_size_is_that_of_gzip(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(100_000) + b"abc" * 1000)
    assert compressed_size(path) == pytest.approx(
        len(gzip.compress(path.read_bytes(), 6)), abs=20
    )


def test_examples_are_spread_over_all_of_them() -> None:
    assert spread(range(10), 3) == [0, 3, 6]  # type: ignore[arg-type]
    assert spread(range(2), 3) == [0, 1]  # type: ignore[arg-type]


def test_a_generator_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path, "pruned", {"method": "prune"})

    def write_half() -> None:
        with place.new() as folder:
            (folder / "half").write_text("written")
            raise OSError(28, "No space left on device")

    with pytest.raises(TrainingError, match="No space left"):
        write_half()
    assert list(tmp_path.iterdir()) == []
    assert not place.is_done()
