"""Rasa's DIETClassifier, which understands a message without TensorFlow.

Loaded it is tried on some texts; where NumPy does not come to what TensorFlow comes to,
or the network has parts that are not here, Rasa's own goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
from rasa.nlu.classifiers import diet_classifier
from rasa.shared.nlu.constants import (
    ENTITY_ATTRIBUTE_TYPE,
    FEATURE_TYPE_SENTENCE,
    FEATURE_TYPE_SEQUENCE,
    TEXT,
)
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.tensorflow import constants as names
from rasa.utils.tensorflow.rasa_layers import RasaSequenceLayer
from scipy.sparse import coo_matrix

from framework_plugin.components.serving.quick_network import (
    Array,
    Dense,
    Encoder,
    TagDecoder,
    gated,
    gelu,
    softmax,
)

logger = logging.getLogger(__name__)

_PLAIN = {
    names.UNIDIRECTIONAL_ENCODER: False,
    names.KEY_RELATIVE_ATTENTION: False,
    names.VALUE_RELATIVE_ATTENTION: False,
    names.INTENT_CLASSIFICATION: True,
    names.MODEL_CONFIDENCE: names.SOFTMAX,
}
"""Options that the network here stands for."""

_TRIED = (1, 2, 9)
"""Tokens of the messages that it is tried on, and how alike results must be."""
_TOLERANCE = 1e-4

Output = dict[str, Any]


def quickened(
    classifier: diet_classifier.DIETClassifier,
) -> diet_classifier.DIETClassifier:
    """The classifier, without TensorFlow if that comes to the same."""
    if not fits(classifier):
        return classifier
    quick = DIETClassifier(classifier)
    if all(quick.agrees(message) for message in _messages(quick)):
        return quick
    logger.warning(
        "NumPy does not understand messages as DIETClassifier does; they go on being "
        "understood by TensorFlow, which takes some milliseconds longer."
    )
    return classifier


def fits(classifier: diet_classifier.DIETClassifier) -> bool:
    """Whether the network here can do what that of a loaded classifier does."""
    config, model = classifier.component_config, classifier.model
    if model is None or any(config[name] != value for name, value in _PLAIN.items()):
        return False
    if config[names.NUM_TRANSFORMER_LAYERS] < 1 or config["featurizers"]:
        return False
    signature = model.predict_data_signature[TEXT]
    features = [
        signature.get(kind, ())
        for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE)
    ]
    sparse = all(len(f) == 1 and f[0].is_sparse for f in features)
    inner = model._tf_layers["loss.label"].similarity_type == names.INNER
    return bool(sparse and inner and set(_tag_names(classifier)) <= _KNOWN_TAGS)


class DIETClassifier(diet_classifier.DIETClassifier):
    """A trained classifier of the same name, whose results are the same.

    Args:
        classifier: Rasa's, loaded; one that `fits`.
    """

    def __init__(self, classifier: diet_classifier.DIETClassifier) -> None:
        self.__dict__.update(vars(classifier))
        self._network = _Network(classifier)

    @property
    def feature_sizes(self) -> list[int]:
        """Features of a token, and of the message as a whole."""
        return self._network.sizes

    def _predict(self, message: Message) -> Output | None:
        if self._execution_context.should_add_diagnostic_data:
            return self.slow(message)
        sequence = _parts(message, FEATURE_TYPE_SEQUENCE)
        sentence = _parts(message, FEATURE_TYPE_SENTENCE)
        if not self._network.takes(sequence, sentence):
            # Rasa knows what to do with messages that have no features, or others.
            return self.slow(message)
        return self._network(sequence, sentence)

    def slow(self, message: Message) -> Output | None:
        """What Rasa's own network says."""
        output: Output | None = super()._predict(message)
        return output

    def agrees(self, message: Message) -> bool:
        """Whether both networks say the same of a message, but for rounding."""
        expected, found = self.slow(message), self._predict(message)
        if expected is None or found is None:
            return expected is found
        return all(
            np.allclose(expected[name], values, atol=_TOLERANCE)
            for name, values in found.items()
        )


