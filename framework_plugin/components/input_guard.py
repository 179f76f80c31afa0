"""Messages that no classifier should guess at: empty, emoji only, far too long."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from framework_plugin.components.readable_errors import readable_errors
from framework_plugin.settings import require_range, settings_from
from framework_plugin.text import Readability, readability


@dataclass(frozen=True)
class InputGuardSettings:
    """The option of `InputGuard`.

    Args:
        max_length: The most characters a message may have; keep it equal to the
            tokenizer's, which reads no further.

    Raises:
        SettingsError: If `max_length` is below 1.
    """

    max_length: int = 500

    def __post_init__(self) -> None:
        require_range("max_length", self.max_length, 1)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False
)
class InputGuard(GraphComponent):
    """Gives unreadable messages an intent of their own, in place of a wild guess.

    It stands after the other classifiers and has the last word: `nothing_readable`,
    `emoji_only` or `too_long` with confidence 1 and no entities. All other messages
    pass unchanged.
    """

    def __init__(self, settings: InputGuardSettings) -> None:
        self._settings = settings

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options and their defaults."""
        return asdict(InputGuardSettings())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> InputGuard:
        """Makes a guard.

        Raises:
            ComponentError: If an option is wrong.
        """
        with readable_errors(cls.__name__):
            return cls(settings_from(InputGuardSettings, config))

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent of the messages that cannot be understood."""
        for message in messages:
            text = message.get(TEXT)
            if not isinstance(text, str):
                continue
            verdict = readability(text, self._settings.max_length)
            if verdict is Readability.READABLE:
                continue
            intent = {INTENT_NAME_KEY: verdict.value, PREDICTED_CONFIDENCE_KEY: 1.0}
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, [dict(intent)], add_to_output=True)
            message.set(ENTITIES, [], add_to_output=True)
        return messages
