"""Decoders: from what was written so far to what the output layer reads.

Both kinds give one vector for each token written. What was read comes in through the
`Reader` on top of them, which attends to the dialogue and, where there is one, to the
user's memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import tensorflow as tf

from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.encoder import Summary
from framework_plugin.generation.network.products import Linear
from framework_plugin.generation.network.reader import Reader, Texts, Written
from framework_plugin.generation.network.recurrent import RecurrentLayer
from framework_plugin.generation.network.transformer import (
    PlacedTokens,
    TransformerLayer,
)
from framework_plugin.generation.settings import NetworkSettings

State = tuple[tf.Tensor, ...]
"""Where a decoder stands; each part has one row per reply."""


class Decoder(Protocol):
    """Writes replies.

    Attributes:
        width: Numbers per output.
    """

    width: int

    def first_state(self, summary: Summary) -> State:
        """The state before the first token, from the encoder's summary."""
        ...

    def state_shapes(self) -> list[tuple[int | None, ...]]:
        """Shape of each part of the state."""
        ...

    def write(
        self,
        embedded: tf.Tensor,
        state: State,
        texts: Texts,
        reader: Reader,
        training: bool = False,
    ) -> tuple[Written, State]:
        """Reads what was written and says what the output layer gets.

        Args:
            embedded: (replies, length, embedding size).
            state: Before the first of them.
            texts: See `Reader.call`.
            reader: What is on top.
            training: Whether to drop out.

        Returns:
            What the output layer gets for each token, and the state after the last.
        """
        ...

    def step(
        self, embedded: tf.Tensor, state: State, texts: Texts, reader: Reader
    ) -> tuple[Written, State]:
        """The same for one token of each reply, when serving.

        Args:
            embedded: (replies, embedding size).
            state: Before it.
            texts: One row per reply, or one that all share.
            reader: What is on top.

        Returns:
            What the output layer gets, (replies, …), and the state after it.
        """
        ...


class RecurrentDecoder(tf.keras.layers.Layer):  # type: ignore[misc]
    """Layers of recurrent units.

    Args:
        settings: Sizes.
        summary_sizes: Of the parts of the encoder's summary.
        conditions: Of these, `dropout` is the share left out between layers.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        summary_sizes: Sequence[int],
        conditions: Conditions,
    ) -> None:
        super().__init__(name="decoder")
        self._conditions = conditions
        self._feeding = settings.input_feeding
        self._fed = settings.embedding_size if settings.input_feeding else 0
        self.width = settings.decoder_units
        self._layers = [
            RecurrentLayer(
                settings.cell,
                settings.embedding_size + self._fed if index == 0 else self.width,
                self.width,
                conditions,
                f"layer_{index}",
            )
            for index in range(settings.decoder_layers)
        ]
        self._parts = self._layers[0].cell.states
        self._bridges = [
            Linear(
                size,
                len(self._layers) * self.width,
                conditions.precision,
                f"bridge_{part}",
            )
            for part, size in enumerate(self._summed_up(summary_sizes))
        ]

    def _summed_up(self, sizes: Sequence[int]) -> list[int]:
        # An encoder without a memory of its own starts all parts.
        return [sizes[index % len(sizes)] for index in range(self._parts)]

    def serve_through_keras(self) -> None:
        """From now on whole replies are read through Keras' layers.

        Not with input feeding, where each step waits for what is on top.
        """
        if not self._feeding:
            for layer in self._layers:
                layer.serve_through_keras()

    def first_state(self, summary: Summary) -> State:
        """See `Decoder`."""
        # Outputs come from outputs and an LSTM's memory from memory. Outputs lie
        # between -1 and 1, memory anywhere.
        parts = [
            bridge(summary[index % len(summary)])
            for index, bridge in enumerate(self._bridges)
        ]
        parts[0] = tf.tanh(parts[0])
        layers = [tf.split(part, len(self._layers), axis=-1) for part in parts]
        state = [part for layer in zip(*layers, strict=True) for part in layer]
        if self._feeding:
            state.append(tf.zeros((tf.shape(summary[0])[0], self._fed)))
        return tuple(state)

    def state_shapes(self) -> list[tuple[int | None, ...]]:
        """See `Decoder`."""
        shapes: list[tuple[int | None, ...]] = [
            (None, self.width) for _ in range(len(self._layers) * self._parts)
        ]
        return [*shapes, (None, self._fed)] if self._feeding else shapes

    def write(
        self,
        embedded: tf.Tensor,
        state: State,
        texts: Texts,
        reader: Reader,
        training: bool = False,
    ) -> tuple[Written, State]:
        """See `Decoder`."""
        if self._feeding:
            outputs, after = self._feed(embedded, state, texts, reader, training)
            return reader(outputs, texts, training=training), after
        states = tf.transpose(embedded, (1, 0, 2))
        parts: list[tf.Tensor] = []
        for index, layer in enumerate(self._layers):
            if index:
                states = self._conditions.drop(states, training)
            first = state[index * self._parts : (index + 1) * self._parts]
            states, last = layer.read(states, first, training=training)
            parts.extend(last)
        outputs = tf.transpose(states, (1, 0, 2))
        return reader(outputs, texts, training=training), tuple(parts)

    def step(
        self, embedded: tf.Tensor, state: State, texts: Texts, reader: Reader
    ) -> tuple[Written, State]:
        """See `Decoder`."""
        outputs, after = self._one(embedded, state, None)
        written = reader.rows(outputs, texts, one_each=True)
        return written, (*after, written.features) if self._feeding else after

    def _one(
        self,
        embedded: tf.Tensor,
        state: State,
        masks: list[tuple[tf.Tensor | None, tf.Tensor | None]] | None,
    ) -> tuple[tf.Tensor, State]:
        """One step of all layers; masks are each layer's input's and recurrence's."""
        after: list[tf.Tensor] = []
        inputs = embedded
        if self._feeding:
            inputs = tf.concat([inputs, state[-1]], -1)
        for index, layer in enumerate(self._layers):
            before, recurrent = masks[index] if masks else (None, None)
            if before is not None:
                inputs = inputs * before
            first = state[index * self._parts : (index + 1) * self._parts]
            reached = layer.step(inputs, first, recurrent)
            inputs = reached[0]
            after.extend(reached)
        return inputs, tuple(after)

    def _feed(
        self,
        embedded: tf.Tensor,
        state: State,
        texts: Texts,
        reader: Reader,
        training: bool,
    ) -> tuple[tf.Tensor, State]:
        """The outputs of all steps, each of which reads the last one's features.

        Returns:
            The outputs, (replies, length, width), and the state after the last.
        """
        batch, steps = tf.shape(embedded)[0], tf.shape(embedded)[1]
        masks = [
            (
                self._between(batch) if training and index else None,
                layer.mask(batch, training),
            )
            for index, layer in enumerate(self._layers)
        ]
        history = tf.TensorArray(tf.float32, steps)

        def body(
            step: tf.Tensor, state: State, history: tf.TensorArray
        ) -> tuple[tf.Tensor, State, tf.TensorArray]:
            outputs, after = self._one(embedded[:, step], state, masks)
            after = (*after, reader.rows(outputs, texts).features)
            return step + 1, after, history.write(step, outputs)

        _, after, history = tf.while_loop(
            lambda step, *_: step < steps, body, (0, tuple(state), history)
        )
        outputs = tf.transpose(history.stack(), (1, 0, 2))
        outputs.set_shape((None, None, self.width))
        return outputs, after

    def _between(self, batch: tf.Tensor) -> tf.Tensor | None:
        rate = self._conditions.dropout
        return self._conditions.random.mask((batch, self.width), rate) if rate else None


