"""Messages that a pattern knows for sure, whatever a classifier makes of them."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from framework_plugin.components.readable_errors import readable_errors
from framework_plugin.errors import SettingsError
from framework_plugin.settings import settings_from
from framework_plugin.text import normalise


@dataclass(frozen=True)
class RegexIntentSettings:
    """The option of `RegexIntentClassifier`.

    Args:
        patterns: To each intent its regular expressions. They are looked for anywhere
            in the normalised text: simplified, in lower case, of half width.

    Raises:
        SettingsError: If an intent has no list of patterns, or one is no regular
            expression.
    """

    patterns: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.compiled()

    def compiled(self) -> dict[str, re.Pattern[str]]:
        """To each intent one expression that finds any of its patterns."""
        return {
            intent: _any_of(intent, patterns)
            for intent, patterns in self.patterns.items()
        }


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False
)
class RegexIntentClassifier(GraphComponent):
    """Gives a message the first intent one of whose patterns it holds.

    It stands after the learned classifiers and overrules them, for the few intents
    that must not be missed for want of an example. Entities stay; a message without
    any pattern passes unchanged.
    """

    def __init__(self, settings: RegexIntentSettings) -> None:
        self._patterns = settings.compiled()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options and their defaults."""
        return asdict(RegexIntentSettings())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RegexIntentClassifier:
        """Makes a classifier.

        Raises:
            ComponentError: If an option is wrong.
        """
        with readable_errors(cls.__name__):
            return cls(settings_from(RegexIntentSettings, config))

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent of the messages that hold a pattern."""
        for message in messages:
            text = message.get(TEXT)
            if isinstance(text, str) and (intent := self._intent(text)):
                _set_intent(message, intent)
        return messages

    def _intent(self, text: str) -> str | None:
        plain = normalise(text)
        found = (i for i, pattern in self._patterns.items() if pattern.search(plain))
        return next(found, None)


def _set_intent(message: Message, intent: str) -> None:
    sure = {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: 1.0}
    others = [
        guess
        for guess in message.get(INTENT_RANKING_KEY) or []
        if guess[INTENT_NAME_KEY] != intent
    ]
    message.set(INTENT, sure, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [dict(sure), *others], add_to_output=True)


def _any_of(intent: str, patterns: list[str]) -> re.Pattern[str]:
    if not isinstance(patterns, list) or not patterns:
        raise SettingsError(
            f"'patterns' of the intent '{intent}' must be a list of at least one "
            f"regular expression, not {patterns!r}."
        )
    for pattern in patterns:
        _require_expression(intent, pattern)
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _require_expression(intent: str, pattern: Any) -> None:
    wrong = None if isinstance(pattern, str) and pattern else "it is no text"
    try:
        re.compile(pattern or "")
    except (re.error, TypeError) as error:
        wrong = wrong or str(error)
    if wrong:
        raise SettingsError(
            f"A pattern of the intent '{intent}' is no regular expression: "
            f"{pattern!r} ({wrong}). Correct it in 'patterns'; a backslash in quotes "
            "is best written in single ones."
        )
