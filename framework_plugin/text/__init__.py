"""Chinese text: normalisation, segmentation, stop words, vocabulary."""

from framework_plugin.text.normalise import (
    Normalised,
    normalise,
    normalise_with_offsets,
)
from framework_plugin.text.readability import Readability, readability
from framework_plugin.text.segment import (
    Segmenter,
    SegmenterSettings,
    Word,
    create_segmenter,
)
from framework_plugin.text.stop_words import load_stop_words
from framework_plugin.text.user_dictionary import UserDictionary, UserWord

__all__ = [
    "Normalised",
    "Readability",
    "Segmenter",
    "SegmenterSettings",
    "UserDictionary",
    "UserWord",
    "Word",
    "create_segmenter",
    "load_stop_words",
    "normalise",
    "normalise_with_offsets",
    "readability",
]
