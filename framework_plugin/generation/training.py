"""The way of training: from dialogues to an artefact that can be served."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framework_plugin.corpus.codec import (
    RESERVED,
    UtteranceCodec,
    context_of,
    message_of,
)
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.examples import Augmentation, Example, ExampleSampler
from framework_plugin.corpus.script import Corpus, Script
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import CorpusError
from framework_plugin.generation import artefact
from framework_plugin.generation.batches import Batch, make_batches
from framework_plugin.generation.calibration import (
    agreement,
    patient,
    try_out,
    unanswerable_examples,
)
from framework_plugin.generation.candidates import CandidateFinder
from framework_plugin.generation.confidence import ConfidenceModel, Trial
from framework_plugin.generation.experience import Exchange
from framework_plugin.generation.settings import DecodingSettings, TrainingSettings
from framework_plugin.text.segment import create_segmenter
from framework_plugin.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from framework_plugin.generation.trainer import Progress

logger = logging.getLogger(__name__)

Metrics = artefact.Metrics
_SPLIT_FRACTION = 0.1


def train_generator(
    corpus: Corpus,
    development: Corpus | None,
    unanswerable: Sequence[str],
    settings: TrainingSettings,
    decoding: DecodingSettings,
    folder: Path,
    progress: Progress,
) -> Metrics:
    """Trains a generator and writes its artefact.

    Interrupted and called again with the same arguments, it goes on from the last
    whole epoch.

    Args:
        corpus: Dialogues to learn from.
        development: Dialogues that are never learned from; without them every tenth
            dialogue of the corpus is kept aside.
        unanswerable: Messages that no generated reply would suit.
        settings: What shapes the model.
        decoding: How replies are searched for when the confidence is calibrated.
        folder: Where the artefact goes; checkpoints lie in it until it is whole.
        progress: See `trainer.Progress`.

    Returns:
        The figures of merit, also written to the artefact.

    Raises:
        CorpusError: If there is too little to learn from.
    """
    # Only here, so that serving never waits for TensorFlow.
    from framework_plugin.generation.export import export_network
    from framework_plugin.generation.network import build_network
    from framework_plugin.generation.trainer import Trainer

    started = time.perf_counter()
    learned, held_out = _split(corpus, development, settings.random_seed)
    codec = UtteranceCodec(create_segmenter())
    sampler = _sampler(learned, codec, settings)
    held_out_sampler = _sampler(held_out, codec, settings)
    held_out_examples = held_out_sampler.plain()
    vocabulary = _vocabulary(learned, codec, settings)
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)

    def batches_of(epoch: int) -> list[Batch]:
        rng = np.random.default_rng([settings.random_seed, epoch])
        return _batches(sampler.epoch(epoch), vocabulary, settings, rng)

    network = build_network(settings, vocabulary)
    trainer = Trainer(network, settings, checkpoints)
    development_batches = _batches(held_out_examples, vocabulary, settings, None)
    results = trainer.train(batches_of, development_batches, progress)

    progress.stage("exporting the network")
    network.save_weights(str(folder / artefact.WEIGHTS))
    vocabulary.save(folder / artefact.VOCABULARY)
    artefact.write_settings(folder, settings)
    artefact.write_experience(folder, _exchanges(sampler.plain()))
    export_network(network, folder)
    progress.stage("comparing precisions")
    metrics: Metrics = {
        "exchanges": sum(script.exchanges for script in learned),
        "vocabulary": len(vocabulary),
        "out_of_vocabulary_rate": vocabulary.out_of_vocabulary_rate(
            e.turns[-1][1] for e in held_out_examples
        ),
        "parameters": int(network.count_params()),
        "epochs": [vars(result) for result in results],
        "development_perplexity": float(np.exp(trainer.loss(development_batches))),
        "int8_agreement": agreement(folder, _some(held_out_examples, 300), codec),
    }
    progress.stage("calibrating the confidence")
    metrics |= _calibrate(
        folder,
        _some([*held_out_examples, *held_out_sampler.amid_talk()], 800),
        unanswerable_examples(unanswerable, codec),
        codec,
        decoding,
    )
    metrics["seconds"] = time.perf_counter() - started
    artefact.write_json(folder / artefact.METRICS, metrics)
    shutil.rmtree(checkpoints)
    return metrics


def _split(
    corpus: Corpus, development: Corpus | None, seed: int
) -> tuple[Sequence[Script], Sequence[Script]]:
    if development is not None:
        return corpus.scripts, development.scripts
    order = np.random.default_rng(seed).permutation(len(corpus.scripts))
    size = max(1, int(len(order) * _SPLIT_FRACTION))
    if size >= len(order):
        raise CorpusError(
            f"The corpus holds {len(order)} dialogue; at least 2 are needed, one to "
            "learn from and one to try the result on. Write more dialogues."
        )
    kept = set(order[:size].tolist())
    return (
        [s for i, s in enumerate(corpus.scripts) if i not in kept],
        [s for i, s in enumerate(corpus.scripts) if i in kept],
    )


def _sampler(
    scripts: Sequence[Script], codec: UtteranceCodec, settings: TrainingSettings
) -> ExampleSampler:
    return ExampleSampler(
        scripts,
        codec,
        seed=settings.random_seed,
        context_turns=settings.context_turns,
        max_turn_tokens=settings.max_turn_tokens,
        augmentation=Augmentation(),
    )


def _vocabulary(
    scripts: Sequence[Script], codec: UtteranceCodec, settings: TrainingSettings
) -> Vocabulary:
    corpus = Corpus(tuple(scripts))
    replies = corpus.utterances(Speaker.BOT)
    sentences = [
        *map(codec.read, corpus.utterances(Speaker.USER)),
        *map(codec.write, replies),
    ]
    return Vocabulary.build(
        sentences,
        reserved=RESERVED,
        min_count=settings.min_word_count,
        max_size=settings.max_vocabulary,
    )


def _batches(
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    rng: np.random.Generator | None,
) -> list[Batch]:
    return make_batches(
        examples,
        vocabulary,
        batch_size=settings.batch_size,
        max_reply_tokens=settings.max_turn_tokens,
        rng=rng,
    )


def _exchanges(examples: Sequence[Example]) -> list[Exchange]:
    exchanges = (
        Exchange(
            context_of(e.turns),
            message_of(e.turns),
            reply,
            tuple(kind for kind in FactKind if kind in e.known),
            tuple(kind for kind in FactKind if kind in e.unknown),
        )
        for e in examples
        for reply in e.references
    )
    return list(dict.fromkeys(exchanges))


def _calibrate(
    folder: Path,
    held_out: Sequence[Example],
    unanswerable: Sequence[Example],
    codec: UtteranceCodec,
    decoding: DecodingSettings,
) -> Metrics:
    """Fits the confidence, and says how well the generator does on held-out data."""
    finder = CandidateFinder(folder, "fp32", codec, patient(decoding))
    trials = try_out(finder, held_out)
    wrong = try_out(finder, unanswerable)
    model = ConfidenceModel.fit([*trials, *wrong], decoding.wanted_precision)
    model.save(folder / artefact.CONFIDENCE)

    def sure(trial: Trial) -> bool:
        return model.judge(trial.evidence).probability >= model.threshold

    def right(trial: Trial) -> bool:
        return trial.right[model.judge(trial.evidence).index]

    said = [t for t in trials if sure(t)]
    return {
        "searched_right": _share(trials, lambda t: t.right[0]),
        "candidate_right": _share(trials, lambda t: any(t.right)),
        "right": _share(trials, right),
        "sure": _share(trials, sure),
        "right_when_sure": _share(said, right),
        "unanswerable_said": _share(wrong, sure),
        "threshold": model.threshold,
    }


def _some(examples: Sequence[Example], count: int) -> list[Example]:
    """At most so many examples, spread evenly over all."""
    return list(examples)[:: max(1, len(examples) // count)][:count]


def _share(trials: Sequence[Trial], holds: Callable[[Trial], bool]) -> float:
    return sum(map(holds, trials)) / max(len(trials), 1)
