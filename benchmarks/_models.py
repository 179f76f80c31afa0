"""Networks trained and tried by the benchmarks, without the rest of an assistant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from framework_plugin.corpus.codec import join
from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.formats import DialogueRecord
from framework_plugin.generation import artefact
from framework_plugin.generation.encoding import (
    codec_of,
    encode_reply,
    encode_texts,
)
from framework_plugin.generation.network.export import export_network
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.runtime import OnnxRuntime, ban
from framework_plugin.generation.serving.scorers import Asked, open_scorer
from framework_plugin.generation.serving.search import search, search_batch
from framework_plugin.generation.serving.shortlist import Neighbours, Shortlister
from framework_plugin.generation.settings import DecodingSettings, GeneratorSettings
from framework_plugin.generation.training.beginning import beginning_of
from framework_plugin.generation.training.fitting import fit_network
from framework_plugin.generation.training.progress import TerminalProgress
from framework_plugin.generation.training.samples import SampleReplies
from framework_plugin.generation.training.sources import record_source
from framework_plugin.text.vocabulary import (
    BEGIN_ID,
    PAD_ID,
    UNKNOWN_ID,
    Vocabulary,
)

_CHUNK = 64
PATIENT = DecodingSettings(time_budget_ms=60_000.0, length_penalty=1.0)


def settings_from_options(options: Iterable[str]) -> GeneratorSettings:
    """Settings from `name=value` options."""
    values = {}
    for option in options:
        name, value = option.split("=", 1)
        values[name] = yaml.safe_load(value)
    return GeneratorSettings.read(values)


@dataclass(frozen=True)
class Model:
    """A trained network that answers and scores.

    Args:
        settings: It was trained with.
        vocabulary: Of the network.
        parameters: How many numbers were trained.
        perplexity: On the development split, per token.
        folder: Holds its graphs.
        network: In TensorFlow, with its weights trained.
    """

    settings: GeneratorSettings
    vocabulary: Vocabulary
    parameters: int
    perplexity: float
    folder: Path
    network: Seq2Seq

    @classmethod
    def trained(
        cls,
        learned: Sequence[DialogueRecord],
        tried: Sequence[DialogueRecord],
        settings: GeneratorSettings,
        folder: Path,
    ) -> Model:
        """Trains one, or goes on where an earlier run stopped.

        With `base_generator`, the folder of another, that one is trained further.
        """
        source = record_source(lambda: iter(learned), settings)
        held_out = list(record_source(lambda: iter(tried), settings).plain())
        beginning = beginning_of(settings)
        vocabulary = beginning.vocabulary(source)
        progress = TerminalProgress()
        try:
            fit = fit_network(
                source, held_out, vocabulary, settings, folder, progress, beginning
            )
        finally:
            progress.close()
        vocabulary.save(folder / artefact.VOCABULARY)
        beginning.keep(fit.network, folder)
        export_network(fit.network, vocabulary, folder)
        artefact.write_settings(folder, settings.network)
        artefact.write_training(folder, settings.training)
        parameters = int(fit.network.count_params())
        perplexity = math.exp(fit.loss)
        return cls(settings, vocabulary, parameters, perplexity, folder, fit.network)

    def examples(self, records: Sequence[DialogueRecord]) -> list[Example]:
        """Records as the network reads them."""
        return list(record_source(lambda: iter(records), self.settings).plain())

    def replies(
        self,
        examples: Sequence[Example],
        decoding: DecodingSettings = PATIENT,
        precision: str = "fp32",
    ) -> list[str]:
        """The best reply to each example."""
        runtime, bias = OnnxRuntime(self.folder, precision), self._bias()
        scorer = open_scorer(self.folder, precision, decoding, runtime, self.vocabulary)
        texts = []
        for start in range(0, len(examples), _CHUNK):
            chunk = examples[start : start + _CHUNK]
            encoded = [encode_texts(e.source, e.memory, self.vocabulary) for e in chunk]
            asked = [
                Asked(e.turns[-1][1], one.strangers)
                for e, one in zip(chunk, encoded, strict=True)
            ]
            stepper = runtime.read_batch(encoded, bias)
            found = search_batch(stepper, decoding, scorer=scorer(asked))
            for one, hypotheses in zip(encoded, found, strict=True):
                best = self.vocabulary.decode(hypotheses[0].tokens, one.strangers)
                texts.append(join(best))
        return texts

    def neighbours(self, records: Sequence[DialogueRecord]) -> Neighbours:
        """Which words of these records' replies follow which words read."""
        encode = self.vocabulary.encode
        pairs = ((encode(e.source), encode(e.target)) for e in self.examples(records))
        return Neighbours.count(pairs, len(self.vocabulary), self.vocabulary.written)

    def short_replies(
        self, examples: Sequence[Example], shortlister: Shortlister
    ) -> list[str]:
        """The best int8 reply to each example over a shortlist of its own."""
        runtime, bias = OnnxRuntime(self.folder, "int8", shortlister), self._bias()
        texts = []
        for example in examples:
            encoded = encode_texts(example.source, example.memory, self.vocabulary)
            best = search(runtime.read(encoded, bias), PATIENT)[0]
            texts.append(join(self.vocabulary.decode(best.tokens, encoded.strangers)))
        return texts

    def replies_of_tensorflow(self, examples: Sequence[Example]) -> list[str]:
        """Greedy replies as short as samples are, in fp32, without any graph."""
        training = replace(self.settings.training, training_precision="fp32")
        network = build_network(self.settings.network, training, self.vocabulary)
        network.set_weights(self.network.get_weights())
        samples = SampleReplies(network, self.vocabulary, examples)
        return [reply for _, reply in samples()]

    def ranks(
        self, examples: Sequence[Example], candidates: Sequence[Sequence[str]]
    ) -> list[int]:
        """Where the true reply, the first candidate of each, comes out (from 1)."""
        runtime, bias = OnnxRuntime(self.folder, "fp32"), self._bias()
        codec, ranks = codec_of(self.settings.network), []
        for example, offered in zip(examples, candidates, strict=True):
            texts = encode_texts(example.source, example.memory, self.vocabulary)
            replies = [
                encode_reply(codec.write(text), texts, self.vocabulary)
                for text in offered
            ]
            scored = runtime.read(texts, bias).score(replies)
            means = [sum(scores) / len(scores) for scores in scored]
            ranks.append(1 + sum(mean > means[0] for mean in means[1:]))
        return ranks

    def _bias(self):  # type: ignore[no-untyped-def]
        return ban([PAD_ID, UNKNOWN_ID, BEGIN_ID], self.vocabulary.written)
