"""Training examples the other way round: from the reply back to the message.

For `mmi: bidirectional` (Li et al. 2016, "A Diversity-Promoting Objective Function for
Neural Conversation Models", §4.2): what suits every message lets none be guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from framework_plugin.corpus.examples import Example
from framework_plugin.generation.settings import (
    GeneratorSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.generation.training.sources import ExampleSource


def backward_settings(settings: GeneratorSettings) -> GeneratorSettings:
    """What the network that guesses messages is made of, and how it is trained.

    It is as wide as the one that writes the replies, of one layer each way, and has
    nothing that only dialogues and memories need.
    """
    plain = NetworkSettings()
    network = replace(
        settings.network,
        source_units=settings.network.target_units,
        target_units=settings.network.source_units,
        encoder_layers=1,
        decoder_layers=1,
        context=plain.context,
        turn_embeddings=plain.turn_embeddings,
        speaker_embeddings=plain.speaker_embeddings,
        memory=False,
        copy=False,
    )
    anew = TrainingSettings()
    training = replace(
        settings.training,
        blank_source=0.0,
        backward_network=False,
        tensorboard=None,
        pretraining_text=anew.pretraining_text,
        base_generator=anew.base_generator,
        adapter_rank=anew.adapter_rank,
    )
    return GeneratorSettings(network, training)


class BackwardExamples:
    """Examples whose source is the reply and whose target is the message.

    See `sources.ExampleSource`. Examples without a message are left out.

    Args:
        source: The examples that the generator learns.
        most: Tokens of a message; the beginning of a longer one is left out, as it is
            where messages are read.
    """

    def __init__(self, source: ExampleSource, most: int) -> None:
        self._source = source
        self._most = most
        self.varies = source.varies

    def written(self) -> Iterator[tuple[str, ...]]:
        """The messages in tokens."""
        return (example.target for example in self.plain())

    def read(self) -> Iterable[Sequence[str]]:
        """The replies in tokens."""
        return self._source.written()

    def epoch(self, number: int) -> Iterator[Example]:
        """The same examples as in that epoch, turned round."""
        return self.turned(self._source.epoch(number))

    def plain(self) -> Iterator[Example]:
        """The examples as written, turned round."""
        return self.turned(self._source.plain())

    def amid_talk(self) -> Iterator[Example]:
        """None: what was said before is not read."""
        return iter(())

    def turned(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Turns examples round."""
        for example in examples:
            message = tuple(example.turns[-1][1]) if example.turns else ()
            if message:
                yield Example((), example.target, message[-self._most :])
