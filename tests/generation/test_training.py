import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.examples import Augmentation, ExampleSampler
from framework_plugin.corpus.script import Corpus
from framework_plugin.errors import CorpusError
from framework_plugin.generation.batches import make_batches
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.generation.training import train_generator
from framework_plugin.text.segment import create_segmenter
from framework_plugin.text.vocabulary import END_ID, PAD_ID, Vocabulary
from tests.small_generator import SMALL, UNANSWERABLE, Silent

pytestmark = pytest.mark.slow


def run(corpus: Corpus, folder: Path, progress: Silent, **changes: int) -> dict:
    settings = replace(SMALL, **changes)
    decoding = DecodingSettings()
    train_generator(corpus, corpus, UNANSWERABLE, settings, decoding, folder, progress)
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


class Stops(Silent):
    """Interrupts the training like Ctrl-C at the beginning of an epoch."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def epoch_started(self, epoch: int, epochs: int, steps: int) -> None:
        super().epoch_started(epoch, epochs, steps)
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


def test_training_stops_when_it_no_longer_gets_better(
    corpus: Corpus, tmp_path: Path
) -> None:
    progress = Silent()
    # With so large steps nothing is learned after the first few.
    run(corpus, tmp_path, progress, epochs=12, patience=2, learning_rate=1)
    assert len(progress.epochs) < 12


def test_the_figures_of_merit_are_reported(artefact: Path) -> None:
    metrics = json.loads((artefact / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["development_perplexity"] < 3
    assert metrics["searched_right"] > 0.8
    assert metrics["right"] > 0.8
    assert metrics["right_when_sure"] > 0.8
    assert metrics["epochs"][0]["train_loss"] > metrics["epochs"][-1]["train_loss"]
    assert metrics["out_of_vocabulary_rate"] == 0.0


def test_one_dialogue_is_too_little(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="at least 2"):
        train_generator(
            Corpus(corpus.scripts[:1]),
            None,
            (),
            SMALL,
            DecodingSettings(),
            tmp_path,
            Silent(),
        )


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


def test_batches_lose_no_example_and_no_token(sampler: ExampleSampler) -> None:
    examples = sampler.plain()
    vocabulary = Vocabulary.build(
        [w for e in examples for w in (e.source, e.target)], min_count=1
    )
    batches = make_batches(
        examples,
        vocabulary,
        batch_size=4,
        max_reply_tokens=40,
        rng=np.random.default_rng(0),
    )
    assert sum(len(b.source) for b in batches) == len(examples)
    spelled = sum(len(vocabulary.encode(e.target)) + 1 for e in examples)
    assert sum(b.target_tokens for b in batches) == spelled
    for batch in batches:
        ends = (batch.reply_out == END_ID).sum(axis=1)
        assert (ends == 1).all()
        assert ((batch.reply_in != PAD_ID) == (batch.reply_out != PAD_ID)).all()
