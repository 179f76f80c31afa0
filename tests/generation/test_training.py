import json
from pathlib import Path

import pytest
import tensorflow as tf

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.examples import Augmentation, ExampleSampler
from framework_plugin.corpus.script import Corpus
from framework_plugin.errors import CorpusError, SettingsError
from framework_plugin.generation.settings import GeneratorSettings
from framework_plugin.generation.training.pipeline import train_generator
from framework_plugin.generation.training.sources import (
    open_sources,
    script_source,
    split_scripts,
)
from framework_plugin.text.segment import create_segmenter
from tests.small_generator import DIALOGUES, OPTIONS, SMALL, UNANSWERABLE, Silent

pytestmark = pytest.mark.slow


def run(corpus: Corpus, folder: Path, progress: Silent, **changes: object) -> dict:
    settings = GeneratorSettings.read({**OPTIONS, **changes})
    source = script_source(corpus.scripts, settings)
    train_generator(source, source, UNANSWERABLE, settings, folder, progress)
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


class Stops(Silent):
    """Interrupts the training at the beginning of an epoch."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        super().epoch_started(epoch, epochs, steps, done)
        if epoch == self._at:
            raise RuntimeError("the machine went away")


def test_an_interrupted_training_goes_on_and_ends_the_same(
    corpus: Corpus, tmp_path: Path
) -> None:
    whole = run(corpus, tmp_path / "whole", Silent(), epochs=3)
    with pytest.raises(RuntimeError):
        run(corpus, tmp_path / "parts", Stops(at=2), epochs=3)
    rest = Silent()
    parts = run(corpus, tmp_path / "parts", rest, epochs=3)

    assert rest.epochs == [2, 3]
    assert parts["epochs"][-1]["train_loss"] == pytest.approx(
        whole["epochs"][-1]["train_loss"], rel=1e-3
    )


def test_the_figures_of_merit_are_reported(artefact: Path) -> None:
    metrics = json.loads((artefact / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["development_perplexity"] < 3
    assert metrics["searched_right"] > 0.8
    assert metrics["right"] > 0.8
    assert metrics["right_when_sure"] > 0.8
    assert metrics["epochs"][0]["train_loss"] > metrics["epochs"][-1]["train_loss"]
    assert metrics["out_of_vocabulary_rate"] == 0.0


def test_tensorboard_shows_losses_and_replies(corpus: Corpus, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    run(corpus, tmp_path / "out", Silent(), epochs=2, tensorboard=str(logs))
    (events,) = logs.glob("events.*")
    shown: dict[str, list[object]] = {}
    for event in tf.compat.v1.train.summary_iterator(str(events)):
        for value in event.summary.value:
            shown.setdefault(value.tag, []).append(value)
    assert {"development/perplexity", "train/learning_rate", "replies"} <= set(shown)
    (table, *_) = tf.make_ndarray(shown["replies"][-1].tensor).ravel()
    assert len(table.decode().splitlines()) > 2


def test_one_dialogue_is_too_little(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="at least 2"):
        split_scripts(Corpus(corpus.scripts[:1]), SMALL)


def test_written_dialogues_teach_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "small.txt"
    path.write_text(DIALOGUES, encoding="utf-8")
    settings = GeneratorSettings.read({**OPTIONS, "memory": True})
    with pytest.raises(SettingsError, match="Leave 'memory' out"):
        open_sources(str(path), None, settings)


@pytest.fixture
def sampler(corpus: Corpus) -> ExampleSampler:
    return ExampleSampler(
        corpus.scripts,
        UtteranceCodec(create_segmenter()),
        seed=3,
        context_turns=3,
        max_turn_tokens=20,
        augmentation=Augmentation(),
    )


def test_each_epoch_has_other_examples_the_same_for_the_same_seed(
    sampler: ExampleSampler,
) -> None:
    assert sampler.epoch(1) == sampler.epoch(1)
    assert sampler.epoch(1) != sampler.epoch(2)


def test_every_reply_can_be_filled_in(sampler: ExampleSampler) -> None:
    for number in range(10):
        for example in sampler.epoch(number):
            for token in example.target:
                if token.startswith("{"):
                    assert f"<knows:{token[1:-1]}>" in example.source


def test_a_fact_named_as_unknown_is_not_known(sampler: ExampleSampler) -> None:
    strangers = [
        e for n in range(10) for e in sampler.epoch(n) if "怎么" in "".join(e.target)
    ]
    assert strangers
    assert all("<knows:name>" not in e.source for e in strangers)