class _Network:
    """The whole network of a classifier."""

    @property
    def sizes(self) -> list[int]:
        """Features of a token, and of the message as a whole."""
        return [len(dense.kernel) for dense in self._inputs]

    def __init__(self, classifier: diet_classifier.DIETClassifier) -> None:
        layers = classifier.model._tf_layers
        inner = layers[f"sequence_layer.{TEXT}"]._tf_layers
        combining = inner[RasaSequenceLayer.FEATURE_COMBINING]._tf_layers
        self._inputs = [
            Dense.of(combining[f"sparse_dense.{kind}"]._tf_layers["sparse_to_dense"])
            for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE)
        ]
        unifying = [
            combining.get(f"unify_dims_before_seq_sent_concat.{kind}")
            for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE)
        ]
        self._unifying = [_hidden(ffnn) if ffnn else [] for ffnn in unifying]
        self._hidden = _hidden(inner[RasaSequenceLayer.FFNN])
        self._encoder = Encoder(inner[RasaSequenceLayer.TRANSFORMER])
        self._embedding = Dense.of(layers[f"embed.{TEXT}"]._dense)
        self._labels = classifier.model.all_labels_embed.numpy().T.copy()
        self._tags = None
        if ENTITY_ATTRIBUTE_TYPE in _tag_names(classifier):
            name = ENTITY_ATTRIBUTE_TYPE
            self._tag_scores = Dense.of(layers[f"embed.{name}.logits"]._dense)
            transitions = layers[f"crf.{name}"].transition_params.numpy()
            self._tags = TagDecoder(transitions)

    def takes(self, *features: list[Features]) -> bool:
        """Whether features are of the kinds and sizes that it has learned from."""
        return all(
            parts
            and all(part.is_sparse() for part in parts)
            and sum(part.features.shape[1] for part in parts) == len(dense.kernel)
            for parts, dense in zip(features, self._inputs, strict=True)
        )

    def __call__(self, *features: list[Features]) -> Output:
        """What Rasa's network would give."""
        rows = [
            gated(unifying, _projected(parts, dense))
            for parts, dense, unifying in zip(
                features, self._inputs, self._unifying, strict=True
            )
        ]
        tokens = gated(self._hidden, np.concatenate(rows))
        read = gelu(self._encoder(tokens))
        scores = softmax(self._embedding(read[-1:]) @ self._labels)
        output: Output = {"i_scores": scores}
        if self._tags is not None:
            # The last row is the message as a whole; it has no tag.
            tags, confidences = self._tags(self._tag_scores(read[:-1]))
            name = ENTITY_ATTRIBUTE_TYPE
            output[f"e_{name}_ids"] = np.array([[*tags, 0]], np.int32)
            output[f"e_{name}_scores"] = np.array([[*confidences, 0.0]], np.float32)
        return output


def _projected(parts: list[Features], dense: Dense) -> Array:
    """Sparse features side by side, through a layer."""
    start, rows, columns, values = 0, [], [], []
    for part in parts:
        places = part.features.tocoo()
        rows.append(places.row)
        columns.append(places.col + start)
        values.append(places.data)
        start += part.features.shape[1]
    row, column = np.concatenate(rows), np.concatenate(columns)
    spread = np.zeros((parts[0].features.shape[0], len(row)), np.float32)
    spread[row, np.arange(len(row))] = np.concatenate(values)
    total: Array = spread @ dense.kernel[column] + dense.bias
    return total


def _messages(quick: DIETClassifier) -> Iterator[Message]:
    """Messages of features at random, to try it on."""
    chance = np.random.default_rng(7)
    of_tokens, of_message = quick.feature_sizes
    for tokens in _TRIED:
        message = Message({TEXT: "?" * tokens})
        for kind, rows, size in (
            (FEATURE_TYPE_SEQUENCE, tokens, of_tokens),
            (FEATURE_TYPE_SENTENCE, 1, of_message),
        ):
            places = chance.integers(0, size, (rows, 4))
            some = np.zeros((rows, size), np.float32)
            some[np.arange(rows)[:, None], places] = 1
            message.add_features(Features(coo_matrix(some), kind, TEXT, "trial"))
        yield message


def _parts(message: Message, kind: str) -> list[Features]:
    return [f for f in message.features if f.attribute == TEXT and f.type == kind]


def _hidden(ffnn: Any) -> list[Dense]:
    return [Dense.of(layer) for layer in ffnn._ffn_layers if hasattr(layer, "kernel")]


_KNOWN_TAGS = {ENTITY_ATTRIBUTE_TYPE}


def _tag_names(classifier: diet_classifier.DIETClassifier) -> list[str]:
    """The kinds of tags that are learned."""
    if not classifier.component_config[names.ENTITY_RECOGNITION]:
        return []
    specs = classifier._entity_tag_specs or []
    return [spec.tag_name for spec in specs if spec.num_tags]