class TransformerDecoder(tf.keras.layers.Layer):  # type: ignore[misc]
    """Layers of self-attention and attention to the dialogue.

    Its state is the keys and values of all that was written. Memory and copying come
    in through the `Reader`, as with the recurrent decoder.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        dialogue_width: int,
        conditions: Conditions,
    ) -> None:
        super().__init__(name="decoder")
        precision = conditions.precision
        self._conditions = conditions
        self.width = settings.decoder_units
        self._enter = PlacedTokens(
            settings.embedding_size,
            self.width,
            settings.embedding_deviation,
            precision,
        )
        self._layers = TransformerLayer.stack(
            settings.decoder_layers, self.width, dialogue_width, settings, conditions
        )
        self._norm = tf.keras.layers.LayerNormalization(name="norm", epsilon=1e-6)

    def first_state(self, summary: Summary) -> State:
        """See `Decoder`: nothing was written yet."""
        nothing = tf.zeros((tf.shape(summary[0])[0], 0, self.width))
        return (nothing,) * (2 * len(self._layers))

    def state_shapes(self) -> list[tuple[int | None, ...]]:
        """See `Decoder`."""
        return [(None, None, self.width)] * (2 * len(self._layers))

    def write(
        self,
        embedded: tf.Tensor,
        state: State,
        texts: Texts,
        reader: Reader,
        training: bool = False,
    ) -> tuple[Written, State]:
        """See `Decoder`."""
        outputs, after = self._run(embedded, state, texts, training)
        return reader(outputs, texts, training=training), after

    def step(
        self, embedded: tf.Tensor, state: State, texts: Texts, reader: Reader
    ) -> tuple[Written, State]:
        """See `Decoder`."""
        outputs, after = self._run(tf.expand_dims(embedded, 1), state, texts, False)
        written = reader.rows(tf.squeeze(outputs, 1), texts, one_each=True)
        return written, after

    def _run(
        self, embedded: tf.Tensor, state: State, texts: Texts, training: bool
    ) -> tuple[tf.Tensor, State]:
        """The outputs, (replies, length, width), and the state after them."""
        before, length = tf.shape(state[0])[1], tf.shape(embedded)[1]
        states = self._enter(embedded, before)
        states = self._conditions.drop(states, training)
        # No place sees those behind it.
        seen = (
            tf.range(before + length)[None, :] <= (before + tf.range(length))[:, None]
        )
        bias = tf.where(seen, 0.0, -1e9)[None, None]
        after: list[tf.Tensor] = []
        for index, layer in enumerate(self._layers):
            earlier = (state[2 * index], state[2 * index + 1])
            states, reached = layer(
                states, bias, read=texts.dialogue, earlier=earlier, training=training
            )
            after.extend(reached)
        return self._norm(states), tuple(after)
