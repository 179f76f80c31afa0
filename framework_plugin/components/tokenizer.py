"""The tokenizer of a Rasa pipeline: our segmenter behind Rasa's interface."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from framework_plugin.components.readable_errors import readable_errors
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.settings import require_range, settings_from
from framework_plugin.text import (
    SegmenterSettings,
    UserDictionary,
    create_segmenter,
    load_stop_words,
)

_DICTIONARY_FILE = "user_dictionary.txt"
_STOP_WORDS_FILE = "stop_words.txt"


@dataclass(frozen=True)
class TokenizerSettings(SegmenterSettings):
    """The options of `ChineseTokenizer`, beside those of the segmenter.

    Args:
        dictionary_path: A file with own words, or a directory of such `.txt` files.
        remove_stop_words: Whether stop words are left out of the tokens.
        stop_words_path: A list to use in place of the bundled one.
        max_length: How many characters of a text are tokenised.
        intent_tokenization_flag: Whether intent names are split.
        intent_split_symbol: Where intent names are split.
        token_pattern: A regular expression whose matches split tokens further.
        prefix_separator_symbol: Where an intent name is split into prefix and rest.

    Raises:
        SettingsError: If a value is impossible.
    """

    dictionary_path: str | None = None
    remove_stop_words: bool = False
    stop_words_path: str | None = None
    max_length: int = 500
    intent_tokenization_flag: bool = False
    intent_split_symbol: str = "_"
    token_pattern: str | None = None
    prefix_separator_symbol: str | None = None

    def __post_init__(self) -> None:
        require_range("max_length", self.max_length, 1)
        try:
            re.compile(self.token_pattern or "")
        except re.error as error:
            raise SettingsError(
                f"'token_pattern' is no regular expression ({error}). Correct it, or "
                "remove it."
            ) from error


@dataclass(frozen=True)
class _Words:
    """The word lists that a tokenizer reads when it is trained and keeps thereafter."""

    dictionary: UserDictionary
    stop_words: frozenset[str]

    @classmethod
    def named_by(cls, settings: TokenizerSettings) -> _Words:
        own, stop = settings.dictionary_path, settings.stop_words_path
        return cls(
            UserDictionary.read(Path(own)) if own else UserDictionary(),
            load_stop_words(Path(stop) if stop else None)
            if settings.remove_stop_words
            else frozenset(),
        )

    @classmethod
    def kept_in(cls, directory: Path) -> _Words:
        dictionary = (directory / _DICTIONARY_FILE).read_text(encoding="utf-8")
        stop_words = (directory / _STOP_WORDS_FILE).read_text(encoding="utf-8")
        return cls(
            UserDictionary.from_text(dictionary), frozenset(stop_words.splitlines())
        )

    def keep_in(self, directory: Path) -> None:
        stop_words = "\n".join(sorted(self.stop_words))
        (directory / _DICTIONARY_FILE).write_text(
            self.dictionary.to_text(), encoding="utf-8"
        )
        (directory / _STOP_WORDS_FILE).write_text(stop_words, encoding="utf-8")

    def digest(self) -> str:
        stop_words = "\n".join(sorted(self.stop_words)).encode("utf-8")
        return self.dictionary.digest() + hashlib.sha256(stop_words).hexdigest()


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True
)
class ChineseTokenizer(Tokenizer):
    """Cuts Chinese messages into normalised tokens that index the original text.

    The words of `dictionary_path` and the stop words are read when the model is
    trained and travel inside it: a trained model needs neither file.
    """

    def __init__(
        self,
        settings: TokenizerSettings,
        words: _Words,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(asdict(settings))
        self._settings = settings
        self._words = words
        self._model_storage = model_storage
        self._resource = resource
        self._segmenter = create_segmenter(settings, words.dictionary)
        # The first traditional character loads the conversion table: pay for it here,
        # not in the first user's turn.
        self._segmenter.words("龍井茶")

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options and their defaults; see `docs/tokenizer.md`."""
        return asdict(TokenizerSettings())

    @staticmethod
    def supported_languages() -> list[str] | None:
        """Chinese only."""
        return ["zh"]

    @staticmethod
    def required_packages() -> list[str]:
        """The engines."""
        return ["rjieba", "jieba"]

    @classmethod
    def fingerprint_addon(cls, config: Mapping[str, Any]) -> str | None:
        """The content of the word lists: an edited one calls for new training.

        Raises:
            ComponentError: If an option or a word list is wrong.
        """
        # Of a node whose output it took from its cache, Rasa asks this again with that
        # output in place of the configuration (hooks.py), and ignores the answer.
        if "output" in config:
            return None
        with readable_errors(cls.__name__):
            settings = settings_from(TokenizerSettings, config)
            return _Words.named_by(settings).digest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ChineseTokenizer:
        """Makes a tokenizer from the word lists that the configuration names.

        Raises:
            ComponentError: If an option or a word list is wrong.
        """
        with readable_errors(cls.__name__):
            settings = settings_from(TokenizerSettings, config)
            words = _Words.named_by(settings)
        return cls(settings, words, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ChineseTokenizer:
        """Makes a tokenizer from the word lists kept in the model.

        Raises:
            ComponentError: If an option is wrong, or if the model does not hold the
                word lists.
        """
        with readable_errors(cls.__name__):
            settings = settings_from(TokenizerSettings, config)
            try:
                with model_storage.read_from(resource) as directory:
                    words = _Words.kept_in(Path(directory))
            except (ValueError, OSError) as error:
                raise ArtefactError(
                    "The model does not hold the word lists. Train it again."
                ) from error
        return cls(settings, words, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps the word lists in the model; there is nothing to learn."""
        with self._model_storage.write_to(self._resource) as directory:
            self._words.keep_in(Path(directory))
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of a message.

        Returns:
            Tokens whose text is normalised and whose start and end index the original.
            Never empty for a text that is not: later components cannot do without a
            token, so that text without any word is one token as a whole.
        """
        text: str = message.get(attribute)
        words = self._segmenter.spans(text[: self._settings.max_length])
        if stop_words := self._words.stop_words:
            words = [word for word in words if word[0] not in stop_words] or words
        if not words:
            return [Token(text, 0, len(text))] if text else []
        tokens = [Token(norm, start, end) for norm, start, end in words]
        if self.token_pattern_regex is None:
            return tokens
        return [part for token in tokens for part in self._split(token)]

    def _split(self, token: Token) -> list[Token]:
        """Splits by `token_pattern` where parts can be found in the original."""
        if token.end - token.start != len(token.text):
            return [token]
        parts: list[Token] = self._apply_token_pattern([token])
        return parts
